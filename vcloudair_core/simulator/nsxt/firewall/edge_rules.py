"""State of the firewall of an NSX-T edge gateway.

Rules are evaluated in this order: system rules, user rules, default rules. Source: protocol/nsxt.md §5.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vcloudair_core.simulator.nsxt.firewall.references import scope_of_edge
from vcloudair_core.simulator.nsxt.firewall.rule_fields import MAX_RULES, rule_positions
from vcloudair_core.simulator.nsxt.firewall.rule_values import Rule, new_rule, parse_rule, with_ids
from vcloudair_core.simulator.nsxt.json_bodies import JsonField, RefusedBodyError
from vcloudair_core.simulator.state.entities import SimulatedEdge

_SERVICE = "firewall"


@dataclass(frozen=True)
class RulePosition:
    """Requested position of a rule: TOP, BOTTOM, or BEFORE or AFTER another rule."""

    word: str
    adjacent_id: str = ""


def firewall_of(world: Any, edge: SimulatedEdge) -> dict[str, Any]:
    """Return the state of the firewall of an edge gateway.

    A new firewall is active, and its only rule drops all traffic (inferred). Source: protocol/vcd-modern.md §3.4.
    """
    if _SERVICE not in edge.services:
        rule_id = world.make_id("firewall-default-rule", edge.edge_id)
        default = new_rule(rule_id, "default_rule", "DROP")
        edge.services[_SERVICE] = {"active": True, "next": 1, "system": [], "user": [], "default": [default]}
    return edge.services[_SERVICE]


def make_rule_id(world: Any, edge: SimulatedEdge) -> str:
    """Return the ID of a new rule. IDs are never reused."""
    state = firewall_of(world, edge)
    number = state["next"]
    state["next"] += 1
    return str(world.make_id("firewall-rule", f"{edge.edge_id}/{number}"))


def any_rule(world: Any, edge: SimulatedEdge, rule_id: str) -> Rule | None:
    """Return the user, system or default rule with the ID ``rule_id``, or None."""
    state = firewall_of(world, edge)
    rules = (rule for name in ("user", "system", "default") for rule in state[name])
    return next((rule for rule in rules if rule["id"] == rule_id), None)


def logging_id(rule: Rule) -> str:
    """Return the ID of a rule in NSX logs (inferred)."""
    return str(zlib.crc32(rule["id"].encode()) % 100_000)


def parse_all(
    context: Any, edge: SimulatedEdge, fields: Mapping[str, JsonField], bodies: Sequence[Mapping[str, Any]]
) -> list[Rule]:
    """Return the rules in a request body that replaces all user rules.

    A rule with a known ID is a changed rule. Any other rule is new. Source: protocol/nsxt.md §5.
    """
    if len(bodies) > MAX_RULES:
        raise RefusedBodyError(f"validation error on field 'userDefinedRules': at most {MAX_RULES} rules are allowed")
    scope = scope_of_edge(context.world, edge)
    known = {rule["id"]: rule for rule in firewall_of(context.world, edge)["user"]}
    ids = [body["id"] for body in bodies if body.get("id") in known]
    if len(ids) > len(set(ids)):
        raise RefusedBodyError("Several rules have the same ID.")
    return [parse_rule(context, scope, fields, body, known.get(body.get("id"))) for body in bodies]


def parse_new(
    context: Any,
    edge: SimulatedEdge,
    fields: Mapping[str, JsonField],
    body: Mapping[str, Any],
    current: Rule | None = None,
) -> tuple[Rule, RulePosition | None]:
    """Return the rule in a request body and its requested position, which can be None.

    If ``current`` is None, the rule is new, and an ID in the body is ignored.
    """
    user = firewall_of(context.world, edge)["user"]
    if current is None and len(user) >= MAX_RULES:
        raise RefusedBodyError(f"The edge gateway already has {MAX_RULES} firewall rules.")
    rule = parse_rule(context, scope_of_edge(context.world, edge), fields, body, current)
    place = body.get("relativePosition") if "relativePosition" in fields else None
    if not place:
        return rule, None
    word, adjacent = place["rulePosition"], place.get("adjacentRuleId")
    positions = rule_positions(context)
    if word not in positions:
        allowed = ", ".join(positions)
        raise RefusedBodyError(f"validation error on field 'rulePosition': '{word}' is not one of [{allowed}]")
    if word in ("TOP", "BOTTOM"):
        return rule, RulePosition(word)
    if adjacent not in [candidate["id"] for candidate in user if candidate is not current]:
        raise RefusedBodyError(f"adjacentRuleId: firewall rule '{adjacent}' does not exist.")
    return rule, RulePosition(word, adjacent)


def set_rules(context: Any, edge: SimulatedEdge, rules: list[Rule]) -> None:
    """Replace all user rules. New rules get an ID."""
    world = context.world
    forgets = context.simulator.config.put_forgets_ids
    state = firewall_of(world, edge)
    state["user"] = with_ids(rules, lambda: make_rule_id(world, edge), forgets=forgets)


def insert_rule(world: Any, edge: SimulatedEdge, rule: Rule, position: RulePosition | None) -> None:
    """Add a rule at ``position``, or at the end if ``position`` is None (inferred).

    A rule without an ID gets a new ID.
    """
    state = firewall_of(world, edge)
    made = with_ids([rule], lambda: make_rule_id(world, edge), forgets=False)[0]
    index = len(state["user"])
    if position is not None:
        ids = [existing["id"] for existing in state["user"]]
        adjacent = ids.index(position.adjacent_id) if position.adjacent_id in ids else index
        index = {"TOP": 0, "BOTTOM": index, "BEFORE": adjacent, "AFTER": min(adjacent + 1, index)}[position.word]
    state["user"] = [*state["user"][:index], made, *state["user"][index:]]


def change_rule(world: Any, edge: SimulatedEdge, rule: Rule, position: RulePosition | None) -> None:
    """Replace the rule that has the same ID. If ``position`` is set, move the rule."""
    state = firewall_of(world, edge)
    if position is None:
        state["user"] = [rule if existing["id"] == rule["id"] else existing for existing in state["user"]]
        return
    remove_rule(world, edge, rule["id"])
    insert_rule(world, edge, rule, position)


def remove_rule(world: Any, edge: SimulatedEdge, rule_id: str) -> None:
    """Remove a user rule."""
    state = firewall_of(world, edge)
    state["user"] = [rule for rule in state["user"] if rule["id"] != rule_id]
