"""Simulate another user who changes NSX-T rules and IPsec tunnels.

The fault ``edit`` makes these changes. Source: protocol/nsxt.md §5, §6, §7, §8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vcloudair_core.simulator.nsxt.entities import VdcGroup
from vcloudair_core.simulator.nsxt.firewall import dfw_rules, edge_rules
from vcloudair_core.simulator.nsxt.firewall.rule_fields import distributed_fields, edge_fields
from vcloudair_core.simulator.nsxt.firewall.rule_values import Rule
from vcloudair_core.simulator.nsxt.firewall.rule_values import rule_json as firewall_rule_json
from vcloudair_core.simulator.nsxt.ipsec.status import ipsec_state
from vcloudair_core.simulator.nsxt.ipsec.tunnel_routes import add_tunnel
from vcloudair_core.simulator.nsxt.ipsec.tunnels import check_unique, read_tunnel, tunnel_json
from vcloudair_core.simulator.nsxt.json_bodies import RefusedBodyError
from vcloudair_core.simulator.nsxt.nat.rule_routes import add_rule, nat_state
from vcloudair_core.simulator.nsxt.nat.rules import read_rule, rule_json
from vcloudair_core.simulator.state.entities import SimulatedEdge

_SECOND_FIELDS = {"active", "policyBasedVpnMode"}
"""Fields that only path version 2.0.0 has."""


@dataclass(frozen=True)
class OutsideUser:
    """The user who makes the changes, a member of the org of the edge gateway."""

    org: str

    @property
    def home_org(self) -> str:
        """Return the org to which the user belongs."""
        return self.org


@dataclass(frozen=True)
class OutsideContext:
    """A replacement for a request context when another user makes a change.

    The class has the attributes that the parsers of request bodies use.
    """

    simulator: Any
    version: str
    user: OutsideUser
    request_id: str = "outside-writer"

    @property
    def world(self) -> Any:
        """Return the inventory of the simulated cloud."""
        return self.simulator.world


def edit_nsxt(simulator: Any, edge: SimulatedEdge, section: str, action: str, value: Any) -> None:
    """Add, change or delete a rule or tunnel of an NSX-T edge gateway.

    Args:
        simulator: The simulator that contains the edge gateway.
        edge: The edge gateway.
        section: ``firewall``, ``nat`` or ``ipsec``.
        action: ``add``, ``change`` or ``delete``.
        value: For ``add``, a rule or tunnel in the JSON format of either path version. For ``change``, an object with
            the ``id`` or ``name`` and the fields to change. For ``delete``, an ID or name.

    Raises ValueError for an invalid change.
    """
    version = simulator.config.api_versions[-1]
    context = OutsideContext(simulator, version, OutsideUser(simulator.world.vdcs[edge.vdc_id].org))
    try:
        _EDITS[section](context, edge, action, value)
    except RefusedBodyError as exc:
        raise ValueError(str(exc)) from exc


def edit_group(simulator: Any, group: VdcGroup, action: str, value: Any) -> None:
    """Add, change or delete a rule of the distributed firewall of a VDC group.

    A new rule is added above the default rule. For ``action`` and ``value``, see :func:`edit_nsxt`.

    Raises ValueError for an invalid change, or if the distributed firewall is off.
    """
    context = OutsideContext(simulator, simulator.config.api_versions[-1], OutsideUser(group.org))
    rules = dfw_rules.dfw_of(context.world, group)["user"]
    if not rules:
        raise ValueError(f"the distributed firewall of VDC group {group.name} is off or has no rules")
    try:
        dfw_rules.set_dfw_rules(context, group, _edited(context, group, rules, action, value))
    except RefusedBodyError as exc:
        raise ValueError(str(exc)) from exc


def _edited(context: OutsideContext, group: VdcGroup, rules: list[Rule], action: str, value: Any) -> list[Rule]:
    if action == "add":
        return [*rules[:-1], dfw_rules.parse_dfw_rule(context, group, value, None), rules[-1]]
    known = _select(rules, value)
    if action == "delete":
        return [rule for rule in rules if rule is not known]
    body = {**firewall_rule_json(context, known, distributed_fields(context)), **value}
    changed = dfw_rules.parse_dfw_rule(context, group, body, known)
    return [changed if rule is known else rule for rule in rules]


def _firewall(context: OutsideContext, edge: SimulatedEdge, action: str, value: Any) -> None:
    world, is_second = context.world, action != "delete" and not {"enabled", "action"} & set(value)
    fields = edge_fields(context, is_v2=is_second)
    if action == "add":
        rule, position = edge_rules.parse_new(context, edge, fields, value)
        edge_rules.insert_rule(world, edge, rule, position)
        return
    known = _select(edge_rules.firewall_of(world, edge)["user"], value)
    if action == "delete":
        edge_rules.remove_rule(world, edge, known["id"])
        return
    body = {**firewall_rule_json(context, known, fields), **value}
    rule, position = edge_rules.parse_new(context, edge, fields, body, known)
    edge_rules.change_rule(world, edge, rule, position)


def _nat(context: OutsideContext, edge: SimulatedEdge, action: str, value: Any) -> None:
    state = nat_state(edge)
    if action == "add":
        is_second = bool(_SECOND_FIELDS & set(value))
        add_rule(context.world, edge, read_rule(context, edge, dict(value), is_second=is_second))
        return
    known = _select(state["rules"], value)
    if action == "delete":
        state["rules"] = [rule for rule in state["rules"] if rule is not known]
        return
    is_second = bool(_SECOND_FIELDS & set(value))
    shown = rule_json(known, context.version, is_second=is_second)
    shown.pop("ruleType", None)  # A change of the type would contradict it.
    known.update(read_rule(context, edge, {**shown, **value}, is_second=is_second), version=known["version"] + 1)


def _ipsec(context: OutsideContext, edge: SimulatedEdge, action: str, value: Any) -> None:
    state = ipsec_state(edge)
    if action == "add":
        tunnel = read_tunnel(context, edge, dict(value), None, is_second="active" in value)
        check_unique(state["tunnels"], tunnel, None)
        add_tunnel(context.simulator, edge, tunnel)
        return
    known = _select(state["tunnels"], value)
    if action == "delete":
        state["tunnels"] = [tunnel for tunnel in state["tunnels"] if tunnel is not known]
        return
    is_second = "active" in value
    shown = tunnel_json(context, known, "UP", has_key=True, is_second=is_second)
    tunnel = read_tunnel(context, edge, {**shown, **value}, known, is_second=is_second)
    check_unique(state["tunnels"], tunnel, known)
    if tunnel["securityType"] != "CUSTOM":
        tunnel["properties"] = None
    known.update(tunnel, version=known["version"] + 1, changed_at=context.simulator.clock.now())


def _select(values: list[dict[str, Any]], selector: Any) -> dict[str, Any]:
    """Return the rule or tunnel whose ID or name equals ``selector``."""
    identifier = (selector.get("id") or selector.get("name")) if isinstance(selector, Mapping) else selector
    known = next((value for value in values if identifier in (value["id"], value["name"])), None)
    if known is None:
        raise ValueError(f"no rule or tunnel has the ID or name {identifier!r}")
    return known


_EDITS: dict[str, Callable[[OutsideContext, SimulatedEdge, str, Any], None]] = {
    "firewall": _firewall,
    "nat": _nat,
    "ipsec": _ipsec,
}
