"""Tests of warnings about a disabled firewall while NAT or IPsec is in use."""

from __future__ import annotations

import pytest

from tests.unit.services.ans.ipsec_harness import BRANCH, harness
from vcloudair_core.simulator import Simulator

NAT_RULE = {"action": "dnat", "original_address": "203.0.113.10", "translated_address": "192.168.10.20"}


@pytest.mark.parametrize("edge_api", ["hybridity", "network_xml", "network_json"])
def test_disabling_the_firewall_warns_about_nat_and_ipsec(vca_simulator: Simulator, edge_api: str) -> None:
    with harness(vca_simulator, edge_api) as made:
        target = {"edge": made.edge.name}
        made.client.ensure("ans.nat", {"enabled": True, "rules": [NAT_RULE]}, target=target)
        made.client.ensure("ans.ipsec", {"enabled": True, "tunnels": [BRANCH]}, target=target)
        told = made.client.ensure("ans.firewall", {"enabled": False}, target=target, check=True).warnings
        assert "1 NAT rule will have no effect" in told[0]
        assert "the IPsec VPN is in use" in told[1]
        assert made.client.ensure("ans.firewall", {"default_logging": True}, target=target).warnings == ()
        made.client.ensure("ans.nat", {"enabled": False}, target=target)
        made.client.ensure("ans.ipsec", {"enabled": False}, target=target)
        assert made.client.ensure("ans.firewall", {"enabled": False}, target=target).warnings == ()
        told = made.client.ensure("ans.ipsec", {"enabled": True}, target=target).warnings
        assert "is disabled while the IPsec VPN is in use" in told[0]
