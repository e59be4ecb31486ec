"""Records of edge gateways and networks."""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.documents.addresses import ADDRESSES
from vcloudair_core.simulator.inventory_objects.network_usage import pool_counts
from vcloudair_core.simulator.nsxt.edges import effective_owner, gateway_type, is_nsxt
from vcloudair_core.simulator.nsxt.entities import VdcGroup
from vcloudair_core.simulator.query.query_columns import (
    Column,
    Source,
    constant,
    from_field,
    href_column,
    last_task_columns,
    org_name,
    vdc_href,
    vdc_name,
    visible,
)
from vcloudair_core.simulator.state.entities import SimulatedEdge

LINK_TYPES = {True: 1, False: 2}
"""Value of linkType for routed networks (True) and isolated networks (False).

Source: protocol/query.md §7.
"""


def _path(edge: SimulatedEdge) -> str:
    return effective_owner(edge) if is_nsxt(edge) else f"{ADDRESSES['edge'].path}{edge.edge_id}"


def _of_vdc(column: Column) -> Column:
    """Return a column that has no value for edges in VDC groups.

    Such an edge belongs to its VDC group, and not to a VDC (inferred).

    Source: protocol/nsxt.md §2.
    """
    return lambda context, edge: None if edge.group_id else column(context, edge)


def _group_of(context: Any, edge: SimulatedEdge) -> VdcGroup | None:
    group: VdcGroup | None = context.world.vdc_groups.get(edge.group_id)
    return group


def _group_urn(context: Any, edge: SimulatedEdge) -> str | None:
    return f"urn:vcloud:vdcGroup:{edge.group_id}" if edge.group_id else None


def _group_name(context: Any, edge: SimulatedEdge) -> str | None:
    group = _group_of(context, edge)
    return group.name if group else None


EDGES = Source(
    visible("edges"),
    {
        "gatewayStatus": constant("READY"),
        "haStatus": constant("DISABLED"),
        "href": href_column("edge", "edge_id"),
        "isBusy": lambda context, edge: context.simulator.tasks.open_on(_path(edge)) is not None,
        "name": from_field("name"),
        "numberOfExtNetworks": constant(1),
        "numberOfOrgNetworks": lambda context, edge: len(context.world.networks_of(edge)),
        "vdc": _of_vdc(vdc_href),
        "isSyslogServerSettingInSync": constant(True),
        "advancedNetworkingEnabled": from_field("is_advanced"),
        "orgVdcName": _of_vdc(vdc_name),
        "orgName": org_name,
        "vdcGroupId": _group_urn,
        "vdcGroupName": _group_name,
        "edgeGatewayType": lambda context, edge: gateway_type(edge),
        "deploymentMode": lambda context, edge: edge.deployment_mode if is_nsxt(edge) else None,
        **last_task_columns(_path),
    },
    # Records have edgeGatewayType since API 32.0. Source: protocol/nsxt.md §2. The version of VDC groups is inferred.
    {
        "advancedNetworkingEnabled": (7, 0),
        "orgVdcName": (29, 0),
        "orgName": (32, 0),
        "edgeGatewayType": (32, 0),
        "vdcGroupId": (35, 0),
        "vdcGroupName": (35, 0),
        "deploymentMode": (39, 0),
    },
    is_steady=False,
)

NETWORKS = Source(
    visible("networks"),
    {
        "name": from_field("name"),
        "href": href_column("network", "network_id"),
        "vdc": vdc_href,
        "vdcName": vdc_name,
        "defaultGateway": from_field("gateway"),
        "netmask": from_field("netmask"),
        "dns1": lambda context, network: network.dns1 or " ",
        "dns2": lambda context, network: network.dns2 or " ",
        "dnsSuffix": constant(" "),
        "linkType": lambda context, network: LINK_TYPES[bool(network.edge_id)],
        "connectedTo": lambda context, network: context.world.edges[network.edge_id].name if network.edge_id else " ",
        "isBusy": constant(False),
        "isShared": from_field("is_shared"),
        "isIpScopeInherited": constant(False),
        "totalIpCount": lambda context, network: pool_counts(context.world, network)[0],
        "usedIpCount": lambda context, network: pool_counts(context.world, network)[1],
    },
    {"totalIpCount": (29, 0), "usedIpCount": (29, 0)},
)
