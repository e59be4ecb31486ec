"""Routes for the global settings and the default policy of an edge firewall.

Source: protocol/ans.md §2.7.
"""

from __future__ import annotations

import json
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.edge import firewall_section as nsx
from vcloudair_core.simulator.edge.firewall_routes import _body, _done, established_timeout_s
from vcloudair_core.simulator.edge.section_coverage import section_versions
from vcloudair_core.simulator.edge.section_routes import guarded, xml_answer
from vcloudair_core.simulator.edge.section_xml import settings_from_xml, to_xml
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Response


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the routes under ``/network/edges``.

    The routes accept and return XML or JSON. Each change increments the version of the firewall section.
    """
    base = f"{prefix}/network/edges/{{edge_id}}/firewall/config"
    calls = [
        ("GET", "/global", get_global),
        ("PUT", "/global", put_global),
        ("GET", "/defaultpolicy", get_policy),
        ("PUT", "/defaultpolicy", put_policy),
    ]
    made = tuple(SimulatorRoute(verb, base + path, guarded(call, is_hybridity=False)) for verb, path, call in calls)
    return SimulatorRoutes(
        f"edge-firewall-settings{prefix}",
        "Edge firewall: global settings, default policy",
        made,
        versions=section_versions("network"),
    )


def get_global(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Return the global settings of the firewall."""
    shown = edge.firewall["globalConfig"]
    return responses.json_body(shown) if as_json else xml_answer(to_xml("globalConfig", shown))


def put_global(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Replace the global settings. A missing setting gets its default."""
    edge.firewall["globalConfig"] = nsx.global_config(
        _read_settings(context, "globalConfig"), established_timeout_s(context, False)
    )
    edge.firewall["version"] += 1
    return _done(context, 204)


def get_policy(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Return the default policy of the firewall."""
    shown = edge.firewall["defaultPolicy"]
    return responses.json_body(shown) if as_json else xml_answer(to_xml("firewallDefaultPolicy", shown))


def put_policy(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Replace the default policy. The default rule changes with the policy."""
    edge.firewall["defaultPolicy"] = nsx.checked_policy(_read_settings(context, "firewallDefaultPolicy"))
    edge.firewall["version"] += 1
    return _done(context, 204)


def _read_settings(context: Any, root: str) -> dict[str, Any]:
    body, is_json = _body(context, is_hybridity=False)
    settings = json.loads(body) if is_json else settings_from_xml(body, root)
    if not isinstance(settings, dict):
        raise ValueError("not a mapping")
    return settings
