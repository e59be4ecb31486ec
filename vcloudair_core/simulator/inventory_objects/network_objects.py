"""Edges, networks and VDC groups of an inventory file."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address, ip_interface
from typing import Any

from vcloudair_core.errors import SpecError
from vcloudair_core.simulator.config import SimulatorConfig
from vcloudair_core.simulator.nsxt.edges import FIRST_PROVIDER, NSXT, UPLINK_ADDRESSES
from vcloudair_core.simulator.nsxt.entities import VdcGroup
from vcloudair_core.simulator.state.entities import (
    DEFAULT_NETWORK,
    Org,
    OrgVdcNetwork,
    SimulatedEdge,
    Vdc,
)
from vcloudair_core.simulator.state.world import World

_NETWORK_FIELDS = (
    "gateway",
    "prefix_length",
    "dns1",
    "dns2",
    "is_shared",
    "description",
    "connection_type",
    "static_pools",
    "dhcp_pools",
)


def default_networks(edges: Sequence[SimulatedEdge]) -> list[dict[str, Any]]:
    """Return the default networks of a VDC.

    A VDC has two networks for each edge. A VDC without edges has one isolated network. The static pools of networks on
    NSX-T leave room for DHCP pools.
    """
    networks: list[dict[str, Any]] = [] if edges else [{"name": DEFAULT_NETWORK}]
    for number, edge in enumerate(edges):
        names = (DEFAULT_NETWORK, "dmz") if number == 0 else (f"{edge.name}-net1", f"{edge.name}-net2")
        subnets = zip(names, ("192.168.10.1", "192.168.20.1"), strict=True)
        for name, gateway in subnets:
            network: dict[str, Any] = {"name": name, "gateway": gateway, "edge": edge.name}
            prefix = gateway.removesuffix("1")
            pools = {"static_pools": [f"{prefix}2-{prefix}99"]} if edge.backend == NSXT else {}
            networks.append({**network, **pools})
    return networks


def add_network(world: World, vdc: Vdc, tree: dict[str, Any]) -> None:
    """Add a network to a VDC. Raises SpecError for an unknown edge."""
    identifier = world.new_id("network", f"{vdc.org}/{vdc.vdc_id}/{tree['name']}", world.networks)
    edge_name = tree.get("edge", "")
    edge = next((edge for edge in world.in_vdc(vdc.vdc_id, world.edges) if edge.name == edge_name), None)
    if edge_name and edge is None:
        reason = f"edge gateway '{edge_name}' is not in VDC '{vdc.name}'"
        raise SpecError(f"network '{tree['name']}'", reason, hint=f"Use an edge gateway of VDC '{vdc.name}'.")
    network = OrgVdcNetwork(identifier, tree["name"], vdc.vdc_id, edge.edge_id if edge else "")
    for field in _NETWORK_FIELDS:
        if field in tree:
            setattr(network, field, tree[field])
    _check_pools(network, edge)
    world.networks[identifier] = network


def _check_pools(network: OrgVdcNetwork, edge: SimulatedEdge | None) -> None:
    """Raise SpecError for invalid pools.

    A pool must be in the subnet. A network of an NSX-V edge must not have DHCP pools, because they belong to the DHCP
    section of the edge.
    """
    subnet = ip_interface(f"{network.gateway}/{network.prefix_length}").network
    for pool in (*(network.static_pools or ()), *network.dhcp_pools):
        ends = [end.strip() for end in pool.split("-")]
        try:
            is_valid = len(ends) == 2 and all(ip_address(end) in subnet for end in ends)
        except ValueError:
            is_valid = False
        if not is_valid:
            hint = "Use the form FIRST-LAST, such as 192.168.10.20-192.168.10.99."
            raise SpecError(f"network '{network.name}'", f"pool '{pool}' is not a range of {subnet}", hint=hint)
    if network.dhcp_pools and edge is not None and edge.backend != NSXT:
        reason = f"the DHCP pools of the edge gateway '{edge.name}' are in its section dhcp"
        hint = "Omit dhcp_pools, and apply the DHCP section of the NSX-V edge gateway."
        raise SpecError(f"network '{network.name}'", reason, hint=hint)


def add_edge(world: World, vdc: Vdc, tree: dict[str, Any], config: SimulatorConfig) -> SimulatedEdge:
    """Add an edge to a VDC.

    Raises SpecError for an invalid section, and for an edge whose backend differs from the VDC's other edges.
    """
    number, backend = 1 + len(world.edges), tree.get("backend", "nsxv")
    if backend not in ("nsxv", NSXT):
        raise SpecError(f"edge '{tree['name']}'", f"backend '{backend}' is unknown", hint="Use 'nsxv' or 'nsxt'.")
    others = {edge.backend for edge in world.in_vdc(vdc.vdc_id, world.edges)}
    if others - {backend} or (vdc.network_provider and backend != NSXT):
        reason = f"VDC '{vdc.name}' has edge gateways of another backend, or another network provider"
        raise SpecError(f"edge '{tree['name']}'", reason, hint="Add the edge gateway to another VDC.")
    edge_id = world.new_id("edge", f"{vdc.org}/{vdc.vdc_id}/{tree['name']}", world.edges)
    address, is_advanced = f"203.0.113.{number}", tree.get("advanced", True)
    edge = SimulatedEdge(edge_id, tree["name"], vdc.vdc_id, number, address, is_advanced)
    edge.description = tree.get("description", "")
    if backend == NSXT:
        _fill_nsxt(world, vdc, edge, tree)
    else:
        _fill_nsxv(edge, tree, config)
    world.edges[edge.edge_id] = edge
    return edge


def _fill_nsxv(edge: SimulatedEdge, tree: dict[str, Any], config: SimulatorConfig) -> None:
    from vcloudair_core.simulator.edge.firewall_section import append, factory
    from vcloudair_core.simulator.replay.recorded_sections import fill_sections

    established = config.established_timeout_s or (3600 if config.profile in ("vca", "vchs") else 21600)
    edge.firewall = factory(edge, established)
    if tree.get("firewall"):
        append(edge, tree["firewall"], None)
    fill_sections(edge, tree.get("sections", {}), config, established)


def _fill_nsxt(world: World, vdc: Vdc, edge: SimulatedEdge, tree: dict[str, Any]) -> None:
    number = sum(edge.backend == NSXT for edge in world.edges.values())
    edge.backend, edge.is_advanced = NSXT, False
    edge.deployment_mode = tree.get("deployment_mode", edge.deployment_mode)
    edge.external_address = f"203.0.113.{100 + UPLINK_ADDRESSES * (number % 15)}"
    edge.address_count = UPLINK_ADDRESSES
    vdc.network_provider = vdc.network_provider or FIRST_PROVIDER


def add_vdc_group(world: World, org: Org, tree: dict[str, Any]) -> None:
    """Add a VDC group to an org, and make the group the owner of its edge gateways.

    Raises SpecError for an unknown VDC, and for an edge gateway that is in no VDC of the group.
    """
    by_name = {vdc.name: vdc for vdc in world.vdcs_of(org.name)}
    what = f"VDC group '{tree['name']}'"
    for name in tree["vdcs"]:
        if name not in by_name:
            hint = f"Use VDCs of the org: {', '.join(by_name)}."
            raise SpecError(what, f"VDC '{name}' is not in org '{org.name}'", hint=hint)
    vdc_ids = tuple(by_name[name].vdc_id for name in tree["vdcs"])
    group_id = world.new_id("vdc-group", f"{org.name}/{tree['name']}", world.vdc_groups)
    world.vdc_groups[group_id] = VdcGroup(group_id, tree["name"], org.name, vdc_ids, tree.get("description", ""))
    for name in tree.get("edges", ()):
        edges = (edge for edge in world.edges.values() if edge.name == name and edge.vdc_id in vdc_ids)
        edge = next((edge for edge in edges if not edge.group_id), None)
        if edge is None:
            hint = "Add the edge gateway to a VDC of the group. An edge gateway has one owner."
            raise SpecError(what, f"edge gateway '{name}' is in no VDC of the group", hint=hint)
        edge.group_id = group_id
