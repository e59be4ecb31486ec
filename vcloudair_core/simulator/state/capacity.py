"""CPU, memory and storage that VMs use in their VDC.

A VM uses CPU and memory while it is powered on. A VM always uses storage. No source documents the
sizes; they are assumptions.
"""

from __future__ import annotations

from vcloudair_core.simulator.state.entities import Vdc, Vm
from vcloudair_core.simulator.state.world import World

MHZ_OF_A_CPU = 2000
DISK_OF_A_VM_MB = 20 * 1024
STORAGE_LIMIT_MB = 1000 * 1024


def vms_of(world: World, vdc: Vdc) -> list[Vm]:
    """Return the VMs of a VDC."""
    return [vm for vm in world.vms.values() if vm.vdc_id == vdc.vdc_id]


def running_in(world: World, vdc: Vdc) -> list[Vm]:
    """Return the VMs of a VDC that are powered on."""
    return [vm for vm in vms_of(world, vdc) if vm.status == "POWERED_ON"]


def cpu_used_mhz(world: World, vdc: Vdc) -> int:
    """Return the CPU use of the VMs that are powered on, in MHz."""
    return MHZ_OF_A_CPU * sum(vm.cpus for vm in running_in(world, vdc))


def memory_used_mb(world: World, vdc: Vdc) -> int:
    """Return the memory use of the VMs that are powered on, in MB."""
    return sum(vm.memory_mb for vm in running_in(world, vdc))


def storage_used_mb(world: World, vdc: Vdc, profile: str = "") -> int:
    """Return the storage use in MB of all VMs, or of one storage profile."""
    return DISK_OF_A_VM_MB * sum(profile in ("", vm.storage_profile) for vm in vms_of(world, vdc))
