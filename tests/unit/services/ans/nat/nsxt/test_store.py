"""Tests of NAT on a simulated NSX-T edge gateway: requests, faults, other clients."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.nsxt_nat_harness import PROFILES, RULES, NsxtHarness, nsxt_harness
from vcloudair_core.errors import AmbiguousMatchError, SpecError, VcloudAirError
from vcloudair_core.services.ans.nat.nsxt.store import NsxtNatStore
from vcloudair_core.services.ans.nat.section import SECTION
from vcloudair_core.services.ans.section.kinds import RuleKind

VERSIONS = ("37.2", "38.1", "39.1")


@pytest.fixture(params=VERSIONS)
def nat(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NsxtHarness]:
    with nsxt_harness(tmp_path, request.param, logging_right=True) as made:
        yield made


@pytest.fixture
def newest(tmp_path: Path) -> Iterator[NsxtHarness]:
    """Return a test harness with the newest API version."""
    with nsxt_harness(tmp_path, "39.1", logging_right=True) as made:
        yield made


def web(nat: NsxtHarness, **changes: Any) -> dict[str, Any]:
    rule = {
        "action": "dnat",
        "original_address": nat.address,
        "original_port": 8443,
        "translated_address": "192.168.10.20",
        "translated_port": 9443,
        "protocol": "tcp",
        "description": "web",
    }
    return {**rule, **changes}


def eight_rules(nat: NsxtHarness) -> list[dict[str, Any]]:
    """Return rules with every action, and with system and managed port profiles."""
    out = {"action": "snat", "original_address": "192.168.10.0/24", "translated_address": nat.address}
    return [
        web(nat),
        web(nat, original_port="8000-8010", translated_port="9000-9010", description="range", logging=True),
        web(nat, original_port=443, translated_port=443, description="https", enabled=False, priority=7),
        web(nat, protocol="icmp", original_port=None, translated_port=None, icmp_type="echo-request", description="p"),
        {**out, "name": "internet access", "firewall_match": "bypass"},
        {**out, "protocol": "tcp", "snat_match_destination_port": 25, "description": "mail"},
        {"action": "no_snat", "original_address": "192.168.10.0/24", "snat_match_destination_address": "10.9.0.0/16"},
        {"action": "no_dnat", "original_address": nat.address, "protocol": "udp", "original_port": 514},
    ]


def test_all_kinds_of_rules_are_created_kept_and_removed(nat: NsxtHarness) -> None:
    foreign = nat.seed()
    rules = eight_rules(nat)
    predicted = nat.ensure({"enabled": True, "rules": rules}, check=True)
    assert nat.writes() == []
    first = nat.ensure({"enabled": True, "rules": rules})
    assert (first.changed, first.plan.summary()) == (True, "8 to create")
    assert (nat.writes(), nat.reads()) == (["POST"] * 8, 2)
    assert _comparable(predicted.after) == _comparable(first.after)

    again = nat.ensure({"enabled": True, "rules": rules})
    assert (again.changed, nat.writes(), nat.reads()) == (False, [], 1)
    exported = nat.client.read("ans.nat")
    assert not nat.ensure(exported, "exact").changed
    assert len(nat.managed_profiles()) == 2, "the range and 9443; the others are profiles of NSX"

    nat.ensure({"rules": rules}, "absent")
    assert (nat.writes(), nat.rules, nat.managed_profiles()) == (["DELETE"] * 8, [foreign], [])


def _comparable(section: dict[str, Any]) -> list[tuple[tuple[str, Any], ...]]:
    """Return the rules without their IDs, in any order."""
    return sorted(
        tuple(sorted((name, str(value)) for name, value in rule.items() if name != "rule_id"))
        for rule in section["rules"]
    )


def test_one_changed_rule_is_one_write(nat: NsxtHarness) -> None:
    nat.ensure({"rules": eight_rules(nat)})
    before = [dict(rule) for rule in nat.rules]
    outcome = nat.ensure({"rules": [*eight_rules(nat)[1:], web(nat, translated_address="192.168.10.99")]})
    assert (outcome.plan.summary(), nat.writes()) == ("1 to update", ["PUT"])
    changed = [rule for rule, old in zip(nat.rules, before, strict=True) if rule != old]
    assert [(rule["internalAddresses"], rule["version"]) for rule in changed] == [("192.168.10.99", 1)]
    nat.ensure([web(nat, translated_port=9444), {**web(nat), "original_port": 1}], "present")
    assert sorted(nat.writes()) == ["POST", "PUT"]


def test_drift_of_another_client_is_repaired(nat: NsxtHarness) -> None:
    nat.ensure({"rules": eight_rules(nat)})
    rule = next(rule for rule in nat.rules if rule["name"] == "web")
    rule |= {"internalAddresses": "192.168.66.6", "active": False, "priority": 3, "firewallMatch": "BYPASS"}
    nat.rules.remove(next(rule for rule in nat.rules if rule["type"] == "NO_SNAT"))
    nat.ensure({"rules": eight_rules(nat)}, "exact")
    assert sorted(nat.writes()) == ["POST", "PUT"]
    assert (rule["internalAddresses"], rule["priority"]) == ("192.168.10.20", 0)
    assert not nat.ensure({"rules": eight_rules(nat)}).changed


def test_every_option_of_nsxt_round_trips(newest: NsxtHarness) -> None:
    options = {
        "name": "all options", "priority": 42, "firewall_match": "match_external_address", "vpn_mode": "exclusive",
        "applied_to": "service", "logging": True, "enabled": False,
    }  # fmt: skip
    outcome = newest.ensure(web(newest, **options))
    assert {name: outcome.after[0][name] for name in options} == options
    assert not newest.ensure(web(newest, **options)).changed
    urn = f"urn:vcloud:network:{_network(newest, 'service')}"
    assert not newest.ensure(web(newest, **{**options, "applied_to": urn})).changed
    newest.ensure(web(newest, clear=["applied_to"], match_by="name", name="all options"))
    assert newest.rules[0]["appliedTo"] is None


def _network(nat: NsxtHarness, name: str) -> str:
    return next(key for key, network in nat.simulator.world.networks.items() if network.name == name)


def test_an_unknown_network_is_refused_in_check_mode_too(newest: NsxtHarness) -> None:
    for check in (True, False):
        with pytest.raises(SpecError, match="applied_to: Network not found: 'missing'"):
            newest.ensure(web(newest, applied_to="missing"), check=check)
    assert newest.writes() == []


@pytest.mark.parametrize(
    "changes",
    [{"position": "top"}, {"vnic": 0}, {"translated_address": "10.0.0.1-10.0.0.2"}, {"dnat_match_source_port": 1}],
)
def test_an_unsupported_option_is_refused_before_anything_is_read(nat: NsxtHarness, changes: dict[str, Any]) -> None:
    for check in (True, False):
        with pytest.raises(SpecError, match="is not supported on NSX-T edge gateways") as caught:
            nat.ensure(web(nat, **changes), check=check)
        assert caught.value.written in (None, False)
        assert nat.journal.count(path="/cloudapi/1.0.0/edgeGateways") == 0
        assert nat.journal.count(path="/cloudapi/2.0.0/edgeGateways") == 0


def test_system_rules_are_kept_and_shown_as_internal(nat: NsxtHarness) -> None:
    system = nat.seed(name="dns", systemRule=True)
    nat.ensure({"rules": [web(nat)]}, "exact")
    assert [rule["name"] for rule in nat.rules] == ["dns", "web"]
    shown = nat.client.read("ans.nat")
    assert [(rule["rule_id"], rule["rule_type"]) for rule in shown["internal_rules"]] == [(system["id"], "system")]
    nat.ensure({"rules": [], "allow_empty": True}, "exact")
    assert nat.rules == [system]


def test_a_named_profile_is_used_and_never_deleted(nat: NsxtHarness) -> None:
    nat.ensure(web(nat))
    profile = next(
        value for value in nat.simulator.world.port_profiles.values() if value.name == nat.managed_profiles()[0]
    )
    profile.name = "app"
    assert not nat.ensure(web(nat)).changed, "the traffic is the same"
    rule = {"action": "dnat", "original_address": nat.address, "translated_address": "192.168.10.20"}
    assert not nat.ensure({**rule, "application": "app", "original_port": 8443}).changed
    nat.ensure({**rule, "application": "app", "original_port": 1234, "name": "second"})
    assert len({value["applicationPortProfile"]["id"] for value in nat.rules}) == 1
    nat.ensure({"rules": [], "allow_empty": True}, "exact")
    assert profile.name in [value.name for value in nat.simulator.world.port_profiles.values()]


def test_rules_with_one_name_are_told_apart_by_content(newest: NsxtHarness) -> None:
    rules = [
        {**rule, "name": "twin", "match_by": "name"}
        for rule in (web(newest), web(newest, original_port=1), web(newest, original_port=2))
    ]
    newest.ensure({"rules": rules})
    assert newest.writes() == ["POST"] * 3
    assert not newest.ensure({"rules": rules}).changed
    with pytest.raises(AmbiguousMatchError, match="3 NAT rules are named 'twin'"):
        newest.ensure({"match_by": "name", "name": "twin", "enabled": False})


def test_an_error_after_the_first_write_says_that_something_was_written(nat: NsxtHarness) -> None:
    foreign = "198.51.100.200"
    rules = [web(nat), web(nat, original_address=foreign, translated_port=7777)]
    with pytest.raises(VcloudAirError, match="is not allocated to the edge gateway") as caught:
        nat.ensure({"rules": rules})
    assert caught.value.written is True
    assert [rule["name"] for rule in nat.rules] == ["web"]
    assert len(nat.managed_profiles()) == 1, "the profile of the refused rule is deleted"
    with pytest.raises(VcloudAirError, match="is not allocated") as caught:
        nat.ensure(rules[1])
    assert caught.value.written is False
    assert len(nat.managed_profiles()) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_lost_response_neither_repeats_nor_loses_a_write(nat: NsxtHarness, method: str) -> None:
    nat.ensure([web(nat, original_port=port) for port in (1, 2)])
    rules = {
        "POST": [web(nat, original_port=port) for port in (1, 2, 3, 4)],
        "PUT": [web(nat, original_port=port, logging=True) for port in (1, 2)],
        "DELETE": [web(nat, original_port=2)],
    }[method]
    nat.simulator.faults.add("reset_after", method=method, path=RULES)
    outcome = nat.ensure({"rules": rules}, "exact")
    assert outcome.changed
    assert len(nat.rules) == len(rules)
    assert nat.writes() == [method] * {"POST": 2, "PUT": 2, "DELETE": 1}[method]
    assert not nat.ensure({"rules": rules}, "exact").changed


def test_a_rule_that_another_client_deletes_is_no_error(nat: NsxtHarness) -> None:
    nat.ensure([web(nat, original_port=port, description=str(port)) for port in (1, 2, 3)])
    nat.simulator.faults.add("edit", method="DELETE", path=RULES, edit={"edge": "gw1", "section": "nat", "delete": "2"})
    nat.ensure([web(nat, original_port=port) for port in (2, 3)], "absent")
    assert [rule["name"] for rule in nat.rules] == ["1"]


@pytest.mark.parametrize("skip", [0, 1])
def test_a_rule_that_another_client_deletes_is_created_again(nat: NsxtHarness, skip: int) -> None:
    rules = [web(nat, original_port=port, description=str(port)) for port in (1, 2)]
    nat.ensure(rules)
    nat.simulator.faults.add(
        "edit", method="PUT", path=RULES, skip=skip, edit={"edge": "gw1", "section": "nat", "delete": str(1 + skip)}
    )
    nat.ensure([{**rule, "logging": True} for rule in rules])
    assert sorted((rule["name"], rule["logging"]) for rule in nat.rules) == [("1", True), ("2", True)]


def test_a_change_of_another_client_to_another_field_is_kept(nat: NsxtHarness) -> None:
    nat.ensure(web(nat))
    edit = {"edge": "gw1", "section": "nat", "change": {"name": "web", "priority": 99}}
    nat.simulator.faults.add("edit", method="PUT", path=RULES, edit=edit)
    nat.ensure(web(nat, logging=True))
    assert (nat.rules[0]["priority"], nat.rules[0]["logging"]) == (99, True)


def test_a_busy_edge_gateway_is_waited_for(nat: NsxtHarness) -> None:
    nat.simulator.faults.add("busy", method="POST", path=RULES, count=3)
    nat.ensure([web(nat), web(nat, original_port=2)])
    assert len(nat.rules) == 2


def test_a_staged_document_keeps_the_content_of_profiles(newest: NsxtHarness) -> None:
    newest.ensure(web(newest))
    store = RuleKind(SECTION).open(newest.client.session, {"edge": "gw1"})
    assert isinstance(store, NsxtNatStore)
    document = store.read()
    assert store.load(store.dump(document)).tree == document.tree


def test_profiles_are_read_only_if_a_rule_needs_them(nat: NsxtHarness) -> None:
    rule = {"action": "snat", "original_address": "192.168.10.0/24", "translated_address": nat.address}
    nat.ensure(rule)
    assert nat.journal.count(path=PROFILES) == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_logging_that_the_server_ignores_is_a_warning(tmp_path: Path, version: str) -> None:
    """Without the right to configure logging, the server stores false.

    Source: protocol/nsxt.md §5.
    """
    with nsxt_harness(tmp_path, version, logging_right=False) as nat:
        rules = [web(nat, logging=True), web(nat, original_port=2, logging=True, description="other")]
        outcome = nat.ensure(rules)
        assert (nat.writes(), [rule["logging"] for rule in nat.rules]) == (["POST", "POST"], [False, False])
        assert outcome.warnings[-1] == (
            "The server ignored logging=true of NAT rules on edge gateway gw1: 'other', 'web'. The user does not have "
            "the right to configure logging."
        )
        for state in ("present", "exact"):
            assert not nat.ensure({"rules": rules}, state).changed
        assert nat.ensure({"rules": rules}, check=True).changed is False
        nat.simulator.clock.advance(8 * 24 * 3600)
        assert nat.ensure(rules[0]).warnings[-1].startswith("The server ignored logging")
        assert nat.writes() == ["PUT"]


@pytest.mark.parametrize(("firewall_match", "is_warned"), [(None, False), ("match_external_address", True)])
def test_the_firewall_matches_the_address_that_the_rule_selects(
    newest: NsxtHarness, firewall_match: str | None, is_warned: bool
) -> None:
    inside = {"name": "in", "destination": "192.168.10.20", "protocol": "tcp", "dest_port": 9443}
    newest.client.ensure("ans.firewall_rule", inside)
    warnings = newest.ensure(web(newest, firewall_match=firewall_match)).warnings
    assert any("accepts the traffic of 'web'" in warning for warning in warnings) == is_warned
    assert newest.ensure(web(newest, firewall_match="bypass")).warnings == ()
