"""Plain data to firewall specs. Everything that can be known to be wrong without a server is found here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from vcloudair_core.engine.canonical import ANY
from vcloudair_core.engine.fields import fields_of, keys_of
from vcloudair_core.engine.matching import refuse_doubles
from vcloudair_core.engine.rulelist import check_place
from vcloudair_core.engine.validation import CLEAR, Problems, Reader
from vcloudair_core.services.ans.firewall.spec import (
    ACTION_SYNONYMS,
    ACTIONS,
    DEFAULT_ACTIONS,
    DIRECTIONS,
    GLOBAL_SETTINGS,
    IDENTITIES,
    LAST_TAG,
    MATCHES,
    FirewallPolicySpec,
    FirewallRuleSpec,
    ServiceSpec,
)
from vcloudair_core.services.ans.section.rule_fields import POSITIONS
from vcloudair_core.services.ans.section.rule_values import (
    ADDRESS,
    LAST_VNIC,
    PROTOCOLS,
    complaint,
    is_two_protocols,
    member,
    port_complaint,
    port_word,
    protocol_complaint,
    read_icmp_type,
    vnic_number,
)

_APPLICATION = re.compile(r"(?:[0-9a-f-]{36}:)?application(?:group)?-[0-9]{1,9}\Z", re.IGNORECASE)
"""Source: protocol/ans.md §2.6."""

_BY_APPLICATION = "make an application for it and give its id in applications"
_SHORTHAND = tuple(name for name in FirewallRuleSpec.other_keys if name != CLEAR)
_RULE_FIELDS = tuple(key.name for key in keys_of(FirewallRuleSpec))
_IDENTIFYING = ("rule_id", "tag", "source", "destination", "services", "applications", "protocol")
_OR_CONTENT = ", ".join(_IDENTIFYING[:-1]) + f" or {_IDENTIFYING[-1]}"
"""Fields that identify a rule without a name: its ids, or what it matches."""

_SERVICE_FIELDS = tuple(fields_of(ServiceSpec))
_POLICY_FIELDS = tuple(fields_of(FirewallPolicySpec))
_POLICY_OUTPUT = ("internal_rules", "version")


def parse_rule(data: Mapping[str, Any]) -> FirewallRuleSpec:
    """One rule. Raises SpecError that names every field that is wrong."""
    problems = Problems()
    spec = read_rule(data, "", problems)
    problems.raise_if_any()
    return spec


def parse_policy(data: Mapping[str, Any]) -> FirewallPolicySpec:
    """A policy; what only the server can say (``internal_rules``, ``version``) is accepted and ignored.

    Raises SpecError that names every field that is wrong.
    """
    problems = Problems()
    reader = Reader(data, "", problems)
    reader.refuse_unknown((*_POLICY_FIELDS, *_POLICY_OUTPUT))
    spec = FirewallPolicySpec(
        enabled=reader.boolean("enabled"),
        default_action=reader.choice("default_action", DEFAULT_ACTIONS, ACTION_SYNONYMS),
        default_logging=reader.boolean("default_logging"),
        global_settings=_global_settings(reader),
        rules=_rules(reader),
        allow_empty=reader.boolean("allow_empty"),
    )
    problems.raise_if_any()
    return spec


def _rules(reader: Reader) -> tuple[FirewallRuleSpec, ...] | None:
    items = reader.items("rules")
    if items is None:
        return None
    specs: list[FirewallRuleSpec] = []
    paths: list[str] = []
    for path, item in items:
        if isinstance(item, Mapping):
            specs.append(read_rule(item, path, reader.problems))
            paths.append(path)
        else:
            reader.problems.add(path, f"a rule (a mapping) was expected, not {item!r}")
    if reader.problems.is_empty:
        refuse_doubles(specs, paths, reader.problems, IDENTITIES)
    return tuple(specs)


def _global_settings(reader: Reader) -> tuple[tuple[str, bool | int], ...] | None:
    data = reader.data.get("global_settings")
    if data is None:
        return None
    if not isinstance(data, Mapping):
        reader.problems.add("global_settings", f"a mapping was expected, not {data!r}")
        return None
    inner = Reader(data, "global_settings", reader.problems)
    inner.refuse_unknown(GLOBAL_SETTINGS)
    found: list[tuple[str, bool | int]] = []
    for word, (_, kind, _default) in GLOBAL_SETTINGS.items():
        value = inner.boolean(word) if kind is bool else inner.integer(word, 0, 2**31 - 1)
        if value is not None:
            found.append((word, value))
    return tuple(found)


# -- one rule ----------------------------------------------------------------------------------------------------


def read_rule(data: Mapping[str, Any], path: str, problems: Problems) -> FirewallRuleSpec:
    """One rule at ``path``; problems are noted, not raised."""
    reader = Reader(data, path, problems)
    reader.refuse_unknown(_RULE_FIELDS)
    rule_id = reader.identifier("rule_id")
    match_by = reader.choice("match_by", MATCHES) or "name"
    spec = FirewallRuleSpec(
        name=reader.text("name"),
        action=reader.choice("action", ACTIONS, ACTION_SYNONYMS),
        enabled=reader.boolean("enabled"),
        logging=reader.boolean("logging"),
        description=reader.clearable("description"),
        source=_members(reader, "source"),
        destination=_members(reader, "destination"),
        source_exclude=reader.boolean("source_exclude"),
        destination_exclude=reader.boolean("destination_exclude"),
        services=_services(reader),
        applications=_applications(reader),
        match_translated=reader.boolean("match_translated"),
        direction=reader.choice("direction", DIRECTIONS),
        tag=_tag(reader, rule_id, match_by),
        rule_id=rule_id,
        position=reader.choice("position", POSITIONS),
        before=reader.text("before"),
        after=reader.text("after"),
        index=reader.integer("index", 0),
        match_by=match_by,
    )
    _check_identity(reader, spec)
    check_place(reader)
    reader.check_clear("description")
    return spec


def _check_identity(reader: Reader, spec: FirewallRuleSpec) -> None:
    if spec.match_by != "name":
        if not reader.given(spec.match_by):
            reader.problems.add(reader.at(spec.match_by), f"is required, because match_by is {spec.match_by}")
    elif not reader.given("name") and not any(reader.given(name) for name in _IDENTIFYING):
        reader.problems.add(reader.at("name"), f"is required; a rule without a name needs {_OR_CONTENT}")


def _tag(reader: Reader, rule_id: str | None, match_by: str) -> str | None:
    """The user's tag. A tag that is the rule's own id is what the server shows when there is no tag of the user's."""
    tag = reader.digits("tag")
    if tag is None or int(tag) <= LAST_TAG or match_by == "tag":
        return tag
    if tag != rule_id:
        reader.problems.add(reader.at("tag"), f"{tag} is out of range, 1 to {LAST_TAG} is allowed")
    return None


def _members(reader: Reader, name: str) -> tuple[str, ...] | None:
    items = reader.items(name)
    if items is None:
        return None
    if not items:
        reader.problems.add(reader.at(name), "is empty; use any")
    words: list[str] = []
    for path, item in items:
        if not isinstance(item, str):
            reader.problems.add(path, f"a word was expected, not {item!r}")
        elif member(item) is None:
            reader.problems.add(path, complaint(item))
        elif (vnic_number(item) or 0) > LAST_VNIC:
            reader.problems.add(path, f"{item!r} is out of range, vnic-0 to vnic-{LAST_VNIC} is allowed")
        elif reader.printable(path, item):
            words.append(_member_word(item))
    return tuple(words)


def _member_word(item: str) -> str:
    """A member as it was written, but for blanks within an address."""
    found = member(item)
    is_plain = found is not None and found.kind == ADDRESS and not item.strip().casefold().startswith(ADDRESS)
    return found.text if found is not None and is_plain else item.strip()


def _applications(reader: Reader) -> tuple[str, ...] | None:
    items = reader.items("applications")
    if items is None:
        return None
    words: list[str] = []
    for path, item in items:
        word = item.strip() if isinstance(item, str) else ""
        if not word:
            reader.problems.add(path, f"the id of an application was expected, not {item!r}")
        elif not _APPLICATION.match(word):
            reader.problems.add(path, f"{item!r} is not the id of an application, such as application-155")
        else:
            words.append(word)
    return tuple(words)


# -- services ----------------------------------------------------------------------------------------------------


def _services(reader: Reader) -> tuple[ServiceSpec, ...] | None:
    short = [name for name in _SHORTHAND if reader.given(name)]
    if not reader.given("services"):
        return _shorthand(reader) if short else None
    for name in short:
        reader.problems.add(reader.at(name), "cannot be given together with services")
    items = reader.items("services") or []
    if not items and not reader.given("applications"):
        reader.problems.add(reader.at("services"), "is empty; use [{protocol: any}]")
    found: list[ServiceSpec] = []
    for path, item in items:
        if not isinstance(item, Mapping):
            reader.problems.add(path, f"a mapping with protocol and ports was expected, not {item!r}")
            continue
        inner = Reader(item, path, reader.problems)
        inner.refuse_unknown(_SERVICE_FIELDS)
        found += _service(inner, "port")
    if not items and reader.given("applications") and not reader.data["applications"]:
        reader.problems.add(reader.at("services"), "is empty, and so is applications; use [{protocol: any}]")
    return tuple(found)


def _shorthand(reader: Reader) -> tuple[ServiceSpec, ...]:
    return _service(reader, "dest_port", allow_icmp_type=False)


def _service(reader: Reader, port_name: str, *, allow_icmp_type: bool = True) -> tuple[ServiceSpec, ...]:
    """One service, or the two that ``tcp+udp`` stands for."""
    if not reader.given("protocol"):
        reader.problems.add(reader.at("protocol"), f"is required, one of {', '.join(PROTOCOLS)}")
    protocols = _protocols(reader)
    port = _ports(reader, port_name)
    source_port = _ports(reader, "source_port")
    icmp_type = read_icmp_type(reader) if allow_icmp_type else None
    if protocols == ("icmp",):
        for name, words in ((port_name, port), ("source_port", source_port)):
            if words and set(words) != {ANY}:
                reader.problems.add(reader.at(name), "icmp has no ports")
        return (ServiceSpec("icmp", None, None, icmp_type),)
    if icmp_type is not None:
        reader.problems.add(reader.at("icmp_type"), f"goes with protocol icmp, not {protocols[0]}")
    return tuple(ServiceSpec(protocol, port, source_port, None) for protocol in protocols)


def _protocols(reader: Reader) -> tuple[str, ...]:
    value = reader.data.get("protocol")
    if is_two_protocols(value):
        return ("tcp", "udp")
    reason = protocol_complaint(value, _BY_APPLICATION)
    if reason:
        reader.problems.add(reader.at("protocol"), reason)
        return (ANY,)
    return (reader.choice("protocol", PROTOCOLS) or ANY,)


def _ports(reader: Reader, name: str) -> tuple[str, ...] | None:
    items = reader.items(name)
    if items is None:
        return None
    if not items:
        reader.problems.add(reader.at(name), "is empty; use any")
    scalar = not isinstance(reader.data.get(name), (list, tuple))
    words: list[str] = []
    for path, item in items:
        where = reader.at(name) if scalar and len(items) == 1 else path
        reason = port_complaint(item)
        if reason:
            reader.problems.add(where, reason)
        else:
            words.append(port_word(item))
    return tuple(words)
