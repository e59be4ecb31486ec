"""Warn about NAT changes that the firewall would block. Uncertain cases are not reported.

NAT works only while the firewall is on, and a packet that is translated still has to pass it.
Source: protocol/ans.md §2.4-2.7.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from vcloudair_core.engine.canonical import ANY, address_range, address_set, fold, port_set
from vcloudair_core.engine.plan import Plan
from vcloudair_core.errors import VcloudAirError
from vcloudair_core.services.ans.edge.backend import VCLOUDAIR
from vcloudair_core.services.ans.firewall.model import Firewall
from vcloudair_core.services.ans.firewall.spec import FirewallRuleSpec, ServiceSpec
from vcloudair_core.services.ans.nat.model import Nat
from vcloudair_core.services.ans.nat.spec import NatRuleSpec
from vcloudair_core.services.ans.section.neighbors import read_neighbor
from vcloudair_core.services.ans.section.rule_values import ADDRESS, member

_INSIDE = {"internal", "vse"}
_WHOLE = {4: "0.0.0.0/0", 6: "::/0"}


def advise(store: Any, nat: Nat, plan: Plan) -> tuple[str, ...]:
    """Warnings for what a plan sets in force; reads the firewall of the store's edge where it is not known yet."""
    changed = _set_in_force(nat, plan)
    if not changed and not any(change.identity == "settings" for change in plan.changes):
        return ()
    if nat.settings.enabled is False:
        return (f"NAT of {store.target} is off, so its rules have no effect.",) if changed else ()
    try:
        firewall: Firewall = read_neighbor(store, "firewall")
    except VcloudAirError as exc:
        return (f"Whether the firewall of {store.target} suits its NAT could not be seen: {exc.message}",)
    if firewall.settings.enabled is False:
        return (f"The firewall of {store.target} is off, and NAT works only while it is on.",)
    inward = [rule for rule in changed if rule.action == "dnat"]
    return (
        *(
            f"No firewall rule of {store.target} lets the traffic of {rule.name!r} in from outside."
            for rule in inward
            if not lets_in(firewall, rule)
        ),
        *_strangers(store, inward),
    )


def _strangers(store: Any, rules: Sequence[NatRuleSpec]) -> tuple[str, ...]:
    """Warnings for DNAT rules whose address is in no network of the edge; nothing where it does not list them."""
    from vcloudair_core.services.ans.edge.interfaces import read_interfaces

    translating = [rule for rule in rules if _translated(rule.original_address or ANY) != _translated(ANY)]
    if not translating or store.backend == VCLOUDAIR:
        return ()
    try:
        interfaces = read_interfaces(store.session, store.edge)
    except VcloudAirError:
        return ()
    own = address_set(network for each in interfaces for network in each.networks)
    return tuple(
        f"{rule.original_address} of {rule.name!r} is no address of {store.target}: it is in none of its networks."
        for rule in translating
        if own and not _meet(own, _translated(rule.original_address or ANY))
    )


def _set_in_force(nat: Nat, plan: Plan) -> list[NatRuleSpec]:
    """The rules that the plan makes or changes and that are on."""
    touched = [change.after for change in plan.changes if change.action in ("create", "update") and change.after]
    ids = {shown.get("rule_id") for shown in touched} - {None}
    made = [shown for shown in touched if shown.get("rule_id") is None and "action" in shown]
    return [
        rule.spec
        for rule in nat.user_rules
        if rule.spec.enabled and (rule.spec.rule_id in ids or any(_is(rule.spec, shown) for shown in made))
    ]


def _is(rule: NatRuleSpec, shown: Any) -> bool:
    """Return True when a live rule is the one to be made: the id is the server's, the rest ours."""
    names = ("action", "original_address", "original_port", "translated_address", "protocol", "vnic")
    return all(shown.get(name) in (None, getattr(rule, name)) for name in names)


# -- the firewall ------------------------------------------------------------------------------------------------


def lets_in(firewall: Firewall, nat: NatRuleSpec) -> bool:
    """False only when it is certain that nothing of what a DNAT rule translates passes the firewall from outside.

    The first rule that takes all of it decides; an accept that may take a part of it is enough.
    """
    for rule in (live.spec for live in firewall.rules if live.rule_type.casefold() != "default_policy"):
        if rule.enabled is False or not _may_match(rule, nat):
            continue
        if rule.action == "accept":
            return True
        if _takes_all(rule, nat):
            return False
    return fold(firewall.settings.default_action or "deny") == "accept"


def _goal(rule: FirewallRuleSpec, nat: NatRuleSpec) -> tuple[str, str]:
    """Address and port as the rule sees them: before translation, unless it says otherwise."""
    if rule.match_translated:
        port = nat.translated_port if nat.translated_port not in (None, ANY) else nat.original_port
        return nat.translated_address or ANY, port or ANY
    return nat.original_address or ANY, nat.original_port or ANY


def _may_match(rule: FirewallRuleSpec, nat: NatRuleSpec) -> bool:
    address, port = _goal(rule, nat)
    source = rule.source or (ANY,)
    if not rule.source_exclude and {word.casefold() for word in source} <= _INSIDE:
        return False
    destination = rule.destination or (ANY,)
    if not rule.destination_exclude and not _may_hold(destination, address):
        return False
    return bool(rule.applications) or any(_service_meets(service, nat, port) for service in rule.services or ())


def _takes_all(rule: FirewallRuleSpec, nat: NatRuleSpec) -> bool:
    address, port = _goal(rule, nat)
    if rule.source_exclude or rule.destination_exclude:
        return False
    # A rule for all of IPv4 takes all that there is to translate, and one for all of IPv6 nothing of it.
    if not _covers(address_set(_addresses(rule.source)), address_set((_WHOLE[_family(address)],))):
        return False
    if not _covers(address_set(_addresses(rule.destination)), _translated(address)):
        return False
    return any(_service_takes(service, nat, port) for service in rule.services or ())


def _family(address: str) -> int:
    """The IP version of what is translated; NAT is for IPv4 unless a rule says otherwise."""
    network = address_range(address)
    return network[0] if network else 4


def _translated(address: str) -> tuple[Any, ...]:
    """The addresses that a NAT rule is about, those of one IP version."""
    return address_set((_WHOLE[4] if fold(address) == ANY else address,))


def _addresses(members: Sequence[str] | None) -> list[str]:
    parsed = [member(word) for word in members or (ANY,)]
    return [each.text for each in parsed if each is not None and each.kind == ADDRESS]


def _may_hold(members: Sequence[str], address: str) -> bool:
    """Interfaces and grouping objects may hold anything."""
    known = _addresses(members)
    return len(known) < len(members) or _meet(address_set(known), _translated(address))


def _service_meets(service: ServiceSpec, nat: NatRuleSpec, port: str) -> bool:
    ours, theirs = fold(nat.protocol or ANY), fold(service.protocol)
    if ANY not in (ours, theirs) and ours != theirs:
        return False
    if ours == "icmp" or theirs == "icmp":
        return ANY in (service.icmp_type or ANY, nat.icmp_type or ANY) or service.icmp_type == nat.icmp_type
    return _meet(_spans(port_set(service.port or ())), _spans(port_set((port,))))


def _service_takes(service: ServiceSpec, nat: NatRuleSpec, port: str) -> bool:
    if fold(service.protocol) not in (ANY, fold(nat.protocol or ANY)):
        return False
    if fold(service.protocol) == "icmp":
        return (service.icmp_type or ANY) in (ANY, nat.icmp_type or ANY)
    is_any_source = port_set(service.source_port or ()) == (ANY,)
    return is_any_source and _covers(_spans(port_set(service.port or ())), _spans(port_set((port,))))


def _spans(ports: Iterable[Any]) -> tuple[Any, ...]:
    """Ports in the shape of addresses."""
    return tuple(each if isinstance(each, str) else (0, *each) for each in ports)


def _meet(some: Sequence[Any], others: Sequence[Any]) -> bool:
    """Return True when two sets of ranges may overlap; words that are no ranges may mean anything."""
    if any(isinstance(each, str) for each in (*some, *others)):
        return True
    return any(a[0] == b[0] and a[1] <= b[2] and b[1] <= a[2] for a in some for b in others)


def _covers(some: Sequence[Any], others: Sequence[Any]) -> bool:
    """Return True when the first set certainly holds all of the second."""
    if ANY in some:
        return True
    if any(isinstance(each, str) for each in others):
        return False
    ranges = [each for each in some if not isinstance(each, str)]
    return all(any(a[0] == b[0] and a[1] <= b[1] and b[2] <= a[2] for a in ranges) for b in others)
