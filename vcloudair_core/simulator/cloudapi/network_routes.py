"""Routes that read edge gateways and networks under ``/cloudapi``.

Source: protocol/vcd-modern.md §2.3, §3.1, protocol/nsxt.md §2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.access.visibility import in_visible_vdcs
from vcloudair_core.simulator.api.own_objects import own_edge, own_in_vdc
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.cloudapi.network_json import (
    allocations_json,
    edge_json,
    group_urn,
    network_json,
    used_addresses,
    vdc_reference,
)
from vcloudair_core.simulator.state.entities import OrgVdcNetwork
from vcloudair_core.transport.messages import Response

EDGES, NETWORKS = "/cloudapi/1.0.0/edgeGateways", "/cloudapi/1.0.0/orgVdcNetworks"
INCLUDE_ACCESSIBLE = "_context==includeAccessible"
_OWNERS = ("ownerRef.id", "orgVdc.id", "orgRef.id", "status")


def routes() -> SimulatorRoutes:
    """Return the routes of edge gateways and networks."""
    calls = [
        (EDGES, list_edges),
        (f"{EDGES}/{{edge_id}}", show_edge),
        (f"{EDGES}/{{edge_id}}/usedIpAddresses", list_used_addresses),
        (NETWORKS, list_networks),
        (f"{NETWORKS}/{{network_id}}", show_network),
        (f"{NETWORKS}/{{network_id}}/allocatedIpAddresses", list_allocated_addresses),
    ]
    made = tuple(SimulatorRoute("GET", path, handler) for path, handler in calls)
    return SimulatorRoutes(
        "cloudapi networks", "Edge gateways and networks of API 33 and newer", made, versions="33.0 and newer"
    )


def list_edges(context: Any) -> Response:
    """Return a page of the edge gateways of the org."""
    edges = in_visible_vdcs(context, context.world.edges)
    values = [edge_json(context, edge) for edge in edges]
    views = _accessible(context)
    return json_responses.page(context, values, "EdgeGateways", searchable=("name", *_OWNERS), views=views)


def show_edge(context: Any) -> Response:
    """Return one edge gateway."""
    edge = own_edge(context, json_responses.uuid_of(context.path_params["edge_id"]))
    if edge is None:
        return json_responses.no_access("gateway", context.path_params["edge_id"])
    return json_responses.item(context, edge_json(context, edge))


def list_used_addresses(context: Any) -> Response:
    """Return the uplink addresses that an edge gateway uses."""
    edge = own_edge(context, json_responses.uuid_of(context.path_params["edge_id"]))
    if edge is None:
        return json_responses.no_access("gateway", context.path_params["edge_id"])
    return json_responses.page(
        context, used_addresses(context, edge), "GatewayUsedIpAddresses", searchable=("ipAddress", "category")
    )


def list_networks(context: Any) -> Response:
    """Return a page of the networks in all VDCs of the org."""
    networks = in_visible_vdcs(context, context.world.networks)
    values = [network_json(context, network) for network in networks]
    searchable = ("name", "networkType", "connection.routerRef.id", *_OWNERS)
    return json_responses.page(context, values, "VdcNetworks", searchable=searchable, views=_accessible(context))


def _accessible(context: Any) -> json_responses.Views | None:
    """Return the ``views`` function of a filter with ``includeAccessible``, or None.

    The function yields a copy of an edge gateway or network for each owner that the filter can name. If a VDC group
    owns the object, these owners are the VDC group and its VDCs. Therefore, a filter by VDC also selects the objects of
    the VDC's groups. Source: protocol/nsxt.md §2.
    """
    if INCLUDE_ACCESSIBLE not in (context.query.get("filter") or [""])[0]:
        return None
    by_urn = {group_urn(group): group for group in context.world.vdc_groups.values()}

    def views(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        yield value
        group = by_urn.get(value["ownerRef"]["id"])
        for vdc_id in group.vdc_ids if group else ():
            yield {**value, "ownerRef": vdc_reference(context.world.vdcs[vdc_id])}

    return views


def show_network(context: Any) -> Response:
    """Return one network of a VDC."""
    network = _own_network(context)
    return _refuse_network(context) if network is None else json_responses.item(context, network_json(context, network))


def list_allocated_addresses(context: Any) -> Response:
    """Return a page of the used addresses of a network.

    Source: API reference 37.2, ``orgVdcNetworks/{vdcNetworkId}/allocatedIpAddresses``.
    """
    network = _own_network(context)
    if network is None:
        return _refuse_network(context)
    values = allocations_json(context, network)
    return json_responses.page(context, values, "AllocatedIpAddresses", searchable=("ipAddress",))


def _own_network(context: Any) -> OrgVdcNetwork | None:
    identifier = json_responses.uuid_of(context.path_params["network_id"])
    network: OrgVdcNetwork | None = own_in_vdc(context, "network", identifier)
    return network


def _refuse_network(context: Any) -> Response:
    return json_responses.no_access("network", context.path_params["network_id"])
