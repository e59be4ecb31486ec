"""Warn about NAT changes that the firewall would block.

Uncertain cases are not reported. NAT works only while the firewall is enabled, and the firewall must accept the
packets. Source: protocol/ans.md §2.4-2.7.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from vcloudair_core.engine.canonical import ANY, address_range, address_set, fold, port_set
from vcloudair_core.engine.plan import Plan
from vcloudair_core.errors import VcloudAirError
from vcloudair_core.services.ans.edge.backend import NSXV
from vcloudair_core.services.ans.edge.neighbors import read_neighbor
from vcloudair_core.services.ans.firewall.model import Firewall
from vcloudair_core.services.ans.firewall.spec import FirewallRuleSpec, ServiceSpec
from vcloudair_core.services.ans.nat.model import Nat
from vcloudair_core.services.ans.nat.spec import NatRuleSpec
from vcloudair_core.services.ans.section.rule_values import ADDRESS, member

_INSIDE = {"internal", "vse"}
_WHOLE = {4: "0.0.0.0/0", 6: "::/0"}


def nat_warnings(store: Any, nat: Nat, plan: Plan) -> tuple[str, ...]:
    """Return warnings about the rules that a plan enables or changes.

    If the store does not have the firewall section of the edge yet, the section is read.
    """
    changed = _changed_rules(nat, plan)
    if not changed and not any(change.identity == "settings" for change in plan.changes):
        return ()
    if nat.settings.enabled is False:
        return (f"NAT of {store.target} is disabled, so NAT rules have no effect.",) if changed else ()
    try:
        firewall: Firewall = read_neighbor(store, "firewall")
    except VcloudAirError as exc:
        return (f"Reading the firewall of {store.target} failed, so warnings about NAT may be missing: {exc.message}",)
    if firewall.settings.enabled is False:
        return (f"The firewall of {store.target} is disabled. NAT works only while the firewall is enabled.",)
    dnat_rules = [rule for rule in changed if rule.action == "dnat"]
    return (
        *(
            f"No firewall rule of {store.target} accepts the traffic of {rule.display_name!r} from outside."
            for rule in dnat_rules
            if not is_accepted(firewall, rule)
        ),
        *_foreign_addresses(store, dnat_rules),
    )


def _foreign_addresses(store: Any, rules: Sequence[NatRuleSpec]) -> tuple[str, ...]:
    """Return warnings about DNAT addresses that are outside all networks of the edge.

    Return no warnings if the API does not list the networks.
    """
    from vcloudair_core.services.ans.edge.interfaces import read_interfaces

    translating = [rule for rule in rules if _translated(rule.original_address or ANY) != _translated(ANY)]
    if not translating or store.backend != NSXV:
        return ()
    try:
        interfaces = read_interfaces(store.session, store.edge)
    except VcloudAirError:
        return ()
    own = address_set(network for item in interfaces for network in item.networks)
    return tuple(
        f"The original address {rule.original_address} of {rule.display_name!r} is not in any network of "
        f"{store.target}."
        for rule in translating
        if own and not _overlap(own, _translated(rule.original_address or ANY))
    )


def _changed_rules(nat: Nat, plan: Plan) -> list[NatRuleSpec]:
    """Return the enabled rules that the plan creates or changes."""
    changed = [change.after for change in plan.changes if change.action in ("create", "update") and change.after]
    ids = {shown.get("rule_id") for shown in changed} - {None}
    created = [shown for shown in changed if shown.get("rule_id") is None and "action" in shown]
    return [
        rule.spec
        for rule in nat.user_rules
        if rule.spec.enabled and (rule.spec.rule_id in ids or any(_is_created(rule.spec, shown) for shown in created))
    ]


def _is_created(rule: NatRuleSpec, shown: Any) -> bool:
    """Return True if a live rule is the rule that a change creates.

    ``shown`` has the fields of the change. The ID and other values that the server assigns are ignored.
    """
    names = ("action", "original_address", "original_port", "translated_address", "protocol", "vnic")
    return all(shown.get(name) in (None, getattr(rule, name)) for name in names)


# -- the firewall ------------------------------------------------------------------------------------------------


def is_accepted(firewall: Firewall, nat: NatRuleSpec) -> bool:
    """Return False if the firewall certainly blocks all traffic of a DNAT rule.

    The first firewall rule that matches all of the traffic determines the result. If an earlier accept rule may match
    part of the traffic, the result is True. The traffic of a rule with ``firewall_match: bypass`` skips the firewall.
    """
    if nat.firewall_match == "bypass":
        return True
    for rule in (live.spec for live in firewall.rules if live.rule_type.casefold() != "default_policy"):
        if rule.enabled is False or not _may_match(rule, nat):
            continue
        if rule.action == "accept":
            return True
        if _matches_all(rule, nat):
            return False
    return fold(firewall.settings.default_action or "deny") == "accept"


def _destination(rule: FirewallRuleSpec, nat: NatRuleSpec) -> tuple[str, str]:
    """Return the address and port of NAT traffic to compare with a firewall rule.

    The translated values are returned if the firewall rule matches translated addresses, or if the NAT rule has the
    ``firewall_match`` value ``match_internal_address``. Otherwise, the original values are returned.
    Source: protocol/nsxt.md §6.
    """
    if rule.match_translated or nat.firewall_match == "match_internal_address":
        port = nat.translated_port if nat.translated_port not in (None, ANY) else nat.original_port
        return nat.translated_address or ANY, port or ANY
    return nat.original_address or ANY, nat.original_port or ANY


def _may_match(rule: FirewallRuleSpec, nat: NatRuleSpec) -> bool:
    address, port = _destination(rule, nat)
    source = rule.source or (ANY,)
    if not rule.source_exclude and {word.casefold() for word in source} <= _INSIDE:
        return False
    destination = rule.destination or (ANY,)
    if not rule.destination_exclude and not _may_include(destination, address):
        return False
    return bool(rule.applications) or any(_service_overlaps(service, nat, port) for service in rule.services or ())


def _matches_all(rule: FirewallRuleSpec, nat: NatRuleSpec) -> bool:
    address, port = _destination(rule, nat)
    if rule.source_exclude or rule.destination_exclude:
        return False
    # A rule for all IPv4 addresses matches all IPv4 traffic. A rule for all IPv6 addresses matches no IPv4 traffic.
    if not _covers(address_set(_addresses(rule.source)), address_set((_WHOLE[_family(address)],))):
        return False
    if not _covers(address_set(_addresses(rule.destination)), _translated(address)):
        return False
    return any(_service_covers(service, nat, port) for service in rule.services or ())


def _family(address: str) -> int:
    """Return the IP version of a NAT address. ``any`` means IPv4."""
    network = address_range(address)
    return network[0] if network else 4


def _translated(address: str) -> tuple[Any, ...]:
    """Return the IP version and the ranges of a NAT address."""
    return address_set((_WHOLE[4] if fold(address) == ANY else address,))


def _addresses(members: Sequence[str] | None) -> list[str]:
    parsed = [member(word) for word in members or (ANY,)]
    return [item.text for item in parsed if item is not None and item.kind == ADDRESS]


def _may_include(members: Sequence[str], address: str) -> bool:
    """Return True if the members of a source or destination may include an address.

    Interfaces and grouping objects may include any address.
    """
    known = _addresses(members)
    return len(known) < len(members) or _overlap(address_set(known), _translated(address))


def _service_overlaps(service: ServiceSpec, nat: NatRuleSpec, port: str) -> bool:
    nat_protocol, service_protocol = fold(nat.protocol or ANY), fold(service.protocol)
    if ANY not in (nat_protocol, service_protocol) and nat_protocol != service_protocol:
        return False
    if nat_protocol == "icmp" or service_protocol == "icmp":
        return ANY in (service.icmp_type or ANY, nat.icmp_type or ANY) or service.icmp_type == nat.icmp_type
    return _overlap(_spans(port_set(service.port or ())), _spans(port_set((port,))))


def _service_covers(service: ServiceSpec, nat: NatRuleSpec, port: str) -> bool:
    if fold(service.protocol) not in (ANY, fold(nat.protocol or ANY)):
        return False
    if fold(service.protocol) == "icmp":
        return (service.icmp_type or ANY) in (ANY, nat.icmp_type or ANY)
    is_any_source = port_set(service.source_port or ()) == (ANY,)
    return is_any_source and _covers(_spans(port_set(service.port or ())), _spans(port_set((port,))))


def _spans(ports: Iterable[Any]) -> tuple[Any, ...]:
    """Convert port ranges to the format of address ranges."""
    return tuple(item if isinstance(item, str) else (0, *item) for item in ports)


def _overlap(some: Sequence[Any], others: Sequence[Any]) -> bool:
    """Return True if two sets of ranges may overlap.

    A string instead of a range counts as overlapping, because it may match any address.
    """
    if any(isinstance(item, str) for item in (*some, *others)):
        return True
    return any(a[0] == b[0] and a[1] <= b[2] and b[1] <= a[2] for a in some for b in others)


def _covers(some: Sequence[Any], others: Sequence[Any]) -> bool:
    """Return True if the ranges in ``some`` certainly include all of ``others``."""
    if ANY in some:
        return True
    if any(isinstance(item, str) for item in others):
        return False
    ranges = [item for item in some if not isinstance(item, str)]
    return all(any(a[0] == b[0] and a[1] <= b[1] and b[2] <= a[2] for a in ranges) for b in others)
