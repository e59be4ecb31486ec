"""Warnings about services that are off while others depend on them, and diffs that name what they change."""

from __future__ import annotations

import difflib
from typing import Any

import pytest

from tests.unit.services.ans.ipsec_bench import BRANCH, bench
from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.simulator import Simulator

NAT_RULE = {"action": "dnat", "original_address": "203.0.113.10", "translated_address": "192.168.10.20"}


@pytest.mark.parametrize("edge_api", ["hybridity", "network_xml", "network_json"])
def test_a_firewall_that_is_turned_off_under_nat_and_ipsec_is_told(vca_simulator: Simulator, edge_api: str) -> None:
    with bench(vca_simulator, edge_api) as made:
        target = {"edge": made.edge.name}
        made.client.ensure("ans.nat", {"enabled": True, "rules": [NAT_RULE]}, target=target)
        made.client.ensure("ans.ipsec", {"enabled": True, "tunnels": [BRANCH]}, target=target)
        told = made.client.ensure("ans.firewall", {"enabled": False}, target=target, check=True).warnings
        assert "1 NAT rule without effect" in told[0]
        assert "its IPsec VPN is in use" in told[1]
        assert made.client.ensure("ans.firewall", {"default_logging": True}, target=target).warnings == ()
        made.client.ensure("ans.nat", {"enabled": False}, target=target)
        made.client.ensure("ans.ipsec", {"enabled": False}, target=target)
        assert made.client.ensure("ans.firewall", {"enabled": False}, target=target).warnings == ()
        told = made.client.ensure("ans.ipsec", {"enabled": True}, target=target).warnings
        assert "is off while its IPsec VPN is in use" in told[0]


def test_tunnels_of_a_service_that_is_off_are_told(vca_simulator: Simulator) -> None:
    with bench(vca_simulator, "network_xml") as made:
        target = {"edge": made.edge.name}
        (told,) = made.client.ensure("ans.ipsec_tunnel", BRANCH, target=target).warnings
        assert "is off, so these tunnels stay down: 'branch'" in told
        assert made.client.ensure("ans.ipsec_tunnel", {**BRANCH, "enabled": False}, target=target).warnings == ()


def test_the_diff_of_a_changed_rule_names_the_rule_within_three_lines_of_context() -> None:
    before: dict[str, Any] = {f"field_{at:02}": at for at in range(20)}
    change = Change("update", "web in", before, {**before, "field_15": "new"}, ("field_15",))
    diff = Plan("ans.firewall", (change,)).diff()
    shown = list(difflib.unified_diff(diff["before"].splitlines(), diff["after"].splitlines(), n=3))
    assert " web in:" in shown
    assert "-  field_15: 15" in shown
