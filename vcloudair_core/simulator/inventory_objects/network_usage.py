"""The static pools of networks, and the addresses that VMs and edge gateways use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_interface

from vcloudair_core.simulator.state.entities import OrgVdcNetwork, Vm
from vcloudair_core.simulator.state.world import World


@dataclass(frozen=True)
class Allocation:
    """A used address of a network.

    ``vm`` is None if the edge gateway of the network uses the address. Source: network.xsd, AllocatedIpAddressType.
    """

    address: str
    vm: Vm | None = None

    @property
    def xml_type(self) -> str:
        """The value of ``allocationType`` in XML."""
        return "vsmAllocated" if self.vm is None else "vmAllocated"

    @property
    def json_type(self) -> str:
        """The value of ``allocationType`` in JSON (inferred from the names in XML)."""
        return "VSM_ALLOCATED" if self.vm is None else "VM_ALLOCATED"

    @property
    def is_deployed(self) -> bool:
        """True if the VM is deployed, or if an edge gateway uses the address."""
        return self.vm is None or self.vm.is_deployed


def ends_of(pool: str) -> tuple[str, str]:
    """Return the first and the last address of a range ``a-b``."""
    first, _, last = pool.partition("-")
    return first.strip(), last.strip()


def static_pools(network: OrgVdcNetwork) -> list[tuple[str, str]]:
    """Return the first and the last address of each static pool of a network.

    A network without configured pools has a default pool, unless its subnet has fewer than 8 addresses.
    """
    if network.static_pools is not None:
        return [ends_of(pool) for pool in network.static_pools]
    subnet = ip_interface(f"{network.gateway}/{network.prefix_length}").network
    return [(str(subnet[2]), str(subnet[-2]))] if subnet.num_addresses >= 8 else []


def allocations(world: World, network: OrgVdcNetwork) -> list[Allocation]:
    """Return the used addresses of a network, sorted and without duplicates."""
    subnet = ip_interface(f"{network.gateway}/{network.prefix_length}").network
    in_use = {network.gateway: Allocation(network.gateway)} if network.edge_id else {}
    for vm in world.vms.values():
        for name, address in _nics(vm):
            is_named = bool(address) and name == network.name  # compared first, because most VMs are in other networks
            if is_named and world.network_named(vm.vdc_id, name) is network and ip_address(address) in subnet:
                in_use.setdefault(address, Allocation(address, vm))
    return sorted(in_use.values(), key=lambda allocation: int(ip_address(allocation.address)))


def pool_counts(world: World, network: OrgVdcNetwork) -> tuple[int, int]:
    """Return ``(total, used)``: the address counts of the static pools."""
    ranges = [(int(ip_address(first)), int(ip_address(last))) for first, last in static_pools(network)]
    used = [int(ip_address(allocation.address)) for allocation in allocations(world, network)]
    in_pools = sum(any(first <= number <= last for first, last in ranges) for number in used)
    return sum(last - first + 1 for first, last in ranges), in_pools


def _nics(vm: Vm) -> Iterator[tuple[str, str]]:
    yield vm.network, vm.ip_address
    for nic in vm.more_nics:
        yield str(nic.get("network") or ""), str(nic.get("ip_address") or "")
