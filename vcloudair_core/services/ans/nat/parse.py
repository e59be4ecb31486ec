"""Parse and check NAT rules and settings, without calls to the server."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from vcloudair_core.engine.canonical import ANY, address_range, fold, without_blanks
from vcloudair_core.engine.fields import fields_of, keys_of
from vcloudair_core.engine.matching import refuse_duplicates
from vcloudair_core.engine.rulelist import check_place
from vcloudair_core.engine.validation import Problems, Reader, line_complaint
from vcloudair_core.services.ans.nat.identities import IDENTITIES
from vcloudair_core.services.ans.nat.meaning import action_complaints, family_complaints
from vcloudair_core.services.ans.nat.spec import (
    ACTIONS,
    ALL_MATCH_FIELDS,
    FIREWALL_MATCHES,
    FIRST_TAG,
    LAST_PRIORITY,
    LAST_TAG,
    MATCH_FIELDS,
    MATCHES,
    VPN_MODES,
    NatRuleSpec,
    NatSpec,
)
from vcloudair_core.services.ans.section.rule_fields import POSITIONS
from vcloudair_core.services.ans.section.rule_values import (
    PROTOCOLS,
    address_complaint,
    is_two_protocols,
    normalize_port,
    port_complaint,
    protocol_complaint,
    read_icmp_type,
)

LAST_VNIC = 200
"""The highest interface number. Source: protocol/ans.md §3.2."""

_RULE_FIELDS = tuple(key.name for key in keys_of(NatRuleSpec))
_SECTION_FIELDS = (*fields_of(NatSpec), "internal_rules", "version")
_VNIC = re.compile(r"(?:vnic-(?:index-)?)?([0-9]{1,4})\Z", re.IGNORECASE)
_NEEDED = {"tuple": ("action", "original_address")}


def parse_nat_rule(data: Mapping[str, Any]) -> NatRuleSpec:
    """Parse a rule. Raises: SpecError with all invalid fields."""
    problems = Problems()
    spec = read_nat_rule(data, "", problems)
    problems.raise_if_any()
    return spec


def parse_nat(data: Mapping[str, Any]) -> NatSpec:
    """Parse a whole section. Raises: SpecError with all invalid fields.

    The keys ``internal_rules`` and ``version``, which only the server sets, are accepted and ignored.
    """
    problems = Problems()
    reader = Reader(data, "", problems)
    reader.refuse_unknown(_SECTION_FIELDS)
    spec = NatSpec(reader.boolean("enabled"), _rules(reader), reader.boolean("allow_empty"))
    problems.raise_if_any()
    return spec


def _rules(reader: Reader) -> tuple[NatRuleSpec, ...] | None:
    items = reader.items("rules")
    if items is None:
        return None
    specs: list[NatRuleSpec] = []
    for path, item in items:
        if isinstance(item, Mapping):
            specs.append(read_nat_rule(item, path, reader.problems))
        else:
            reader.problems.add(path, f"a rule (a mapping) was expected, not {item!r}")
    if reader.problems.is_empty:
        refuse_nat_duplicates(specs, [path for path, _ in items], reader.problems)
    return tuple(specs)


def refuse_nat_duplicates(specs: Sequence[NatRuleSpec], paths: Sequence[str], problems: Problems) -> None:
    """Add a problem for each spec that identifies the same rule as an earlier spec."""
    refuse_duplicates(specs, paths, problems, IDENTITIES)


def read_nat_rule(data: Mapping[str, Any], path: str, problems: Problems) -> NatRuleSpec:
    """Parse the rule at ``path``. Errors are added to ``problems``, not raised."""
    reader = Reader(data, path, problems)
    reader.refuse_unknown(_RULE_FIELDS)
    action = reader.choice("action", ACTIONS)
    protocol = _protocol(reader)
    match_by = reader.choice("match_by", MATCHES) or "tuple"
    rule_id = reader.identifier("rule_id")
    check_place(reader)
    reader.check_clear("description", "applied_to")
    _check_identity(reader, match_by)
    spec = NatRuleSpec(
        action=action,
        original_address=_address(reader, "original_address"),
        original_port=_port(reader, "original_port", protocol),
        translated_address=_address(reader, "translated_address"),
        translated_port=_port(reader, "translated_port", protocol),
        protocol=protocol,
        icmp_type=_icmp_type(reader, protocol),
        vnic=_vnic(reader),
        interface=_interface(reader),
        **_matches(reader, action),
        enabled=reader.boolean("enabled"),
        logging=reader.boolean("logging"),
        description=reader.clearable("description"),
        name=_name(reader),
        priority=reader.integer("priority", 0, LAST_PRIORITY),
        firewall_match=reader.choice("firewall_match", FIREWALL_MATCHES),
        application=_application(reader),
        applied_to=reader.clearable("applied_to"),
        vpn_mode=reader.choice("vpn_mode", VPN_MODES),
        tag=_tag(reader, rule_id, match_by),
        rule_id=rule_id,
        position=reader.choice("position", POSITIONS),
        before=reader.text("before"),
        after=reader.text("after"),
        index=reader.integer("index", 0),
        match_by=match_by,
    )
    for name, reason in (*family_complaints(spec), *action_complaints(spec)):
        problems.add(reader.at(name), reason)
    return spec


def _name(reader: Reader) -> str | None:
    name = reader.text("name")
    if name is None:
        return None
    reason = line_complaint(name)
    if reason:
        reader.problems.add(reader.at("name"), reason)
    return name.strip() or None


def _application(reader: Reader) -> str | None:
    """Return the name or URN of a port profile.

    A profile sets the protocol and the ICMP type.
    """
    value = (reader.text("application") or "").strip()
    if value and reader.given("icmp_type"):
        reader.problems.add(reader.at("application"), "cannot be combined with icmp_type")
    return value or None


def _check_identity(reader: Reader, match_by: str) -> None:
    for name in _NEEDED.get(match_by, (match_by,)):
        is_given = reader.given(name) or (name == "tag" and reader.given("rule_tag"))
        if not is_given or not str(reader.data.get(name, "x")).strip():
            reader.problems.add(reader.at(name), f"is required, because match_by is {match_by}")


def _protocol(reader: Reader) -> str | None:
    value = reader.data.get("protocol")
    reason = protocol_complaint(value, "write any, which includes this protocol")
    if is_two_protocols(value):
        reason = f"{value!r} is two protocols; use one rule for tcp and one for udp"
    if reason:
        reader.problems.add(reader.at("protocol"), reason)
        return None
    return reader.choice("protocol", PROTOCOLS)


def _address(reader: Reader, name: str) -> str | None:
    value = reader.text(name)
    if value is None:
        return None
    text = value.strip()
    if fold(text) == ANY:
        return ANY
    if address_range(text) is None:
        reason = address_complaint(text) or f"{value!r} is not an address, CIDR, range (first-last) or any"
        reader.problems.add(reader.at(name), reason)
        return None
    return without_blanks(text)


def _port(reader: Reader, name: str, protocol: str | None = None) -> str | None:
    if not reader.given(name):
        return None
    value = reader.data[name]
    reason = port_complaint(value)
    if not reason and protocol == "icmp" and normalize_port(value) != ANY:
        reason = "icmp has no ports"
    if reason:
        reader.problems.add(reader.at(name), reason)
        return None
    return normalize_port(value)


def _icmp_type(reader: Reader, protocol: str | None) -> str | None:
    icmp_type = read_icmp_type(reader)
    if icmp_type is None or protocol == "icmp":
        return icmp_type
    if icmp_type != ANY:
        reader.problems.add(
            reader.at("icmp_type"), f"is only allowed with protocol icmp, not {protocol or 'without a protocol'}"
        )
    return None


def _vnic(reader: Reader) -> str | None:
    """Return the number of an interface, or ``any``. Source: protocol/ans.md §3.2."""
    value = reader.data.get("vnic")
    if value is None:
        return None
    text = fold(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    match = _VNIC.match(text)
    if text == ANY:
        return ANY
    if match is None:
        reader.problems.add(
            reader.at("vnic"),
            f"{value!r} is not an interface number or 'any'; to use an interface name, set 'interface' instead",
        )
    elif int(match.group(1)) > LAST_VNIC:
        reader.problems.add(reader.at("vnic"), f"{value!r} is out of range; use 0 to {LAST_VNIC}")
    else:
        return str(int(match.group(1)))
    return None


def _interface(reader: Reader) -> str | None:
    value = reader.text("interface")
    if value is None:
        return None
    if reader.given("vnic"):
        reader.problems.add(reader.at("interface"), "cannot be combined with vnic")
    if not value.strip():
        reader.problems.add(reader.at("interface"), "is empty; set the name of a network, or vnic: any")
        return None
    return value.strip()


def _matches(reader: Reader, action: str | None) -> dict[str, Any]:
    matches: dict[str, Any] = {}
    for name in ALL_MATCH_FIELDS:
        matches[name] = (_address if name.endswith("_address") else _port)(reader, name)
        owners = [owner for owner, names in MATCH_FIELDS.items() if name in names]
        if action is not None and action not in owners and matches[name] is not None:
            if matches[name] != ANY:
                reader.problems.add(reader.at(name), f"is only allowed with {' and '.join(owners)}, not {action}")
            matches[name] = None
    return matches


def _tag(reader: Reader, rule_id: str | None, match_by: str) -> str | None:
    """Return the tag set by the user.

    If the user has not set a tag, the server returns the rule ID as the tag. A tag that equals the ID is ignored.
    """
    if reader.given("tag") and reader.given("rule_tag"):
        reader.problems.add(reader.at("rule_tag"), "cannot be combined with its alias tag")
    name = "tag" if reader.given("tag") else "rule_tag"
    tag = reader.digits(name)
    if tag is None or FIRST_TAG <= int(tag) <= LAST_TAG or match_by == "tag":
        return tag
    if tag != rule_id:
        reader.problems.add(reader.at(name), f"{tag} is out of range; use {FIRST_TAG} to {LAST_TAG}")
    return None
