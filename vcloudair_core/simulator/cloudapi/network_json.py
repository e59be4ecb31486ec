"""Edge gateways and networks in the JSON format of ``/cloudapi``.

The same objects are available as XML under ``/api``. Source: protocol/vcd-modern.md §3.1, protocol/nsxt.md §2.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vcloudair_core.simulator.documents.addresses import urn
from vcloudair_core.simulator.edge.ipsec_section import SimulatedIpsec
from vcloudair_core.simulator.edge.nat_section import SimulatedNat
from vcloudair_core.simulator.inventory_objects.network_usage import allocations, pool_counts, static_pools
from vcloudair_core.simulator.nsxt.edge_tasks import status_of
from vcloudair_core.simulator.nsxt.edges import (
    address_range_of,
    effective_owner,
    gateway_type,
    is_nsxt,
    provider_of,
    provider_urn,
)
from vcloudair_core.simulator.nsxt.entities import VdcGroup
from vcloudair_core.simulator.nsxt.service_addresses import (
    l2vpn_addresses,
    nat_addresses,
    tunnel_addresses,
    virtual_service_addresses,
)
from vcloudair_core.simulator.releases import is_at_least
from vcloudair_core.simulator.state.entities import OrgVdcNetwork, SimulatedEdge, Vdc

_UNIVERSAL_SINCE, _NON_DISTRIBUTED_SINCE, _DEPLOYMENT_MODE_SINCE = (38, 0), (36, 2), (39, 0)
"""First API versions of some fields of an edge gateway.

Source: protocol/nsxt.md §2, protocol/vcd-modern.md §3.1.
"""


def reference(kind: str, identifier: str, name: str) -> dict[str, str]:
    """Return a reference to an object: name and URN."""
    return {"name": name, "id": urn(kind, identifier)}


def vdc_reference(vdc: Vdc) -> dict[str, str]:
    """Return a reference to a VDC."""
    return reference("vdc", vdc.vdc_id, vdc.name)


def group_urn(group: VdcGroup) -> str:
    """Return the URN of a VDC group."""
    return f"urn:vcloud:vdcGroup:{group.group_id}"


def owner_references(vdc: Vdc, group: VdcGroup | None) -> dict[str, Any]:
    """Return ``orgVdc`` and ``ownerRef``, the JSON fields for the owner of an object.

    The object is an edge gateway or network. If a VDC group owns the object, ``orgVdc`` is None (inferred).
    Source: protocol/nsxt.md §2.
    """
    if group is None:
        return {"orgVdc": vdc_reference(vdc), "ownerRef": vdc_reference(vdc)}
    return {"orgVdc": None, "ownerRef": {"name": group.name, "id": group_urn(group)}}


def edge_json(context: Any, edge: SimulatedEdge) -> dict[str, Any]:
    """Return an edge gateway as JSON."""
    world = context.world
    vdc = world.vdcs[edge.vdc_id]
    org = world.orgs[vdc.org]
    networks = world.networks_of(edge)
    made = {
        "status": status_of(context, effective_owner(edge)) if is_nsxt(edge) else "REALIZED",
        "id": urn("edge", edge.edge_id),
        "name": edge.name,
        "description": edge.description,
        "edgeGatewayUplinks": [_uplink_json(context, edge)],
        "distributedRoutingEnabled": is_nsxt(edge),
        "orgVdcNetworkCount": len(networks),
        "gatewayBacking": _backing_json(context, edge),
        **owner_references(vdc, world.vdc_groups.get(edge.group_id)),
        "orgRef": reference("org", org.org_id, org.name),
        "serviceNetworkDefinition": "192.168.255.225/27" if is_nsxt(edge) else None,
        "edgeClusterConfig": None,
    }
    if is_nsxt(edge):
        made["distributedRouterUplinkNetworkDefinition"] = None
        if is_at_least(context.version, _NON_DISTRIBUTED_SINCE):
            made["nonDistributedRoutingEnabled"] = any(net.connection_type != "INTERNAL" for net in networks)
        if is_at_least(context.version, _DEPLOYMENT_MODE_SINCE):
            made["deploymentMode"] = edge.deployment_mode
    return made


def _backing_json(context: Any, edge: SimulatedEdge) -> dict[str, Any]:
    world = context.world
    if is_nsxt(edge):
        name = provider_of(world, edge)
        backing_id, provider = world.make_id("tier1", edge.edge_id), {"name": name, "id": provider_urn(world, name)}
    else:
        provider_id = world.make_id("network-provider", "nsxv")
        backing_id = f"edge-{edge.number}"
        provider = {"name": "nsx-manager", "id": f"urn:vcloud:networkProvider:{provider_id}"}
    backing: dict[str, Any] = {
        "backingId": backing_id,
        "gatewayType": gateway_type(edge),
        "networkProvider": provider,
    }
    if is_at_least(context.version, _UNIVERSAL_SINCE):
        backing["isUniversalVdcGroupEdge"] = False
    return backing


def _uplink_json(context: Any, edge: SimulatedEdge) -> dict[str, Any]:
    external = next(iter(context.world.external_networks.values()))
    first, last = address_range_of(edge)
    subnet = {
        "gateway": external.gateway,
        "prefixLength": external.prefix_length,
        "dnsSuffix": None,
        "dnsServer1": "",
        "dnsServer2": "",
        "ipRanges": {"values": [{"startAddress": first, "endAddress": last}]},
        "enabled": True,
        "totalIpCount": edge.address_count,
        "usedIpCount": len({address["ipAddress"] for address in used_addresses(context, edge)}),
        "primaryIp": edge.external_address,
        "autoAllocateIpRanges": False,
    }
    uplink = {
        "uplinkId": urn("network", external.network_id),
        "uplinkName": external.name,
        "subnets": {"values": [subnet]},
        "connected": True,
        "quickAddAllocatedIpCount": None,
        "dedicated": False,
        "usingIpSpace": False,
        "vrfLiteBacked": False,
    }
    return {**uplink, "backingType": "NSXT_TIER0"} if is_nsxt(edge) else uplink


def used_addresses(context: Any, edge: SimulatedEdge) -> list[dict[str, Any]]:
    """Return the uplink addresses that an edge gateway uses.

    These are the addresses of the edge gateway, its NAT rules, its IPsec sites and, on NSX-T, its L2 VPN tunnels and
    virtual services.
    """
    external = next(iter(context.world.external_networks.values()))
    network = reference("network", external.network_id, external.name)
    pairs = dict.fromkeys([(edge.external_address, "PRIMARY_IP"), *_service_addresses(edge)])
    return [{"ipAddress": address, "category": category, "networkRef": network} for address, category in pairs]


def _service_addresses(edge: SimulatedEdge) -> Iterator[tuple[str, str]]:
    if is_nsxt(edge):
        yield from nat_addresses(edge)
        yield from tunnel_addresses(edge)
        yield from l2vpn_addresses(edge)
        yield from virtual_service_addresses(edge)
        return
    for rule in SimulatedNat().state(edge)["user"]:
        is_snat = rule["action"] == "snat"
        yield str(rule["translatedAddress" if is_snat else "originalAddress"]), "SNAT" if is_snat else "DNAT"
    for site in SimulatedIpsec().state(edge)["sites"]:
        yield str(site["localIp"]), "IPsec_VPN"


def network_json(context: Any, network: OrgVdcNetwork) -> dict[str, Any]:
    """Return a VDC network as JSON, with the edge gateway that routes the network."""
    world = context.world
    vdc = world.vdcs[network.vdc_id]
    org = world.orgs[vdc.org]
    edge = world.edges.get(network.edge_id)
    total, used = pool_counts(world, network)
    subnet = {
        "gateway": network.gateway,
        "prefixLength": network.prefix_length,
        "dnsSuffix": None,
        "dnsServer1": network.dns1,
        "dnsServer2": network.dns2,
        "ipRanges": {"values": [_range_json(pool) for pool in static_pools(network)]},
        "enabled": True,
        "totalIpCount": total,
        "usedIpCount": used,
    }
    connection = {
        "routerRef": reference("edge", edge.edge_id, edge.name) if edge else None,
        "connectionType": network.connection_type,
        "connected": True,
    }
    return {
        "id": urn("network", network.network_id),
        "name": network.name,
        "description": network.description,
        "status": "REALIZED",
        "networkType": "NAT_ROUTED" if edge else "ISOLATED",
        "subnets": {"values": [subnet]},
        "connection": connection if edge else None,
        **owner_references(vdc, world.group_of_network(network)),
        "orgVdcIsNsxTBacked": bool(vdc.network_provider),
        "orgRef": reference("org", org.org_id, org.name),
        "backingNetworkType": "NSXT_FLEXIBLE_SEGMENT" if vdc.network_provider else "VIRTUAL_WIRE",
        "parentNetworkId": None,
        "guestVlanTaggingAllowed": False,
        "shared": network.is_shared,
    }


def _range_json(ends: tuple[str, str]) -> dict[str, str]:
    return {"startAddress": ends[0], "endAddress": ends[1]}


def allocations_json(context: Any, network: OrgVdcNetwork) -> list[dict[str, Any]]:
    """Return the used addresses of a network.

    Source: API reference 37.2, AllocatedIpAddress. The URN of an edge gateway as ``entityId`` is inferred.
    """
    world = context.world
    org = world.orgs[world.vdcs[network.vdc_id].org]
    shared = {
        "networkRef": reference("network", network.network_id, network.name),
        "orgRef": reference("org", org.org_id, org.name),
    }
    values = []
    for allocation in allocations(world, network):
        vm = allocation.vm
        vapp = world.vapps.get(vm.vapp_id) if vm else None
        made = {
            "id": None,
            "entityId": urn("vm", vm.vm_id) if vm else urn("edge", network.edge_id),
            "entityName": vm.name if vm else "Edge Gateway",
            "vAppName": vapp.name if vapp else None,
            "ipAddress": allocation.address,
            "deployed": allocation.is_deployed,
            "allocationType": allocation.json_type,
        }
        values.append({**made, **shared})
    return values
