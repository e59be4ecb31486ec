"""Parse and check firewall rules and policies, without calls to the server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from vcloudair_core.engine.canonical import ANY
from vcloudair_core.engine.fields import fields_of, keys_of, spec_with
from vcloudair_core.engine.matching import refuse_duplicates
from vcloudair_core.engine.plain_input import plain_digits, plain_identifier, plain_list, plain_reader, plain_text
from vcloudair_core.engine.rulelist import check_place
from vcloudair_core.engine.validation import CLEAR, Problems, Reader, read_fields
from vcloudair_core.services.ans.firewall.spec import (
    ACTION_SYNONYMS,
    DEFAULT_ACTIONS,
    GLOBAL_SETTINGS,
    IDENTIFYING,
    IDENTITIES,
    LAST_TAG,
    FirewallPolicySpec,
    FirewallRuleSpec,
    ServiceSpec,
)
from vcloudair_core.services.ans.section.rule_values import (
    LAST_VNIC,
    PROTOCOLS,
    is_two_protocols,
    member,
    normalize_port,
    port_complaint,
    protocol_complaint,
    read_applications,
    read_icmp_type,
    read_members,
    read_ports,
    vnic_number,
    written_member,
)

_BY_APPLICATION = "create an application for this protocol, and set the ID of the application in applications"
_SHORTHAND = tuple(name for name in FirewallRuleSpec.other_keys if name != CLEAR)
_RULE_FIELDS = tuple(key.name for key in keys_of(FirewallRuleSpec))
_OR_CONTENT = ", ".join(IDENTIFYING[:-1]) + f" or {IDENTIFYING[-1]}"

_SHORT_NAMES = {"port": "dest_port"}
"""Service fields that have another key in the short form. Shape: ``{field: key}``."""

_PORT_FIELDS = tuple(name for name, info in fields_of(ServiceSpec).items() if info.ports)
_SERVICE_FIELDS = tuple(fields_of(ServiceSpec))
_POLICY_FIELDS = tuple(fields_of(FirewallPolicySpec))
_POLICY_OUTPUT = ("internal_rules", "version")


def parse_rule(data: Mapping[str, Any]) -> FirewallRuleSpec:
    """Parse a rule. Raises: SpecError with all invalid fields."""
    problems = Problems()
    spec = read_rule(data, "", problems)
    problems.raise_if_any()
    return spec


def parse_policy(data: Mapping[str, Any]) -> FirewallPolicySpec:
    """Parse a policy. Raises: SpecError with all invalid fields.

    The keys ``internal_rules`` and ``version``, which only the server sets, are accepted and ignored.
    """
    problems = Problems()
    reader = Reader(data, "", problems)
    reader.refuse_unknown((*_POLICY_FIELDS, *_POLICY_OUTPUT))
    spec = FirewallPolicySpec(
        enabled=reader.boolean("enabled"),
        default_action=reader.choice("default_action", DEFAULT_ACTIONS, ACTION_SYNONYMS),
        default_logging=reader.boolean("default_logging"),
        global_settings=_global_settings(reader),
        rules=read_rules(reader),
        allow_empty=reader.boolean("allow_empty"),
    )
    problems.raise_if_any()
    return spec


def read_rules(reader: Reader) -> tuple[FirewallRuleSpec, ...] | None:
    """Parse the list ``rules``. Errors are added to the problems of the reader."""
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
        refuse_duplicates(specs, paths, reader.problems, IDENTITIES)
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
    settings: list[tuple[str, bool | int]] = []
    for word, (_, kind, _default) in GLOBAL_SETTINGS.items():
        value = inner.boolean(word) if kind is bool else inner.integer(word, 0, 2**31 - 1)
        if value is not None:
            settings.append((word, value))
    return tuple(settings)


# -- one rule ----------------------------------------------------------------------------------------------------


def read_rule(data: Mapping[str, Any], path: str, problems: Problems) -> FirewallRuleSpec:
    """Parse the rule at ``path``. Errors are added to ``problems``, not raised."""
    spec = plain_rule(data)
    return spec if spec is not None else read_any_rule(data, path, problems)


def read_any_rule(data: Mapping[str, Any], path: str, problems: Problems) -> FirewallRuleSpec:
    """Parse a rule as :func:`read_rule` does, but without its fast path."""
    reader = Reader(data, path, problems)
    reader.refuse_unknown(_RULE_FIELDS)
    values = read_fields(FirewallRuleSpec, reader, skip=("services", "tag"))
    spec = FirewallRuleSpec(**{name: value for name, value in values.items() if value is not None})
    spec = replace(spec, services=_services(reader, spec), tag=_tag(reader, spec.rule_id, spec.match_by))
    _check_identity(reader, spec)
    check_place(reader)
    return spec


def _check_identity(reader: Reader, spec: FirewallRuleSpec) -> None:
    if spec.match_by != "name":
        if not reader.given(spec.match_by):
            reader.problems.add(reader.at(spec.match_by), f"is required, because match_by is {spec.match_by}")
    elif not reader.given("name") and not any(reader.given(name) for name in IDENTIFYING):
        reader.problems.add(reader.at("name"), f"is required; a rule without a name needs {_OR_CONTENT}")


def _tag(reader: Reader, rule_id: str | None, match_by: str) -> str | None:
    """Return the tag set by the user.

    If the user has not set a tag, the server returns the rule ID as the tag. A tag that equals the ID is ignored.
    """
    tag = reader.digits("tag")
    if tag is None or int(tag) <= LAST_TAG or match_by == "tag":
        return tag
    if tag != rule_id:
        reader.problems.add(reader.at("tag"), f"{tag} is out of range; use 1 to {LAST_TAG}")
    return None


# -- services ----------------------------------------------------------------------------------------------------


def _services(reader: Reader, rule: FirewallRuleSpec) -> tuple[ServiceSpec, ...] | None:
    """Return the services of a rule.

    ``rule`` has the fields that are parsed already, which are all fields except the services.
    """
    short = [name for name in _SHORTHAND if reader.given(name)]
    if not reader.given("services"):
        return _service(reader, _SHORT_NAMES, is_short=True) if short else None
    for name in short:
        reader.problems.add(reader.at(name), "cannot be combined with services")
    items = reader.items("services") or []
    if not items and rule.applications is None:
        reader.problems.add(reader.at("services"), "is empty; use [{protocol: any}]")
    if not items and rule.applications == ():
        reader.problems.add(reader.at("services"), "is empty, and applications is also empty; use [{protocol: any}]")
    services: list[ServiceSpec] = []
    for path, item in items:
        if not isinstance(item, Mapping):
            reader.problems.add(path, f"a mapping with protocol and ports was expected, not {item!r}")
            continue
        inner = Reader(item, path, reader.problems)
        inner.refuse_unknown(_SERVICE_FIELDS)
        services += _service(inner, {})
    return tuple(services)


def _service(reader: Reader, short_names: Mapping[str, str], *, is_short: bool = False) -> tuple[ServiceSpec, ...]:
    """Return one service, or the two services of ``tcp+udp``.

    ``short_names`` maps the names of fields to their keys in the short form, if these differ.
    """
    if not reader.given("protocol"):
        reader.problems.add(reader.at("protocol"), f"is required, one of {', '.join(PROTOCOLS)}")
    protocols = _protocols(reader)
    ports: dict[str, Any] = {name: read_ports(reader, short_names.get(name, name)) for name in _PORT_FIELDS}
    icmp_type = None if is_short else read_icmp_type(reader)
    if protocols == ("icmp",):
        for name, listed in ports.items():
            if listed and set(listed) != {ANY}:
                reader.problems.add(reader.at(short_names.get(name, name)), "icmp has no ports")
        return (ServiceSpec("icmp", icmp_type=icmp_type),)
    if icmp_type is not None:
        reader.problems.add(reader.at("icmp_type"), f"is only allowed with protocol icmp, not {protocols[0]}")
    return tuple(ServiceSpec(protocol, **ports) for protocol in protocols)


def _protocols(reader: Reader) -> tuple[str, ...]:
    value = reader.data.get("protocol")
    if is_two_protocols(value):
        return ("tcp", "udp")
    reason = protocol_complaint(value, _BY_APPLICATION)
    if reason:
        reader.problems.add(reader.at("protocol"), reason)
        return (ANY,)
    return (reader.choice("protocol", PROTOCOLS) or ANY,)


# -- rules with usual values -------------------------------------------------------------------------------------


def plain_rule(data: Any) -> FirewallRuleSpec | None:
    """Return the same rule as ``read_any_rule``, or None for unusual input.

    Unusual input has no name, or a key or value that only ``read_any_rule`` handles. A tag that equals the rule ID is
    removed if it is too high for a tag: the server returns the rule ID as the tag of a rule without a tag.
    """
    spec = _read_rule(data)
    if spec is None or spec.name is None:
        return None
    if spec.tag is None or int(spec.tag) <= LAST_TAG:
        return spec
    return spec_with(FirewallRuleSpec, {**vars(spec), "tag": None}) if spec.tag == spec.rule_id else None


@lru_cache(maxsize=65536)
def _plain_member(item: str | int) -> str | None:
    text = plain_text(item)
    # A text with a comma is a list, unless it is in a list.
    if text is None or "," in text or member(text) is None or (vnic_number(text) or 0) > LAST_VNIC:
        return None
    return written_member(text)


@lru_cache(maxsize=65536)
def _plain_port(item: str | int) -> str | None:
    return None if port_complaint(item) else normalize_port(item)


def _plain_application(item: str | int) -> str | None:
    text = plain_text(item)
    return None if text is None or "," in text else text.strip()


def _plain_services(value: Any) -> tuple[ServiceSpec, ...] | None:
    if type(value) is not list or not value:
        return None
    services: list[ServiceSpec] = []
    for item in value:
        service = _read_service(item)
        if service is None or "protocol" not in vars(service):
            return None
        services.append(service)
    return tuple(services)


def _plain_protocol(value: Any) -> str | None:
    return value if value in ("any", "tcp", "udp") else None


_read_service = plain_reader(
    ServiceSpec,
    {
        "protocol": _plain_protocol,
        "port": plain_list(_plain_port),
        "source_port": plain_list(_plain_port),
    },
)
_read_rule = plain_reader(
    FirewallRuleSpec,
    {
        Reader.text: plain_text,
        Reader.clearable: plain_text,
        Reader.identifier: plain_identifier,
        read_members: plain_list(_plain_member),
        read_applications: plain_list(_plain_application, can_be_empty=True),
        "services": _plain_services,
        "tag": plain_digits,
    },
)
