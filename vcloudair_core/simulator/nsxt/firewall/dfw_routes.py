"""Routes of the distributed firewall of VDC groups.

Source: protocol/nsxt.md §8.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.access import rights
from vcloudair_core.simulator.access.required_rights import refuse
from vcloudair_core.simulator.access.visibility import can_see_org
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.nsxt.edge_tasks import no_such_path, not_found, refusing, start_write
from vcloudair_core.simulator.nsxt.entities import VdcGroup
from vcloudair_core.simulator.nsxt.firewall.dfw_rules import (
    POLICY,
    dfw_of,
    group_urn_of,
    parse_dfw_rule,
    parse_dfw_rules,
    set_dfw_rules,
    switch,
)
from vcloudair_core.simulator.nsxt.firewall.rule_fields import distributed_fields
from vcloudair_core.simulator.nsxt.firewall.rule_values import Rule, rule_json
from vcloudair_core.simulator.nsxt.json_bodies import VERSION, JsonField, RefusedBodyError, checked, read_object
from vcloudair_core.simulator.nsxt.object_versions import check_object_version
from vcloudair_core.simulator.releases import is_at_least
from vcloudair_core.simulator.state.simulated_tasks import Owner
from vcloudair_core.transport.messages import Response

SINCE = (35, 0)
Handler = Callable[[Any, VdcGroup], Response]
_POLICY = {
    "id": JsonField(str),
    "name": JsonField(str),
    "description": JsonField(str),
    "enabled": JsonField(bool),
    "version": VERSION,
}
_POLICIES = {"enabled": JsonField(bool, is_required=True), "defaultPolicy": JsonField(dict, items=_POLICY)}
_UPDATE_RULES, _UPDATE_POLICIES = "vdcGroupDfwRulesUpdate", "vdcGroupDfwPoliciesUpdate"


def routes() -> SimulatorRoutes:
    """Return the routes of policies and rules."""
    base = "/cloudapi/1.0.0/vdcGroups/{vdc_group_id}/dfwPolicies"
    policy, rule = f"{base}/{{policy_id}}", f"{base}/{{policy_id}}/rules/{{rule_id}}"
    calls: list[tuple[str, str, Handler]] = [
        ("GET", base, show_policies),
        ("PUT", base, change_policies),
        ("GET", policy, show_policy),
        ("PUT", policy, change_policy),
        ("GET", f"{policy}/rules", show_rules),
        ("PUT", f"{policy}/rules", replace_rules),
        ("GET", rule, show_rule),
        ("PUT", rule, replace_rule),
        ("DELETE", rule, delete_rule),
    ]
    made = tuple(SimulatorRoute(verb, path, _group_call(call)) for verb, path, call in calls)
    return SimulatorRoutes(
        "nsxt distributed firewall",
        "Distributed firewall of VDC groups",
        made,
        versions="35.0 and newer",
        simplifications="Rules do not filter traffic. The only policy is `default`.",
    )


def _group_call(handler: Handler) -> Callable[[Any], Response]:
    """Return a route handler that passes the VDC group to ``handler``.

    For a VDC group without NSX-T, the response is 403.
    """

    def run(context: Any) -> Response:
        if not is_at_least(context.version, SINCE):
            return no_such_path(context)
        identifier = json_responses.uuid_of(context.path_params["vdc_group_id"])
        group = context.world.vdc_groups.get(identifier)
        has_nsxt = group is not None and bool(context.world.vdcs[group.vdc_ids[0]].network_provider)
        if not has_nsxt or not can_see_org(context, group.org):
            is_read = context.request.method == "GET"
            return refuse(context, rights.VIEW_GROUP_FIREWALL if is_read else rights.CONFIGURE_GROUP_FIREWALL)
        policy_id = context.path_params.get("policy_id", POLICY)
        if json_responses.uuid_of(policy_id) != POLICY:
            return refusing(context, lambda: _unknown_policy(context, policy_id))
        return refusing(context, lambda: handler(context, group))

    return run


def _unknown_policy(context: Any, policy_id: str) -> Response:
    raise not_found(context, "Policy", policy_id)


# -- policies -------------------------------------------------------------------------------------------------------


def show_policies(context: Any, group: VdcGroup) -> Response:
    """Return the state of the distributed firewall (on or off) and its default policy.

    The policy is None if the firewall is off.
    """
    state = dfw_of(context.world, group)
    policy = _policy_json(context, group) if state["enabled"] else None
    return json_responses.item(context, {"enabled": state["enabled"], "defaultPolicy": policy})


def change_policies(context: Any, group: VdcGroup) -> Response:
    """Start a task that turns the distributed firewall on or off.

    The firewall can be turned off only after the policy is disabled (inferred).
    """
    body = checked(context, read_object(context), _POLICIES)
    state = dfw_of(context.world, group)
    policy = body.get("defaultPolicy") or {}
    if state["enabled"] and not body["enabled"] and state["policy"]["enabled"]:
        raise RefusedBodyError("The default policy must be disabled before the distributed firewall.")

    def apply() -> None:
        switch(context.world, group, is_on=body["enabled"])
        if policy and body["enabled"]:
            _set_policy(context, group, policy)

    return _start(context, group, "Updating Distributed Firewall policies", _UPDATE_POLICIES, apply)


def show_policy(context: Any, group: VdcGroup) -> Response:
    """Return the default policy."""
    return json_responses.item(context, _policy_json(context, group))


def change_policy(context: Any, group: VdcGroup) -> Response:
    """Start a task that enables or disables the default policy."""
    _require_on(context, group)
    body = checked(context, read_object(context), _POLICY)
    check_object_version(context, body, dfw_of(context.world, group)["policy"]["version"])

    def apply() -> None:
        _set_policy(context, group, body)

    return _start(context, group, "Updating Distributed Firewall policy", _UPDATE_POLICIES, apply)


def _policy_json(context: Any, group: VdcGroup) -> dict[str, Any]:
    policy = dfw_of(context.world, group)["policy"]
    return {**policy, "id": POLICY, "name": POLICY, "version": {"version": policy["version"]}}


def _set_policy(context: Any, group: VdcGroup, body: Any) -> None:
    policy = dfw_of(context.world, group)["policy"]
    changed = {name: body[name] for name in ("description", "enabled") if body.get(name) is not None}
    if changed and {**policy, **changed} != policy:
        policy.update(changed, version=policy["version"] + 1)


def _require_on(context: Any, group: VdcGroup) -> None:
    if not dfw_of(context.world, group)["enabled"]:
        raise RefusedBodyError(f"The distributed firewall of VDC group '{group.name}' is not enabled.")


# -- rules ----------------------------------------------------------------------------------------------------------


def _shown(context: Any, rule: Rule) -> dict[str, Any]:
    return rule_json(context, rule, distributed_fields(context))


def show_rules(context: Any, group: VdcGroup) -> Response:
    """Return all rules in their order, in the array ``values``."""
    rules = dfw_of(context.world, group)["user"]
    return json_responses.item(context, {"values": [_shown(context, rule) for rule in rules]})


def replace_rules(context: Any, group: VdcGroup) -> Response:
    """Start a task that replaces all rules."""
    _require_on(context, group)
    body = checked(context, read_object(context), {"values": JsonField(list)})
    bodies = body.get("values") or []
    if not all(isinstance(rule, dict) for rule in bodies):
        raise RefusedBodyError("validation error on field 'values': expected an object")
    rules = parse_dfw_rules(context, group, bodies)
    return _start_rules(context, group, lambda: set_dfw_rules(context, group, rules))


def _find_rule(context: Any, group: VdcGroup) -> Rule:
    rule_id = context.path_params["rule_id"]
    rules: list[Rule] = dfw_of(context.world, group)["user"]
    rule = next((rule for rule in rules if rule["id"] == rule_id), None)
    if rule is None:
        raise not_found(context, "Firewall rule", rule_id)
    return rule


def show_rule(context: Any, group: VdcGroup) -> Response:
    """Return one rule."""
    return json_responses.item(context, _shown(context, _find_rule(context, group)))


def replace_rule(context: Any, group: VdcGroup) -> Response:
    """Start a task that replaces one rule, which keeps its position."""
    current = _find_rule(context, group)
    body = read_object(context)
    if body.get("id") not in (None, current["id"]):
        raise RefusedBodyError("The ID in the body is not the ID in the path.")
    changed = parse_dfw_rule(context, group, body, current)

    def apply() -> None:
        state = dfw_of(context.world, group)
        state["user"] = [changed if rule["id"] == changed["id"] else rule for rule in state["user"]]

    return _start_rules(context, group, apply)


def delete_rule(context: Any, group: VdcGroup) -> Response:
    """Start a task that deletes one rule."""
    current = _find_rule(context, group)

    def apply() -> None:
        state = dfw_of(context.world, group)
        state["user"] = [rule for rule in state["user"] if rule["id"] != current["id"]]

    return _start_rules(context, group, apply)


def _start_rules(context: Any, group: VdcGroup, apply: Callable[[], None]) -> Response:
    return _start(context, group, "Updating Distributed Firewall rules", _UPDATE_RULES, apply)


def _start(context: Any, group: VdcGroup, about: str, name: str, apply: Callable[[], None]) -> Response:
    urn = group_urn_of(group)
    return start_write(context, Owner("", group.name, "application/json", urn), urn, about, name, apply)
