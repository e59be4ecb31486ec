"""Stored form and JSON form of firewall rules.

A stored rule uses the field names of ``/cloudapi/2.0.0``, and its version is a number. Source: protocol/nsxt.md §5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vcloudair_core.simulator.access.visibility import is_provider_user
from vcloudair_core.simulator.nsxt.firewall.references import (
    RuleScope,
    network_of,
    resolve_groups,
    resolve_profiles,
)
from vcloudair_core.simulator.nsxt.json_bodies import JsonField, RefusedBodyError, checked
from vcloudair_core.simulator.nsxt.object_versions import check_object_version
from vcloudair_core.simulator.releases import is_at_least

Rule = dict[str, Any]
SIDES = ("source", "destination")


def new_rule(rule_id: str, name: str, action: str, **more: Any) -> Rule:
    """Return a rule that matches all traffic, in the stored form."""
    return {
        "id": rule_id,
        "name": name,
        "description": None,
        "comments": "",
        "active": True,
        "actionValue": action,
        "direction": "IN_OUT",
        "ipProtocol": "IPV4_IPV6",
        "logging": False,
        "sourceFirewallGroups": None,
        "destinationFirewallGroups": None,
        "sourceFirewallIpAddresses": None,
        "destinationFirewallIpAddresses": None,
        "applicationPortProfiles": None,
        "rawPortProtocols": None,
        "networkContextProfiles": None,
        "appliedTo": None,
        "version": 0,
        **more,
    }


def parse_rule(
    context: Any, scope: RuleScope, fields: Mapping[str, JsonField], body: Mapping[str, Any], current: Rule | None
) -> Rule:
    """Return the rule that a request body describes. A new rule has no ID yet.

    The body replaces ``current``: a field that the body lacks gets its default. The version increases if the rule
    changes. Raises RefusedBodyError for an invalid rule or an old version.
    """
    values = checked(context, body, fields)
    if current is not None:
        check_object_version(context, values, current["version"])
    action = values.get("actionValue") or values.get("action")
    if action is None:
        raise RefusedBodyError("validation error on field 'actionValue': must not be null")
    is_active = values.get("active", values.get("enabled"))
    made = new_rule(current["id"] if current else "", values["name"], action)
    world = context.world
    made |= {
        "description": values.get("description"),
        "comments": values.get("comments") or "",
        "active": True if is_active is None else is_active,
        "direction": values.get("direction") or "IN_OUT",
        "ipProtocol": values.get("ipProtocol") or "IPV4_IPV6",
        "logging": bool(values.get("logging")) and may_log(context),
        "applicationPortProfiles": resolve_profiles(world, scope, values.get("applicationPortProfiles")),
        "networkContextProfiles": values.get("networkContextProfiles") or None,
        "rawPortProtocols": values.get("rawPortProtocols") or None,
        "appliedTo": _applied_to(world, scope, values.get("appliedTo")),
    }
    for side in SIDES:
        made |= _side(context, scope, side, values)
        if f"{side}GroupsExcluded" in fields:
            made[f"{side}GroupsExcluded"] = bool(values.get(f"{side}GroupsExcluded"))
    return _versioned(made, current)


def _side(context: Any, scope: RuleScope, side: str, values: Mapping[str, Any]) -> dict[str, Any]:
    groups = resolve_groups(context.world, scope, values.get(f"{side}FirewallGroups"))
    addresses = values.get(f"{side}FirewallIpAddresses") or None
    if groups and addresses and not context.simulator.config.mixed_sources:
        raise RefusedBodyError(f"The {side} of a rule cannot contain both firewall groups and IP addresses.")
    return {f"{side}FirewallGroups": groups, f"{side}FirewallIpAddresses": addresses}


def _versioned(made: Rule, current: Rule | None) -> Rule:
    if current is None:
        return made
    is_same = {**made, "version": None} == {**current, "version": None}
    return {**made, "version": current["version"] + (0 if is_same else 1)}


def may_log(context: Any) -> bool:
    """Return True if the user can turn on logging for rules.

    For other users, the server stores ``logging`` as false, without an error. Source: protocol/nsxt.md §5.
    """
    return bool(context.simulator.config.logging_right) or is_provider_user(context)


def _applied_to(world: Any, scope: RuleScope, reference: Any) -> dict[str, str] | None:
    """Return a reference to a service interface. Source: protocol/nsxt.md §5."""
    if not reference:
        return None
    network = network_of(world, str(reference.get("id")))
    edge = world.edges.get(network.edge_id) if network else None
    is_of_scope = edge is not None and scope.owner in (
        f"urn:vcloud:gateway:{edge.edge_id}",
        f"urn:vcloud:vdcGroup:{edge.group_id}",
    )
    if not is_of_scope or network.connection_type != "NON_DISTRIBUTED":
        raise RefusedBodyError("appliedTo: only networks that are connected as service interfaces are allowed.")
    return {"name": network.name, "id": f"urn:vcloud:network:{network.network_id}"}


def rule_json(
    context: Any, rule: Rule, fields: Mapping[str, JsonField], more: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return a rule as JSON, with the ``fields`` that the API version has.

    ``relativePosition`` is never returned. The older key ``action`` is null for REJECT, because it has no such value
    (inferred).
    """
    action = rule["actionValue"]
    values: dict[str, Any] = {
        **rule,
        "enabled": rule["active"],
        "action": action if action != "REJECT" else None,
        "version": {"version": rule["version"]},
        **(more or {}),
    }
    known = (name for name, field in fields.items() if is_at_least(context.version, field.since))
    return {name: values.get(name) for name in known if name != "relativePosition"}


def with_ids(rules: list[Rule], make_id: Callable[[], str], *, forgets: bool) -> list[Rule]:
    """Return the rules with an ID from ``make_id`` for each rule that has none.

    If ``forgets`` is true, existing IDs are also replaced.
    """
    return [{**rule, "id": make_id()} if forgets or not rule["id"] else rule for rule in rules]
