"""Check that firewalls converge with all three edge APIs, and keep other values."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.unit.services.ans.fakes import (
    EDGE_ID,
    FakeEdge,
    FakeSession,
    application,
    busy,
    endpoint,
    from_xml,
    lost_after_commit,
    lost_before_commit,
    section,
    tcp,
    to_xml,
    user_rule,
)
from vcloudair_core.engine.desired import Absent, Desired, Exactly, Present
from vcloudair_core.engine.ensure import ensure
from vcloudair_core.engine.outcome import Outcome
from vcloudair_core.errors import AmbiguousMatchError, NotConvergedError, NotFoundError, SpecError
from vcloudair_core.services.ans.edge.backend import EDGE_APIS
from vcloudair_core.services.ans.firewall.codec_json import JsonFirewallCodec
from vcloudair_core.services.ans.firewall.section import SECTION as FIREWALL
from vcloudair_core.services.ans.section.backends import codec_of
from vcloudair_core.services.ans.section.kinds import RuleKind, SectionKind

STATES: dict[str, type[Present] | type[Absent] | type[Exactly]] = {
    "present": Present,
    "absent": Absent,
    "exact": Exactly,
}

WEB = user_rule(
    131080,
    "web in",
    source=endpoint(vnics=["external"]),
    destination=endpoint("203.0.113.10"),
    application=application(tcp("443"), {"protocol": "icmp", "icmpType": "echo-request"}),
)
SSH = user_rule(131081, "ssh", source=endpoint("198.51.100.0/24"), application=application(tcp("22")))
LAN = user_rule(131082, "lan out", source=endpoint(vnics=["internal"]))


class Harness:
    """An edge, an edge API, and the two resource kinds of the firewall section."""

    def __init__(self, edge_api: str, *rules: dict[str, Any], **more: Any) -> None:
        self.edge = FakeEdge(section(*rules, **more))
        self.session = FakeSession(self.edge, edge_api=edge_api, edge=EDGE_ID)
        self.clock = self.session.clock

    def ensure(self, specs: Any, state: str = "present", *, check: bool = False) -> Outcome:
        """Converge a list of rules, or a mapping for the whole section."""
        kind: Any = SectionKind(FIREWALL) if isinstance(specs, dict) else RuleKind(FIREWALL)
        items = [specs] if isinstance(specs, dict) else specs
        desired: Desired = STATES[state](tuple(kind.parse(item) for item in items))
        store = kind.open(self.session, {})
        self.session.calls.clear()
        return ensure(kind, store, desired, check=check)

    def methods(self) -> list[str]:
        return [method for method, _ in self.session.calls]

    def read(self) -> dict[str, Any]:
        kind = SectionKind(FIREWALL)
        return kind.project(kind.open(self.session, {}).read())  # type: ignore[arg-type]

    def rule(self, name: str) -> dict[str, Any]:
        return next(rule for rule in self.edge.rules if rule["name"] == name)


def as_sent(tree: dict[str, Any]) -> dict[str, Any]:
    """Return a section after conversion to XML and back, which drops empty lists."""
    return from_xml(to_xml(tree))


@pytest.fixture(params=EDGE_APIS)
def edge_api(request: pytest.FixtureRequest) -> str:
    return str(request.param)


FULL = {
    "name": "full",
    "action": "reject",
    "enabled": False,
    "logging": True,
    "description": "all words, ümläute & <tags>",
    "source": ["10.0.0.5/24", "vnic-3", "ipset-2"],
    "destination": ["2001:DB8::1", "10.1.0.1-10.1.0.9", "object:odd"],
    "source_exclude": True,
    "destination_exclude": False,
    "services": [
        {"protocol": "tcp", "port": [80, "8000-8080"], "source_port": "1024-65535"},
        {"protocol": "udp"},
        {"protocol": "icmp", "icmp_type": "echo-request"},
    ],
    "applications": ["application-155"],
    "match_translated": True,
    "direction": "in",
    "tag": 30000,
}


def test_a_rule_with_all_fields_is_created_once(edge_api: str) -> None:
    harness = Harness(edge_api, WEB)
    outcome = harness.ensure([FULL])
    assert outcome.changed
    assert outcome.plan.summary() == "1 to create"
    # On NSX-V, the names of the IP set and the application are read once, for display.
    names = [] if edge_api == "hybridity" else ["GET"] * 3
    assert harness.methods() == ["GET", "PUT", "GET", *names]
    made = harness.rule("full")
    assert made["source"]["ipAddress"] == ["10.0.0.5/24"]  # unchanged spelling
    assert made["source"]["vnicGroupId"] == ["vnic-index-3" if edge_api == "hybridity" else "vnic-3"]
    assert made["source"]["groupingObjectId"] == ["ipset-2"]
    assert made["source"]["exclude"] is True
    assert made["destination"]["groupingObjectId"] == ["odd"]
    assert made["application"]["applicationId"] == ["application-155"]
    assert made["application"]["service"][0] == {
        "protocol": "tcp",
        "port": ["80", "8000-8080"],
        "sourcePort": ["1024-65535"],
    }
    assert made["ruleTag"] == 30000
    assert outcome.resource[0]["rule_id"] == str(made["ruleId"])
    assert outcome.resource[0]["tag"] == "30000"
    again = harness.ensure([FULL])
    assert not again.changed
    assert harness.methods() == ["GET"]
    assert again.resource[0]["source"] == ["10.0.0.5/24", outcome.resource[0]["source"][1], "ipset-2"]


def test_a_rule_with_only_a_name_gets_the_defaults(edge_api: str) -> None:
    harness = Harness(edge_api)
    harness.ensure([{"name": "open"}])
    made = harness.rule("open")
    assert made["action"] == "accept"
    assert (made["enabled"], made["loggingEnabled"], made["ruleType"]) == (True, False, "user")
    assert "source" not in made and "destination" not in made and "application" not in made
    words = harness.read()["rules"][0]
    assert (words["source"], words["services"]) == (["any"], [{"protocol": "any"}])


def test_only_set_fields_change(edge_api: str) -> None:
    odd = copy.deepcopy(WEB) | {"futureKey": "f"}
    odd["source"]["futureInner"] = "s"
    harness = Harness(edge_api, odd, SSH, futureTop="t")
    before = copy.deepcopy(harness.edge.tree)
    outcome = harness.ensure([{"name": "web in", "enabled": False}])
    assert outcome.plan.changes[0].fields == ("enabled",)
    expected = copy.deepcopy(before)
    expected["firewallRules"]["firewallRules"][1]["enabled"] = False
    expected["version"] += 1
    assert as_sent(harness.edge.tree) == as_sent(expected)


def test_unknown_keys_of_a_changed_source_are_kept(edge_api: str) -> None:
    odd = copy.deepcopy(WEB)
    odd["source"]["futureInner"] = "s"
    harness = Harness(edge_api, odd)
    harness.ensure([{"name": "web in", "source": ["10.0.0.1"]}])
    source = harness.rule("web in")["source"]
    assert (source["futureInner"], source["ipAddress"], source["vnicGroupId"]) == ("s", ["10.0.0.1"], [])
    harness.ensure([{"name": "web in", "source": "any"}])
    assert harness.rule("web in")["source"]["futureInner"] == "s"
    harness.ensure([{"name": "web in", "destination": "any"}])
    assert "destination" not in harness.rule("web in")


def test_equivalent_values_are_not_changes(edge_api: str) -> None:
    harness = Harness(edge_api, WEB, SSH, LAN)
    same = [
        {"name": "web in", "action": "ALLOW", "source": ["External"], "destination": ["203.0.113.10/32"]},
        {"name": "ssh", "source": ["198.51.100.77/24"], "protocol": "TCP", "dest_port": "22-22", "direction": "inout"},
        {
            "name": "lan out",
            "destination": ["0.0.0.0/0", "::/0"],
            "protocol": "any",
            "description": "",
            "tag": 131082,
            "rule_id": 131082,
        },
    ]
    assert not harness.ensure(same).changed
    assert harness.methods() == ["GET"]


def test_the_spelling_of_the_server_is_not_a_change(edge_api: str) -> None:
    loud = user_rule(
        131080,
        "loud",
        source=endpoint("any"),
        application=application({"protocol": "TCP", "port": ["443"], "sourcePort": ["any"]}),
    ) | {"ruleType": "User", "action": "ACCEPT"}
    other = "vnic-3" if edge_api == "hybridity" else "vnic-index-3"
    loud["destination"] = endpoint(vnics=[other])
    harness = Harness(edge_api, loud)
    wanted = {
        "name": "loud",
        "action": "accept",
        "source": "any",
        "destination": "vnic-3",
        "protocol": "tcp",
        "dest_port": 443,
    }
    assert not harness.ensure([wanted]).changed


def test_services_and_applications(edge_api: str) -> None:
    harness = Harness(edge_api, LAN)
    harness.ensure([{"name": "lan out", "applications": ["application-155"]}])
    assert harness.rule("lan out")["application"]["applicationId"] == ["application-155"]
    assert not harness.rule("lan out")["application"].get("service")
    assert not harness.ensure([{"name": "lan out", "services": [], "applications": ["application-155"]}]).changed
    harness.ensure([{"name": "lan out", "protocol": "any"}])
    assert harness.read()["rules"][0]["services"] == [{"protocol": "any"}]
    harness.ensure([{"name": "lan out", "protocol": "any", "applications": []}])
    assert not harness.ensure([{"name": "lan out", "protocol": "any", "applications": []}]).changed


def test_removing_the_last_application_shows_any_service(edge_api: str) -> None:
    harness = Harness(edge_api, user_rule(131080, "app", application=application(ids=["application-155"])))
    outcome = harness.ensure([{"name": "app", "applications": []}])
    assert outcome.plan.changes[0].fields == ("services", "applications")
    assert outcome.resource[0]["services"] == [{"protocol": "any"}]


def test_an_implicit_any_service_becomes_explicit_with_applications(edge_api: str) -> None:
    harness = Harness(edge_api, LAN)
    wanted = {"name": "lan out", "protocol": "any", "applications": ["application-155"]}
    assert harness.ensure([wanted]).changed
    assert not harness.ensure([wanted]).changed


def test_a_change_to_any_ends_an_exclusion(edge_api: str) -> None:
    negated = user_rule(131080, "not lan", source={**endpoint("10.0.0.0/8"), "exclude": True})
    harness = Harness(edge_api, negated)
    outcome = harness.ensure([{"name": "not lan", "source": ["any"]}])
    assert set(outcome.plan.changes[0].fields) == {"source", "source_exclude"}
    assert "source" not in harness.rule("not lan")


def test_absent_deletes_named_rules(edge_api: str) -> None:
    harness = Harness(edge_api, WEB, SSH, LAN)
    outcome = harness.ensure([{"name": "ssh"}, {"name": "not there"}], "absent")
    assert outcome.plan.summary() == "1 to delete"
    assert harness.edge.names() == ["web in", "lan out"]
    assert (outcome.before[0]["name"], outcome.after) == ("ssh", [])
    assert not harness.ensure([{"name": "ssh"}], "absent").changed


def test_absent_by_id_never_deletes_another_rule_of_that_name(edge_api: str) -> None:
    twins = [user_rule(number, "twin", source=endpoint(f"10.0.0.{number - 131090}")) for number in (131091, 131092)]
    harness = Harness(edge_api, WEB, *twins)
    for specs in ([{"name": "twin", "rule_id": 131091}], [{"name": "web in", "rule_id": 131092}]):
        harness.ensure(specs, "absent")
        assert not harness.ensure(specs, "absent").changed
    assert harness.edge.names() == ["web in", "twin"]


def test_an_exact_list_deletes_and_orders_rules(edge_api: str) -> None:
    harness = Harness(edge_api, WEB, SSH, LAN)
    services = [{"protocol": "tcp", "port": 443}, {"protocol": "icmp", "icmp_type": "echo-request"}]
    web = {"name": "web in", "source": "external", "destination": "203.0.113.10", "services": services}
    outcome = harness.ensure([{"name": "lan out", "source": "internal"}, {"name": "new"}, web], "exact")
    assert harness.edge.names() == ["lan out", "new", "web in"]
    assert outcome.plan.counts() == {"create": 1, "update": 0, "move": 1, "delete": 1}
    assert harness.rule("lan out")["ruleId"] == 131082
    assert [rule["ruleType"] for rule in harness.edge.rules] == [
        "internal_high",
        "user",
        "user",
        "user",
        "default_policy",
    ]
    with pytest.raises(SpecError, match="would delete all 3 firewall rules"):
        harness.ensure({"rules": []}, "exact")
    harness.ensure({"rules": [], "allow_empty": True}, "exact")
    assert harness.edge.names() == []


def test_a_policy_keeps_other_rules_and_orders_its_own(edge_api: str) -> None:
    harness = Harness(edge_api, WEB, SSH, LAN)
    stranger = copy.deepcopy(harness.rule("ssh"))
    outcome = harness.ensure({"rules": [{"name": "lan out"}, {"name": "between"}, {"name": "web in"}]})
    assert outcome.plan.counts() == {"create": 1, "update": 0, "move": 1, "delete": 0}
    names = harness.edge.names()
    assert names.index("lan out") < names.index("between") < names.index("web in")
    assert as_sent(section(harness.rule("ssh"))) == as_sent(section(stranger))
    assert not harness.ensure({"rules": [{"name": "lan out"}, {"name": "between"}, {"name": "web in"}]}).changed


@pytest.mark.parametrize(
    ("place", "names"),
    [
        ({"position": "top"}, ["new", "web in", "ssh", "lan out"]),
        ({"position": "bottom"}, ["web in", "ssh", "lan out", "new"]),
        ({}, ["web in", "ssh", "lan out", "new"]),
        ({"before": "ssh"}, ["web in", "new", "ssh", "lan out"]),
        ({"after": "web in"}, ["web in", "new", "ssh", "lan out"]),
        ({"after": 131081}, ["web in", "ssh", "new", "lan out"]),
        ({"index": 1}, ["web in", "new", "ssh", "lan out"]),
    ],
)
def test_positions_of_a_new_rule(place: dict[str, Any], names: list[str]) -> None:
    harness = Harness("hybridity", WEB, SSH, LAN)
    harness.ensure([{"name": "new", **place}])
    assert harness.edge.names() == names
    assert not harness.ensure([{"name": "new", **place}]).changed


def test_a_move_is_a_change(edge_api: str) -> None:
    harness = Harness(edge_api, WEB, SSH, LAN)
    outcome = harness.ensure([{"name": "lan out", "before": "web in"}], check=True)
    assert outcome.plan.summary() == "1 to move"
    assert "position: 2" in outcome.plan.diff()["before"]
    assert "position: 0" in outcome.plan.diff()["after"]
    assert harness.methods() == ["GET"]
    harness.ensure([{"name": "lan out", "before": "web in"}])
    assert harness.edge.names() == ["lan out", "web in", "ssh"]


def test_invalid_anchors() -> None:
    harness = Harness("hybridity", WEB, SSH)
    with pytest.raises(SpecError, match=r"^before: there is no firewall rule 'web im'; did you mean 'web in'"):
        harness.ensure([{"name": "new", "before": "web im"}])
    with pytest.raises(SpecError, match="is the rule itself; select another rule"):
        harness.ensure([{"name": "ssh", "after": "ssh"}])
    with pytest.raises(SpecError, match="contradict each other"):
        harness.ensure([{"name": "a", "before": "b"}, {"name": "b", "before": "a"}])
    with pytest.raises(SpecError, match=r"rules\[0\].after: there is no"):
        harness.ensure({"rules": [{"name": "new", "after": "default rule for ingress traffic"}]})
    assert harness.edge.puts == []


def test_repeated_names_on_the_server() -> None:
    twin = user_rule(131090, "web in", action="deny")
    harness = Harness("hybridity", WEB, twin)
    with pytest.raises(AmbiguousMatchError) as caught:
        harness.ensure([{"name": "web in", "enabled": False}])
    assert caught.value.candidates == [
        {"rule_id": "131080", "tag": "131080", "index": 0, "name": "web in", "action": "accept"},
        {"rule_id": "131090", "tag": "131090", "index": 1, "name": "web in", "action": "deny"},
    ]
    with pytest.raises(AmbiguousMatchError, match="cannot be an anchor"):
        harness.ensure([{"name": "new", "before": "web in"}])
    assert harness.edge.puts == []
    outcome = harness.ensure([{"name": "web in", "rule_id": 131090, "enabled": False}])
    assert outcome.plan.changes[0].identity == "web in"  # the name that plan policies use
    assert outcome.plan.changes[0].title == "web in (rule 131090)"
    assert outcome.plan.diff()["before"].startswith("web in (rule 131090):")
    assert [rule["enabled"] for rule in harness.edge.rules if rule["name"] == "web in"] == [True, False]
    assert not harness.ensure({"rules": harness.read()["rules"]}).changed


def test_matching_by_id_renames(edge_api: str) -> None:
    harness = Harness(edge_api, WEB, SSH)
    outcome = harness.ensure([{"match_by": "rule_id", "rule_id": 131080, "name": "https in"}])
    assert outcome.plan.changes[0].fields == ("name",)
    assert harness.rule("https in")["ruleId"] == 131080
    with pytest.raises(NotFoundError, match="No firewall rule has rule ID 5"):
        harness.ensure([{"match_by": "rule_id", "rule_id": 5, "name": "x"}])
    assert harness.ensure([{"match_by": "tag", "tag": 77, "name": "tagged"}]).changed
    assert harness.ensure([{"match_by": "tag", "tag": 77, "name": "renamed"}]).plan.summary() == "1 to update"
    assert not harness.ensure([{"match_by": "tag", "tag": 77}]).changed


def test_two_specs_cannot_match_one_rule() -> None:
    harness = Harness("hybridity", WEB, SSH)
    by_id = {"match_by": "rule_id", "rule_id": 131080}
    with pytest.raises(SpecError, match="two entries of the input match the firewall rule 'web in'"):
        harness.ensure([{"name": "web in"}, by_id])
    with pytest.raises(SpecError, match="two entries of the input match"):
        harness.ensure([by_id, {"match_by": "tag", "tag": 131080}])
    harness.ensure([{"name": "web in", "action": "deny"}, {**by_id, "name": "old web"}])
    assert harness.edge.names() == ["old web", "ssh", "web in"]
    assert harness.edge.puts != []


def test_an_export_with_repeated_names_applies_to_another_edge() -> None:
    rules = Harness("hybridity", WEB, user_rule(131090, "web in"), user_rule(131091, "")).read()["rules"]
    harness = Harness("network_xml")
    assert harness.ensure({"rules": rules}, "exact").plan.summary() == "3 to create"
    assert not harness.ensure({"rules": rules}, "exact").changed


def test_internal_rules_are_never_changed(edge_api: str) -> None:
    harness = Harness(edge_api, WEB)
    harness.ensure([{"name": "firewall", "action": "deny"}])
    assert [rule["action"] for rule in harness.edge.rules if rule["name"] == "firewall"] == ["accept", "deny"]
    with pytest.raises(SpecError, match="would delete all 2 firewall rules"):
        harness.ensure([], "exact")
    harness.ensure({"rules": [], "allow_empty": True}, "exact")
    assert [rule["ruleType"] for rule in harness.edge.rules] == ["internal_high", "default_policy"]


def test_settings(edge_api: str) -> None:
    harness = Harness(edge_api, WEB)
    wanted = {
        "enabled": False,
        "default_action": "allow",
        "default_logging": True,
        "global_settings": {"udp_timeout": 90, "log_invalid_traffic": True, "enable_syn_flood_protection": False},
    }
    outcome = harness.ensure(wanted, check=True)
    assert outcome.plan.diff()["before"] == (
        "settings:\n  enabled: true\n  default_action: deny\n  default_logging: false\n"
        "  global_settings: {log_invalid_traffic: false, udp_timeout: 60}\n"
    )
    assert outcome.after["global_settings"]["udp_timeout"] == 90
    harness.ensure(wanted)
    tree = harness.edge.tree
    assert (tree["enabled"], tree["defaultPolicy"]) == (False, {"action": "accept", "loggingEnabled": True})
    assert tree["globalConfig"]["someNewerSetting"] == "kept"
    assert "enableSynFloodProtection" not in tree["globalConfig"]  # a missing value means false
    assert not harness.ensure(wanted).changed
    assert harness.edge.names() == ["web in"]


def test_the_output_is_valid_input(edge_api: str) -> None:
    harness = Harness(edge_api, WEB, SSH, LAN)
    info = harness.read()
    assert info["version"] == 12
    assert [rule["rule_type"] for rule in info["internal_rules"]] == ["internal_high", "default_policy"]
    for state in ("present", "exact"):
        assert not harness.ensure(info, state).changed
    assert not harness.ensure(info["rules"]).changed


def test_read_only_keys_are_not_sent(edge_api: str) -> None:
    noisy = copy.deepcopy(WEB) | {"statistics": {"timestamp": 1}, "invalidSource": True}
    harness = Harness(edge_api, noisy)
    harness.ensure([{"name": "new"}])  # the fake rejects them
    assert harness.edge.names() == ["web in", "new"]


def test_the_version_is_sent(edge_api: str) -> None:
    harness = Harness(edge_api, WEB)
    harness.ensure([{"name": "new"}])
    assert harness.edge.puts[0]["version"] == 12
    assert harness.edge.puts[0]["featureType"] == "firewall_4.0"


def test_a_rule_of_a_concurrent_writer_is_kept() -> None:
    harness = Harness("network_json", WEB)
    harness.edge.faults = [lambda edge: edge.add(user_rule(139_000, "theirs"))]
    harness.ensure([{"name": "ours"}])
    assert harness.edge.names() == ["web in", "theirs", "ours"]
    assert harness.methods() == ["GET", "PUT", "GET", "PUT", "GET"]
    assert harness.clock.slept


def test_a_lost_response_creates_no_second_rule(edge_api: str) -> None:
    harness = Harness(edge_api, WEB)
    harness.edge.after = [lost_after_commit]
    assert harness.ensure([{"name": "ours"}]).changed
    assert harness.edge.names() == ["web in", "ours"]
    assert harness.methods() == ["GET", "PUT", "GET"]
    harness.edge.faults = [lost_before_commit, busy]
    assert harness.ensure([{"name": "second"}]).changed
    assert harness.edge.names() == ["web in", "ours", "second"]


def test_rules_that_the_server_renumbers_are_reported() -> None:
    harness = Harness("hybridity", WEB, SSH)

    def renumber(edge: FakeEdge) -> None:
        edge.rules[2]["ruleId"] = 150_000

    harness.edge.after = [renumber]
    with pytest.raises(NotConvergedError) as caught:
        harness.ensure([{"name": "new"}])
    assert caught.value.residual == [{"action": "lost", "rule_id": "131081", "name": "ssh"}]


def test_user_rules_between_internal_rules_keep_their_position() -> None:
    kind = RuleKind(FIREWALL)
    tree = section(WEB, {**copy.deepcopy(LAN), "ruleType": "internal_low", "name": "low"}, SSH)
    document = JsonFirewallCodec("vcloudair").document(tree)
    plan = kind.plan(document, Present((kind.parse({"name": "new"}),)))
    merged = kind.merge(document, plan).tree["firewallRules"]["firewallRules"]
    assert [rule["name"] for rule in merged] == [
        "firewall",
        "web in",
        "low",
        "ssh",
        "new",
        tree["firewallRules"]["firewallRules"][-1]["name"],
    ]
    assert merged[1] is tree["firewallRules"]["firewallRules"][1]


def test_the_first_user_rule_goes_before_the_last_internal_rules(edge_api: str) -> None:
    low = {**copy.deepcopy(LAN), "ruleType": "internal_low", "name": "low"}
    codec = codec_of(FIREWALL, *EDGE_APIS[edge_api])
    tree = section(low)
    document = codec.parse(to_xml(tree) if edge_api == "network_xml" else json.dumps(tree).encode())
    kind = RuleKind(FIREWALL)
    merged = kind.merge(document, kind.plan(document, Present((kind.parse({"name": "new"}),))))
    assert [rule.spec.name for rule in codec.decode(merged).rules][1:3] == ["new", "low"]


def test_other_elements_among_xml_rules_are_kept() -> None:
    codec = codec_of(FIREWALL, "nsxv", "application/xml")
    body = to_xml(section(WEB)).replace(b"<firewallRules>", b"<firewallRules><future>f</future>")
    document = codec.parse(body)
    kind = RuleKind(FIREWALL)
    merged = kind.merge(document, kind.plan(document, Present((kind.parse({"name": "new"}),))))
    assert b"<future>f</future>" in codec.encode(merged)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["0.0.0.0/0", "::/0"], ["0.0.0.0/0"]),
        (["any"], ["0.0.0.0/0"]),
        (["0.0.0.0/0"], ["any"]),
        (["198.51.100.0/24", "::/0"], ["198.51.100.0/24"]),
    ],
)
@pytest.mark.parametrize("edge_api", EDGE_APIS)
def test_removing_one_ip_version_is_a_change(edge_api: str, before: list[str], after: list[str]) -> None:
    harness = Harness(edge_api)
    harness.ensure([{"name": "web", "source": before}])
    assert harness.ensure([{"name": "web", "source": after}]).changed
    assert not harness.ensure([{"name": "web", "source": after}]).changed
