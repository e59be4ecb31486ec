"""Tests of ``vca nat list``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.cli.conftest import FakeClient, Result

Vca = Callable[..., Result]
MakeClient = Callable[..., FakeClient]

WEB: dict[str, Any] = {
    "action": "dnat",
    "original_address": "203.0.113.10",
    "original_port": "443",
    "translated_address": "192.168.10.20",
    "translated_port": "8443",
    "protocol": "tcp",
    "vnic": "0",
    "enabled": True,
    "logging": False,
    "description": "web",
    "rule_id": 196609,
}
OPEN = {"original_port": "any", "translated_port": "any"}
SECTION: dict[str, Any] = {
    "enabled": True,
    "rules": [
        WEB,
        WEB | OPEN | {"protocol": "icmp", "icmp_type": "echo-request", "enabled": False, "description": ""},
        WEB | {"dnat_match_source_address": "198.51.100.0/24", "logging": True},
        WEB | OPEN | {"action": "snat", "vnic": "any", "protocol": "any", "snat_match_destination_port": "53"},
    ],
    "internal_rules": [WEB | {"description": "vpn", "rule_type": "internal_high"}],
    "version": 4,
}


def cells(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in text.splitlines()]


def test_rules_in_order(vca: Vca, client: MakeClient) -> None:
    fake = client(resources={"ans.nat": SECTION})
    result = vca("nat", "list", "--edge", "web-edge")
    web, inside = ["203.0.113.10", "443"], ["192.168.10.20", "8443"]
    any_web, any_inside = ["203.0.113.10", "any"], ["192.168.10.20", "any"]
    assert cells(result.out) == [
        [
            "INDEX",
            "ACTION",
            "ORIGINAL ADDRESS",
            "ORIGINAL PORT",
            "TRANSLATED ADDRESS",
            "TRANSLATED PORT",
            "PROTOCOL",
            "VNIC",
            "DNAT MATCH SOURCE ADDRESS",
            "SNAT MATCH DESTINATION PORT",
            "ENABLED",
            "DESCRIPTION",
            "LOGGING",
        ],
        ["0", "dnat", *web, *inside, "tcp", "0", "yes", "web", "no"],
        ["1", "dnat", *any_web, *any_inside, "icmp/echo-request", "0", "disabled", "no"],
        ["2", "dnat", *web, *inside, "tcp", "0", "198.51.100.0/24", "yes", "web", "yes"],
        ["3", "snat", *any_web, *any_inside, "any", "any", "53", "yes", "web", "no"],
    ]
    assert result.err == "NAT on.\n"
    assert fake.asked == [("ans.nat", {"edge": "web-edge"})]


def test_internal_rules_are_first_and_disabled_nat_is_reported(vca: Vca, client: MakeClient) -> None:
    client(resources={"ans.nat": SECTION | {"enabled": False}})
    result = vca("nat", "list", "--edge", "web-edge", "--internal")
    assert {"vpn", "internal_high"} <= set(cells(result.out)[1])
    assert cells(result.out)[2][0] == "0"
    assert "OFF" in result.err


def test_data_output_is_the_whole_section(vca: Vca, client: MakeClient) -> None:
    client(resources={"ans.nat": SECTION})
    assert json.loads(vca("nat", "list", "--edge", "web-edge", "--internal", "-o", "json").out) == SECTION
    shown = json.loads(vca("nat", "list", "--edge", "web-edge", "-o", "json").out)
    assert shown == {"enabled": True, "rules": SECTION["rules"]}


def test_edge_comes_from_the_settings(vca: Vca, client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VCA_EDGE", "web-edge")
    fake = client(resources={"ans.nat": SECTION | {"rules": []}})
    result = vca("nat", "list")
    assert (result.code, fake.asked[0][1]["edge"]) == (0, "web-edge")
    assert "The NAT section of web-edge has no user rules." in result.err
    monkeypatch.delenv("VCA_EDGE")
    assert "VCA_EDGE" in vca("nat", "list").err
