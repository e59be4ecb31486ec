"""Tests of query types for the provider. Source: protocol/query.md §6, §7.2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.support.inventory_world import same_cloud, world_caller
from tests.support.schema import attributes_of, load_validator
from tests.support.simulated import Caller
from tests.support.vm_writes import error_of
from vcloudair_core.simulator.query.query_types import ADMIN_TYPES

PROVIDER = "administrator@System"
EMPTY = {"adminRole", "adminGroup", "adminEvent", "adminDisk", "adminVAppNetwork"}


@pytest.fixture
def provider(tmp_path: Path) -> Caller:
    return world_caller(tmp_path, PROVIDER, "29.0")


def rows(caller: Caller, kind: str, parameters: str = "", **headers: str) -> list[Any]:
    root = caller.xml(f"/api/query?type={kind}&pageSize=128{parameters}", **headers)
    assert load_validator().errors(root) == []
    return [node for node in root if not str(node.tag).endswith("}Link")]


@pytest.mark.parametrize("kind", sorted(ADMIN_TYPES))
def test_records_are_valid_and_have_attributes_of_the_schema_only(provider: Caller, kind: str) -> None:
    records = rows(provider, kind)
    assert bool(records) == (kind not in EMPTY)
    for record in records:
        assert etree.QName(record).localname == ADMIN_TYPES[kind].record
        assert set(map(str, record.attrib)) <= set(attributes_of(ADMIN_TYPES[kind].record))
    if ADMIN_TYPES[kind].references and kind != "externalNetwork":
        for reference in rows(provider, kind, "&format=references"):
            assert provider.get(reference.get("href")).status == 200, reference.get("href")


def test_records_cover_all_orgs(provider: Caller) -> None:
    orgs = provider.simulator.world.orgs
    hrefs = {f"https://vcd.example.test/api/org/{orgs[name].org_id}" for name in ("acme", "umbrella")}
    assert {record.get("org") for record in rows(provider, "adminVM")} == hrefs
    assert {record.get("name") for record in rows(provider, "adminOrgVdc")} == {"gold", "silver", "bronze"}
    assert {record.get("name") for record in rows(provider, "edgeGateway")} == {
        "gold-edge",
        "shared-edge",
        "bronze-edge",
    }
    assert {record.get("name") for record in rows(provider, "adminUser")} == {"ops", "dev", "eve", "administrator"}
    assert len(rows(provider, "organization")) == 3
    assert {record.get("name") for record in rows(provider, "adminVM", "&filter=name==web*")} == {"web1", "web2"}


def test_a_provider_in_a_tenant_sees_that_tenant(provider: Caller) -> None:
    """Source: protocol/vcd-modern.md §1.6."""
    tenant = provider.simulator.world.orgs["umbrella"].org_id
    records = rows(provider, "adminVM", X_VMWARE_VCLOUD_TENANT_CONTEXT=tenant)
    assert [record.get("name") for record in records] == ["mail1"]


def test_the_provider_uses_its_own_type_for_vms(provider: Caller) -> None:
    assert error_of(provider.get("/api/query?type=vm"))[:2] == (403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN")
    packaged = provider.xml("/api/vms/query")
    assert (packaged.get("name"), etree.QName(packaged[-1]).localname) == ("adminVM", "AdminVMRecord")
    assert provider.get("/api/query?type=adminNothing").status == 400


def test_the_list_of_query_types_depends_on_the_user(provider: Caller) -> None:
    listed = {node.get("name") for node in provider.xml("/api/query")}
    assert set(ADMIN_TYPES) <= listed and "vm" not in listed
    tenant = same_cloud(provider, "ops@acme", "29.0")
    assert not set(ADMIN_TYPES) & {node.get("name") for node in tenant.xml("/api/query")}
    for kind in ADMIN_TYPES:
        assert error_of(tenant.get(f"/api/query?type={kind}"))[:2] == (403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN")
