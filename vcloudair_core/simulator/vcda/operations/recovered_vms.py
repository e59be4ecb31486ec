"""Create and remove the VMs and vApps of tests, failovers and migrations.

Source: protocol/vcda.md §4.3.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from vcloudair_core.simulator.state.entities import VApp, Vm
from vcloudair_core.simulator.vcda.entities import SimulatedVappReplication, SimulatedVmReplication

HARDWARE = ("guest_os", "cpus", "memory_mb", "storage_profile")
"""Fields of a VM that a recovered VM gets from its source."""


def read_source(world: Any, replication: SimulatedVmReplication) -> bool:
    """Copy the hardware and interfaces of the source VM.

    Return False if the source VM does not exist.
    """
    vm = world.vms.get(replication.vm_id)
    if vm is None:
        return False
    replication.hardware = {name: getattr(vm, name) for name in HARDWARE}
    first = {"network": vm.network, "ip_address": vm.ip_address}
    more = [{"network": nic.get("network", ""), "ip_address": nic.get("ip_address", "")} for nic in vm.more_nics]
    replication.nics = [first, *more]
    return True


def recover(
    simulator: Any,
    vapp: SimulatedVappReplication,
    replication: SimulatedVmReplication,
    nics: list[dict[str, Any]],
    *,
    is_test: bool,
    power_on: bool,
) -> None:
    """Create the VM of a test, failover or migration at the destination."""
    world, now = simulator.world, simulator.clock.now()
    created = dt.datetime.fromtimestamp(now, dt.timezone.utc).isoformat(timespec="milliseconds")
    replication.recovery_count += 1
    vapp_id = _recovered_vapp(world, vapp, replication, created, is_test=is_test)
    path = f"{replication.replication_id}/{replication.recovery_count}"
    vm_id = world.new_id("vcda-vm", path, world.vms)
    first, *more = nics or [{"network": "", "ip_address": ""}]
    vm = Vm(
        vm_id,
        replication.vm_name,
        vapp_id,
        replication.destination.vdc_id,
        "POWERED_ON" if power_on else "POWERED_OFF",
        more_nics=more,
        created=created,
        **first,
        **replication.hardware,
    )
    world.vms[vm_id] = vm
    replication.recovered_vm_id, replication.recovered_vapp_id = vm_id, vapp_id


def discard(world: Any, replication: SimulatedVmReplication) -> None:
    """Remove the recovered VM. If its vApp is then empty, the vApp is also removed."""
    world.remove_recovered(replication.recovered_vm_id)
    replication.recovered_vm_id = replication.recovered_vapp_id = ""


def _recovered_vapp(
    world: Any, vapp: SimulatedVappReplication, replication: SimulatedVmReplication, created: str, *, is_test: bool
) -> str:
    """Return the ID of the vApp that contains the recovered VMs of a vApp.

    The vApp is created with the first VM. The VMs of a test are in a separate vApp.
    """
    end, kind = replication.destination, "test" if is_test else "failover"
    shelf = f"{kind}@{end.site}"
    known = vapp.recovered_vapps.get(shelf, "")
    if known in world.vapps:
        return known
    if not known or is_test:
        known = world.new_id("vcda-vapp", f"{vapp.replication_id}/{shelf}/{replication.recovery_count}", world.vapps)
    name = replication.source.vapp_name or replication.vm_name
    world.vapps[known] = VApp(known, f"{name}-test" if is_test else name, end.vdc_id, created)
    vapp.recovered_vapps[shelf] = known
    return known
