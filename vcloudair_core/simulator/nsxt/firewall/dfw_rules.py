"""State of the distributed firewall of a VDC group.

Source: protocol/nsxt.md §8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vcloudair_core.simulator.nsxt.entities import VdcGroup
from vcloudair_core.simulator.nsxt.firewall.references import scope_of_group
from vcloudair_core.simulator.nsxt.firewall.rule_fields import MAX_RULES, distributed_fields
from vcloudair_core.simulator.nsxt.firewall.rule_values import Rule, new_rule, parse_rule, with_ids
from vcloudair_core.simulator.nsxt.json_bodies import RefusedBodyError

POLICY = "default"
"""ID and name of the only policy that clients can use.

Source: protocol/nsxt.md §8.
"""
NOT_EXCLUDED = {"sourceGroupsExcluded": False, "destinationGroupsExcluded": False}
"""Fields of a rule that excludes no groups."""


def dfw_of(world: Any, group: VdcGroup) -> dict[str, Any]:
    """Return the state of a VDC group's distributed firewall, which is initially off."""
    if not group.distributed_firewall:
        policy = {"description": "", "enabled": False, "version": 0}
        group.distributed_firewall.update({"enabled": False, "policy": policy, "next": 1, "user": []})
    return group.distributed_firewall


def group_urn_of(group: VdcGroup) -> str:
    """Return the URN of a VDC group, which is also the key of its write lock."""
    return f"urn:vcloud:vdcGroup:{group.group_id}"


def switch(world: Any, group: VdcGroup, *, is_on: bool) -> None:
    """Turn the distributed firewall on or off.

    If the firewall is turned on, its policy is enabled and a rule that allows all traffic is added. If the firewall is
    turned off, its rules are deleted. Both effects are inferred.
    """
    state = dfw_of(world, group)
    if state["enabled"] == is_on:
        return
    state["enabled"] = state["policy"]["enabled"] = is_on
    name = f"Default_VdcGroup_{group.name}"
    default = new_rule(_make_id(world, group), name, "ALLOW", **NOT_EXCLUDED)
    state["user"] = [default] if is_on else []


def _make_id(world: Any, group: VdcGroup) -> str:
    state = dfw_of(world, group)
    number = state["next"]
    state["next"] += 1
    return str(world.make_id("dfw-rule", f"{group.group_id}/{number}"))


def parse_dfw_rules(context: Any, group: VdcGroup, bodies: Sequence[Mapping[str, Any]]) -> list[Rule]:
    """Return the rules in a request body that replaces all rules.

    A rule with a known ID is a changed rule. Any other rule is new. Existing rules that the body lacks are deleted,
    including the default rule.
    """
    if len(bodies) > MAX_RULES:
        raise RefusedBodyError(f"validation error on field 'values': at most {MAX_RULES} rules are allowed")
    known = {rule["id"]: rule for rule in dfw_of(context.world, group)["user"]}
    ids = [body["id"] for body in bodies if body.get("id") in known]
    if len(ids) > len(set(ids)):
        raise RefusedBodyError("Several rules have the same ID.")
    return [parse_dfw_rule(context, group, body, known.get(body.get("id"))) for body in bodies]


def parse_dfw_rule(context: Any, group: VdcGroup, body: Mapping[str, Any], current: Rule | None) -> Rule:
    """Return the rule that a request body describes."""
    return parse_rule(context, scope_of_group(context.world, group), distributed_fields(context), body, current)


def set_dfw_rules(context: Any, group: VdcGroup, rules: list[Rule]) -> None:
    """Replace all rules. New rules get an ID."""
    world, forgets = context.world, context.simulator.config.put_forgets_ids
    dfw_of(world, group)["user"] = with_ids(rules, lambda: _make_id(world, group), forgets=forgets)
