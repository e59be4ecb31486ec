"""The static routes and the default route of an edge.

OSPF and BGP are not part of this section. Source: protocol/ans.md §5.
"""

from __future__ import annotations

import copy
from ipaddress import IPv4Address, ip_address, ip_interface, ip_network
from typing import Any

from vcloudair_core.simulator.edge.edge_interfaces import interfaces
from vcloudair_core.simulator.edge.firewall_section import RefusedError
from vcloudair_core.simulator.edge.section_xml import _root, to_xml
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.simulator.state.world import World

NAME = "static_routing"
"""Name of the section in the edge.

Format of the section: ``{"routes": [{"network", "nextHop", ...}], "default": {"gatewayAddress", ...}, "version"}``.
"""
_SEMANTIC, _ADDRESS = 13100, 15012
"""Codes of a semantic error and of an invalid IP address.

Source: protocol/ans.md §6.
"""
_NUMBERS = {"vnic": (0, 9), "mtu": (68, 9000), "adminDistance": (1, 255)}
"""Allowed numbers of each field. The MTU is inferred."""
_ROUTE_FIELDS = ("mtu", "description", "type", "vnic", "network", "nextHop", "adminDistance")
_DEFAULT_FIELDS = ("mtu", "description", "vnic", "gatewayAddress", "adminDistance")


def state_of(edge: SimulatedEdge) -> dict[str, Any]:
    """Return the state of the section. The first call creates the state."""
    return edge.sections.setdefault(NAME, {"routes": [], "default": {}, "version": 1})


def shown(edge: SimulatedEdge) -> dict[str, Any]:
    """Return the section in the JSON format of the API.

    The section has no version (inferred).
    """
    state = state_of(edge)
    default = {"defaultRoute": copy.deepcopy(state["default"])} if state["default"] else {}
    return {**default, "staticRoutes": {"staticRoutes": copy.deepcopy(state["routes"])}}


def to_document(edge: SimulatedEdge) -> bytes:
    """Return the section as XML."""
    return to_xml("staticRouting", xml_value(edge))


def xml_value(edge: SimulatedEdge) -> dict[str, Any]:
    """Return the content of the XML element. Source: protocol/ans.md §9."""
    section = shown(edge)
    return {**section, "staticRoutes": {"route": section["staticRoutes"]["staticRoutes"]}}


def from_document(body: bytes) -> dict[str, Any]:
    """Return the section in an XML body, in its JSON format.

    Raises etree.XMLSyntaxError or ValueError for an invalid body.
    """
    root = _root(body, "staticRouting")
    default = root.find("defaultRoute")
    section = {"staticRoutes": {"staticRoutes": [_texts(node) for node in root.findall("staticRoutes/route")]}}
    return section if default is None else {**section, "defaultRoute": _texts(default)}


def replace(world: World, edge: SimulatedEdge, data: dict[str, Any]) -> None:
    """Replace the static routes and the default route.

    An invalid route raises RefusedError and changes nothing.
    """
    subnets = _subnets(world, edge)
    routes = [_route(raw, subnets) for raw in (data.get("staticRoutes") or {}).get("staticRoutes") or []]
    pairs = [(ip_network(route["network"], strict=False), route["nextHop"]) for route in routes]
    if len(set(pairs)) < len(pairs):
        raise RefusedError("[Routing] A static route with the same network and next hop exists.", code=_SEMANTIC)
    default = data.get("defaultRoute")
    new_default = _default(default, subnets) if default else {}
    state = state_of(edge)
    state.update(routes=routes, default=new_default, version=state["version"] + 1)


def reset(edge: SimulatedEdge) -> None:
    """Delete all static routes and the default route."""
    state = state_of(edge)
    state.update(routes=[], default={}, version=state["version"] + 1)


def _texts(node: Any) -> dict[str, Any]:
    return {child.tag: (child.text or "").strip() for child in node}


def _subnets(world: World, edge: SimulatedEdge) -> dict[str, Any]:
    """Return the subnet of each interface, by interface number."""
    groups = {
        str(interface["index"]): interface["addressGroups"]["addressGroup"] for interface in interfaces(world, edge)
    }
    return {
        index: ip_interface(f"{group['primaryAddress']}/{group['subnetPrefixLength']}").network
        for index, group in groups.items()
    }


def _route(raw: dict[str, Any], subnets: dict[str, Any]) -> dict[str, Any]:
    network = str(raw.get("network") or "")
    try:
        ip_network(network, strict=False)
    except ValueError:
        raise RefusedError(f"[Routing] Invalid network {network} in static route.", code=_ADDRESS) from None
    route = {"type": "user", "adminDistance": 1, **_numbered(raw, _ROUTE_FIELDS)}
    _check_hop(str(raw.get("nextHop") or ""), route, subnets)
    return route


def _default(raw: dict[str, Any], subnets: dict[str, Any]) -> dict[str, Any]:
    default = {"adminDistance": 1, **_numbered(raw, _DEFAULT_FIELDS)}
    _check_hop(str(raw.get("gatewayAddress") or ""), default, subnets)
    return default


def _check_hop(address: str, route: dict[str, Any], subnets: dict[str, Any]) -> None:
    """Refuse a next hop that the edge cannot reach directly (inferred).

    If the route names an interface, the next hop must be in the subnet of this interface. Otherwise, the next hop must
    be in the subnet of any interface.
    """
    try:
        hop = ip_address(address)
    except ValueError:
        raise RefusedError(f"[Routing] Invalid IP address {address}.", code=_ADDRESS) from None
    vnic = route.get("vnic")
    if vnic is not None and vnic not in subnets:
        raise RefusedError(f"[Routing] The interface {vnic} does not exist.", code=_SEMANTIC)
    candidates = [subnets[vnic]] if vnic is not None else list(subnets.values())
    if isinstance(hop, IPv4Address) and not any(hop in subnet for subnet in candidates):
        raise RefusedError(f"[Routing] The next hop {address} is not reachable through an interface.", code=_SEMANTIC)


def _numbered(raw: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """Return the keys of ``raw`` that ``fields`` names, without empty values.

    Numeric values are integers, except ``vnic`` (the interface number), which is a string. A number that is out of
    range raises RefusedError.
    """
    values = {name: raw[name] for name in fields if raw.get(name) not in (None, "")}
    for name, (least, most) in _NUMBERS.items():
        if name in values:
            number = int(values[name])
            if not least <= number <= most:
                raise RefusedError(f"[Routing] {name} {number} is out of range {least}-{most}.", code=_SEMANTIC)
            values[name] = str(number) if name == "vnic" else number
    return values
