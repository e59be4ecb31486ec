"""Tests of the conversion of firewalls."""

from __future__ import annotations

from typing import Any

import pytest

from vcloudair_core.services.ans.conversion.edge_converter import convert_edge
from vcloudair_core.services.ans.conversion.report import CHANGED, DISABLED, LEFT_OUT, OMITTED

NETWORK = "urn:vcloud:network:5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a10"


def convert(*rules: dict[str, Any], version: str = "37.0", **settings: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the converted firewall, and the conversion results by path."""
    conversion = convert_edge({"firewall": {**settings, "rules": list(rules)}}, api_version=version)
    paths = {item.path.removeprefix("firewall."): item.result for item in conversion.items}
    return conversion.document["firewall"], paths


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("source", ["vnic-0", "10.0.0.1"]),
        ("destination", ["internal"]),
        ("source", ["ipset-2"]),
        ("source", [NETWORK]),
        ("destination", [f"object:{NETWORK}"]),
        ("applications", ["application-155"]),
        ("match_translated", True),
        ("services", [{"protocol": "any", "port": [80]}]),
    ],
)
def test_a_rule_that_nsxt_cannot_express_is_left_out(option: str, value: Any) -> None:
    firewall, paths = convert({"name": "lost", option: value}, {"name": "kept"})
    assert [rule["name"] for rule in firewall["rules"]] == ["kept"]
    assert paths == {f"rules[0].{option}": LEFT_OUT}


def test_a_rule_with_an_exclusion_is_left_out() -> None:
    firewall, paths = convert({"name": "lost", "source": ["10.0.0.1"], "source_exclude": True})
    assert (firewall["rules"], paths) == ([], {"rules[0].source_exclude": LEFT_OUT})


def test_source_ports_need_a_newer_version() -> None:
    rule = {"name": "dns", "services": [{"protocol": "udp", "port": ["53"], "source_port": ["1024-65535"]}]}
    assert convert(rule)[1] == {"rules[0].services": LEFT_OUT}
    assert convert(rule, version="38.1") == ({"rules": [rule]}, {})


def test_a_rule_is_disabled_if_an_earlier_rule_that_denies_its_traffic_is_lost() -> None:
    firewall, paths = convert(
        {"name": "block", "action": "deny", "source": ["vnic-0"], "destination": ["10.0.0.0/24"]},
        {"name": "inside", "destination": ["10.0.0.5"]},
        {"name": "outside", "destination": ["10.0.1.5"]},
        {"name": "denied", "action": "reject", "destination": ["10.0.0.6"]},
        {"name": "off", "enabled": False},
    )
    assert {rule["name"]: rule.get("enabled", True) for rule in firewall["rules"]} == {
        "inside": False,
        "outside": True,
        "denied": True,
        "off": False,
    }
    assert paths == {"rules[0].source": LEFT_OUT, "rules[1]": DISABLED}


@pytest.mark.parametrize("lost", [{"action": "accept"}, {"action": "deny", "enabled": False}])
def test_a_lost_rule_that_denies_nothing_disables_no_rule(lost: dict[str, Any]) -> None:
    firewall, _ = convert({"name": "lost", "source": ["vnic-0"], **lost}, {"name": "all"})
    assert firewall["rules"] == [{"name": "all"}]


def test_names_are_unique_and_never_missing() -> None:
    firewall, paths = convert(
        {"name": "web (2)"}, {"name": "web", "rule_id": 6}, {"name": "web", "rule_id": 7}, {"destination": ["10.0.0.5"]}
    )
    names = [rule["name"] for rule in firewall["rules"]]
    assert names == ["web (2)", "web", "web (3)", "accept any from any to 10.0.0.5"]
    assert paths == {"rules[2].name": CHANGED, "rules[3].name": CHANGED}


def test_icmp_numbers_become_names() -> None:
    firewall, paths = convert({"name": "ping", "services": [{"protocol": "icmp", "icmp_type": "8"}]})
    assert firewall["rules"][0]["services"] == [{"protocol": "icmp", "icmp_type": "echo-request"}]
    assert paths == {"rules[0].services": CHANGED}
    assert convert({"name": "x", "services": [{"protocol": "icmp", "icmp_type": "42"}]})[1] == {
        "rules[0].services": LEFT_OUT
    }


def test_only_tags_that_a_user_set_are_reported() -> None:
    firewall, paths = convert({"name": "a", "tag": 77, "rule_id": 131}, {"name": "b", "tag": 132, "rule_id": 132})
    assert firewall["rules"] == [{"name": "a"}, {"name": "b"}]
    assert paths == {"rules[0].tag": OMITTED}


def test_settings_of_the_default_rule_and_of_the_provider_are_omitted() -> None:
    firewall, paths = convert(
        default_action="accept",
        default_logging=True,
        global_settings={"tcp_timeout_open": 45, "tcp_timeout_close": 30},
    )
    assert firewall == {"rules": []}
    assert paths == dict.fromkeys(("default_action", "default_logging", "global_settings.tcp_timeout_open"), OMITTED)


def test_default_settings_are_kept_or_omitted_without_a_report() -> None:
    firewall, paths = convert(enabled=True, default_action="deny", default_logging=False)
    assert (firewall, paths) == ({"default_action": "deny", "rules": []}, {})


def test_a_disabled_firewall_needs_a_newer_version() -> None:
    assert convert(enabled=False) == ({"rules": []}, {"enabled": OMITTED})
    assert convert(enabled=False, version="38.1") == ({"enabled": False, "rules": []}, {})
