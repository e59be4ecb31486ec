"""Routes for DHCP, load balancer and routing of an edge.

The routing settings, except static routes, always have default values.

Source: protocol/ans.md §1.1, §5.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.edge.firewall_routes import EdgeHandler
from vcloudair_core.simulator.edge.section_coverage import section_versions
from vcloudair_core.simulator.edge.section_routes import ExtraCall, guarded, section_routes, xml_answer
from vcloudair_core.simulator.edge.section_xml import to_xml
from vcloudair_core.simulator.edge_services import (
    l2vpn,
    routing_routes,
    static_routing,
    truststore,
)
from vcloudair_core.simulator.edge_services.dhcp import relay as dhcp_relay
from vcloudair_core.simulator.edge_services.dhcp import routes as dhcp_routes
from vcloudair_core.simulator.edge_services.load_balancer import LoadBalancerSection, statistics
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Response

_LOGGING = {"enable": False, "logLevel": "info"}
FACTORY: dict[str, dict[str, Any]] = {
    "routing": {
        "featureType": "routing_4.0",
        "version": 1,
        "enabled": True,
        "routingGlobalConfig": {"ecmp": False, "logging": _LOGGING},
        "staticRouting": {"staticRoutes": {"staticRoutes": []}},
        "ospf": {"enabled": False},
        "bgp": {"enabled": False},
    },
}
"""Factory settings of each section. Source: protocol/ans.md §5."""
_SIMPLIFICATIONS = "The services are read-only and have default settings."


def routes(flavor: str, prefix: str = "") -> list[SimulatorRoutes]:
    """Return the routes of an API flavor: ``hybridity`` or ``network``.

    Only ``network`` has the DHCP relay and certificates.
    """
    is_hybridity = flavor == "hybridity"
    edge = f"{prefix}/hybridity/api/gateways/{{edge_id}}" if is_hybridity else f"{prefix}/network/edges/{{edge_id}}"
    calls = [("GET", f"{edge}/{name}/config", guarded(_shown(name), is_hybridity=is_hybridity)) for name in FACTORY]
    made = tuple(SimulatorRoute(method, path, handler) for method, path, handler in calls)
    groups = [
        dhcp_routes.routes(flavor, prefix),
        section_routes(LoadBalancerSection(), flavor, prefix, (ExtraCall("GET", "/statistics", statistics),)),
        SimulatorRoutes(
            f"edge-services-{flavor}{prefix}",
            f"Other edge services ({flavor})",
            made,
            versions=section_versions(flavor),
            simplifications=_SIMPLIFICATIONS,
        ),
    ]
    if not is_hybridity:
        groups.append(_relay_routes(f"{edge}/dhcp/config/relay", prefix))
        groups.append(_l2vpn_routes(f"{edge}/l2vpn/config", prefix))
        groups.append(truststore.routes(f"{prefix}/network/services", prefix))
        groups += routing_routes.routes(edge, prefix)
    return groups


def _relay_routes(path: str, prefix: str) -> SimulatorRoutes:
    handlers = (("GET", show_relay), ("PUT", put_relay), ("DELETE", delete_relay))
    made = tuple(SimulatorRoute(method, path, guarded(call, is_hybridity=False)) for method, call in handlers)
    about = "The format is always XML, because no source states the JSON keys."
    return SimulatorRoutes(
        f"dhcp-relay{prefix}", "DHCP relay", made, versions=section_versions("network"), simplifications=about
    )


def _l2vpn_routes(path: str, prefix: str) -> SimulatorRoutes:
    handlers = (("GET", show_l2vpn), ("PUT", put_l2vpn), ("DELETE", delete_l2vpn))
    made = tuple(SimulatorRoute(method, path, guarded(call, is_hybridity=False)) for method, call in handlers)
    about = (
        "The format is always XML, because no source states the JSON keys. Passwords are masked, and a written mask "
        "replaces a password, which is the worst case. Tunnels carry no traffic."
    )
    return SimulatorRoutes(
        f"edge-l2vpn{prefix}", "L2 VPN of NSX-V", made, versions=section_versions("network"), simplifications=about
    )


def _shown(name: str) -> EdgeHandler:
    def show(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
        section = FACTORY[name]
        if name == "routing":
            static = static_routing.shown(edge) if as_json else static_routing.xml_value(edge)
            section = {**section, "version": static_routing.state_of(edge)["version"], "staticRouting": static}
        if as_json:
            return responses.json_body(section)
        body = {key: value for key, value in section.items() if key != "featureType"}
        return xml_answer(to_xml(name, body))

    return show


def show_relay(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Return the DHCP relay. The response is always XML."""
    return xml_answer(dhcp_relay.to_document(context.world, edge))


def put_relay(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Replace the DHCP relay, and return 204."""
    dhcp_relay.replace(context.world, edge, context.request.body)
    return responses.empty(204)


def delete_relay(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Remove the DHCP relay, and return 204."""
    edge.sections.pop(dhcp_relay.NAME, None)
    return responses.empty(204)


def show_l2vpn(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Return the L2 VPN. The response is always XML."""
    return xml_answer(l2vpn.to_document(edge))


def put_l2vpn(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Replace the L2 VPN, and return 204."""
    config = context.simulator.config
    l2vpn.replace(context.world, edge, context.request.body, strict_version=config.strict_version)
    return responses.empty(204)


def delete_l2vpn(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Remove the L2 VPN, and return 204."""
    edge.sections.pop(l2vpn.NAME, None)
    return responses.empty(204)
