"""Routes that list edges, and that read the status and interfaces of an edge.

Source: protocol/ans.md §1.1, §1.4, §9.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.access.visibility import in_visible_vdcs
from vcloudair_core.simulator.edge.edge_interfaces import interfaces
from vcloudair_core.simulator.edge.section_coverage import section_versions
from vcloudair_core.simulator.edge.section_routes import guarded, xml_answer
from vcloudair_core.simulator.edge.section_xml import to_xml
from vcloudair_core.simulator.nsxt.edges import is_nsxt
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Response


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the routes under ``/network/edges``.

    The routes return XML, or JSON if the Accept header asks for JSON.
    """
    base = f"{prefix}/network/edges"
    return SimulatorRoutes(
        f"edge-views{prefix}",
        "Edges: list, status, interfaces",
        (
            SimulatorRoute("GET", base, list_edges),
            SimulatorRoute("GET", f"{base}/{{edge_id}}/status", guarded(status, is_hybridity=False)),
            SimulatorRoute("GET", f"{base}/{{edge_id}}/vdcNetworks", guarded(vdc_networks, is_hybridity=False)),
        ),
        versions=section_versions("network"),
        simplifications="The list of edges is inferred. The status of an edge is always good.",
    )


def list_edges(context: Any) -> Response:
    """Return a page of the edges of the user's org.

    No source confirms that vCloud Director has this path.
    """
    try:
        start = int((context.query.get("startIndex") or ["0"])[0])
        size = int((context.query.get("pageSize") or ["256"])[0])
    except ValueError:
        details = "The input request in invalid. - NumberFormatException"
        return responses.nsx_error(400, 100, details, as_json=context.wants_json, module="")
    own = [edge for edge in in_visible_vdcs(context, context.world.edges) if not is_nsxt(edge)]
    shown = [_summary(context, edge) for edge in own[start : start + size]]
    paging = {"pageSize": size, "startIndex": start, "totalCount": len(own), "sortOrderAscending": True, "sortBy": "id"}
    if context.wants_json:
        return responses.json_body({"edgePage": {"pagingInfo": paging, "data": shown}})
    return xml_answer(to_xml("pagedEdgeList", {"edgePage": {"pagingInfo": paging, "edgeSummary": shown}}))


def _summary(context: Any, edge: SimulatedEdge) -> dict[str, Any]:
    return {
        "objectId": f"edge-{edge.number}",
        "revision": edge.firewall["version"],
        "name": edge.name,
        "id": edge.edge_id,
        "state": "deployed",
        "edgeType": "gatewayServices",
        "tenantId": context.world.vdcs[edge.vdc_id].org,
        "apiVersion": "4.0",
        "edgeStatus": "GREEN",
        "numberOfConnectedVnics": len(interfaces(context.world, edge)),
    }


def status(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Return the status of an edge. The status is always GREEN and APPLIED."""
    services = [
        {"service": name, "configured": True, "publishStatus": "Applied", "serverStatus": "up", "status": "up"}
        for name in ("firewall",)
    ]
    shown: dict[str, Any] = {
        "timestamp": round(context.simulator.clock.now() * 1000),
        "systemStatus": "good",
        "activeVseHaIndex": 0,
        "edgeStatus": "GREEN",
        "publishStatus": "APPLIED",
        "version": edge.firewall["version"],
    }
    if as_json:
        return responses.json_body({**shown, "edgeVmStatus": [], "featureStatuses": services})
    return xml_answer(to_xml("edgeStatus", {**shown, "featureStatuses": {"featureStatus": services}}))


def vdc_networks(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Return the interfaces of an edge. The JSON keys are the XML names (inferred)."""
    vnics = interfaces(context.world, edge)
    if as_json:
        return responses.json_body({"edgeInterfaces": vnics})
    return xml_answer(to_xml("edgeInterfaces", {"edgeInterface": vnics}))
