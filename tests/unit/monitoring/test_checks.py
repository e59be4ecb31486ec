"""Tests of monitor checks. Each check runs once."""

from __future__ import annotations

from tests.unit.services.ans.ipsec.nsxt.harness import BRANCH, harness
from vcloudair_core.monitoring.checks import TunnelCheck
from vcloudair_core.simulator.nsxt.ipsec.status import set_tunnel_status


def test_tunnels_of_nsxt_edges_are_checked() -> None:
    """Check NSX-T edges, whose ``advancedNetworkingEnabled`` is false."""
    with harness() as ipsec:
        ipsec.ensure(BRANCH)
        set_tunnel_status(ipsec.edge, "branch", "Peer not responding")
        result = TunnelCheck()(ipsec.client)
        [finding] = [finding for finding in result.findings if "branch" in str(finding)]
        assert "Peer not responding" in str(finding)
