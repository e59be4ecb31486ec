"""Values of the NAT section that its JSON and XML codecs share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vcloudair_core.engine.canonical import ANY, fold
from vcloudair_core.services.ans.nat.spec import ALL_MATCH_FIELDS, MATCH_FIELDS, NatRuleSpec, NatSpec
from vcloudair_core.services.ans.section.document import SectionState
from vcloudair_core.services.ans.section.json_values import bool_of, digits_of, text_of

WIRE_NAMES = {
    "tag": "ruleTag",
    "action": "action",
    "vnic": "vnic",
    "original_address": "originalAddress",
    "translated_address": "translatedAddress",
    "dnat_match_source_address": "dnatMatchSourceAddress",
    "dnat_match_source_port": "dnatMatchSourcePort",
    "snat_match_destination_address": "snatMatchDestinationAddress",
    "snat_match_destination_port": "snatMatchDestinationPort",
    "protocol": "protocol",
    "icmp_type": "icmpType",
    "original_port": "originalPort",
    "translated_port": "translatedPort",
    "logging": "loggingEnabled",
    "enabled": "enabled",
    "description": "description",
}
"""API name of each field, in the order of new rules.

Source: protocol/ans.md §3.1-3.2.
"""

_MATCHES = frozenset(ALL_MATCH_FIELDS)


Nat = SectionState[NatSpec]
"""A decoded NAT section."""


def rule_of(raw: Mapping[str, Any]) -> NatRuleSpec:
    """Decode the rule in a record.

    Missing values become ``any``. The exceptions are match fields that only one action has, which become None. Source:
    protocol/ans.md §3.2.
    """
    protocol = fold(_text_or_any(raw.get("protocol")))
    is_icmp = protocol == "icmp"
    rule_id, tag = digits_of(raw.get("ruleId")), digits_of(raw.get("ruleTag"))
    matches = {name: _text_or_any(raw.get(WIRE_NAMES[name])) for name in _MATCHES}
    match_values: dict[str, Any] = {name: text for name, text in matches.items() if text != ANY}
    return NatRuleSpec(
        action=fold(text_of(raw.get("action")) or ""),
        original_address=_text_or_any(raw.get("originalAddress")),
        original_port=ANY if is_icmp else _text_or_any(raw.get("originalPort")),
        translated_address=_text_or_any(raw.get("translatedAddress")),
        translated_port=ANY if is_icmp else _text_or_any(raw.get("translatedPort")),
        protocol=protocol,
        icmp_type=_text_or_any(raw.get("icmpType")) if is_icmp else None,
        vnic=_text_or_any(raw.get("vnic")),
        **match_values,
        enabled=bool_of(raw.get("enabled"), True),
        logging=bool_of(raw.get("loggingEnabled"), False),
        description=text_of(raw.get("description")) or "",
        tag=rule_id if tag is None else tag,
        rule_id=rule_id,
    )


def _text_or_any(value: Any) -> str:
    text = (text_of(value) or "").strip()
    return ANY if fold(text) in ("", ANY) else text


def wire_changes(spec: NatRuleSpec, changed: tuple[str, ...]) -> dict[str, Any]:
    """Return the values to write for the changed fields of a rule, by API name.

    If a value is None, the write removes the field. A rule without ``vnic`` applies to all interfaces. ``icmpType`` is
    allowed only with the protocol icmp, and each match field only with one action. Source: protocol/ans.md §3.2.
    """
    changes: dict[str, Any] = {}
    if "protocol" in changed and spec.protocol != "icmp":
        changes["icmpType"] = None
    if "action" in changed and spec.action is not None:
        changes |= {WIRE_NAMES[name]: None for name in _MATCHES.difference(MATCH_FIELDS[spec.action])}
    for name, wire in WIRE_NAMES.items():
        if name not in changed:
            continue
        value = getattr(spec, name)
        value = int(value) if name == "tag" and value is not None else value
        is_omitted_if_any = (
            name == "vnic"
            or (name == "icmp_type" and spec.protocol != "icmp")
            or (name in _MATCHES and spec.action is not None and name not in MATCH_FIELDS[spec.action])
        )
        changes[wire] = None if value == ANY and is_omitted_if_any else value
    return changes


def new_rule_values(spec: NatRuleSpec) -> dict[str, Any]:
    """Return the values of a new rule by API name, without the rule ID.

    Source: protocol/ans.md §3.2.
    """
    set_fields = tuple(
        name
        for name in WIRE_NAMES
        if getattr(spec, name) is not None and not (name in _MATCHES and getattr(spec, name) == ANY)
    )
    properties = {"ruleType": "user", **wire_changes(spec, set_fields)}
    if spec.protocol == "icmp":
        properties.setdefault("icmpType", ANY)
    return {wire: value for wire, value in properties.items() if value is not None}
