"""Tests of the vApps that users can see.

Administrators see all vApps. Other users see only their own vApps and shared vApps.

Source: protocol/vm-writes.md §5.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.inventory_world import same_cloud, world_caller
from tests.support.simulated import Caller
from tests.support.vm_writes import VCLOUD

DEV_VAPPS = {"devbox", "wiki", "board"}


@pytest.fixture
def ops(tmp_path: Path) -> Caller:
    return world_caller(tmp_path)


@pytest.fixture
def dev(ops: Caller) -> Caller:
    return same_cloud(ops, "dev@acme")


def names(caller: Caller, kind: str) -> set[str]:
    root = caller.xml(f"/api/query?type={kind}&pageSize=128")
    return {node.get("name") for node in root if not str(node.tag).endswith("}Link")}


def test_a_vapp_user_sees_own_and_shared_vapps_only(ops: Caller, dev: Caller) -> None:
    assert names(ops, "vApp") >= {"shop", "silver-vapp1"} | DEV_VAPPS
    assert names(dev, "vApp") == DEV_VAPPS
    assert names(dev, "vm") == {"dev1", "wiki1", "board1", "base-vm"}
    assert names(ops, "vApp") >= {"shop"}, "the pages of one user are not shown to another"


def test_hidden_vapps_and_vms_are_forbidden(ops: Caller, dev: Caller) -> None:
    world = ops.simulator.world
    for vm in world.vms.values():
        expected = 200 if world.vapps[vm.vapp_id].name in DEV_VAPPS else 403
        if world.vdcs[vm.vdc_id].org != "acme":
            continue
        for path in (
            f"vm-{vm.vm_id}",
            f"vapp-{vm.vapp_id}",
            f"vm-{vm.vm_id}/metadata",
            f"vm-{vm.vm_id}/metrics/current",
        ):
            assert dev.get(f"/api/vApp/{path}").status == expected, path
        assert dev.send("POST", f"/api/vApp/vm-{vm.vm_id}/power/action/reset").status == (
            202 if expected == 200 else 403
        )
        ops.simulator.clock.advance(5)


def test_a_vdc_lists_visible_vapps_only(ops: Caller, dev: Caller) -> None:
    [gold] = [vdc for vdc in ops.simulator.world.vdcs.values() if vdc.name == "gold"]
    entities = dev.xml(f"/api/vdc/{gold.vdc_id}").iterfind(f"{VCLOUD}ResourceEntities/{VCLOUD}ResourceEntity")
    assert {node.get("name") for node in entities} == DEV_VAPPS | {"base", "setup.iso", "boot.flp"}


def test_documents_name_the_owner_and_the_access_settings(ops: Caller) -> None:
    rows = {node.get("name"): node for node in ops.xml("/api/query?type=vApp").iterchildren(f"{VCLOUD}VAppRecord")}
    assert (rows["devbox"].get("ownerName"), rows["shop"].get("ownerName")) == ("dev", "ops")
    assert ops.xml(rows["devbox"].get("href")).find(f"{VCLOUD}Owner/{VCLOUD}User").get("name") == "dev"
    access = ops.xml(f"{rows['board'].get('href')}/controlAccess/")
    subjects = [node.get("name") for node in access.iter(f"{VCLOUD}Subject")]
    assert (access.findtext(f"{VCLOUD}IsSharedToEveryone"), subjects) == ("false", ["dev"])
    access = ops.xml(f"{rows['wiki'].get('href')}/controlAccess/")
    assert access.findtext(f"{VCLOUD}IsSharedToEveryone") == "true"
