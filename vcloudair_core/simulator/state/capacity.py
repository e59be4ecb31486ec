"""Capacity that VMs take of their VDC: processors and memory while they are on, their disk always. Sizes are ours."""

from __future__ import annotations

from vcloudair_core.simulator.state.world import Vdc, Vm, World

MHZ_OF_A_CPU = 2000
DISK_OF_A_MACHINE_MB = 20 * 1024
STORAGE_LIMIT_MB = 1000 * 1024


def machines_of(world: World, vdc: Vdc) -> list[Vm]:
    """The machines of a VDC."""
    return [vm for vm in world.vms.values() if vm.vdc_id == vdc.vdc_id]


def running_in(world: World, vdc: Vdc) -> list[Vm]:
    """Those that are on."""
    return [vm for vm in machines_of(world, vdc) if vm.status == "POWERED_ON"]


def cpu_used_mhz(world: World, vdc: Vdc) -> int:
    """Return what the processors of running VMs take."""
    return MHZ_OF_A_CPU * sum(vm.cpus for vm in running_in(world, vdc))


def memory_used_mb(world: World, vdc: Vdc) -> int:
    """Return what the memory of running VMs takes."""
    return sum(vm.memory_mb for vm in running_in(world, vdc))


def storage_used_mb(world: World, vdc: Vdc) -> int:
    """Return what the disks of all VMs take."""
    return DISK_OF_A_MACHINE_MB * len(machines_of(world, vdc))
