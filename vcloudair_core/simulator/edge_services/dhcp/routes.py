"""Routes for the DHCP section and the DHCP leases of an edge.

Source: protocol/ans.md §5.
"""

from __future__ import annotations

import json
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.edge.firewall_routes import _body, _done
from vcloudair_core.simulator.edge.section_coverage import section_versions
from vcloudair_core.simulator.edge.section_routes import guarded, xml_answer
from vcloudair_core.simulator.edge.section_xml import to_xml
from vcloudair_core.simulator.edge_services.dhcp import section as dhcp_section
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Response

_SIMPLIFICATIONS = (
    "There are no routes for single pools and static bindings. Each pool of an enabled service has one lease."
)


def routes(flavor: str, prefix: str = "") -> SimulatorRoutes:
    """Return the routes of an API flavor: ``hybridity`` or ``network``.

    Only ``network`` has DELETE.
    """
    is_hybridity = flavor == "hybridity"
    folder = "/hybridity/api/gateways" if is_hybridity else "/network/edges"
    base = f"{prefix}{folder}/{{edge_id}}/dhcp"

    def put(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
        body, sent_json = _body(context, is_hybridity)
        data = json.loads(body) if sent_json else dhcp_section.from_document(body)
        strict_version = context.simulator.config.strict_version
        dhcp_section.replace(context.world, edge, data, strict_version, needs_feature_type=sent_json)
        return _done(context, 204)

    calls = [("GET", "/config", show), ("PUT", "/config", put), ("GET", "/leaseInfo", lease_info)]
    calls += [] if is_hybridity else [("DELETE", "/config", delete)]
    made = tuple(
        SimulatorRoute(method, base + path, guarded(handler, is_hybridity=is_hybridity))
        for method, path, handler in calls
    )
    return SimulatorRoutes(
        f"edge-dhcp-{flavor}{prefix}",
        f"Edge DHCP (`/{flavor}`)",
        made,
        versions=section_versions(flavor),
        simplifications=_SIMPLIFICATIONS,
    )


def show(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Return the DHCP section."""
    section = dhcp_section.shown(edge)
    return responses.json_body(section) if as_json else xml_answer(dhcp_section.to_document(section))


def delete(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Restore the default settings, and return 204."""
    dhcp_section.reset(edge)
    return _done(context, 204)


def lease_info(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Return the DHCP leases."""
    leases = dhcp_section.leases(edge)
    if as_json:
        return responses.json_body({"timeStamp": 1448532000, "hostLeaseInfosDto": {"hostLeaseInfoDtos": leases}})
    return xml_answer(to_xml("dhcpLeases", {"timeStamp": 1448532000, "dhcpLeaseInfo": {"leaseInfo": leases}}))
