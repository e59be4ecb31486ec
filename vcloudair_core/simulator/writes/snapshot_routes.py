"""Routes that create, revert and remove snapshots of VMs and vApps.

Source: protocol/vm-writes.md §2.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.documents.snapshot_section import MEDIA, snapshot_section
from vcloudair_core.simulator.state.capacity import DISK_OF_A_VM_MB
from vcloudair_core.simulator.state.entities import Snapshot, Vm
from vcloudair_core.simulator.virtual_clock import timestamp_of
from vcloudair_core.simulator.writes.entity_tasks import (
    BadBodyError,
    bad_body,
    find_target,
    no_target,
    read_body,
    start_write,
)
from vcloudair_core.simulator.writes.power_states import OFF, ON
from vcloudair_core.transport.messages import Response

T = "application/vnd.vmware.vcloud."


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the routes of snapshots."""
    base = f"{prefix}/api/vApp/{{entity_id}}"
    made = (
        SimulatorRoute("GET", f"{base}/snapshotSection", show),
        SimulatorRoute("POST", f"{base}/action/createSnapshot", create),
        SimulatorRoute("POST", f"{base}/action/revertToCurrentSnapshot", revert),
        SimulatorRoute("POST", f"{base}/action/removeAllSnapshots", remove_all),
    )
    about = (
        "The size of a snapshot is the disk size plus the saved memory. A revert does not restore hardware or networks."
    )
    return SimulatorRoutes(
        f"snapshots{prefix}", "Snapshots of VMs and vApps", made, versions="5.1 and newer", simplifications=about
    )


def show(context: Any) -> Response:
    """Return the SnapshotSection of a VM or vApp."""
    target = find_target(context)
    if target is None:
        return no_target(context)
    section = snapshot_section(f"{context.root}{target.owner.path}", target.vms)
    return responses.entity(section, MEDIA, context.version)


def create(context: Any) -> Response:
    """Create a snapshot of each VM. The snapshot replaces an existing snapshot."""
    target = find_target(context)
    if target is None:
        return no_target(context)
    try:
        root = read_body(context, "CreateSnapshotParams", f"{T}createSnapshotParams+xml", is_required=False)
    except BadBodyError as exc:
        return bad_body(context, exc)
    has_memory = root is not None and root.get("memory") in ("true", "1")
    created = timestamp_of(context.simulator.clock.now())

    def apply() -> None:
        for vm in target.vms:
            vm.snapshot = _snapshot(vm, created, has_memory=has_memory)

    return start_write(context, target, "Creating Snapshot of", "vappCreateSnapshot", apply)


def _snapshot(vm: Vm, created: str, *, has_memory: bool) -> Snapshot:
    """Return a snapshot of a VM in its current state.

    A snapshot can include memory only if the VM is powered on.
    """
    includes_memory = has_memory and vm.status == ON
    size_mb = DISK_OF_A_VM_MB + (vm.memory_mb if includes_memory else 0)
    return Snapshot(created, vm.status == ON, includes_memory, size_mb)


def revert(context: Any) -> Response:
    """Revert each VM to its snapshot.

    A VM is powered on after the task only if its snapshot includes memory.
    """
    target = find_target(context)
    if target is None:
        return no_target(context)
    vms = [(vm, vm.snapshot) for vm in target.vms if vm.snapshot is not None]
    if not vms:
        message = f'The entity "{target.entity.name}" has no snapshot.'
        return responses.error(400, "BAD_REQUEST", message, context.version)

    def apply() -> None:
        for vm, snapshot in vms:
            vm.deployed = snapshot.has_memory
            vm.status = ON if snapshot.has_memory else OFF

    return start_write(context, target, "Reverting to Snapshot of", "vappRevertToCurrentSnapshot", apply)


def remove_all(context: Any) -> Response:
    """Remove the snapshots of all VMs.

    If no VM has a snapshot, the task succeeds and changes nothing (inferred).
    """
    target = find_target(context)
    if target is None:
        return no_target(context)

    def apply() -> None:
        for vm in target.vms:
            vm.snapshot = None

    return start_write(context, target, "Removing Snapshots of", "vappRemoveAllSnapshots", apply)
