"""Compute the CPU, memory and storage that the VMs of a VDC use.

VMs use CPU and memory only while they are powered on. VMs always use storage. The sizes of VMs are assumptions.
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
    """Return the CPU that running VMs use in a VDC, in MHz."""
    return MHZ_OF_A_CPU * sum(vm.cpus for vm in running_in(world, vdc))


def memory_used_mb(world: World, vdc: Vdc) -> int:
    """Return the memory that running VMs use in a VDC, in MB."""
    return sum(vm.memory_mb for vm in running_in(world, vdc))


def storage_used_mb(world: World, vdc: Vdc, profile: str = "") -> int:
    """Return the storage that the VMs of a VDC use, in MB.

    ``profile`` limits the result to one storage profile.
    """
    return DISK_OF_A_VM_MB * sum(profile in ("", vm.storage_profile) for vm in vms_of(world, vdc))
