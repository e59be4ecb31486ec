"""Tests of the conversion of NAT rules."""

from __future__ import annotations

from typing import Any

from vcloudair_core.services.ans.conversion.edge_converter import convert_edge
from vcloudair_core.services.ans.conversion.report import CHANGED, DISABLED, LEFT_OUT

SNAT = {"action": "snat", "original_address": "10.0.0.0/24", "translated_address": "203.0.113.10"}
DNAT = {
    "action": "dnat",
    "protocol": "tcp",
    "original_address": "203.0.113.10",
    "original_port": "443",
    "translated_address": "10.0.0.5",
    "translated_port": "8443",
}


def convert(
    *rules: dict[str, Any], uplinks: tuple[str, ...] = (), **settings: Any
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the converted section, and the conversion results by path."""
    conversion = convert_edge({"nat": {**settings, "rules": list(rules)}}, uplinks=uplinks)
    return conversion.document["nat"], {item.path.removeprefix("nat."): item.result for item in conversion.items}


def test_the_order_becomes_priorities_and_the_firewall_keeps_its_addresses() -> None:
    nat, paths = convert({**DNAT, "description": "web"}, SNAT)
    first, second = nat["rules"]
    assert first == {
        **DNAT,
        "description": "web",
        "name": "web",
        "priority": 0,
        "firewall_match": "match_external_address",
    }
    assert second == {**SNAT, "name": "snat 10.0.0.0/24", "priority": 10}
    assert paths == {}


def test_a_rule_of_the_only_uplink_is_converted() -> None:
    nat, paths = convert({**SNAT, "vnic": 0}, uplinks=("0",))
    assert nat["rules"] == [{**SNAT, "name": "snat 10.0.0.0/24", "priority": 0}]
    assert paths == {"rules[0].vnic": CHANGED}


def test_a_rule_of_another_interface_is_left_out() -> None:
    for uplinks in ((), ("1",), ("0", "1")):
        assert convert({**SNAT, "vnic": 0}, uplinks=uplinks) == ({"rules": []}, {"rules[0].vnic": LEFT_OUT})


def test_rules_that_can_translate_traffic_of_a_lost_rule_are_disabled() -> None:
    lost = {**SNAT, "original_address": "10.0.0.9-10.0.0.20"}
    wider = {**SNAT, "original_address": "10.0.0.0/8", "translated_address": "203.0.113.11"}
    apart = {**SNAT, "original_address": "10.1.0.0/24"}
    after_wider = {**SNAT, "original_address": "10.2.0.0/24"}
    nat, paths = convert(lost, SNAT, apart, wider, after_wider, DNAT)
    assert [rule.get("enabled", True) for rule in nat["rules"]] == [False, True, False, False, True]
    assert paths == {
        "rules[0].original_address": LEFT_OUT,
        **dict.fromkeys(("rules[1]", "rules[3]", "rules[4]"), DISABLED),
    }


def test_the_second_of_two_rules_with_the_same_traffic_is_left_out() -> None:
    nat, paths = convert({**SNAT, "vnic": "any"}, {**SNAT, "vnic": "0"}, uplinks=("0",))
    assert len(nat["rules"]) == 1
    assert paths == {"rules[1].vnic": CHANGED, "rules[1]": LEFT_OUT}


def test_disabled_nat_disables_every_rule() -> None:
    nat, paths = convert(SNAT, enabled=False)
    assert "enabled" not in nat
    assert [rule["enabled"] for rule in nat["rules"]] == [False]
    assert paths == {"enabled": CHANGED}


def test_icmp_numbers_become_names() -> None:
    rule = {"action": "dnat", "protocol": "icmp", "original_address": "203.0.113.10", "translated_address": "10.0.0.5"}
    nat, paths = convert({**rule, "icmp_type": "8"})
    assert nat["rules"][0]["icmp_type"] == "echo-request"
    assert paths == {"rules[0].icmp_type": CHANGED}
