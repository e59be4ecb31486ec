"""Tests of sessions and sites in API version 30 and newer.

Source: the schemas ``session.xsd`` and ``multiSite.xsd``, protocol/recorded-responses.md §2.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.inventory_world import world_caller
from tests.support.schema import load_validator
from tests.support.vm_writes import VCLOUD, error_of


@pytest.mark.parametrize("version", ["33.0", "37.2"])
def test_a_session_is_valid_and_names_its_location(tmp_path: Path, version: str) -> None:
    caller = world_caller(tmp_path, version=version)
    session = caller.xml("/api/session")
    assert load_validator().errors(session) == []
    location = session.find(f"{VCLOUD}AuthorizedLocations/{VCLOUD}Location")
    assert location.get("name") == location.findtext(f"{VCLOUD}LocationName") == "vcd.example.test"
    assert location.findtext(f"{VCLOUD}LocationId") == session.get("locationId")
    assert [node.get("name") for node in session if str(node.get("type")).endswith(".org+xml")] == ["acme"]


def test_a_tenant_reads_the_site_but_not_its_associations(tmp_path: Path) -> None:
    caller = world_caller(tmp_path)
    site = caller.xml("/api/site")
    assert load_validator().errors(site) == []
    assert site.get("id").rpartition(":")[2] == caller.xml("/api/session").get("locationId").partition("@")[2]
    assert error_of(caller.get("/api/site/associations"))[:2] == (403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN")


def test_a_provider_reads_an_empty_list_of_associations(tmp_path: Path) -> None:
    associations = world_caller(tmp_path, "administrator@System").xml("/api/site/associations")
    assert load_validator().errors(associations) == []
    assert (len(associations), associations.get("type")) == (0, "application/vnd.vmware.admin.siteAssociations+xml")


@pytest.mark.parametrize("path", ["/cloudapi/1.0.0/sites", "/cloudapi/1.0.0/site/associations"])
def test_sites_have_no_path_under_cloudapi(tmp_path: Path, path: str) -> None:
    """The API reference does not list these paths."""
    assert world_caller(tmp_path).get(path, Accept="application/json;version=37.2").status == 404
