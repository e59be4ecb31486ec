"""Routes of the firewall of NSX-T edge gateways.

The paths under ``/cloudapi/1.0.0`` and ``/cloudapi/2.0.0`` change the same rules. Source: protocol/nsxt.md §5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.nsxt.edge_tasks import V2_SINCE, not_found, nsxt_call, start_edge_write, status_of
from vcloudair_core.simulator.nsxt.edges import effective_owner
from vcloudair_core.simulator.nsxt.firewall import edge_rules
from vcloudair_core.simulator.nsxt.firewall.rule_fields import edge_fields
from vcloudair_core.simulator.nsxt.firewall.rule_values import Rule, rule_json
from vcloudair_core.simulator.nsxt.json_bodies import JsonField, RefusedBodyError, checked, read_object
from vcloudair_core.simulator.releases import is_at_least
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Response

SECTION = "FIREWALL"
POST_V1_SINCE = (39, 0)
"""First API version in which ``/cloudapi/1.0.0`` adds single rules.

Source: protocol/nsxt.md §5.
"""
_UPDATE, _ABOUT = "updateFirewallRules", "Updating Firewall rules"
_CONTAINER = {
    "status": JsonField(str),
    "systemRules": JsonField(list),
    "userDefinedRules": JsonField(list),
    "defaultRules": JsonField(list),
}


def routes() -> list[SimulatorRoutes]:
    """Return the firewall routes of both path versions."""
    return [_routes("1.0.0", is_v2=False), _routes("2.0.0", is_v2=True)]


def _routes(number: str, *, is_v2: bool) -> SimulatorRoutes:
    base = f"/cloudapi/{number}/edgeGateways/{{edge_id}}/firewall"
    calls = [
        ("GET", "/rules", _show_all(is_v2)),
        ("PUT", "/rules", _replace_all(is_v2)),
        ("POST", "/rules", _add(is_v2)),
        ("DELETE", "/rules", _delete_all),
        ("GET", "/rules/{rule_id}", _show(is_v2)),
        ("PUT", "/rules/{rule_id}", _replace(is_v2)),
        ("DELETE", "/rules/{rule_id}", _delete),
    ]
    if is_v2:
        calls += [("GET", "/state", _show_state), ("PUT", "/state", _change_state)]
    since = V2_SINCE if is_v2 else (33, 0)
    made = tuple(
        SimulatorRoute(
            verb,
            base + path,
            nsxt_call(SECTION, call, since),
            versions="39.0 and newer" if verb == "POST" and not is_v2 else "",
        )
        for verb, path, call in calls
    )
    return SimulatorRoutes(
        f"nsxt firewall {number}",
        f"Firewall of NSX-T edge gateways ({number})",
        made,
        versions="38.1 and newer" if is_v2 else "33.0 and newer",
        simplifications="Rules do not filter traffic. Network context profiles are not checked.",
    )


def _show_all(is_v2: bool) -> Callable[[Any, SimulatedEdge], Response]:
    def show(context: Any, edge: SimulatedEdge) -> Response:
        return json_responses.item(context, firewall_json(context, edge, is_v2=is_v2))

    return show


def firewall_json(context: Any, edge: SimulatedEdge, *, is_v2: bool) -> dict[str, Any]:
    """Return the system rules, user rules and default rules of an edge gateway."""
    state = edge_rules.firewall_of(context.world, edge)
    fields = edge_fields(context, is_v2=is_v2)
    shown = {
        name: [_rule_json(context, rule, fields) for rule in state[name]] for name in ("system", "user", "default")
    }
    return {
        "status": status_of(context, effective_owner(edge)),
        "systemRules": shown["system"],
        "userDefinedRules": shown["user"],
        "defaultRules": shown["default"],
    }


def _rule_json(context: Any, rule: Rule, fields: Any) -> dict[str, Any]:
    return rule_json(context, rule, fields, {"loggingId": edge_rules.logging_id(rule)})


def _show(is_v2: bool) -> Callable[[Any, SimulatedEdge], Response]:
    def show(context: Any, edge: SimulatedEdge) -> Response:
        rule_id = context.path_params["rule_id"]
        rule = edge_rules.any_rule(context.world, edge, rule_id)
        if rule is None:
            raise not_found(context, "Firewall rule", rule_id)
        return json_responses.item(context, _rule_json(context, rule, edge_fields(context, is_v2=is_v2)))

    return show


def _replace_all(is_v2: bool) -> Callable[[Any, SimulatedEdge], Response]:
    def replace(context: Any, edge: SimulatedEdge) -> Response:
        body = checked(context, read_object(context), _CONTAINER)
        bodies = body.get("userDefinedRules") or []
        if not all(isinstance(rule, dict) for rule in bodies):
            raise RefusedBodyError("validation error on field 'userDefinedRules': expected an object")
        rules = edge_rules.parse_all(context, edge, edge_fields(context, is_v2=is_v2), bodies)

        def apply() -> None:
            edge_rules.set_rules(context, edge, rules)

        return start_edge_write(context, edge, _ABOUT, _UPDATE, apply)

    return replace


def _add(is_v2: bool) -> Callable[[Any, SimulatedEdge], Response]:
    def add(context: Any, edge: SimulatedEdge) -> Response:
        if not is_v2 and not is_at_least(context.version, POST_V1_SINCE):
            return json_responses.error(
                405, "METHOD_NOT_ALLOWED", f"[ {context.request_id} ] POST is not allowed here."
            )
        body = read_object(context)
        rule, position = edge_rules.parse_new(context, edge, edge_fields(context, is_v2=is_v2), body)

        def apply() -> None:
            edge_rules.insert_rule(context.world, edge, rule, position)

        return start_edge_write(context, edge, _ABOUT, _UPDATE, apply)

    return add


def _delete_all(context: Any, edge: SimulatedEdge) -> Response:
    def apply() -> None:
        edge_rules.firewall_of(context.world, edge)["user"] = []

    return start_edge_write(context, edge, _ABOUT, _UPDATE, apply)


def _replace(is_v2: bool) -> Callable[[Any, SimulatedEdge], Response]:
    def replace(context: Any, edge: SimulatedEdge) -> Response:
        current = _user_rule(context, edge)
        body = read_object(context)
        if body.get("id") not in (None, current["id"]):
            raise RefusedBodyError("The ID in the body is not the ID in the path.")
        fields = edge_fields(context, is_v2=is_v2)
        rule, position = edge_rules.parse_new(context, edge, fields, body, current)

        def apply() -> None:
            edge_rules.change_rule(context.world, edge, rule, position)

        return start_edge_write(context, edge, _ABOUT, _UPDATE, apply)

    return replace


def _delete(context: Any, edge: SimulatedEdge) -> Response:
    current = _user_rule(context, edge)

    def apply() -> None:
        edge_rules.remove_rule(context.world, edge, current["id"])

    return start_edge_write(context, edge, _ABOUT, _UPDATE, apply)


def _user_rule(context: Any, edge: SimulatedEdge) -> Rule:
    """Return the user rule in the path.

    Raises RefusedBodyError for an unknown rule (404), and for a system or default rule (400).
    """
    rule_id = context.path_params["rule_id"]
    rule = edge_rules.any_rule(context.world, edge, rule_id)
    if rule is None:
        raise not_found(context, "Firewall rule", rule_id)
    if rule not in edge_rules.firewall_of(context.world, edge)["user"]:
        raise RefusedBodyError(f"Firewall rule '{rule['name']}' is read-only.")
    return rule


def _show_state(context: Any, edge: SimulatedEdge) -> Response:
    return json_responses.item(context, {"active": edge_rules.firewall_of(context.world, edge)["active"]})


def _change_state(context: Any, edge: SimulatedEdge) -> Response:
    body = checked(context, read_object(context), {"active": JsonField(bool, is_required=True)})

    def apply() -> None:
        edge_rules.firewall_of(context.world, edge)["active"] = body["active"]

    return start_edge_write(context, edge, "Updating Firewall state", "updateFirewallState", apply)
