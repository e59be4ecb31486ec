"""Tests of snapshots of VMs and vApps. Source: protocol/vm-writes.md §2."""

from __future__ import annotations

import pytest

from tests.support.vm_writes import (
    VCLOUD,
    error_of,
    finish_task,
    first_vm,
    link_rels,
    vapp_path,
    vm_path,
    writing_caller,
)

PARAMS = f'<CreateSnapshotParams xmlns="{VCLOUD[1:-1]}" memory="true" quiesce="false"/>'


def test_a_snapshot_is_created_shown_and_removed() -> None:
    caller = writing_caller()
    section = f"{vm_path(caller)}/snapshotSection"
    assert caller.xml(section).find(f"{VCLOUD}Snapshot") is None
    assert link_rels(caller, vm_path(caller)) & {"snapshot:create", "snapshot:removeAll"} == {"snapshot:create"}
    finish_task(caller, caller.send("POST", f"{vm_path(caller)}/action/createSnapshot", PARAMS))
    snapshot = caller.xml(section).find(f"{VCLOUD}Snapshot")
    assert snapshot.get("poweredOn") == "true"
    assert int(snapshot.get("size")) == (20 * 1024 + 4096) * 1024 * 1024
    assert {"snapshot:revertToCurrent", "snapshot:removeAll"} <= link_rels(caller, vm_path(caller))
    finish_task(caller, caller.send("POST", f"{vm_path(caller)}/action/removeAllSnapshots"))
    assert caller.xml(section).find(f"{VCLOUD}Snapshot") is None


@pytest.mark.parametrize(("body", "status"), [(PARAMS, "POWERED_ON"), ("", "POWERED_OFF")])
def test_reverting_restores_the_power_state_only_with_memory(body: str, status: str) -> None:
    caller = writing_caller()
    finish_task(caller, caller.send("POST", f"{vm_path(caller)}/action/createSnapshot", body))
    first_vm(caller).status = "SUSPENDED"
    finish_task(caller, caller.send("POST", f"{vm_path(caller)}/action/revertToCurrentSnapshot"))
    assert first_vm(caller).status == status


def test_a_vapp_has_the_snapshots_of_its_vms() -> None:
    caller = writing_caller()
    finish_task(caller, caller.send("POST", f"{vapp_path(caller)}/action/createSnapshot"))
    assert all(vm.snapshot for vm in caller.simulator.world.vms.values())
    snapshot = caller.xml(f"{vapp_path(caller)}/snapshotSection").find(f"{VCLOUD}Snapshot")
    assert int(snapshot.get("size")) == 3 * 20 * 1024 * 1024 * 1024


def test_reverting_without_a_snapshot_is_refused() -> None:
    caller = writing_caller()
    assert error_of(caller.send("POST", f"{vm_path(caller)}/action/revertToCurrentSnapshot"))[:2] == (
        400,
        "BAD_REQUEST",
    )


def test_versions_before_5_1_have_no_snapshots() -> None:
    caller = writing_caller(version="1.5")
    assert "snapshot:create" not in link_rels(caller, vm_path(caller))
    assert caller.xml(vm_path(caller)).find(f"{VCLOUD}SnapshotSection") is None
