"""Tests of warnings about tunnels while the IPsec service is disabled."""

from __future__ import annotations

from tests.unit.services.ans.ipsec_harness import BRANCH, harness
from vcloudair_core.simulator import Simulator


def test_tunnels_of_a_disabled_service_are_warnings(vca_simulator: Simulator) -> None:
    with harness(vca_simulator, "network_xml") as made:
        target = {"edge": made.edge.name}
        (told,) = made.client.ensure("ans.ipsec_tunnel", BRANCH, target=target).warnings
        assert "is disabled, so these tunnels stay down: 'branch'" in told
        assert made.client.ensure("ans.ipsec_tunnel", {**BRANCH, "enabled": False}, target=target).warnings == ()
