"""Tests of managed groups that the server does not return."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vcloudair_core.client import Client
from vcloudair_core.errors import DecodeError
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing.simulated_cloud import make_simulator, simulated_app, simulator_settings

EDGE = {"edge": "nsxt-edge1"}


@pytest.fixture
def cloud() -> Iterator[tuple[Client, Simulator]]:
    """Yield a client and a cloud with a rule for a network, which has a managed group."""
    simulator = make_simulator(profile="vcd", edges=0, nsxt_edges=1)
    with simulated_app(simulator).client(**simulator_settings(simulator)) as client:
        client.ensure("ans.firewall_rule", {"name": "web", "source": "network:dmz"}, target=EDGE)
    with simulated_app(simulator).client(**simulator_settings(simulator)) as client:
        yield client, simulator


def test_a_rule_with_a_missing_group_shows_the_group(cloud: tuple[Client, Simulator]) -> None:
    client, simulator = cloud
    (group,) = simulator.world.firewall_groups.values()
    simulator.faults.add("status", path="/firewallGroups/urn", status=404, count=1)
    (rule,) = client.read("ans.firewall", EDGE)["rules"]
    assert rule["source"] == [f"group:{group.name}"]
    (rule,) = client.read("ans.firewall", EDGE)["rules"]
    assert rule["source"] == ["network:dmz"]


def test_a_response_without_a_group_is_an_error(cloud: tuple[Client, Simulator]) -> None:
    client, simulator = cloud
    simulator.faults.add("other_document", path="/firewallGroups/urn", count=1)
    with pytest.raises(DecodeError, match="A firewall group was expected"):
        client.read("ans.firewall", EDGE)
