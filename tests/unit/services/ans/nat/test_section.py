"""Check that NAT rules converge with all three edge APIs, and keep other values."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.services.ans.nat_harness import CONFIG, OUT, WEB, Harness, as_text, foreign, harness
from vcloudair_core.errors import (
    AmbiguousMatchError,
    ConfigurationError,
    InvalidRequestError,
    NotConvergedError,
    NotFoundError,
    SpecError,
)
from vcloudair_core.services.ans.edge.backend import EDGE_APIS
from vcloudair_core.simulator import Simulator
from vcloudair_core.simulator.edge.edge_interfaces import interfaces


@pytest.fixture(params=EDGE_APIS)
def edge_api(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def nat(vca_simulator: Simulator, edge_api: str) -> Iterator[Harness]:
    with harness(vca_simulator, edge_api) as made:
        yield made


@pytest.fixture
def one(vca_simulator: Simulator) -> Iterator[Harness]:
    """Return a test harness with one edge API, for tests that are not about the API."""
    with harness(vca_simulator, "network_json") as made:
        yield made


FULL_DNAT = {
    **WEB,
    "original_port": "8000-8010",
    "translated_port": "9000-9010",
    "original_address": "203.0.113.5/24",
    "translated_address": "192.168.1.1-192.168.1.9",
    "dnat_match_source_address": "198.51.100.0/24",
    "dnat_match_source_port": "1024-65535",
    "enabled": False,
    "logging": True,
    "description": "all words, ümläute & <tags>",
    "tag": "70000",
}
FULL_SNAT = {
    **OUT,
    "protocol": "udp",
    "original_port": "53",
    "snat_match_destination_address": "192.0.2.53",
    "snat_match_destination_port": "53",
}
PING = {
    "action": "dnat",
    "original_address": "203.0.113.12",
    "translated_address": "192.168.10.21",
    "protocol": "icmp",
    "icmp_type": "echo-request",
}


@pytest.mark.parametrize("words", [WEB, OUT, FULL_DNAT, FULL_SNAT, PING, {**PING, "icmp_type": None}])
def test_a_second_run_costs_one_read_and_changes_nothing(nat: Harness, words: dict[str, Any]) -> None:
    predicted = nat.ensure(words, check=True)
    assert (predicted.changed, nat.methods()) == (True, ["GET"])
    first = nat.ensure(words)
    assert (first.changed, first.plan.summary(), nat.methods()) == (True, "1 to create", ["GET", "PUT", "GET"])
    assert {name: first.after[0][name] for name in words if words[name]} == {k: v for k, v in words.items() if v}
    again = nat.ensure(words)
    assert not again.changed
    assert [call.split()[0] for call in nat.journal.calls] == ["GET"]
    assert len(nat.rules) == 1
    assert not nat.ensure(nat.client.read("ans.nat"), "exact").changed
    assert nat.ensure({**words, "translated_address": None}, "absent").changed
    assert nat.rules == []


def test_the_request_has_the_format_of_the_server(nat: Harness) -> None:
    nat.ensure({"rules": [WEB, OUT, PING]})
    web, out, ping = nat.rules
    assert web["vnic"] == "0"
    assert (web["originalPort"], web["translatedPort"], web["protocol"]) == ("443", "8443", "tcp")
    assert "icmpType" not in web
    assert "dnatMatchSourceAddress" not in web
    assert out["action"] == "snat"
    assert "vnic" not in ping
    assert (ping["icmpType"], ping["originalPort"]) == ("echo-request", "any")
    assert [rule["ruleId"] for rule in nat.rules] == [196609, 196610, 196611]


@pytest.mark.parametrize(
    "equivalent_values",
    [
        {"original_address": "203.0.113.10/32", "protocol": "TCP", "original_port": "443-443"},
        {"vnic": "vnic-0"},
        {"vnic": None},
        {"vnic": 0, "action": "DNAT"},
        {"dnat_match_source_address": "0.0.0.0/0", "dnat_match_source_port": "1-65535"},
        {"description": None, "translated_port": 8443},
        {"tag": 196609, "rule_id": 196609},
    ],
)
def test_equivalent_values_change_nothing(nat: Harness, equivalent_values: dict[str, Any]) -> None:
    nat.ensure(WEB)
    assert not nat.ensure({**WEB, **equivalent_values}).changed


def test_the_spelling_of_the_server_is_not_a_change(nat: Harness) -> None:
    nat.seed(foreign(200_001, action="DNAT", vnic=1, ruleType="User", translatedPort="80-80"))
    spec = {
        "action": "dnat", "original_address": "2.2.2.0/24", "original_port": 10_001, "protocol": "tcp",
        "translated_address": "192.168.99.9", "translated_port": 80, "vnic": 1,
    }  # fmt: skip
    assert not nat.ensure(spec).changed


def test_the_translation_is_not_part_of_the_identity(nat: Harness) -> None:
    nat.ensure(WEB)
    moved = {**WEB, "translated_address": "192.168.10.99", "translated_port": 443, "enabled": False}
    outcome = nat.ensure(moved)
    assert outcome.plan.changes[0].fields == ("translated_address", "translated_port", "enabled")
    assert outcome.plan.changes[0].identity == "web"
    assert [rule["ruleId"] for rule in nat.rules] == [196609]
    assert nat.ensure({**WEB, "original_port": 444}).plan.summary() == "1 to create"
    assert len(nat.rules) == 2


def test_a_spec_without_interface_matches_the_only_rule(nat: Harness) -> None:
    nat.ensure(WEB)
    loose = {name: value for name, value in WEB.items() if name != "vnic"}
    assert not nat.ensure(loose).changed
    assert nat.ensure({**loose, "vnic": "any"}).plan.summary() == "1 to create"
    # A rule on all interfaces now exists, and the spec matches it.
    assert nat.ensure({**loose, "translated_address": "192.168.10.77"}).plan.summary() == "1 to update"
    assert [rule.get("vnic") for rule in nat.rules if rule["translatedAddress"] == "192.168.10.77"] == [None]
    both = [{**WEB}, {**loose, "translated_address": "192.168.10.77"}]
    assert not nat.ensure({"rules": both}).changed


def test_equal_rules_on_the_server_are_ambiguous(one: Harness) -> None:
    twin = {"originalPort": "10001", "description": ""}
    one.seed(foreign(200_001), foreign(200_002, vnic="2", **twin))
    loose = {"action": "dnat", "original_address": "2.2.2.2/24", "original_port": 10_001, "protocol": "tcp",
             "translated_address": "192.168.99.1"}  # fmt: skip
    with pytest.raises(AmbiguousMatchError, match="2 NAT rules are for the same traffic") as caught:
        one.ensure(loose)
    assert [found["vnic"] for found in caught.value.candidates] == ["1", "2"]
    assert caught.value.candidates[0] == {
        "rule_id": "200001", "tag": "200001", "index": 0, "action": "dnat", "vnic": "1",
        "original_address": "2.2.2.2/24", "translated_address": "192.168.99.9", "description": "foreign 200001",
    }  # fmt: skip
    assert one.methods() == ["GET"]
    named = one.ensure({**loose, "rule_id": 200_002}).plan.changes[0].identity
    assert named == "dnat 2.2.2.2/24 tcp/10001 vnic 2"
    assert one.ensure({**loose, "vnic": 2}).changed is False
    one.seed(foreign(200_001), foreign(200_002, originalPort="10001"))
    with pytest.raises(AmbiguousMatchError):
        one.ensure({**loose, "vnic": 1})
    info = one.client.read("ans.nat")
    assert not one.ensure(info, "exact").changed


def test_match_by_description_tag_and_id(nat: Harness) -> None:
    nat.ensure([WEB, {**OUT, "tag": 70_001}])
    by_text = {"match_by": "description", "description": "web", "original_port": 444}
    assert nat.ensure(by_text).plan.changes[0].fields == ("original_port",)
    assert not nat.ensure(by_text).changed
    by_tag = {"match_by": "tag", "rule_tag": 70_001, "logging": True}
    assert nat.ensure(by_tag).plan.summary() == "1 to update"
    assert not nat.ensure(by_tag).changed
    by_id = {"match_by": "rule_id", "rule_id": 196609, "description": "renamed"}
    assert nat.ensure(by_id).plan.changes[0].fields == ("description",)
    assert [rule["ruleId"] for rule in nat.rules] == [196609, 196610]
    assert nat.ensure(by_id | {"description": None}, "absent").changed
    with pytest.raises(NotFoundError, match="No NAT rule has rule ID 196609"):
        nat.ensure(by_id)


def test_a_new_rule_matched_by_description_or_tag_needs_all_fields(one: Harness) -> None:
    with pytest.raises(SpecError, match=r"original_address: is required.*translated_address: is required"):
        one.ensure({"match_by": "description", "description": "new", "action": "snat"})
    with pytest.raises(SpecError, match="tag: 200000 is out of range for a new rule"):
        one.ensure({**WEB, "match_by": "tag", "tag": 200_000})
    assert one.methods() == ["GET"]
    new = {**WEB, "match_by": "description", "description": "new"}
    assert one.ensure(new).changed
    assert not one.ensure(new).changed


def test_a_changed_protocol_or_action_removes_obsolete_fields(nat: Harness) -> None:
    nat.ensure({**FULL_DNAT, "tag": None})
    one = {"match_by": "rule_id", "rule_id": 196609}
    with pytest.raises(
        SpecError,
        match="snat_match_destination_port: is only allowed with snat and no_snat, but the action of the rule is dnat",
    ):
        nat.ensure({**one, "snat_match_destination_port": 80})
    nat.ensure({**one, "protocol": "icmp", "icmp_type": "redirect"})
    assert (nat.rules[0]["icmpType"], nat.rules[0]["originalPort"]) == ("redirect", "any")
    with pytest.raises(SpecError, match="original_port: the protocol of the rule is icmp, which has no ports"):
        nat.ensure({**one, "original_port": 80})
    nat.ensure({**one, "protocol": "icmp", "icmp_type": "any"})
    nat.ensure({**one, "protocol": "tcp", "original_port": 80})
    assert "icmpType" not in nat.rules[0]
    nat.ensure({**one, "action": "snat"})
    assert "dnatMatchSourceAddress" not in nat.rules[0]
    nat.ensure({**one, "vnic": "any"})
    assert "vnic" not in nat.rules[0]
    assert not nat.ensure(nat.client.read("ans.nat"), "exact").changed


def test_rules_of_other_owners_are_kept_exactly(nat: Harness) -> None:
    odd = foreign(200_002, vnic=0, icmpType="any", protocol="ICMP", originalPort="any", future={"deep": "1"})
    nat.seed(foreign(200_001), odd, foreign(200_003))
    nat.state["extra"] = {"nat64Rules": {}, "futureTop": "t"}
    nat.state["internal"] = [foreign(200_000, ruleType="internal_high")]
    if nat.client.settings.edge_api == "network_xml":
        odd["vnic"] = "0"  # XML has no numbers
        nat.seed(foreign(200_001), odd, foreign(200_003))
    before = [as_text(rule) for rule in nat.rules]
    assert nat.ensure([{**WEB, "index": 1}]).changed
    assert [as_text(rule) for rule in nat.rules if rule["description"] != "web"] == before
    assert nat.descriptions()[1] == "web"
    assert nat.state["extra"] == {"nat64Rules": {}, "futureTop": "t"}
    assert [rule["ruleType"] for rule in nat.state["internal"]] == ["internal_high"]
    nat.ensure({"match_by": "rule_id", "rule_id": 200_003, "logging": True})
    assert as_text({**nat.rules[-1], "loggingEnabled": False}) == before[-1]


def test_internal_rules_are_never_changed(nat: Harness) -> None:
    nat.state["internal"] = [foreign(200_000, ruleType="internal_high", description="web")]
    nat.ensure([{**WEB, "match_by": "description"}])
    with pytest.raises(SpecError, match="would delete the only NAT rule"):
        nat.ensure({"rules": []}, "exact")
    nat.ensure({"rules": [], "allow_empty": True}, "exact")
    assert (nat.rules, len(nat.state["internal"])) == ([], 1)
    shown = nat.client.read("ans.nat")
    assert [rule["rule_type"] for rule in shown["internal_rules"]] == ["internal_high"]


def test_an_exact_list_deletes_and_orders_rules(nat: Harness) -> None:
    nat.ensure([WEB, OUT, PING])
    outcome = nat.ensure({"rules": [PING, {**OUT, "original_address": "192.168.20.0/24"}, WEB]}, "exact")
    assert outcome.plan.counts() == {"create": 1, "update": 0, "move": 1, "delete": 1}
    assert [rule["originalAddress"] for rule in nat.rules] == ["203.0.113.12", "192.168.20.0/24", "203.0.113.10"]
    assert nat.ensure({"rules": [WEB]}, "absent").plan.summary() == "1 to delete"


def test_nat_is_enabled_and_disabled(nat: Harness) -> None:
    nat.ensure(WEB)
    before = copy.deepcopy(nat.rules)
    outcome = nat.ensure({"enabled": False})
    assert outcome.plan.diff()["before"] == "settings:\n  enabled: true\n"
    assert (nat.state["enabled"], nat.rules) == (False, before)
    assert not nat.ensure({"enabled": False}).changed
    assert nat.client.read("ans.nat")["enabled"] is False


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({}, ["a", "b", "new"]),
        ({"position": "top"}, ["new", "a", "b"]),
        ({"index": 1}, ["a", "new", "b"]),
        ({"before": "b"}, ["a", "new", "b"]),
        ({"after": "a"}, ["a", "new", "b"]),
        ({"before": 200_001}, ["new", "a", "b"]),
        ({"before": "70002"}, ["a", "new", "b"]),
    ],
)
def test_positions(one: Harness, place: dict[str, Any], expected: list[str]) -> None:
    one.seed(foreign(200_001, description="a"), foreign(200_002, description="b", ruleTag=70_002))
    new = {**WEB, "description": "new", **place}
    assert one.ensure(new).changed
    assert one.descriptions() == expected
    assert not one.ensure(new).changed


def test_invalid_anchors(one: Harness) -> None:
    one.seed(foreign(200_001, description="a"), foreign(200_002, description="a"))
    with pytest.raises(AmbiguousMatchError, match="cannot be an anchor"):
        one.ensure({**WEB, "before": "a"})
    with pytest.raises(SpecError, match="before: there is no NAT rule 'missing'"):
        one.ensure({**WEB, "before": "missing"})


# -- interfaces by name ------------------------------------------------------------------------------------------


def test_an_interface_is_found_by_the_name_of_its_network(nat: Harness) -> None:
    named = {**WEB, "vnic": None, "interface": "External-Net"}
    assert nat.ensure(named).changed
    assert nat.rules[0]["vnic"] == "0"
    assert not nat.ensure(named).changed
    assert [call.rsplit("/", 1)[-1] for call in nat.journal.calls] == ["vdcNetworks", "config"]
    assert not nat.ensure({"rules": [named]}, "exact").changed
    assert not nat.ensure(WEB).changed


def test_unknown_and_ambiguous_interface_names(one: Harness) -> None:
    named = {**WEB, "vnic": None, "interface": "externl-net"}
    with pytest.raises(
        SpecError, match=r"interface: 'externl-net' is not an interface or network; the interfaces are"
    ) as caught:
        one.ensure(named)
    assert "external-net (vnic 0, uplink)" in str(caught.value)
    assert "did you mean 'external-net'" in str(caught.value)
    edge_interfaces = interfaces(one.simulator.world, one.edge)
    edge_interfaces[0]["name"] = "edge-uplink"
    for interface in edge_interfaces[1:]:
        interface["networkReference"]["name"] = "twin"
    one.edge.sections["interfaces"] = {"edgeInterface": edge_interfaces}
    with pytest.raises(AmbiguousMatchError, match=r"rules\[1\].interface: 2 interfaces are named 'twin'"):
        one.ensure({"rules": [OUT, {**named, "interface": "twin"}]})
    with pytest.raises(SpecError, match="is already listed"):
        one.ensure([{**named, "interface": "external-net"}, {**named, "interface": "edge-uplink"}])
    assert one.methods() == []


@pytest.mark.parametrize("status", [404, 501])
def test_an_api_that_lists_no_interfaces(one: Harness, status: int) -> None:
    one.simulator.faults.add("status", path="/vdcNetworks", status=status)
    with pytest.raises(ConfigurationError, match="Use the number of the interface"):
        one.ensure({**WEB, "vnic": None, "interface": "external-net"})


# -- faults and concurrent writers -------------------------------------------------------------------------------


def test_a_lost_response_neither_repeats_nor_loses_rules(nat: Harness) -> None:
    nat.seed(foreign(200_001))
    for port, (fault, writes) in enumerate((("reset_after", 1), ("reset", 2)), 1):
        nat.simulator.faults.add(fault, method="PUT", path=CONFIG)
        assert nat.ensure({**WEB, "original_port": port, "description": fault}).changed
        assert nat.methods().count("PUT") == writes
        assert not nat.ensure({**WEB, "original_port": port, "description": fault}).changed
    assert nat.descriptions() == ["foreign 200001", "reset_after", "reset"]


@pytest.mark.parametrize("edge_api", ["network_xml", "network_json"], indirect=True)
def test_a_rule_of_a_concurrent_writer_is_kept(nat: Harness) -> None:
    def edit(simulator: Simulator) -> None:
        nat.rules.append(foreign(200_007))
        nat.state["version"] += 1

    nat.simulator.faults.add("edit", method="PUT", path=CONFIG, edit=edit)
    assert nat.ensure(WEB).changed
    assert nat.descriptions() == ["foreign 200007", "web"]
    assert nat.methods() == ["GET", "PUT", "GET", "PUT", "GET"]


def test_rules_that_the_server_loses_are_reported(one: Harness) -> None:
    one.seed(foreign(200_001), foreign(200_002))

    def edit(simulator: Simulator) -> None:
        one.rules[1]["ruleId"] = 250_000

    one.simulator.faults.add("edit", method="GET", path=CONFIG, skip=1, edit=edit)
    with pytest.raises(NotConvergedError) as caught:
        one.ensure(WEB)
    assert caught.value.residual == [{"action": "lost", "rule_id": "200002", "name": "foreign 200002"}]


def test_invalid_input_sends_nothing(one: Harness) -> None:
    with pytest.raises(SpecError, match=r"\[1\].original_port"):
        one.ensure([WEB, {**WEB, "original_port": 70_000}])
    assert one.journal.calls == []


def test_missing_fields_of_a_new_rule_are_reported_before_the_write(one: Harness) -> None:
    with pytest.raises(SpecError, match=r"^\[1\].translated_address: is required, because the rule 'snat"):
        one.ensure([WEB, {**OUT, "translated_address": None}])
    assert [call for call in one.journal.calls if call.startswith("PUT")] == []


@pytest.mark.parametrize("state", ["present", "exact"])
def test_an_existing_rule_is_enabled_without_its_translation(one: Harness, state: str) -> None:
    one.ensure([{**WEB, "enabled": False}])
    given = {name: value for name, value in WEB.items() if not name.startswith("translated")}
    outcome = one.ensure([{**given, "enabled": True, "translated_port": ""}], state)
    assert [change.fields for change in outcome.plan.changes] == [("enabled",)]
    assert not one.ensure(WEB).changed


def test_moves_to_one_end_have_a_warning(one: Harness) -> None:
    for rule in (WEB, OUT):
        assert "moved to" not in " ".join(one.ensure({**rule, "position": "bottom"}).warnings)
    assert "moves to the bottom" in one.ensure({**WEB, "position": "bottom"}, check=True).warnings[0]
    both = [{**rule, "position": "bottom"} for rule in (WEB, OUT)]
    assert not one.ensure(both).changed


def test_errors_of_the_server_are_reported_verbatim(one: Harness) -> None:
    one.seed(foreign(200_001, protocol="esp"))
    with pytest.raises(InvalidRequestError, match="Invalid protocol esp"):
        one.ensure(WEB)
