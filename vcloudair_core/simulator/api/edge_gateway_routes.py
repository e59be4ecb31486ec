"""Routes of edge gateways in the XML of vCloud Director. Source: protocol/recorded-responses.md §9."""

from __future__ import annotations

from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.api.own_objects import own_edge, refuse
from vcloudair_core.simulator.documents.document_parts import respond
from vcloudair_core.simulator.documents.edge_documents import edge_document
from vcloudair_core.transport.messages import Response


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the routes to read an edge gateway."""
    base = f"{prefix}/api/admin/edgeGateway/{{edge_id}}"
    made = (SimulatorRoute("GET", base, show),)
    return SimulatorRoutes(f"edge-gateways{prefix}", "Edge gateways in vCloud XML", made, versions="5.1 and newer")


def show(context: Any) -> Response:
    """Return an edge gateway."""
    edge = own_edge(context, context.path_params["edge_id"])
    return refuse(context, "gateway", "edge_id") if edge is None else respond(context, edge_document(context, edge))
