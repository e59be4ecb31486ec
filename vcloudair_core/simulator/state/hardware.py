"""Compute the virtual hardware of VMs for each response."""

from __future__ import annotations

from dataclasses import dataclass

from vcloudair_core.simulator.state.entities import Vm
from vcloudair_core.simulator.state.world import World

HARDWARE_VERSION = 10
"""Virtual hardware version. Documents show it as ``vmx-10``."""
ADAPTER_TYPE = "VMXNET3"
NO_NETWORK = "none"
TOOLS_VERSION = "2147483647"
"""Version number of VMware Tools that vCloud does not manage.

Source: protocol/recorded-responses.md §3.
"""


@dataclass(frozen=True)
class Nic:
    """A network interface of a VM.

    ``network`` is ``none`` if the interface has no network.
    """

    index: int
    network: str
    ip_address: str
    mac: str

    @property
    def is_connected(self) -> bool:
        """Return True if the interface has a network."""
        return self.network != NO_NETWORK

    @property
    def allocation_mode(self) -> str:
        """Return ``POOL``, or ``NONE`` for an interface without a network."""
        return "POOL" if self.is_connected else "NONE"


def nics_of(world: World, vm: Vm) -> list[Nic]:
    """Return the network interfaces of a VM. The first one is the primary interface.

    A VM in a template has no interfaces.
    """
    if vm.is_template:
        return []
    interfaces = [{"network": vm.network, "ip_address": vm.ip_address}, *vm.more_nics]
    return [
        Nic(index, nic.get("network") or NO_NETWORK, nic.get("ip_address", ""), _mac(world, vm, index))
        for index, nic in enumerate(interfaces)
    ]


def _mac(world: World, vm: Vm, index: int) -> str:
    digits = world.make_id("mac", f"{vm.vm_id}/{index}").replace("-", "")[-6:]
    return f"00:50:56:{digits[:2]}:{digits[2:4]}:{digits[4:]}"
