"""Routes for the global settings, the default policy and the rule counters.

Source: protocol/ans.md §2.7.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.edge import firewall_section as nsx
from vcloudair_core.simulator.edge.firewall_routes import _body, _done, established_timeout_s
from vcloudair_core.simulator.edge.section_coverage import section_versions
from vcloudair_core.simulator.edge.section_routes import guarded, xml_answer
from vcloudair_core.simulator.edge.section_xml import settings_from_xml, to_xml
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Response

_SIMPLIFICATIONS = (
    "The counters of a rule grow with the time. They are 0 for disabled rules and rules after a rule for all traffic."
)


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the routes under ``/network/edges``.

    The routes accept and return XML or JSON. Each change increments the version of the firewall section.
    """
    base = f"{prefix}/network/edges/{{edge_id}}/firewall"
    calls = [
        ("GET", "/config/global", get_global),
        ("PUT", "/config/global", put_global),
        ("GET", "/config/defaultpolicy", get_policy),
        ("PUT", "/config/defaultpolicy", put_policy),
        ("GET", "/statistics/{rule_id}", get_counters),
    ]
    made = tuple(SimulatorRoute(verb, base + path, guarded(call, is_hybridity=False)) for verb, path, call in calls)
    return SimulatorRoutes(
        f"edge-firewall-settings{prefix}",
        "Edge firewall: global settings, default policy, rule counters",
        made,
        versions=section_versions("network"),
        simplifications=_SIMPLIFICATIONS,
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


def get_counters(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Return the counters of a rule.

    The counters grow with the clock of the simulator. A rule that no traffic reaches has counters of 0: a disabled
    rule, a rule after one that matches all traffic, or any rule if the firewall is disabled.

    Raises RefusedError with the status 404 for an unknown rule (inferred).
    """
    rule_id = context.path_params["rule_id"]
    rules = [*edge.firewall["internal"], *edge.firewall["user"], nsx.default_rule(edge.firewall)]
    numbers = [str(rule["ruleId"]) for rule in rules]
    if rule_id not in numbers:
        raise nsx.RefusedError(f"The requested object {rule_id} could not be found.", status=404, code=202)
    index = numbers.index(rule_id)
    now = context.simulator.clock.now()
    seed = crc32(f"{edge.edge_id}/{rule_id}".encode())
    is_reached = (
        edge.firewall["enabled"] and rules[index].get("enabled", True) and not any(map(_matches_all, rules[:index]))
    )
    counted_from = context.state.setdefault("firewall_counters", {}).setdefault((edge.edge_id, rule_id), now)
    hours = (now - counted_from) / 3600 + 1 + seed % 720 if is_reached else 0
    connections = int(hours * (1 + seed % 90))
    packets = connections * (6 + seed % 30)
    counters = {
        "timestamp": int(now),
        "connectionCount": connections,
        "byteCount": packets * (64 + seed % 900),
        "packetCount": packets,
    }
    return responses.json_body(counters) if as_json else xml_answer(to_xml("firewallRuleStats", counters))


def _matches_all(rule: Mapping[str, Any]) -> bool:
    """Return True for an enabled rule that matches all traffic."""
    is_any = all(_is_any(rule.get(side) or {}) for side in ("source", "destination"))
    application = rule.get("application") or {}
    services = application.get("service") or []
    is_any_service = not application.get("applicationId") and all(
        service.get("protocol", "any").lower() == "any" for service in services
    )
    return bool(rule.get("enabled", True)) and is_any and is_any_service


def _is_any(side: Mapping[str, Any]) -> bool:
    members = [*side.get("groupingObjectId", ()), *side.get("vnicGroupId", ())]
    addresses = [address for address in side.get("ipAddress", ()) if address != "any"]
    return not members and not addresses and not side.get("exclude")


def _read_settings(context: Any, root: str) -> dict[str, Any]:
    body, is_json = _body(context, is_hybridity=False)
    settings = json.loads(body) if is_json else settings_from_xml(body, root)
    if not isinstance(settings, dict):
        raise ValueError("not a mapping")
    return settings
