"""Derive the owner, uplink addresses and NSX-T manager of an edge gateway.

Source: protocol/nsxt.md §2, §3.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from vcloudair_core.simulator.state.entities import SimulatedEdge, Vdc

NSXT = "nsxt"
DISTRIBUTED_ONLY = "DISTRIBUTED_ONLY"
FIRST_PROVIDER, SECOND_PROVIDER = "nsx1", "nsx2"
"""Names of the NSX-T managers.

VDCs use the first manager unless the inventory names another one.
"""
UPLINK_ADDRESSES = 10
"""Number of uplink addresses of an NSX-T edge gateway."""


def is_nsxt(edge: SimulatedEdge) -> bool:
    """Return True if NSX-T backs an edge gateway."""
    return edge.backend == NSXT


def gateway_type(edge: SimulatedEdge) -> str:
    """Return ``NSXT_BACKED`` or ``NSXV_BACKED``, the type of an edge gateway.

    Source: protocol/nsxt.md §2.
    """
    return "NSXT_BACKED" if is_nsxt(edge) else "NSXV_BACKED"


def gateway_urn(edge: SimulatedEdge) -> str:
    """Return the URN of an edge gateway."""
    return f"urn:vcloud:gateway:{edge.edge_id}"


def effective_owner(edge: SimulatedEdge) -> str:
    """Return the URN of the effective owner of an edge gateway.

    The effective owner is the VDC group that owns the edge gateway. Without a VDC group, it is the edge gateway itself.
    All edge gateways of a VDC group share their firewall groups, and only one of them can change at a time. Source:
    protocol/nsxt.md §2, §3.
    """
    return f"urn:vcloud:vdcGroup:{edge.group_id}" if edge.group_id else gateway_urn(edge)


def edges_of_owner(world: Any, owner: str) -> list[SimulatedEdge]:
    """Return the NSX-T edge gateways with the effective owner ``owner``, a URN."""
    return [edge for edge in world.edges.values() if is_nsxt(edge) and effective_owner(edge) == owner]


def context_urns(world: Any, edge: SimulatedEdge) -> set[str]:
    """Return the URNs of an edge gateway's VDC and VDC group.

    Port profiles for the edge gateway belong to the VDC or to the VDC group. Source: protocol/nsxt.md §4.
    """
    vdc_ids = world.vdc_groups[edge.group_id].vdc_ids if edge.group_id else (edge.vdc_id,)
    urns = {f"urn:vcloud:vdc:{vdc_id}" for vdc_id in vdc_ids}
    return urns | ({effective_owner(edge)} if edge.group_id else set())


def provider_of(world: Any, edge: SimulatedEdge) -> str:
    """Return the name of the NSX-T manager of an edge gateway."""
    vdc: Vdc = world.vdcs[edge.vdc_id]
    return vdc.network_provider


def provider_urn(world: Any, name: str) -> str:
    """Return the URN of an NSX-T manager."""
    return f"urn:vcloud:nsxtmanager:{world.make_id('nsxt-manager', name)}"


def address_range_of(edge: SimulatedEdge) -> tuple[str, str]:
    """Return the first and last uplink address of an edge gateway."""
    first = ip_address(edge.external_address)
    return str(first), str(first + (edge.address_count - 1))


def is_allocated(edge: SimulatedEdge, address: str) -> bool:
    """Return True if an address is an uplink address of an edge gateway."""
    first, last = (int(ip_address(end)) for end in address_range_of(edge))
    return first <= int(ip_address(address)) <= last
