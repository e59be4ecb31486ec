"""Tests of routes that read replications. Source: protocol/dr.md §2."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.simulated import Caller, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig

VR = "{http://www.vmware.com/vr/v6.0}"


@pytest.fixture
def caller() -> Caller:
    return signed_in(Simulator(SimulatorConfig(profile="vca", replications=30)), version="5.7")


@pytest.fixture
def listing(caller: Caller) -> str:
    return f"/api/org/{next(iter(caller.simulator.world.orgs.values())).org_id}/replications"


def references(root: Any) -> list[str]:
    return [str(child.get("href")) for child in root if str(child.tag).endswith("}Reference")]


def test_clients_can_page_through_replications(caller: Caller, listing: str) -> None:
    hrefs: list[str] = []
    for page in range(1, 10):
        root = caller.xml(f"{listing}?pageSize=128&page={page}" if page > 2 else f"{listing}?page={page}")
        assert all(child.get("type") for child in root)
        if not references(root):
            break
        hrefs += references(root)
    assert page == 3
    assert len(root) == 1
    assert len(set(hrefs)) == 30
    assert all(href.startswith(f"{caller.root}/api/vr/replications/") for href in hrefs)
    assert {len(href.rsplit("/", 1)[-1]) for href in hrefs} == {79}


def test_idle_group_has_a_point_in_time(caller: Caller, listing: str) -> None:
    root = caller.xml(references(caller.xml(listing))[0])
    assert root.tag == f"{VR}ReplicationGroup"
    assert root.get("name") == "replicated-0001"
    # The default namespace is that of vCloud, as on real servers.
    assert root.nsmap[None] == "http://www.vmware.com/vcloud/v1.5"
    words = {child.tag.removeprefix(VR): child.text for child in root}
    assert (words["TestRecoveryState"], words["RecoveryState"], words["Paused"]) == ("none", "notStarted", "false")
    assert words["Rpo"] == "240"
    point = root.find(f"{VR}ReplicationGroupInstance")
    assert [child.tag.removeprefix(VR) for child in point] == [
        "Id",
        "TransferStartTime",
        "TransferSeconds",
        "TransferBytes",
    ]
    listed = caller.xml(str(root.get("href")) + "/instances")
    assert listed[0][0].text == point[0].text


def test_vdc_lists_its_replications_and_recovery_settings(caller: Caller) -> None:
    vdc_id = next(iter(caller.simulator.world.vdcs))
    assert caller.xml(f"/api/vdc/{vdc_id}/replications").get("total") == "30"
    details = caller.xml(f"/api/vdc/{vdc_id}/recoveryDetails")
    assert [child.text for child in details] == ["true", "true", "true"]


def test_list_can_be_empty() -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd")))
    org_id = next(iter(caller.simulator.world.orgs.values())).org_id
    root = caller.xml(f"/api/org/{org_id}/replications")
    assert (root.get("total"), len(root)) == ("0", 1)


@pytest.mark.parametrize("query", ["page=0", "page=x", "pageSize=0"])
def test_invalid_pages_are_rejected(caller: Caller, listing: str, query: str) -> None:
    assert caller.get(f"{listing}?{query}").status == 400


def test_unknown_group_is_forbidden(caller: Caller) -> None:
    unknown = f"{caller.simulator.world.make_id('a', 'b')}-vm01a-{caller.simulator.world.make_id('c', 'd')}"
    assert caller.get(f"/api/vr/replications/{unknown}").status == 403
