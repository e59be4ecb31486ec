"""Check that NAT modules send every option and accept the rules that they return."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.support.modules import answer
from vcloudair_core import App, Client
from vcloudair_core.services.ans.edge.backend import NSXV
from vcloudair_core.services.ans.nat.limits import RULE_LIMITS
from vcloudair_core.services.ans.nat.spec import NatRuleSpec
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing import RequestView, simulator_settings

Answer = Callable[..., dict[str, Any]]

DNAT: dict[str, Any] = {
    "action": "dnat",
    "original_address": "203.0.113.10",
    "original_port": "8000-8010",
    "translated_address": "192.168.10.20-192.168.10.29",
    "translated_port": "9000-9010",
    "protocol": "tcp",
    "vnic": "0",
    "dnat_match_source_address": "198.51.100.0/24",
    "dnat_match_source_port": "1024-65535",
    "enabled": False,
    "logging": True,
    "description": 'All of it, "quoted" & <marked>',
    "tag": "70000",
}
SNAT: dict[str, Any] = {
    "action": "snat",
    "original_address": "192.168.10.0/24",
    "original_port": "any",
    "translated_address": "203.0.113.11",
    "translated_port": "any",
    "protocol": "udp",
    "vnic": "any",
    "snat_match_destination_address": "192.0.2.53",
    "snat_match_destination_port": "53",
    "enabled": True,
    "logging": False,
    "description": "",
    "tag": "70001",
}
PING = {**DNAT, "protocol": "icmp", "icmp_type": "echo-reply", "original_port": "any", "translated_port": "any"}
EVERYTHING = [DNAT, SNAT, {**PING, "tag": "70002"}]
"""NAT rules that together set every stored field."""


@pytest.fixture
def ask(vca_app: App, vca_simulator: Simulator) -> Answer:
    """Return a function that runs a module: ``ask("vca_nat_info", options)``."""
    settings = simulator_settings(vca_simulator)

    def connect(**options: Any) -> Client:
        return vca_app.client(**{**settings, **options})

    def run(name: str, options: Mapping[str, Any] | None = None, **modes: bool) -> dict[str, Any]:
        return answer(name, connect, options or {}, **modes)

    return run


def test_nat_table_has_every_stored_field() -> None:
    stored_fields = {field.name for field in dataclasses.fields(NatRuleSpec)}
    steering = {"interface", "rule_id", "position", "before", "after", "index", "match_by"}
    only_nsxt = {limit.option for limit in RULE_LIMITS[NSXV] if not limit.values}
    assert {name for rule in EVERYTHING for name in rule} == stored_fields - steering - only_nsxt


@pytest.mark.parametrize("name", ["vca_nat", "vca_nat_rule"])
@pytest.mark.parametrize("rule", EVERYTHING)
def test_every_option_of_a_rule_reaches_the_server(rule: dict[str, Any], name: str, ask: Answer) -> None:
    result = ask(name, rule if name == "vca_nat_rule" else {"rules": [rule]})
    assert result["changed"], result
    (returned_rule,) = ask("vca_nat_info")["nat"]["rules"]
    assert {key: returned_rule[key] for key in rule} == rule
    assert set(returned_rule) == {*rule, "rule_id"}


@pytest.mark.parametrize("purge", [False, True])
def test_returned_rules_as_input_change_nothing(purge: bool, ask: Answer, vca_request_log: RequestView) -> None:
    assert ask("vca_nat", {"rules": EVERYTHING})["changed"]
    live = ask("vca_nat_info")["nat"]
    vca_request_log.clear()
    result = ask("vca_nat", {"enabled": live["enabled"], "rules": live["rules"], "purge": purge}, diff=True)
    assert result["changed"] is False, result
    assert result["diff"]["before"] == result["diff"]["after"]
    assert result["nat"] == {"enabled": True, "rules": live["rules"]}
    for rule in live["rules"]:
        assert ask("vca_nat_rule", rule)["changed"] is False
    assert vca_request_log.count("PUT") == 0


@pytest.mark.vca_simulator(edges=2)
def test_returned_rules_are_accepted_for_another_edge(ask: Answer, vca_client: Client) -> None:
    source_edge, target_edge = sorted(edge.name for edge in vca_client.edges.list_edges())
    assert ask("vca_nat", {"edge": source_edge, "rules": EVERYTHING})["changed"]
    rules = ask("vca_nat_info", {"edge": source_edge})["nat"]["rules"]
    assert ask("vca_nat", {"edge": target_edge, "rules": rules, "purge": True})["changed"]
    assert not ask("vca_nat", {"edge": target_edge, "rules": rules, "purge": True})["changed"]


@pytest.mark.parametrize("name", ["vca_nat", "vca_nat_rule"])
@pytest.mark.parametrize(
    "options", [{"position": "top", "before": "x"}, {"after": "x", "index": 0}, {"vnic": "0", "interface": "net"}]
)
def test_refuses_contradicting_options_before_any_request(
    name: str, options: dict[str, Any], ask: Answer, vca_request_log: RequestView
) -> None:
    rule = {name: value for name, value in DNAT.items() if name != "vnic"} | options
    result = ask(name, rule if name == "vca_nat_rule" else {"rules": [rule]})
    assert result["failed"] is True
    assert "mutually exclusive" in result["msg"]
    assert vca_request_log.calls == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"state": "absent", "purge": True, "rules": [DNAT]}, "purge: cannot be combined with state absent"),
        ({"state": "absent", "enabled": False, "rules": [DNAT]}, "enabled: cannot be combined with state absent"),
        ({"state": "absent"}, "state is absent but all of the following are missing: rules"),
        ({"purge": True}, "purge is True but all of the following are missing: rules"),
        ({"rules": [{}]}, "rules[0].action: is required, because match_by is tuple"),
        ({"rules": [{"match_by": "tag"}]}, "rules[0].tag: is required, because match_by is tag"),
        ({"rules": [DNAT, {**DNAT, "translated_port": "1"}]}, "rules[1]: the rule"),
    ],
)
def test_refuses_invalid_options_before_any_request(
    options: dict[str, Any], message: str, ask: Answer, vca_request_log: RequestView
) -> None:
    result = ask("vca_nat", options)
    assert result["failed"] is True
    assert message in result["msg"]
    assert vca_request_log.calls == []


def test_plan_warning_is_an_ansible_warning(ask: Answer) -> None:
    for check_mode in (True, False):
        (warning,) = ask("vca_nat_rule", {**DNAT, "enabled": True}, check_mode=check_mode)["warnings"]
        assert "accepts the traffic of" in str(warning)
