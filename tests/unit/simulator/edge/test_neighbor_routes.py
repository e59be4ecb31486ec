"""Load balancer and IP sets, which clients read beside the sections. Source: protocol/ans.md §1.1, §9."""

from __future__ import annotations

import pytest

from tests.support.simulated import Caller, first_edge, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig


@pytest.fixture
def caller() -> Caller:
    return signed_in(Simulator(SimulatorConfig(profile="vcd")))


def test_the_load_balancer_is_off(caller: Caller) -> None:
    path = f"/network/edges/{first_edge(caller.simulator).edge_id}/loadbalancer/config"
    document = caller.xml(path, Accept="application/xml")
    assert (document.tag, document.findtext("enabled")) == ("loadBalancer", "false")
    section = caller.json(path)
    assert (section["featureType"], section["enabled"]) == ("loadbalancer_4.0", False)


def test_a_vdc_has_no_ip_sets(caller: Caller) -> None:
    vdc_id = next(iter(caller.simulator.world.vdcs))
    document = caller.xml(f"/network/services/ipset/scope/{vdc_id}", Accept="application/xml")
    assert (document.tag, len(document)) == ("list", 0)
    assert caller.get("/network/services/ipset/scope/unknown", Accept="application/xml").status == 404
