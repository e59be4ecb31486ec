"""A firewall's global settings and default policy, which have addresses of their own. Source: protocol/ans.md §2.7."""

from __future__ import annotations

import json
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.edge import firewall_section as nsx
from vcloudair_core.simulator.edge.firewall_routes import _body, _done, established_timeout_s
from vcloudair_core.simulator.edge.section_routes import guarded, xml_answer
from vcloudair_core.simulator.edge.section_xml import settings_from_xml, to_xml
from vcloudair_core.simulator.state.world import SimulatedEdge
from vcloudair_core.transport.messages import Response


def routes(prefix: str = "") -> SimulatorRoutes:
    """Below /network/edges, XML or JSON; each change counts the version of the firewall up."""
    base = f"{prefix}/network/edges/{{edge_id}}/firewall/config"
    routes = [
        ("GET", "/global", get_global),
        ("PUT", "/global", put_global),
        ("GET", "/defaultpolicy", get_policy),
        ("PUT", "/defaultpolicy", put_policy),
    ]
    made = tuple(SimulatorRoute(verb, base + path, guarded(call, is_hybridity=False)) for verb, path, call in routes)
    return SimulatorRoutes(f"edge-firewall-settings{prefix}", "Edge firewall: global settings, default policy", made)


def get_global(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """The global settings."""
    shown = edge.firewall["globalConfig"]
    return responses.json_body(shown) if as_json else xml_answer(to_xml("globalConfig", shown))


def put_global(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """All of them at once: what is missing gets its default."""
    edge.firewall["globalConfig"] = nsx.global_config(
        _sent(context, "globalConfig"), established_timeout_s(context, False)
    )
    edge.firewall["version"] += 1
    return _done(context, 204)


def get_policy(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """The default policy."""
    shown = edge.firewall["defaultPolicy"]
    return responses.json_body(shown) if as_json else xml_answer(to_xml("firewallDefaultPolicy", shown))


def put_policy(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """The default policy, whose rule has no address of its own."""
    edge.firewall["defaultPolicy"] = nsx.checked_policy(_sent(context, "firewallDefaultPolicy"))
    edge.firewall["version"] += 1
    return _done(context, 204)


def _sent(context: Any, root: str) -> dict[str, Any]:
    body, is_json = _body(context, is_hybridity=False)
    sent = json.loads(body) if is_json else settings_from_xml(body, root)
    if not isinstance(sent, dict):
        raise ValueError("not a mapping")
    return sent
