"""Tests of the counter that grows with each change of the simulated inventory."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from vcloudair_core.simulator.state.entities import Org, SimulatedEdge, Vdc, Vm
from vcloudair_core.simulator.state.world import World


def inventory() -> World:
    world = World("seed")
    world.orgs["o"] = Org("o", "acme", "Acme")
    world.vdcs["d"] = Vdc("d", "gold", "acme")
    world.edges["e"] = SimulatedEdge("e", "web-edge", "d", 1, "203.0.113.1")
    world.vms["v"] = Vm("v", "web1", "a", "web", "d")
    return world


CHANGES: dict[str, Callable[[World], object]] = {
    "an attribute": lambda world: setattr(world.vms["v"], "status", "POWERED_OFF"),
    "an attribute of an org": lambda world: setattr(world.orgs["o"], "deployed_vm_quota", 5),
    "a new object": lambda world: world.vms.__setitem__("w", Vm("w", "web2", "a", "web", "d")),
    "an object removed": lambda world: world.edges.pop("e"),
    "an object deleted": lambda world: world.vdcs.__delitem__("d"),
    "all objects removed": lambda world: world.vms.clear(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_inventory_counts_its_changes(change: str) -> None:
    world, other = inventory(), inventory()
    before, elsewhere = world.changes.count, other.changes.count
    CHANGES[change](world)
    assert world.changes.count > before
    assert other.changes.count == elsewhere


def test_reads_are_not_counted() -> None:
    world = inventory()
    before = world.changes.count
    assert (world.org("ACME"), world.vdcs_of("acme")) == (world.orgs["o"], [world.vdcs["d"]])
    assert world.changes.count == before


def test_changes_of_a_copy_are_not_counted() -> None:
    world = inventory()
    edge = copy.deepcopy(world.edges["e"])
    before = world.changes.count
    edge.name = "other"
    assert world.changes.count == before
    world.edges["e"] = edge
    edge.name = "another"
    assert world.changes.count == before + 2
