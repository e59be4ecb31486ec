"""Routes of the NAT rules of NSX-T edge gateways.

Path version 1.0.0 has the field ``enabled``. Path version 2.0.0 has the field ``active``. Source: protocol/nsxt.md §6,
protocol/vcd-modern.md §4.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.nsxt.cursor_pages import cursor_page
from vcloudair_core.simulator.nsxt.edge_tasks import V2_SINCE, not_found, nsxt_call, start_edge_write, status_of
from vcloudair_core.simulator.nsxt.edges import effective_owner
from vcloudair_core.simulator.nsxt.json_bodies import RefusedBodyError, read_object
from vcloudair_core.simulator.nsxt.nat.rules import read_rule, rule_json
from vcloudair_core.simulator.nsxt.object_versions import check_id, check_object_version
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Response

_CREATE, _UPDATE, _DELETE = "createNatRule", "updateNatRule", "deleteNatRule"


def routes() -> SimulatorRoutes:
    """Return the NAT routes of both path versions."""
    made = []
    for path_version, since in (("1.0.0", (33, 0)), ("2.0.0", V2_SINCE)):
        is_second = path_version == "2.0.0"
        rules = f"/cloudapi/{path_version}/edgeGateways/{{edge_id}}/nat/rules"
        calls = [
            ("GET", rules, list_rules),
            ("POST", rules, create_rule),
            ("GET", f"{rules}/{{rule_id}}", show_rule),
            ("PUT", f"{rules}/{{rule_id}}", update_rule),
            ("DELETE", f"{rules}/{{rule_id}}", delete_rule),
        ]
        for method, path, handler in calls:
            call = nsxt_call("NAT", partial(handler, is_second=is_second), since)
            versions = "38.1 and newer" if is_second else "33.0 and newer"
            made.append(SimulatorRoute(method, path, call, versions=versions))
    return SimulatorRoutes("nsxt nat", "NAT rules of NSX-T edge gateways", tuple(made))


def nat_state(edge: SimulatedEdge) -> dict[str, Any]:
    """Return the NAT rules of an edge gateway and the number of rules ever created.

    Format: ``{"rules": [...], "count": 0}``.
    """
    return edge.services.setdefault("nat", {"rules": [], "count": 0})


def list_rules(context: Any, edge: SimulatedEdge, *, is_second: bool) -> Response:
    """Return a page of the NAT rules."""
    values = [rule_json(rule, context.version, is_second=is_second) for rule in nat_state(edge)["rules"]]
    model = "GatewayNatRules" if is_second else "EdgeNatRules"
    return cursor_page(context, values, status_of(context, effective_owner(edge)), model)


def show_rule(context: Any, edge: SimulatedEdge, *, is_second: bool) -> Response:
    """Return one NAT rule."""
    return json_responses.item(context, rule_json(_find(context, edge), context.version, is_second=is_second))


def create_rule(context: Any, edge: SimulatedEdge, *, is_second: bool) -> Response:
    """Start a task that adds a NAT rule.

    The response does not contain the ID of the rule.
    """
    rule = read_rule(context, edge, read_object(context), is_second=is_second)

    def apply() -> None:
        add_rule(context.world, edge, rule)

    return start_edge_write(context, edge, "Creating NAT rule", _CREATE, apply)


def update_rule(context: Any, edge: SimulatedEdge, *, is_second: bool) -> Response:
    """Start a task that replaces a NAT rule. Absent fields get their defaults."""
    known, body = _changeable(context, edge), read_object(context)
    check_id(body, known["id"])
    rule = read_rule(context, edge, body, is_second=is_second)
    check_object_version(context, body, known["version"])

    def apply() -> None:
        known.update(rule, version=known["version"] + 1)

    return start_edge_write(context, edge, "Updating NAT rule", _UPDATE, apply)


def delete_rule(context: Any, edge: SimulatedEdge, *, is_second: bool) -> Response:
    """Start a task that deletes a NAT rule."""
    known = _changeable(context, edge)

    def apply() -> None:
        nat_state(edge)["rules"] = [rule for rule in nat_state(edge)["rules"] if rule is not known]

    return start_edge_write(context, edge, "Deleting NAT rule", _DELETE, apply)


def add_rule(world: Any, edge: SimulatedEdge, rule: dict[str, Any]) -> None:
    """Add a rule to an edge gateway, and assign its ID."""
    state = nat_state(edge)
    state["count"] += 1
    identifier = world.make_id("nat-rule", f"{edge.edge_id}/{state['count']}")
    state["rules"].append({"id": identifier, **rule, "version": 0})


def _find(context: Any, edge: SimulatedEdge) -> dict[str, Any]:
    identifier = context.path_params["rule_id"]
    rule: dict[str, Any] | None = next((rule for rule in nat_state(edge)["rules"] if rule["id"] == identifier), None)
    if rule is None:
        raise not_found(context, "NAT rule", identifier)
    return rule


def _changeable(context: Any, edge: SimulatedEdge) -> dict[str, Any]:
    """Return the rule in the path.

    Refuse a system rule, which only the service that created the rule can change. Source: protocol/nsxt.md §6.
    """
    rule = _find(context, edge)
    if rule["systemRule"]:
        raise RefusedBodyError(f"NAT rule {rule['name']} is a system rule and cannot be changed or deleted.")
    return rule
