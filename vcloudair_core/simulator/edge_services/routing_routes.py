"""Routes of the static routes and the DNS forwarding of an edge.

Source: protocol/ans.md §1.1, §5.
"""

from __future__ import annotations

import json
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.edge.firewall_routes import EdgeHandler, _body, _done
from vcloudair_core.simulator.edge.section_coverage import SIMPLIFICATIONS, section_versions
from vcloudair_core.simulator.edge.section_routes import guarded, xml_answer
from vcloudair_core.simulator.edge_services import dns_forwarding, static_routing
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Response


def routes(edge: str, prefix: str = "") -> list[SimulatorRoutes]:
    """Return the routes below the path of an edge."""
    static = (("GET", show_static), ("PUT", put_static), ("DELETE", delete_static))
    dns = (("GET", show_dns), ("PUT", put_dns), ("DELETE", delete_dns))
    return [
        _group(f"static-routes{prefix}", "Static routes", f"{edge}/routing/config/static", static),
        _group(f"dns-forwarding{prefix}", "DNS forwarding", f"{edge}/dns/config", dns),
    ]


def _group(name: str, title: str, path: str, calls: tuple[tuple[str, EdgeHandler], ...]) -> SimulatorRoutes:
    made = tuple(SimulatorRoute(method, path, guarded(call, is_hybridity=False)) for method, call in calls)
    versions = section_versions("network")
    return SimulatorRoutes(name, title, made, versions=versions, simplifications=SIMPLIFICATIONS)


def show_static(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Return the static routes and the default route."""
    if as_json:
        return responses.json_body(static_routing.shown(edge))
    return xml_answer(static_routing.to_document(edge))


def put_static(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Replace the static routes and the default route."""
    body, sent_json = _body(context, False)
    data = json.loads(body) if sent_json else static_routing.from_document(body)
    static_routing.replace(context.world, edge, data)
    return _done(context, 204)


def delete_static(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Delete all static routes and the default route."""
    static_routing.reset(edge)
    return _done(context, 204)


def show_dns(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Return the DNS forwarding."""
    if as_json:
        return responses.json_body(dns_forwarding.shown(edge))
    return xml_answer(dns_forwarding.to_document(edge))


def put_dns(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Replace the DNS forwarding."""
    body, sent_json = _body(context, False)
    data = json.loads(body) if sent_json else dns_forwarding.from_document(body)
    strict = context.simulator.config.strict_version
    dns_forwarding.replace(edge, data, strict_version=strict, needs_feature_type=sent_json)
    return _done(context, 204)


def delete_dns(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Restore the default settings of DNS forwarding."""
    dns_forwarding.reset(edge)
    return _done(context, 204)
