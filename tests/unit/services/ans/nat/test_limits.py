"""Tests of NAT rule options that a backend does not support."""

from __future__ import annotations

from typing import Any

import pytest

from vcloudair_core.engine.desired import Absent, Present
from vcloudair_core.engine.fields import fields_of
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.nat.limits import RULE_LIMITS, SETTING_LIMITS
from vcloudair_core.services.ans.nat.parse import parse_nat_rule
from vcloudair_core.services.ans.nat.section import SECTION
from vcloudair_core.services.ans.nat.spec import NatRuleSpec, NatSpec
from vcloudair_core.services.ans.section.kinds import RuleKind, SectionKind

RULES, WHOLE = RuleKind(SECTION), SectionKind(SECTION)
WEB = {
    "action": "dnat",
    "original_address": "203.0.113.12",
    "original_port": 8443,
    "translated_address": "10.1.0.5",
    "translated_port": 443,
    "protocol": "tcp",
}
OUT = {"action": "snat", "original_address": "10.0.0.0/24", "translated_address": "203.0.113.11"}


def refused(spec: dict[str, Any], backend: str) -> dict[str, tuple[str, str]]:
    """Return the reason and hint of each refused option."""
    problems = RULES.unsupported(Present((RULES.parse(spec),)), backend)
    return {problem.path: (problem.reason, problem.hint) for problem in problems}


@pytest.mark.parametrize("backend", ["nsxv", "vcloudair", "nsxt 37.0", "nsxt 37.2", "nsxt 38.1", "nsxt 39.1"])
@pytest.mark.parametrize("spec", [WEB, OUT])
def test_the_same_rules_and_default_values_work_everywhere(spec: dict[str, Any], backend: str) -> None:
    defaults = {
        "vnic": "any", "enabled": True, "logging": False, "description": "x", "priority": 0, "applied_to": "",
        "firewall_match": "match_internal_address", "dnat_match_source_address": "any",
        "dnat_match_source_port": "any", "snat_match_destination_address": "any",
        "snat_match_destination_port": "any",
    }  # fmt: skip
    assert refused(spec, backend) == {}
    assert refused({**defaults, **spec}, backend) == {}
    if spec is WEB:
        assert refused({**spec, "vpn_mode": "bypass"}, backend) == {}


@pytest.mark.parametrize(
    ("spec", "field", "reason"),
    [
        ({"original_address": "10.0.0.1-10.0.0.9"}, "original_address", "'10.0.0.1-10.0.0.9' is not supported"),
        ({"translated_address": "10.0.0.1-10.0.0.9"}, "translated_address", "one address or one CIDR"),
        ({**OUT, "snat_match_destination_address": "10.0.0.1-10.0.0.9"}, "snat_match_destination_address", "one CIDR"),
        ({"original_address": "any"}, "original_address", "'any' is not supported"),
        ({"original_address": "0.0.0.0/0"}, "original_address", "needs an address of the edge gateway"),
        ({"translated_address": "any"}, "translated_address", "needs an address to translate to"),
        ({**OUT, "translated_address": "any"}, "translated_address", "needs an address to translate to"),
        ({**OUT, "protocol": "tcp", "original_port": 25}, "original_port", "port profiles have no source ports"),
        ({**OUT, "protocol": "tcp", "translated_port": 25}, "translated_port", "port profiles have no source ports"),
        ({"protocol": None}, "original_port", "ports need a protocol"),
        ({"protocol": "any", "original_port": None}, "translated_port", "ports need a protocol"),
        ({**OUT, "snat_match_destination_port": 25}, "snat_match_destination_port", "ports need a protocol"),
        ({"original_port": "8000-8010", "translated_port": "9000-9011"}, "translated_port", "a different size"),
        ({"original_port": "8000-8010"}, "translated_port", "a different size"),
        ({"original_port": None, "translated_port": "80-81"}, "translated_port", "a different size"),
        ({"protocol": "icmp", "icmp_type": "8", "original_port": None, "translated_port": None}, "icmp_type", "'8'"),
        ({"vnic": 0}, "vnic", "rules have no interfaces"),
        ({"interface": "external-net"}, "interface", "rules have no interfaces"),
        ({"dnat_match_source_address": "198.51.100.1"}, "dnat_match_source_address", "do not match the source"),
        ({"dnat_match_source_port": 1024}, "dnat_match_source_port", "do not match the source"),
        ({"tag": 70000}, "tag", "rules have no tags"),
        ({"position": "top"}, "position", "the order of rules has no meaning"),
        ({"before": "x"}, "before", "the order of rules has no meaning"),
        ({"after": "x"}, "after", "the order of rules has no meaning"),
        ({"index": 0}, "index", "the order of rules has no meaning"),
    ],
)
@pytest.mark.parametrize("version", ["37.2", "39.1"])
def test_options_without_an_equivalent_on_nsxt(version: str, spec: dict[str, Any], field: str, reason: str) -> None:
    problems = refused({**WEB, **spec} if spec.get("action") != "snat" else spec, f"nsxt {version}")
    assert field in problems
    assert "on NSX-T edge gateways" in problems[field][0]
    assert reason in problems[field][0]
    assert problems[field][1].endswith(".")


def test_position_options_name_the_priority_as_the_way_out() -> None:
    assert refused({**WEB, "position": "top"}, "nsxt 39.1")["position"][1] == "Set priority."


def test_options_of_newer_versions() -> None:
    assert "before API version 38.1" in refused({**WEB, "vpn_mode": "exclusive"}, "nsxt 37.2")["vpn_mode"][0]
    assert refused({**WEB, "applied_to": "dmz"}, "nsxt 37.0") == {}
    assert refused({**WEB, "vpn_mode": "exclusive", "applied_to": "dmz"}, "nsxt 38.1") == {}


@pytest.mark.parametrize("backend", ["nsxv", "vcloudair"])
@pytest.mark.parametrize(
    ("spec", "field", "hint"),
    [
        ({"action": "no_snat", "original_address": "10.0.0.0/24"}, "action", "Use snat or dnat"),
        ({"action": "no_dnat", "original_address": "203.0.113.12"}, "action", "Use snat or dnat"),
        ({"action": "reflexive", "original_address": "10.0.0.1", "translated_address": "203.0.113.12"}, "action", ""),
        ({**WEB, "name": "web"}, "name", "Set description instead"),
        ({"match_by": "name", "name": "web"}, "name", "match_by to description"),
        ({**WEB, "priority": 5}, "priority", "before, after or index"),
        ({**WEB, "firewall_match": "bypass"}, "firewall_match", "match_translated"),
        ({**WEB, "application": "HTTPS", "protocol": None}, "application", "Set protocol"),
        ({**WEB, "applied_to": "dmz"}, "applied_to", "vnic or interface"),
        ({**WEB, "vpn_mode": "exclusive"}, "vpn_mode", "Omit vpn_mode"),
    ],
)
def test_options_of_nsxt_on_other_edges(backend: str, spec: dict[str, Any], field: str, hint: str) -> None:
    problems = refused(spec, backend)
    assert list(problems) == [field]
    assert hint in problems[field][1]


def test_nat_cannot_be_disabled_on_nsxt() -> None:
    for value, count in ((False, 1), (True, 0), (None, 0)):
        desired = Present((WHOLE.parse({"enabled": value, "rules": [WEB]}),))
        assert len(WHOLE.unsupported(desired, "nsxt 39.1")) == count
        assert WHOLE.unsupported(desired, "nsxv") == []


def test_all_refused_options_of_a_list_are_reported_with_their_paths() -> None:
    desired = Absent((WHOLE.parse({"rules": [WEB, {**WEB, "original_port": 1, "vnic": 1, "tag": 70000}]}),))
    assert [problem.path for problem in WHOLE.unsupported(desired, "nsxt 37.2")] == ["rules[1].vnic", "rules[1].tag"]


def test_an_update_of_an_unknown_rule_is_checked_when_the_rule_is_known() -> None:
    """A missing protocol is only detected after the existing rule is read."""
    assert refused({"match_by": "name", "name": "x", "action": "dnat", "original_port": 80}, "nsxt 37.2") == {}


def test_limits_name_options() -> None:
    for limits in RULE_LIMITS.values():
        assert {limit.option for limit in limits} <= set(fields_of(NatRuleSpec))
    for limits in SETTING_LIMITS.values():
        assert {limit.option for limit in limits} <= set(fields_of(NatSpec))


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"action": "no_snat", "original_address": "10.0.0.1", "translated_address": "10.0.0.2"}, "translated_address"),
        ({"action": "no_dnat", "original_address": "10.0.0.1", "translated_port": 80}, "translated_port"),
        ({"action": "reflexive", "original_address": "10.0.0.1", "protocol": "tcp"}, "protocol"),
        ({"action": "reflexive", "original_address": "10.0.0.1", "application": "HTTPS"}, "application"),
        ({"action": "reflexive", "original_address": "10.0.0.0/30", "translated_address": "203.0.113.1"},
         "translated_address"),
        ({**OUT, "vpn_mode": "bypass"}, "vpn_mode"),
        ({**WEB, "priority": -1}, "priority"),
        ({**WEB, "priority": 2147481600}, "priority"),
        ({**WEB, "firewall_match": "internal"}, "firewall_match"),
        ({**WEB, "name": "two\nlines"}, "name"),
        ({**WEB, "application": "x", "icmp_type": "any"}, "application"),
        ({"match_by": "name"}, "name"),
        ({"match_by": "name", "name": " "}, "name"),
        ({**WEB, "clear": ["original_port"]}, "clear[0]"),
    ],
)  # fmt: skip
def test_values_that_no_backend_allows(spec: dict[str, Any], field: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_nat_rule(spec)
    assert caught.value.field == field
