"""Tests of the counters of firewall rules. Source: protocol/ans.md §2.7."""

from __future__ import annotations

from tests.support.simulated import first_edge, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig


def test_counters_in_both_formats_and_of_every_type_of_rule() -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd", standing_clock=1_450_000_000.0)))
    edge = first_edge(caller.simulator)
    base = f"/network/edges/{edge.edge_id}/firewall/statistics"
    internal, default = edge.firewall["internal"][0]["ruleId"], edge.firewall["default_id"]
    root = caller.xml(f"{base}/{internal}")
    assert root.tag == "firewallRuleStats"
    shown = caller.json(f"{base}/{internal}")
    assert {node.tag: int(node.text or 0) for node in root} == shown
    assert shown["timestamp"] == 1_450_000_000
    assert caller.json(f"{base}/{default}")["connectionCount"] > 0


def test_a_disabled_firewall_counts_nothing_and_an_unknown_rule_is_404() -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd")))
    edge = first_edge(caller.simulator)
    base = f"/network/edges/{edge.edge_id}/firewall/statistics"
    edge.firewall["enabled"] = False
    assert caller.json(f"{base}/{edge.firewall['default_id']}")["packetCount"] == 0
    assert caller.get(f"{base}/1").status == 404
