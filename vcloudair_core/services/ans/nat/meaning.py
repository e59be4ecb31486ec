"""Complete NAT specs with defaults, and adapt specs to existing rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.canonical import ANY, address_range
from vcloudair_core.engine.validation import Problems
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.nat.spec import (
    ALL_MATCH_FIELDS,
    DNAT,
    EXEMPTIONS,
    FIRST_TAG,
    LAST_TAG,
    MATCH_FIELDS,
    NO_DNAT,
    REFLEXIVE,
    REQUIRED,
    NatRuleSpec,
)

_PORTS = ("original_port", "translated_port")
_TRANSLATED = ("translated_address", "translated_port")
_TRAFFIC = ("protocol", *_PORTS, "icmp_type")
_ADDRESSES = ("original_address", "translated_address", *(name for name in ALL_MATCH_FIELDS if "address" in name))
VPN_ACTIONS = (DNAT, NO_DNAT)
"""Actions with ``vpn_mode``. Source: protocol/nsxt.md §0.2."""

_NOT_ALLOWED: dict[str, tuple[tuple[str, ...], str]] = {
    **dict.fromkeys(EXEMPTIONS, (_TRANSLATED, "which translates nothing")),
    REFLEXIVE: ((*_TRAFFIC, "application"), "which translates all traffic of the addresses"),
}
"""Options that an action does not allow, and the reason."""


def missing_fields(spec: NatRuleSpec) -> list[str]:
    """Return the required fields that a new rule does not set."""
    optional = ("translated_address",) if spec.action in EXEMPTIONS else ()
    return [name for name in REQUIRED if name not in optional and not getattr(spec, name)]


def completed_rule(spec: NatRuleSpec) -> NatRuleSpec:
    """Return the spec of a new rule with defaults for all fields that are not set.

    Raises: SpecError for missing required fields.
    """
    problems = Problems()
    for name in missing_fields(spec):
        rule = f"the rule {spec.display_name!r}" if spec.display_name else "the rule"
        problems.add(name, f"is required, because {rule} does not exist yet (matched by {spec.match_by})")
    if spec.tag is not None and not FIRST_TAG <= int(spec.tag) <= LAST_TAG:
        problems.add("tag", f"{spec.tag} is out of range for a new rule; use {FIRST_TAG} to {LAST_TAG}")
    problems.raise_if_any()
    return replace(
        spec,
        original_port=spec.original_port or ANY,
        translated_port=spec.translated_port or ANY,
        protocol=spec.protocol or ANY,
        vnic=spec.vnic or ANY,
        enabled=True if spec.enabled is None else spec.enabled,
        logging=False if spec.logging is None else spec.logging,
        rule_id=None,
    )


def exact_rule(spec: NatRuleSpec, current: NatRuleSpec) -> NatRuleSpec:
    """Return the spec of a rule for ``state: exact``, with defaults.

    Fields that a new rule requires have no default, so they keep their values. The tag also keeps its value, because
    the server sets a tag if the user does not. The name and the application port profile keep their values too.
    """
    protocol = spec.protocol or ANY
    action = spec.action or current.action or ""
    defaults: dict[str, Any] = {
        **({} if spec.application else {"protocol": ANY}),
        "vnic": ANY,
        "enabled": True,
        "logging": False,
        "description": "",
        "priority": 0,
        "firewall_match": "match_internal_address",
        "applied_to": "",
        **dict.fromkeys(("vpn_mode",) if action in VPN_ACTIONS else (), "bypass"),
        **dict.fromkeys(("icmp_type",) if protocol == "icmp" else ("original_port",), ANY),
        # If the spec has no translated address, keep the translated port as well.
        **dict.fromkeys(("translated_port",) if protocol != "icmp" and spec.translated_address else (), ANY),
        **dict.fromkeys(MATCH_FIELDS.get(action, ()), ANY),
    }
    return replace(spec, **{name: value for name, value in defaults.items() if getattr(spec, name) is None})


def effective_rule(spec: NatRuleSpec, current: NatRuleSpec) -> NatRuleSpec:
    """Return a spec that is adapted to ``current``, the rule that the spec updates.

    Current values of the rule that are invalid for the new protocol or action are removed. Raises: SpecError for values
    of the spec that are invalid for the existing rule.
    """
    action, protocol = spec.action or current.action or "", spec.protocol or current.protocol or ANY
    changes: dict[str, Any] = {}
    if protocol == "icmp":
        for name in _PORTS:
            _refuse(name, getattr(spec, name), "the protocol of the rule is icmp, which has no ports")
            changes[name] = ANY
    elif spec.protocol is not None:
        changes["icmp_type"] = ANY
    for name in ALL_MATCH_FIELDS if action in MATCH_FIELDS else ():
        if name not in MATCH_FIELDS[action]:
            owners = " and ".join(owner for owner, names in MATCH_FIELDS.items() if name in names)
            _refuse(name, getattr(spec, name), f"is only allowed with {owners}, but the action of the rule is {action}")
            changes[name] = ANY
    for name, reason in action_complaints(replace(spec, action=action)):
        raise SpecError(name, reason)
    if spec.action is not None and spec.action != current.action:
        names, _ = _NOT_ALLOWED.get(action, ((), ""))
        changes |= {name: ANY for name in names if name != "application"}
    effective = replace(spec, **changes) if changes else spec
    addresses = {name: value for name in _ADDRESSES if (value := getattr(effective, name)) is not None}
    for name, reason in family_complaints(replace(current, **addresses)) if addresses else ():
        raise SpecError(name, reason)
    return effective


def action_complaints(spec: NatRuleSpec) -> Iterator[tuple[str, str]]:
    """Return an error for each option that the action of a rule does not allow.

    Shape: ``(field, reason)``. Without an action, there are no errors. Source: protocol/nsxt.md §6.
    """
    names, reason = _NOT_ALLOWED.get(spec.action or "", ((), ""))
    for name in names:
        if getattr(spec, name) not in (None, ANY):
            yield name, f"is not allowed with {spec.action}, {reason}"
    if spec.vpn_mode is not None and spec.action not in (None, *VPN_ACTIONS):
        yield "vpn_mode", f"is only allowed with {' and '.join(VPN_ACTIONS)}, not {spec.action}"
    original, translated = (address_range(getattr(spec, name) or ANY) for name in _ADDRESSES[:2])
    if spec.action == REFLEXIVE and original and translated and _size(original) != _size(translated):
        yield "translated_address", "must have as many addresses as original_address, because the action is reflexive"


def _size(addresses: tuple[int, int, int]) -> int:
    _, first, last = addresses
    return last - first


def family_complaints(spec: NatRuleSpec) -> list[tuple[str, str]]:
    """Return an error for each address that differs in IP version from the original.

    Shape: ``[(field, reason)]``.
    """
    first = address_range(spec.original_address or ANY)
    others = ((name, address_range(getattr(spec, name) or ANY)) for name in _ADDRESSES[1:])
    return [
        (name, "has a different IP version than original_address")
        for name, network in others
        if first and network and first[0] != network[0]
    ]


def _refuse(name: str, value: str | None, reason: str) -> None:
    if value not in (None, ANY):
        raise SpecError(name, reason)
