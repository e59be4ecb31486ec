"""Uplink addresses that the services of an NSX-T edge gateway use.

Source: protocol/nsxt.md §2.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from vcloudair_core.simulator.state.entities import SimulatedEdge

_CATEGORIES = {"SNAT": "SNAT", "DNAT": "DNAT", "NO_DNAT": "DNAT", "REFLEXIVE": "DNAT"}
"""Category of the addresses of each type of NAT rule.

The categories of NO_DNAT and REFLEXIVE are inferred.
"""


def nat_addresses(edge: SimulatedEdge) -> Iterator[tuple[str, str]]:
    """Yield each uplink address that a NAT rule translates, with its category."""
    first = ip_address(edge.external_address)
    addresses = [first + offset for offset in range(edge.address_count)]
    for rule in edge.services.get("nat", {}).get("rules", ()):
        if rule["type"] in _CATEGORIES:
            network = ip_network(rule["externalAddresses"], strict=False)
            yield from ((str(address), _CATEGORIES[rule["type"]]) for address in addresses if address in network)


def virtual_service_addresses(edge: SimulatedEdge) -> Iterator[tuple[str, str]]:
    """Yield ``(address, category)`` for each virtual service."""
    for service in edge.services.get("loadBalancer", {}).get("virtualServices", ()):
        yield service.get("virtualIpAddress") or service["ipv6VirtualIpAddress"], "Load_Balancer"


def tunnel_addresses(edge: SimulatedEdge) -> Iterator[tuple[str, str]]:
    """Yield the local address of each IPsec tunnel, with its category."""
    for tunnel in edge.services.get("ipsec", {}).get("tunnels", ()):
        yield tunnel["localEndpoint"]["localAddress"], "IPsec_VPN"


def l2vpn_addresses(edge: SimulatedEdge) -> Iterator[tuple[str, str]]:
    """Yield the local endpoint of each L2 VPN tunnel, with its category."""
    for tunnel in edge.services.get("l2vpn", {}).get("tunnels", ()):
        yield tunnel["localEndpointIP"], "L2_VPN"
