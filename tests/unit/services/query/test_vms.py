"""VMs as mappings: which are there, and how old those are that share a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from vcloudair_core.client import Client
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.testing import simulated_app, simulator_settings


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(SimulatorConfig(profile="vcd", vms=4))


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Client]:
    with simulated_app(simulator).client(**simulator_settings(simulator), retries=0) as client:
        yield client


def _names(client: Client, **options: Any) -> list[str]:
    return sorted(one["name"] for one in client.query.machines.read(**options))


def test_a_vm_that_is_marked_as_deleted_is_not_there(client: Client, simulator: Simulator) -> None:
    next(iter(simulator.world.vms.values())).is_deleted = True
    assert _names(client) == ["vm-0002", "vm-0003", "vm-0004"]
    assert _names(client, where={"isDeleted": True}) == ["vm-0001"]


def test_the_age_is_read_of_those_that_share_a_name(client: Client, simulator: Simulator) -> None:
    machines = list(simulator.world.vms.values())
    machines[1].name = machines[2].name = machines[0].name
    machines[1].created = "2015-11-08T12:00:00.5+02:00"
    simulator.request_log.clear()
    found = {one["id"]: one["created"] for one in client.query.machines.read(ages_by=["ip", "name"])}
    assert found[machines[1].vm_id] == "2015-11-08T10:00:00.500+00:00"
    assert found[machines[0].vm_id] < found[machines[2].vm_id]
    assert found[machines[3].vm_id] == ""
    asked = [entry.path for entry in simulator.request_log.entries() if "/api/vApp/vm-" in entry.path]
    assert len(asked) == 3


def test_a_vm_that_vanishes_before_its_age_is_read_does_not_fail_the_others(
    client: Client, simulator: Simulator
) -> None:
    machines = list(simulator.world.vms.values())
    machines[1].name = machines[0].name
    simulator.faults.add("status", path=f"/api/vApp/vm-{machines[1].vm_id}", status=403)
    found = {one["id"]: one["created"] for one in client.query.machines.read(ages_by=["name"])}
    assert found[machines[1].vm_id] == "" and found[machines[0].vm_id]


def test_a_vapp_that_vanishes_before_its_nics_are_read_does_not_fail_the_others(
    client: Client, simulator: Simulator
) -> None:
    machines, told = list(simulator.world.vms.values()), list[str]()
    machines[1].vapp_id = simulator.world.make_id("vapp", "other")
    simulator.faults.add("status", path=f"/api/vApp/vapp-{machines[1].vapp_id}", status=403)
    found = {one["id"]: one["nics"] for one in client.query.machines.read(nics=True, warn=told.append)}
    assert len(found) == 4 and found[machines[0].vm_id] and not found[machines[1].vm_id]
    assert told == ["The network interfaces of 1 VMs are not known. Their vApps are gone, or not yours to read."]
