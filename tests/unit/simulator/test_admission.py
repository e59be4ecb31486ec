"""API versions of requests. Source: protocol/sessions.md §4.2, protocol/ans.md §1.2."""

from __future__ import annotations

import pytest

from tests.support.simulated import signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig


@pytest.mark.parametrize("profile", ["vcd", "vca"])
def test_networks_of_vcloud_director_need_a_version_and_those_of_nsx_do_not(profile: str) -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile=profile)))
    network = next(iter(caller.simulator.world.networks))
    for path in (f"/api/network/{network}", f"/api/admin/network/{network}"):
        assert caller.get(path).status == 200
        assert caller.get(path, Accept="application/*+xml").status == 406
    edge = next(iter(caller.simulator.world.edges))
    assert caller.get(f"/network/edges/{edge}/firewall/config", Accept="application/xml").status == 200
