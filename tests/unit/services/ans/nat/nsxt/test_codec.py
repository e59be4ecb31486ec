"""Tests of NSX-T NAT rules in API versions before 38.1 and since 38.1."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vcloudair_core.engine.desired import Absent, Desired, Exactly, Present
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.nat.nsxt.codec import NsxtNatCodec
from vcloudair_core.services.ans.nat.section import SECTION
from vcloudair_core.services.ans.nsxt.references import CONTENT, NAMED_PROFILE, SERVICE
from vcloudair_core.services.ans.section.document import state_of
from vcloudair_core.services.ans.section.kinds import RuleKind

OLD, NEW = NsxtNatCodec(is_v2=False), NsxtNatCodec(is_v2=True)
both = pytest.mark.parametrize("codec", [OLD, NEW], ids=["37.2", "38.1"])
KIND = RuleKind(SECTION)
SYSTEM_RULE = {"id": "s1", "name": "dns", "type": "SNAT", "systemRule": True, "internalAddresses": "10.0.0.1"}


def document(codec: NsxtNatCodec, *records: dict[str, Any]) -> Any:
    return codec.parse(json.dumps({"nat": {"values": [SYSTEM_RULE, *records]}}).encode())


def merged(codec: NsxtNatCodec, desired: Desired, *records: dict[str, Any]) -> list[dict[str, Any]]:
    """Plan and merge rules.

    Check that a second plan and a plan of the export have no changes.
    """
    before = document(codec, *records)
    after = KIND.merge(before, KIND.plan(before, desired))
    assert KIND.plan(after, desired).is_empty
    exported = Exactly(tuple(map(KIND.parse, KIND.project(after))))
    if exported.specs:
        assert KIND.plan(after, exported).is_empty
    return [record for record in after.tree["nat"]["values"] if not record.get("systemRule")]


def present(*rules: dict[str, Any]) -> Present:
    return Present(tuple(map(KIND.parse, rules)))


def tcp(port: str) -> dict[str, Any]:
    return {SERVICE: [{"protocol": "tcp", "port": [port]}]}


WEB = {
    "action": "dnat",
    "original_address": "203.0.113.12",
    "original_port": 8443,
    "translated_address": "10.1.0.5",
    "translated_port": 443,
    "protocol": "tcp",
    "description": "web",
}
LIVE: dict[str, Any] = {
    "id": "b08ed702-0000-4000-8000-000000000001", "name": "web-in", "description": "web", "enabled": True,
    "ruleType": "DNAT", "type": "DNAT", "externalAddresses": "203.0.113.12", "internalAddresses": "10.1.0.5",
    "internalPort": None, "dnatExternalPort": "8443", "snatDestinationAddresses": None,
    "applicationPortProfile": {"name": "vca-0123456789abcdef", "id": "urn:p1", CONTENT: tcp("443")},
    "logging": False, "systemRule": False, "firewallMatch": "MATCH_INTERNAL_ADDRESS", "priority": 0,
    "appliedTo": None, "version": {"version": 3}, "futureKey": 1,
}  # fmt: skip


@both
def test_a_new_dnat_rule_has_an_external_port_and_a_profile_of_the_internal_port(codec: NsxtNatCodec) -> None:
    """Source: protocol/nsxt.md §6 (``EdgeNatRule``)."""
    [rule] = merged(codec, present({**WEB, "name": "web-in", "logging": True, "priority": 7, "enabled": False}))
    profile = rule.pop("applicationPortProfile")
    assert profile[CONTENT] == tcp("443")
    assert rule == {
        "name": "web-in",
        "description": "web",
        ("active" if codec is NEW else "enabled"): False,
        "logging": True,
        "priority": 7,
        "type": "DNAT",
        "externalAddresses": "203.0.113.12",
        "internalAddresses": "10.1.0.5",
        "dnatExternalPort": "8443",
    }


@pytest.mark.parametrize(
    ("spec", "expected", "content"),
    [
        ({"action": "snat", "original_address": "10.0.0.0/24", "translated_address": "203.0.113.11"},
         {"type": "SNAT", "internalAddresses": "10.0.0.0/24", "externalAddresses": "203.0.113.11"}, None),
        ({"action": "snat", "original_address": "any", "translated_address": "203.0.113.11",
          "snat_match_destination_address": "198.51.100.0/24", "snat_match_destination_port": 25, "protocol": "tcp"},
         {"internalAddresses": "0.0.0.0/0", "snatDestinationAddresses": "198.51.100.0/24"}, tcp("25")),
        ({"action": "no_snat", "original_address": "10.0.0.0/24", "snat_match_destination_address": "10.9.0.0/16"},
         {"type": "NO_SNAT", "internalAddresses": "10.0.0.0/24", "externalAddresses": "",
          "snatDestinationAddresses": "10.9.0.0/16"}, None),
        ({"action": "no_dnat", "original_address": "203.0.113.12", "protocol": "tcp", "original_port": 25},
         {"type": "NO_DNAT", "externalAddresses": "203.0.113.12", "internalAddresses": ""}, tcp("25")),
        ({"action": "reflexive", "original_address": "10.0.0.5", "translated_address": "203.0.113.12"},
         {"type": "REFLEXIVE", "internalAddresses": "10.0.0.5", "externalAddresses": "203.0.113.12"}, None),
        ({**WEB, "protocol": "udp", "original_port": None, "translated_port": None}, {"type": "DNAT"},
         {SERVICE: [{"protocol": "udp", "port": ["any"]}]}),
        ({**WEB, "translated_port": None}, {"dnatExternalPort": "8443"}, tcp("8443")),
        ({**WEB, "original_port": "8000-8010", "translated_port": "9000-9010"}, {"dnatExternalPort": "8000-8010"},
         tcp("9000-9010")),
        ({**WEB, "original_port": None}, {"type": "DNAT"}, tcp("443")),
        ({"action": "dnat", "original_address": "203.0.113.12", "translated_address": "10.1.0.5", "protocol": "icmp",
          "icmp_type": "echo-request"}, {"type": "DNAT"},
         {SERVICE: [{"protocol": "icmp", "icmp_type": "echo-request"}]}),
    ],
)  # fmt: skip
@both
def test_each_action_has_its_addresses_and_profile(
    codec: NsxtNatCodec, spec: dict[str, Any], expected: dict[str, Any], content: dict[str, Any] | None
) -> None:
    [rule] = merged(codec, present(spec))
    profile = rule["applicationPortProfile"]
    assert {key: rule[key] for key in expected} == expected
    assert (profile and profile[CONTENT]) == content
    assert merged(codec, Absent(present(spec).specs), {**rule, "id": "n1"}) == []


def test_a_rule_without_a_name_is_named_after_its_description_or_traffic() -> None:
    """NSX-T requires a name.

    A rule without a name is identified by its traffic. Therefore, a name that describes the traffic stays correct when
    other options change.
    """
    names = [rule["name"] for rule in merged(NEW, present(WEB, {**WEB, "description": None, "original_port": 80}))]
    assert names == ["web", "dnat 203.0.113.12 tcp/80"]


def test_options_of_nsxt_are_written_and_read() -> None:
    options = {"firewall_match": "bypass", "vpn_mode": "exclusive", "applied_to": "dmz", "priority": 5}
    [rule] = merged(NEW, present({**WEB, **options}))
    assert (rule["firewallMatch"], rule["policyBasedVpnMode"], rule["appliedTo"], rule["priority"]) == (
        "BYPASS", "EXCLUSIVE", {"name": "dmz"}, 5,
    )  # fmt: skip
    [reset] = merged(NEW, Exactly(present(WEB).specs), {**rule, "id": LIVE["id"]})
    assert (reset["firewallMatch"], reset["policyBasedVpnMode"], reset["appliedTo"], reset["priority"]) == (
        "MATCH_INTERNAL_ADDRESS", "BYPASS", None, 0,
    )  # fmt: skip


@both
def test_a_rule_of_another_client_is_decoded(codec: NsxtNatCodec) -> None:
    rule = state_of(document(codec, {**LIVE, "dnatExternalPort": 8443, "enabled": None, "active": False})).user_rules[0]
    spec = rule.spec
    assert (spec.name, spec.action, spec.enabled, spec.rule_id) == ("web-in", "dnat", False, LIVE["id"])
    assert (spec.protocol, spec.original_port, spec.translated_port) == ("tcp", "8443", "443")
    assert (spec.priority, spec.firewall_match, spec.applied_to) == (0, "match_internal_address", None)
    assert spec.vpn_mode == ("bypass" if codec is NEW else None)


def test_an_older_record_has_only_the_deprecated_type() -> None:
    record = {**LIVE, "type": None, "externalAddresses": "203.0.113.12", "applicationPortProfile": None}
    spec = state_of(document(OLD, record)).user_rules[0].spec
    assert (spec.action, spec.protocol, spec.translated_port) == ("dnat", "any", "any")


def test_system_rules_are_never_changed() -> None:
    after = KIND.merge(document(NEW, LIVE), KIND.plan(document(NEW, LIVE), Exactly(present(WEB).specs)))
    assert after.tree["nat"]["values"][0] == SYSTEM_RULE
    assert [rule.rule_type for rule in state_of(after).rules] == ["system", "user"]


@both
def test_a_change_keeps_everything_else(codec: NsxtNatCodec) -> None:
    [rule] = merged(codec, present({**WEB, "translated_address": "10.1.0.9"}), LIVE)
    assert rule == {**LIVE, "internalAddresses": "10.1.0.9"}
    [rule] = merged(codec, present({**WEB, "description": None, "translated_port": 444}), LIVE)
    assert rule.pop("applicationPortProfile")[CONTENT] == tcp("444")
    assert rule == {key: value for key, value in LIVE.items() if key != "applicationPortProfile"}
    by_name = {"match_by": "name", "name": "web-in", "original_port": 9443}
    assert merged(codec, present(by_name), LIVE) == [{**LIVE, "dnatExternalPort": "9443"}]


def test_the_name_of_a_rule_changes_if_other_options_identify_the_rule() -> None:
    assert merged(NEW, present({**WEB, "name": "new name"}), LIVE) == [{**LIVE, "name": "new name"}]


def test_a_changed_action_removes_what_it_does_not_allow() -> None:
    spec = {"match_by": "name", "name": "web-in", "action": "no_dnat", "protocol": "any", "original_port": "any"}
    [rule] = merged(NEW, present(spec), {**LIVE, "policyBasedVpnMode": "EXCLUSIVE"})
    assert (rule["type"], rule["ruleType"], rule["internalAddresses"]) == ("NO_DNAT", "NO_DNAT", "")
    assert (rule["applicationPortProfile"], rule["dnatExternalPort"]) == (None, None)
    assert rule["policyBasedVpnMode"] == "EXCLUSIVE"
    spec = {**spec, "action": "reflexive", "original_address": "10.1.0.5", "translated_address": "203.0.113.12"}
    [rule] = merged(NEW, present(spec), {**LIVE, "policyBasedVpnMode": "EXCLUSIVE"})
    assert (rule["type"], rule["ruleType"], rule["policyBasedVpnMode"]) == ("REFLEXIVE", None, None)


def test_equal_ports_are_no_change() -> None:
    """If a rule does not translate the port, its profile contains the original port."""
    kept = {**LIVE, "applicationPortProfile": {**LIVE["applicationPortProfile"], CONTENT: tcp("8443")}}
    for port in (None, "any", "8443", 8443):
        assert merged(NEW, present({**WEB, "translated_port": port}), kept) == [kept]
        assert merged(NEW, Exactly(present({**WEB, "name": "web-in", "translated_port": port}).specs), kept) == [kept]


def test_a_rule_that_keeps_the_port_follows_the_original_port() -> None:
    kept = {**LIVE, "applicationPortProfile": {**LIVE["applicationPortProfile"], CONTENT: tcp("8443")}}
    [rule] = merged(NEW, present({"match_by": "name", "name": "web-in", "original_port": 9000}), kept)
    assert (rule["dnatExternalPort"], rule["applicationPortProfile"][CONTENT]) == ("9000", tcp("9000"))


NAMED: dict[str, Any] = {**LIVE, "applicationPortProfile": {"name": "https-alt", "id": "urn:p2",
                                            CONTENT: {**tcp("443"), NAMED_PROFILE: "https-alt"}}}  # fmt: skip


def test_a_named_profile_with_the_same_traffic_is_kept() -> None:
    assert merged(NEW, present(WEB), NAMED) == [NAMED]
    assert merged(NEW, present({**WEB, "application": "https-alt"}), NAMED) == [NAMED]


def test_a_named_profile_replaces_another_profile_with_the_same_traffic() -> None:
    [rule] = merged(NEW, present({**WEB, "application": "other"}), NAMED)
    assert rule["applicationPortProfile"] == {"name": "other", CONTENT: {NAMED_PROFILE: "other", **tcp("443")}}
    [rule] = merged(NEW, present({**WEB, "translated_port": 444}), NAMED)
    assert rule["applicationPortProfile"][CONTENT] == tcp("444")


def test_a_profile_that_options_cannot_express_is_not_any_traffic() -> None:
    record = {**LIVE, "dnatExternalPort": None, "applicationPortProfile": {"name": "icmp6", "id": "urn:p3"}}
    spec = state_of(document(NEW, record)).user_rules[0].spec
    assert (spec.protocol, spec.application) == ("any", "icmp6")
    wide = {"action": "dnat", "original_address": "203.0.113.12", "translated_address": "10.1.0.5", "protocol": "any"}
    [rule] = merged(NEW, present(wide), record)
    assert rule["applicationPortProfile"] is None


def test_the_order_of_rules_has_no_meaning() -> None:
    second = {**LIVE, "id": "n2", "name": "a", "description": "a", "dnatExternalPort": "80"}
    rules = Exactly(present(WEB, {**WEB, "description": "a", "original_port": 80}).specs)
    plan = KIND.plan(document(NEW, second, LIVE), rules)
    assert plan.is_empty


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"original_port": "8000-8010"}, "translated_port"),
        ({"translated_port": "1-3"}, "translated_port"),
        ({"action": "snat"}, "original_port"),
        ({"protocol": "any"}, "original_port"),
    ],
)
def test_a_change_that_does_not_fit_the_rule_is_refused(spec: dict[str, Any], field: str) -> None:
    desired = present({"match_by": "name", "name": "web-in", **spec})
    with pytest.raises(SpecError, match=f"{field}: .*is not supported on NSX-T edge gateways"):
        KIND.plan(document(NEW, LIVE), desired)


def test_another_change_of_an_unusual_rule_is_allowed() -> None:
    unusual = {**LIVE, "dnatExternalPort": "8000-8010"}
    [rule] = merged(NEW, present({"match_by": "name", "name": "web-in", "logging": True}), unusual)
    assert rule == {**unusual, "logging": True}
