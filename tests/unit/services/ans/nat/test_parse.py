"""Tests of parsing NAT rules: valid values, and errors with the invalid path."""

from __future__ import annotations

from typing import Any

import pytest

from vcloudair_core.engine.desired import Absent, Exactly, Present
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.nat.parse import parse_nat, parse_nat_rule
from vcloudair_core.services.ans.nat.section import SECTION as NAT
from vcloudair_core.services.ans.section.kinds import RuleKind, SectionKind

BASE = {"action": "dnat", "original_address": "203.0.113.10", "translated_address": "192.168.10.20"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"action": "SNAT"}, {"action": "snat"}),
        ({"original_address": " 10.0.0.5/24 "}, {"original_address": "10.0.0.5/24"}),
        ({"original_address": "10.0.0.1-10.0.0.9"}, {"original_address": "10.0.0.1-10.0.0.9"}),
        ({"original_address": "Any"}, {"original_address": "any"}),
        ({"original_port": 443, "translated_port": "8000-8010"},
         {"original_port": "443", "translated_port": "8000-8010"}),
        ({"protocol": "UDP"}, {"protocol": "udp"}),
        ({"protocol": "icmp", "icmp_type": "Echo-Request"}, {"icmp_type": "echo-request"}),
        ({"protocol": "icmp", "original_port": "any"}, {"original_port": "any"}),
        ({"protocol": "tcp", "icmp_type": "any"}, {"icmp_type": None}),
        ({"vnic": 0}, {"vnic": "0"}),
        ({"vnic": "vnic-index-3"}, {"vnic": "3"}),
        ({"vnic": "Any"}, {"vnic": "any"}),
        ({"interface": " web-net "}, {"interface": "web-net", "vnic": None}),
        ({"dnat_match_source_address": "198.51.100.0/24", "dnat_match_source_port": 1024},
         {"dnat_match_source_address": "198.51.100.0/24", "dnat_match_source_port": "1024"}),
        ({"snat_match_destination_port": "any"}, {"snat_match_destination_port": None}),
        ({"rule_tag": 70000}, {"tag": "70000"}),
        ({"tag": 196609, "rule_id": 196609}, {"tag": None, "rule_id": "196609"}),
        ({"description": 8080, "enabled": "yes"}, {"description": "8080", "enabled": True}),
        ({"match_by": "rule_id", "rule_id": "196609", "action": None}, {"rule_id": "196609", "action": None}),
        ({"index": "2"}, {"index": 2}),
    ],
)  # fmt: skip
def test_valid_values(data: dict[str, Any], expected: dict[str, Any]) -> None:
    spec = parse_nat_rule({**BASE, **data})
    assert {name: getattr(spec, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("data", "field", "reason"),
    [
        ({"action": "nat"}, "action", "is not one of snat, dnat"),
        ({"action": None}, "action", "is required, because match_by is tuple"),
        ({"original_address": None}, "original_address", "is required"),
        ({"original_address": "10.0.0.300"}, "original_address", "is not an address"),
        ({"translated_address": "internal"}, "translated_address", "is not an address"),
        (
            {"translated_address": "10.0.0.9-10.0.0.1"},
            "translated_address",
            "is descending; write the lower address first",
        ),
        (
            {"translated_address": "2001:db8::1"},
            "translated_address",
            "has a different IP version than original_address",
        ),
        ({"protocol": "gre"}, "protocol", "is not supported in edge rules"),
        ({"original_port": 70000}, "original_port", "out of range; use 1 to 65535"),
        ({"translated_port": "90-80"}, "translated_port", "is descending"),
        ({"original_port": True}, "original_port", "is not a port"),
        ({"original_port": [80]}, "original_port", "is not a port"),
        ({"protocol": "tcpudp"}, "protocol", "is two protocols; use one rule"),
        ({"protocol": "icmp", "original_port": 80}, "original_port", "icmp has no ports"),
        ({"icmp_type": "echo-request"}, "icmp_type", "is only allowed with protocol icmp, not without a protocol"),
        ({"protocol": "udp", "icmp_type": "redirect"}, "icmp_type", "is only allowed with protocol icmp, not udp"),
        ({"protocol": "icmp", "icmp_type": "echo-reqest"}, "icmp_type", "did you mean 'echo-request'"),
        (
            {"action": "snat", "dnat_match_source_address": "10.0.0.1"},
            "dnat_match_source_address",
            "is only allowed with dnat",
        ),
        (
            {"snat_match_destination_port": 80},
            "snat_match_destination_port",
            "is only allowed with snat and no_snat, not dnat",
        ),
        ({"dnat_match_source_port": "x"}, "dnat_match_source_port", "is not a port"),
        ({"vnic": "web-net"}, "vnic", "to use an interface name, set 'interface' instead"),
        ({"vnic": 201}, "vnic", "out of range; use 0 to 200"),
        ({"vnic": -1}, "vnic", "is not an interface number"),
        ({"vnic": True}, "vnic", "is not an interface number"),
        ({"vnic": 0, "interface": "web-net"}, "interface", "cannot be combined with vnic"),
        ({"tag": 30000}, "tag", "out of range; use 65537 to 131072"),
        ({"rule_tag": 200000}, "rule_tag", "out of range"),
        ({"tag": 70000, "rule_tag": 70001}, "rule_tag", "cannot be combined with its alias tag"),
        ({"match_by": "description"}, "description", "is required, because match_by is description"),
        ({"match_by": "description", "description": " "}, "description", "is required"),
        ({"match_by": "tag"}, "tag", "is required"),
        ({"match_by": "rule_id"}, "rule_id", "is required"),
        ({"match_by": "nmae"}, "match_by", "is not one of tuple, name, description, tag, rule_id"),
        ({"before": "a", "index": 1}, "index", "cannot be combined with before"),
        ({"orignal_port": 80}, "orignal_port", "did you mean 'original_port'"),
        ({"description": "a\x00b"}, "description", "control character"),
    ],
)
def test_invalid_values(data: dict[str, Any], field: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_nat_rule({**BASE, **data})
    assert caught.value.field == field
    assert reason in caught.value.reason


def test_all_problems_are_reported_together() -> None:
    with pytest.raises(SpecError) as caught:
        parse_nat({"rules": [BASE, {**BASE, "original_port": 70000, "vnic": "x", "translated_address": "no"}, 7]})
    for path in ("rules[1].original_port", "rules[1].vnic", "rules[1].translated_address", "rules[2]"):
        assert path in str(caught.value)


def test_a_rule_can_have_only_its_identity() -> None:
    kind = RuleKind(NAT)
    spec = kind.parse({**BASE, "translated_address": None})
    kind.validate(Present((spec,)))
    kind.validate(Absent((spec,)))
    kind.validate(Present((kind.parse({"match_by": "rule_id", "rule_id": 1, "enabled": False}),)))


@pytest.mark.parametrize(
    "twin",
    [
        {"translated_address": "192.168.10.99", "description": "other"},
        {"original_address": "203.0.113.10/32", "protocol": "ANY", "vnic": "any"},
        {"original_port": "1-65535"},
    ],
)
def test_rules_for_the_same_traffic_are_duplicates(twin: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=r"rules\[1\].*is already listed at rules\[0\]"):
        parse_nat({"rules": [BASE, {**BASE, **twin}]})
    with pytest.raises(SpecError, match="is already listed"):
        RuleKind(NAT).validate(Present(tuple(parse_nat_rule(rule) for rule in (BASE, {**BASE, **twin}))))


@pytest.mark.parametrize(
    "other",
    [
        {"original_port": 80},
        {"protocol": "tcp"},
        {"vnic": 1},
        {"interface": "web-net"},
        {"action": "snat"},
        {"dnat_match_source_address": "198.51.100.0/24"},
        {"protocol": "icmp", "icmp_type": "echo-request"},
        {"match_by": "description", "description": "x"},
    ],
)
def test_rules_for_different_traffic_are_no_duplicates(other: dict[str, Any]) -> None:
    assert len(parse_nat({"rules": [BASE, {**BASE, **other}]}).rules or ()) == 2


def test_equal_rules_of_an_export_are_distinguished_by_id() -> None:
    assert len(parse_nat({"rules": [{**BASE, "rule_id": 1}, {**BASE, "rule_id": 2}]}).rules or ()) == 2


def test_one_section_is_expected_and_exact_lists_have_no_positions() -> None:
    kind = SectionKind(NAT)
    with pytest.raises(SpecError, match="one NAT section was expected, not 2"):
        kind.validate(Present((kind.parse({}), kind.parse({}))))
    with pytest.raises(SpecError, match=r"rules\[0\].before: cannot be combined with purge"):
        kind.validate(Exactly((kind.parse({"rules": [{**BASE, "before": "web"}]}),)))
    assert kind.parse({"internal_rules": [], "version": 3}).rules is None
