"""Routes of edge gateways in the XML of vCloud Director.

The routes read an edge gateway and configure its services. Source: protocol/recorded-responses.md §6, §9.
"""

from __future__ import annotations

import copy
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.api.own_objects import own_edge, refuse
from vcloudair_core.simulator.documents.addresses import ADDRESSES, ADMIN_MEDIA
from vcloudair_core.simulator.documents.document_parts import respond
from vcloudair_core.simulator.documents.edge_documents import edge_document
from vcloudair_core.simulator.edge.firewall_section import RefusedError
from vcloudair_core.simulator.nsxt.edges import is_nsxt
from vcloudair_core.simulator.state.simulated_tasks import Owner
from vcloudair_core.simulator.writes.edge_services import replace_services
from vcloudair_core.simulator.writes.entity_tasks import BadBodyError, bad_body, read_body, start_task
from vcloudair_core.transport.messages import Response

SERVICES_MEDIA = f"{ADMIN_MEDIA}edgeGatewayServiceConfiguration+xml"


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the routes to read an edge gateway and to configure its services."""
    base = f"{prefix}/api/admin/edgeGateway/{{edge_id}}"
    made = (
        SimulatorRoute("GET", base, show),
        SimulatorRoute("POST", f"{base}/action/configureServices", configure_services),
    )
    return SimulatorRoutes(f"edge-gateways{prefix}", "Edge gateways in vCloud XML", made, versions="5.1 and newer")


def show(context: Any) -> Response:
    """Return an edge gateway."""
    edge = own_edge(context, context.path_params["edge_id"])
    return refuse(context, "gateway", "edge_id") if edge is None else respond(context, edge_document(context, edge))


def configure_services(context: Any) -> Response:
    """Start a task that replaces the services that the body contains.

    Services that the body does not contain stay unchanged. The Content-Type can be missing, because some clients do not
    send it. An invalid service is rejected before the task starts (inferred).
    """
    edge = own_edge(context, context.path_params["edge_id"])
    if edge is None:
        return refuse(context, "gateway", "edge_id")
    if is_nsxt(edge):
        message = f"The operation is not supported by the NSX-T edge gateway {edge.name}."
        return responses.error(400, "UNSUPPORTED_OPERATION", message, context.version)
    try:
        root = read_body(context, "EdgeGatewayServiceConfiguration", SERVICES_MEDIA)
        # Validation replaces the services of the edge, so it runs on a copy of the edge.
        replace_services(context.world, copy.deepcopy(edge), root, context.simulator.config)
    except BadBodyError as exc:
        return bad_body(context, exc)
    except (RefusedError, ValueError, KeyError) as exc:
        return responses.error(400, "BAD_REQUEST", f"Bad request: {exc}", context.version)
    path = f"{ADDRESSES['edge'].path}{edge.edge_id}"
    if context.simulator.tasks.open_on(path) is not None:
        message = f"The entity gateway {edge.edge_id} is busy completing an operation."
        return responses.error(400, "BUSY_ENTITY", message, context.version)
    owner = Owner(path, edge.name, ADDRESSES["edge"].media_type)

    def apply() -> None:
        replace_services(context.world, edge, root, context.simulator.config)

    operation = f"Updating services EdgeGateway {edge.name}({edge.edge_id})"
    return start_task(context, owner, operation, "networkConfigureEdgeGatewayServices", apply)
