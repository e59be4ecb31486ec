"""Check if two rules can match the same traffic.

Unknown members, such as grouping objects, count as overlapping with every other member.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vcloudair_core.engine.canonical import ANY, address_range, fold, port_set
from vcloudair_core.services.ans.firewall.spec import SIDES, FirewallRuleSpec, ServiceSpec
from vcloudair_core.services.ans.nat.spec import NatRuleSpec
from vcloudair_core.services.ans.section.rule_values import ADDRESS, member

_DIRECTIONS = frozenset({"in", "out"})


def firewall_rules_overlap(left: FirewallRuleSpec, right: FirewallRuleSpec) -> bool:
    """Return True if two firewall rules can match the same traffic."""
    if {left.direction, right.direction} == _DIRECTIONS:
        return False
    for side in SIDES:
        is_excluding = getattr(left, f"{side}_exclude") or getattr(right, f"{side}_exclude")
        if not is_excluding and not _members_overlap(getattr(left, side) or (), getattr(right, side) or ()):
            return False
    if left.applications or right.applications:
        return True
    return any(
        _services_overlap(mine, theirs)
        for mine in left.services or (ServiceSpec(),)
        for theirs in right.services or (ServiceSpec(),)
    )


def nat_rules_overlap(left: NatRuleSpec, right: NatRuleSpec) -> bool:
    """Return True if two NAT rules can translate the same traffic.

    The interfaces are not compared, because rules of NSX-T edge gateways have no interfaces.
    """
    if left.action != right.action or not _protocols_overlap(left.protocol or ANY, right.protocol or ANY):
        return False
    addresses = ("original_address", "dnat_match_source_address", "snat_match_destination_address")
    ports = ("original_port", "dnat_match_source_port", "snat_match_destination_port")
    return all(
        _members_overlap((getattr(left, name) or ANY,), (getattr(right, name) or ANY,)) for name in addresses
    ) and all(_ports_overlap((getattr(left, name) or ANY,), (getattr(right, name) or ANY,)) for name in ports)


def _members_overlap(left: Sequence[str], right: Sequence[str]) -> bool:
    mine, theirs = _ranges(left), _ranges(right)
    if mine is None or theirs is None:
        return True
    return any(
        first[0] == second[0] and first[1] <= second[2] and second[1] <= first[2] for first in mine for second in theirs
    )


def _ranges(members: Sequence[str]) -> list[tuple[int, int, int]] | None:
    """Return the address ranges of members, or None if a member is not an address."""
    ranges: list[tuple[int, int, int]] = []
    for text in members or (ANY,):
        parsed = member(text)
        addresses = address_range(parsed.text) if parsed is not None and parsed.kind == ADDRESS else None
        if addresses is None:
            return None
        ranges.append(addresses)
    return ranges


def _services_overlap(left: ServiceSpec, right: ServiceSpec) -> bool:
    if not _protocols_overlap(left.protocol, right.protocol):
        return False
    types = {fold(left.icmp_type or ANY), fold(right.icmp_type or ANY)}
    if fold(left.protocol) == fold(right.protocol) == "icmp":
        return len(types) == 1 or ANY in types or any(name.isdecimal() for name in types)
    return _ports_overlap(left.port or (), right.port or ()) and _ports_overlap(
        left.source_port or (), right.source_port or ()
    )


def _protocols_overlap(left: str, right: str) -> bool:
    return fold(left) == fold(right) or ANY in (fold(left), fold(right))


def _ports_overlap(left: Iterable[str], right: Iterable[str]) -> bool:
    mine, theirs = port_set(left), port_set(right)
    return any(
        isinstance(first, str) or isinstance(second, str) or (first[0] <= second[1] and second[0] <= first[1])
        for first in mine
        for second in theirs
    )
