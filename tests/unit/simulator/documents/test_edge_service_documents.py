"""Tests of edge gateway documents with raw records that lack optional keys."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from lxml import etree

from vcloudair_core.client import Client
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.testing import simulated_app, simulator_settings

FIREWALL = {
    "name": "web",
    "action": "accept",
    "source": ["10.0.0.0/24"],
    "destination": ["10.0.1.0/24"],
    "services": [{"protocol": "tcp", "port": "443", "source_port": "1024"}],
}
DNAT = {
    "action": "dnat",
    "original_address": "203.0.113.10",
    "translated_address": "192.168.10.20",
    "protocol": "tcp",
    "original_port": "80",
    "translated_port": "80",
    "description": "web",
}
TUNNEL = {
    "name": "branch",
    "local_ip": "203.0.113.10",
    "local_subnets": ["192.168.10.0/24"],
    "peer_ip": "198.51.100.7",
    "peer_subnets": ["10.20.0.0/16"],
    "psk": "a key of this test",
}
REQUIRED = {
    "firewall": {"action", "ruleId", "ruleType"},
    "nat": {"action", "originalAddress", "translatedAddress", "ruleId", "ruleType"},
    "ipsec": {"localIp", "peerIp", "siteId"},
}
"""Keys that each record has on a server."""


@cache
def cloud() -> tuple[Client, Any]:
    """Return a client and an edge gateway with a rule of each section."""
    simulator = Simulator(SimulatorConfig(profile="vcd"))
    client = simulated_app(simulator).client(**simulator_settings(simulator), lock=False)
    client.ensure("ans.firewall_rule", FIREWALL)
    client.ensure("ans.nat_rule", DNAT)
    client.ensure("ans.ipsec_tunnel", TUNNEL)
    return client, next(iter(simulator.world.edges.values()))


def records(edge: Any, section: str) -> list[dict[str, Any]]:
    """Return the raw records of a section."""
    state = edge.firewall if section == "firewall" else edge.sections[section]
    found: list[dict[str, Any]] = state["sites" if section == "ipsec" else "user"]
    return found


def optional_keys() -> Iterator[tuple[str, str]]:
    edge = cloud()[1]
    for section, required in REQUIRED.items():
        yield from ((section, key) for key in records(edge, section)[0] if key not in required)


@pytest.mark.parametrize(("section", "key"), [*optional_keys()])
def test_optional_keys_can_be_missing(section: str, key: str) -> None:
    client, edge = cloud()
    full = copy.deepcopy(records(edge, section)[0])
    records(edge, section)[0].pop(key)
    try:
        document = client.session.call("GET", f"/api/admin/edgeGateway/{edge.edge_id}")
        root = etree.fromstring(document.body)
        tags = {"firewall": "FirewallRule", "nat": "NatRule", "ipsec": "Tunnel"}
        assert len(root.findall(f".//{{*}}{tags[section]}")) == 1
        assert client.read(f"ans.{section}"), "the section can be read too"
    finally:
        records(edge, section)[0].clear()
        records(edge, section)[0].update(full)


def test_tests_cover_optional_keys_of_all_sections() -> None:
    assert {section for section, _ in optional_keys()} == set(REQUIRED)
    assert {("firewall", "matchTranslated"), ("nat", "protocol"), ("ipsec", "mtu")} <= set(optional_keys())
