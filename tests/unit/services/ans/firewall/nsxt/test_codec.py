"""Tests of NSX-T firewall rules in API versions before 38.1 and since 38.1."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vcloudair_core.engine.desired import Desired, Exactly, Present
from vcloudair_core.services.ans.firewall.nsxt.codec import NsxtFirewallCodec
from vcloudair_core.services.ans.firewall.section import SECTION
from vcloudair_core.services.ans.firewall.spec import ServiceSpec
from vcloudair_core.services.ans.nsxt.references import ADDRESSES, CONTENT, NETWORKS, SERVICE
from vcloudair_core.services.ans.section.document import state_of
from vcloudair_core.services.ans.section.kinds import RuleKind

OLD, NEW = NsxtFirewallCodec(is_inline=False), NsxtFirewallCodec(is_inline=True)
NETWORK = "urn:vcloud:network:11111111-0000-4000-8000-000000000001"
GROUP = "urn:vcloud:firewallGroup:00000000-0000-4000-8000-0000000000a1"
ANYTHING = {"sourceFirewallGroups": None, "destinationFirewallGroups": None, "applicationPortProfiles": None}
DEFAULT = {"id": "d1", "name": "default_rule", "actionValue": "DROP", "enabled": True, "logging": False}


def document(codec: NsxtFirewallCodec, *records: dict[str, Any]) -> Any:
    tree = {"firewall": {"systemRules": [], "userDefinedRules": list(records), "defaultRules": [DEFAULT]}}
    return codec.parse(json.dumps(tree).encode())


def merged(codec: NsxtFirewallCodec, desired: Desired, *records: dict[str, Any]) -> list[dict[str, Any]]:
    """Plan and merge rules. Check that a second plan has no changes."""
    kind = RuleKind(SECTION)
    before = document(codec, *records)
    plan = kind.plan(before, desired)
    after = kind.merge(before, plan)
    assert kind.plan(after, desired).is_empty
    users: list[dict[str, Any]] = after.tree["firewall"]["userDefinedRules"]
    return users


def present(*rules: dict[str, Any]) -> Present:
    return Present(tuple(RuleKind(SECTION).parse(rule) for rule in rules))


WEB = {
    "name": "web",
    "action": "reject",
    "logging": True,
    "description": "ticket 1",
    "direction": "in",
    "ip_version": "4",
    "source": ["198.51.100.0/24", "10.0.0.1-10.0.0.9"],
    "destination": ["10.0.1.10"],
    "services": [{"protocol": "tcp", "port": [443, "8000-8010"]}, {"protocol": "udp"}],
}


def test_a_new_rule_has_inline_addresses_and_ports() -> None:
    """Source: protocol/nsxt.md §5 (``GatewayFirewallRule``)."""
    [rule] = merged(NEW, present(WEB))
    assert rule == {
        "name": "web",
        "active": True,
        "actionValue": "REJECT",
        "direction": "IN",
        "ipProtocol": "IPV4",
        "logging": True,
        "comments": "ticket 1",
        "sourceFirewallGroups": None,
        "sourceFirewallIpAddresses": ["198.51.100.0/24", "10.0.0.1-10.0.0.9"],
        "destinationFirewallGroups": None,
        "destinationFirewallIpAddresses": ["10.0.1.10"],
        "applicationPortProfiles": None,
        "rawPortProtocols": [
            {"layer4Item": {"protocol": "TCP", "sourcePorts": [], "destinationPorts": ["443", "8000-8010"]}},
            {"layer4Item": {"protocol": "UDP", "sourcePorts": [], "destinationPorts": []}},
        ],
    }


def test_a_new_rule_of_an_older_version_refers_to_groups_and_profiles() -> None:
    [rule] = merged(OLD, present(WEB))
    assert (rule["enabled"], "active" in rule, "rawPortProtocols" in rule) == (True, False, False)
    [source], [destination] = rule["sourceFirewallGroups"], rule["destinationFirewallGroups"]
    assert source[CONTENT] == {ADDRESSES: ["10.0.0.1-10.0.0.9", "198.51.100.0/24"]}
    assert destination[CONTENT] == {ADDRESSES: ["10.0.1.10"]}
    assert [profile[CONTENT] for profile in rule["applicationPortProfiles"]] == [
        {SERVICE: [{"protocol": "tcp", "port": ["443", "8000-8010"]}]},
        {SERVICE: [{"protocol": "udp", "port": ["any"]}]},
    ]


@pytest.mark.parametrize("codec", [OLD, NEW])
def test_any_has_neither_groups_nor_profiles(codec: NsxtFirewallCodec) -> None:
    [rule] = merged(codec, present({"name": "all"}))
    assert {key: rule[key] for key in ANYTHING} == ANYTHING


@pytest.mark.parametrize("codec", [OLD, NEW])
def test_a_rule_without_a_name_is_named_after_its_traffic(codec: NsxtFirewallCodec) -> None:
    """NSX-T requires a name."""
    spec = {"source": ["10.0.0.1"], "protocol": "tcp", "dest_port": [22, 23], "action": "deny"}
    [rule] = merged(codec, present(spec))
    assert rule["name"] == "deny tcp/22,23 from 10.0.0.1 to any"


def test_more_than_15_ports_become_several_items() -> None:
    """A range counts as two ports. Source: protocol/nsxt.md §0.2."""
    ports = [str(port) for port in range(1, 14)] + ["100-200", "300"]
    [rule] = merged(NEW, present({"name": "many", "services": [{"protocol": "tcp", "port": ports}]}))
    sizes = [len(item["layer4Item"]["destinationPorts"]) for item in rule["rawPortProtocols"]]
    assert sizes == [14, 1]


def test_networks_become_one_managed_group() -> None:
    [rule] = merged(NEW, present({"name": "dmz", "source": [NETWORK, "10.0.0.1", GROUP]}))
    managed, named = rule["sourceFirewallGroups"]
    assert managed[CONTENT] == {NETWORKS: [NETWORK]}
    assert named == {"id": GROUP}
    assert rule["sourceFirewallIpAddresses"] == ["10.0.0.1"]


def test_icmp_is_a_profile_in_every_version() -> None:
    for codec in (OLD, NEW):
        [rule] = merged(codec, present({"name": "ping", "services": [{"protocol": "icmp"}]}))
        assert rule["applicationPortProfiles"][0][CONTENT] == {SERVICE: [{"protocol": "icmp", "icmp_type": "any"}]}


LIVE: dict[str, Any] = {
    "id": "d0bf5d51-0000-4000-8000-000000000001", "name": "old", "description": "hidden", "comments": "",
    "action": "ALLOW", "actionValue": "ALLOW", "enabled": True, "direction": "IN_OUT", "ipProtocol": "IPV4",
    "logging": False, "sourceFirewallGroups": [{"id": GROUP, "name": "web"}],
    "destinationFirewallGroups": None,
    "applicationPortProfiles": [
        {"id": "urn:p1", "name": "HTTPS", CONTENT: {SERVICE: [{"protocol": "tcp", "port": ["443"]}]}},
        {"id": "urn:p2", "name": "Custom"},
    ],
    "networkContextProfiles": [{"id": "n1"}], "appliedTo": None, "version": {"version": 2}, "futureKey": 1,
}  # fmt: skip


def test_a_rule_of_another_client_is_decoded() -> None:
    rule = state_of(document(OLD, LIVE)).user_rules[0].spec
    assert (rule.source, rule.destination) == ((GROUP,), ("any",))
    assert rule.services == (ServiceSpec("tcp", ("443",)),)
    assert rule.applications == ("Custom",)
    assert (rule.action, rule.ip_version, rule.rule_id) == ("accept", "4", LIVE["id"])


def test_a_change_keeps_everything_else() -> None:
    [rule] = merged(OLD, present({"name": "old", "action": "reject"}), LIVE)
    assert rule == {**LIVE, "actionValue": "REJECT", "action": None}
    [rule] = merged(OLD, present({"name": "old", "source": [GROUP, "10.0.0.1"]}), LIVE)
    addresses, group = rule.pop("sourceFirewallGroups")
    assert (addresses[CONTENT], group) == ({ADDRESSES: ["10.0.0.1"]}, LIVE["sourceFirewallGroups"][0])
    assert rule == {key: value for key, value in LIVE.items() if key != "sourceFirewallGroups"}


def test_changed_services_keep_the_named_profiles() -> None:
    [rule] = merged(OLD, present({"name": "old", "protocol": "udp", "dest_port": [53]}), LIVE)
    new, custom = rule["applicationPortProfiles"]
    assert (new[CONTENT], custom["id"]) == ({SERVICE: [{"protocol": "udp", "port": ["53"]}]}, "urn:p2")


def test_system_and_default_rules_are_never_changed() -> None:
    after = merged(NEW, Exactly(present({"name": "only"}).specs), LIVE)
    assert [rule["name"] for rule in after] == ["only"]
    state = state_of(document(NEW, LIVE))
    assert [(rule.rule_type, rule.spec.name) for rule in state.rules if not rule.is_user] == [
        ("default_policy", "default_rule")
    ]
    assert (state.settings.default_action, state.settings.enabled) == ("deny", True)


@pytest.mark.parametrize("codec", [OLD, NEW])
def test_a_service_for_all_traffic_is_not_narrowed_by_the_others(codec: NsxtFirewallCodec) -> None:
    services = {"services": [{"protocol": "tcp"}, {"protocol": "any"}]}
    for live in ((), ({**LIVE, "applicationPortProfiles": None},)):
        rules = merged(codec, present({"name": "old", **services}), *live)
        assert (rules[0]["applicationPortProfiles"], rules[0].get("rawPortProtocols")) == (None, None)


def test_unknown_raw_items_are_not_any_service() -> None:
    rule = state_of(document(NEW, {**LIVE, "applicationPortProfiles": None, "rawPortProtocols": [{"icmpItem": {}}]}))
    assert rule.user_rules[0].spec.services == ()
    assert rule.user_rules[0].spec.applications == ("raw:icmpItem",)


def test_rules_of_equal_records_are_decoded_once() -> None:
    records = [{"id": f"r{number}", "name": f"rule {number}", **ANYTHING} for number in range(4)]
    earlier = document(NEW, *records)
    changed = {**records[1], "actionValue": "ALLOW"}
    nameless = {key: value for key, value in records[2].items() if key != "id"}
    later = document(NEW, {"id": "r9", "name": "new", **ANYTHING}, records[3], changed, nameless, records[0])
    kept = NEW.with_kept_rules(later, earlier)
    assert kept.decoded == later.decoded
    before = {id(rule.spec) for rule in state_of(earlier).user_rules}
    reused = [rule.spec.rule_id for rule in state_of(kept).user_rules if id(rule.spec) in before]
    assert reused == ["r3", "r0"]
