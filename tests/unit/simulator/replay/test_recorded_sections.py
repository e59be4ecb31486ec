"""Tests of sections in inventory files.

Valid sections are served. An invalid section raises an error that names the edge and the section.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.simulated import first_edge, signed_in
from vcloudair_core.errors import SpecError
from vcloudair_core.simulator import Simulator, SimulatorConfig

SITE = {"name": "branch", "localIp": "203.0.113.1", "peerIp": "198.51.100.1", "peerId": "198.51.100.1",
        "localSubnets": {"subnets": ["10.1.2.0/24"]}, "peerSubnets": {"subnets": ["10.9.0.0/16"]}}  # fmt: skip


def serve(tmp_path: Path, sections: dict[str, Any]) -> Simulator:
    file = tmp_path / "world.yml"
    edge = {"name": "web-edge", "sections": sections}
    org = {"name": "org1", "users": [{"name": "demo", "password": "demo-password"}]}
    file.write_text(json.dumps({"orgs": [{**org, "vdcs": [{"name": "gold", "edges": [edge]}]}]}), encoding="utf-8")
    return Simulator(SimulatorConfig(profile="vcd", inventory_file=str(file)))


def test_sections_are_served_and_sites_get_a_simulated_key(tmp_path: Path) -> None:
    simulator = serve(
        tmp_path, {"ipsec": {"enabled": True, "sites": {"sites": [SITE]}}, "firewall": {"enabled": False}}
    )
    edge = first_edge(simulator)
    shown = signed_in(simulator).json(f"/network/edges/{edge.edge_id}/ipsec/config")
    assert (shown["version"], shown["sites"]["sites"][0]["name"]) == (1, "branch")
    assert edge.sections["ipsec"]["sites"][0]["psk"] == "simulated-key"
    assert edge.firewall["enabled"] is False


@pytest.mark.parametrize(
    ("name", "contents"),
    [
        ("firewall", {"firewallRules": {"firewallRules": [{"action": "maybe"}]}}),
        ("nat", {"rules": {"natRulesDtos": [{"action": "dnat"}]}}),
        ("ipsec", {"enabled": True}),
        ("nat", {"rules": [1]}),
    ],
)
def test_invalid_section_is_refused_with_its_edge(tmp_path: Path, name: str, contents: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=f"edge 'web-edge': sections.{name}"):
        serve(tmp_path, {name: contents})
