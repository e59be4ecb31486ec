"""Tests of VDC group lookup by name and ID."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.services.ans.distributed_firewall.fakes import GROUP, GROUP_ID, ORG_ID, FakeVdcGroup
from vcloudair_core.errors import AmbiguousMatchError, ConfigurationError, NotFoundError
from vcloudair_core.services.ans.vdc_group.directory import VdcGroupDirectory, target_group
from vcloudair_core.services.ans.vdc_group.model import OrgVdcGroup, pick_group

MINE = OrgVdcGroup(GROUP_ID, "dc-group", ORG_ID, "NSX_T")


@pytest.mark.parametrize("name", ["dc-group", "DC-Group", GROUP, GROUP_ID, GROUP_ID.upper()])
def test_a_group_is_found_with_one_call(tmp_path: Path, name: str) -> None:
    server = FakeVdcGroup(tmp_path)
    assert target_group(server, {"vdc_group": name}) == MINE  # type: ignore[arg-type]
    assert target_group(server, {"vdc_group": name}) == MINE  # type: ignore[arg-type]
    assert len(server.calls) == 1


def test_the_setting_names_the_group(tmp_path: Path) -> None:
    server = FakeVdcGroup(tmp_path)
    with pytest.raises(ConfigurationError, match="VCA_VDC_GROUP"):
        target_group(server, {})  # type: ignore[arg-type]
    server.settings.vdc_group = "dc-group"
    assert target_group(server, {}) == MINE  # type: ignore[arg-type]


def test_an_unknown_name_is_looked_up_again_and_reported_with_a_near_name(tmp_path: Path) -> None:
    server = FakeVdcGroup(tmp_path)
    directory = VdcGroupDirectory(server)  # type: ignore[arg-type]
    directory.find("dc-group")
    with pytest.raises(NotFoundError, match=r"VDC group not found: 'dc-groop'.*dc-group"):
        directory.find("dc-groop")
    assert len(server.calls) == 2


def test_an_unknown_id_is_reported(tmp_path: Path) -> None:
    """The server returns status 403. Source: protocol/nsxt.md §1.3."""
    other = "7c1f0000-0000-4000-8000-000000000009"
    with pytest.raises(NotFoundError, match="VDC group not found"):
        VdcGroupDirectory(FakeVdcGroup(tmp_path)).find(other)  # type: ignore[arg-type]


def test_equal_names_are_ambiguous_and_listed() -> None:
    groups = [OrgVdcGroup("1", "prod", "org1"), OrgVdcGroup("2", "prod", "org2")]
    with pytest.raises(AmbiguousMatchError) as caught:
        pick_group(groups, "prod")
    assert [item["id"] for item in caught.value.candidates] == ["urn:vcloud:vdcGroup:1", "urn:vcloud:vdcGroup:2"]
    assert pick_group([*groups, OrgVdcGroup("3", "PROD")], "PROD").group_id == "3"


def test_without_groups_the_hint_says_so() -> None:
    with pytest.raises(NotFoundError, match="can see no VDC groups"):
        pick_group([], "prod")
    with pytest.raises(NotFoundError, match="Use one of these VDC groups: alpha, beta"):
        pick_group([OrgVdcGroup("1", "beta"), OrgVdcGroup("2", "alpha")], "zzz")


def test_older_api_versions_have_no_vdc_groups(tmp_path: Path) -> None:
    server = FakeVdcGroup(tmp_path, "36.0")
    with pytest.raises(ConfigurationError, match=r"API version is 36\.0.*37\.0"):
        VdcGroupDirectory(server).find("dc-group")  # type: ignore[arg-type]
    assert server.calls == []
