"""The ways to identify a NAT rule: its traffic, name or description."""

from __future__ import annotations

from collections.abc import Hashable

from vcloudair_core.engine.canonical import ANY, fold
from vcloudair_core.engine.matching import Identities, RuleIdentity
from vcloudair_core.services.ans.nat.spec import (
    DNAT,
    MATCH_FIELDS,
    NatRuleSpec,
    address_meaning,
    nat_title,
    port_meaning,
)


def _matched(spec: NatRuleSpec) -> Hashable:
    """Return the match criteria of a rule, without the interface, for comparison."""
    protocol = fold(spec.protocol or ANY)
    is_icmp = protocol == "icmp"
    action = fold(spec.action or "")
    address, port = [getattr(spec, name) for name in MATCH_FIELDS.get(action) or MATCH_FIELDS[DNAT]]
    return (
        action,
        protocol,
        fold(spec.icmp_type or ANY) if is_icmp else "",
        address_meaning(spec.original_address or ANY),
        port_meaning(ANY if is_icmp else spec.original_port or ANY),
        address_meaning(address or ANY),
        port_meaning(port or ANY),
    )


def _search_keys(spec: NatRuleSpec) -> tuple[Hashable, ...]:
    """Return the keys to find the existing rule for a spec, the preferred key first.

    A spec without an interface or network matches the rule that applies to all interfaces. If no such rule exists, and
    only one rule has equal match criteria, the spec matches that rule.
    """
    if spec.interface is not None:
        return ((("interface", spec.interface), _matched(spec)),)
    exact = (_place(spec), _matched(spec))
    return (exact,) if (spec.vnic, spec.applied_to) != (None, None) else (exact, (None, _matched(spec)))


def _live_keys(spec: NatRuleSpec) -> tuple[Hashable, ...]:
    return ((_place(spec), _matched(spec)), (None, _matched(spec)))


def _place(spec: NatRuleSpec) -> Hashable:
    """Return the interface or network to which a rule applies."""
    return (spec.vnic or ANY, spec.applied_to or "")


def _name(spec: NatRuleSpec) -> tuple[Hashable, ...]:
    return ((spec.name or "").strip(),)


def _description(spec: NatRuleSpec) -> tuple[Hashable, ...]:
    return ((spec.description or "").strip(),)


def _content(spec: NatRuleSpec) -> Hashable:
    """Return the match criteria and the translation of a rule, for comparison."""
    translation = (address_meaning(spec.translated_address or ANY), port_meaning(spec.translated_port or ANY))
    return (_place(spec), spec.interface, _matched(spec), *translation)


IDENTITIES = Identities(
    {
        "tuple": RuleIdentity(
            _search_keys,
            lambda spec: f"for the same traffic ({nat_title(spec)})",
            _live_keys,
            is_unique=True,
        ),
        "name": RuleIdentity(_name, lambda spec: f"named {(spec.name or '').strip()!r}"),
        "description": RuleIdentity(
            _description, lambda spec: f"with the description {(spec.description or '').strip()!r}"
        ),
    },
    content=_content,
    shown=("name", "action", "vnic", "original_address", "translated_address", "description"),
)
"""The ways to identify a NAT rule.

``tuple`` compares action, interface, protocol and ICMP type, original address and port, and the match fields.
"""
