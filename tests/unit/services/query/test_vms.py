"""Tests of VMs as mappings: deleted VMs, creation times, and network interfaces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from vcloudair_core.client import Client
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.state.entities import VApp
from vcloudair_core.testing import simulated_app, simulator_settings


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(SimulatorConfig(profile="vcd", vms=4))


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Client]:
    with simulated_app(simulator).client(**simulator_settings(simulator), retries=0) as client:
        yield client


def _names(client: Client, **options: Any) -> list[str]:
    return sorted(vm["name"] for vm in client.query.vms.read(**options))


def test_deleted_vms_are_left_out(client: Client, simulator: Simulator) -> None:
    next(iter(simulator.world.vms.values())).is_deleted = True
    assert _names(client) == ["vm-0002", "vm-0003", "vm-0004"]
    assert _names(client, where={"isDeleted": True}) == ["vm-0001"]


def test_creation_times_are_read_for_vms_that_share_a_name(client: Client, simulator: Simulator) -> None:
    vms = list(simulator.world.vms.values())
    vms[1].name = vms[2].name = vms[0].name
    vms[1].created = "2015-11-08T12:00:00.5+02:00"
    simulator.request_log.clear()
    found = {vm["id"]: vm["created"] for vm in client.query.vms.read(ages_by=["ip", "name"])}
    assert found[vms[1].vm_id] == "2015-11-08T10:00:00.500+00:00"
    assert found[vms[0].vm_id] < found[vms[2].vm_id]
    assert found[vms[3].vm_id] == ""
    asked = [entry.path for entry in simulator.request_log.entries() if "/api/vApp/vm-" in entry.path]
    assert len(asked) == 3


def test_a_vm_that_vanishes_before_its_age_is_read_does_not_fail_the_others(
    client: Client, simulator: Simulator
) -> None:
    vms = list(simulator.world.vms.values())
    vms[1].name = vms[0].name
    simulator.faults.add("status", path=f"/api/vApp/vm-{vms[1].vm_id}", status=403)
    found = {vm["id"]: vm["created"] for vm in client.query.vms.read(ages_by=["name"])}
    assert found[vms[1].vm_id] == "" and found[vms[0].vm_id]


def test_a_vapp_that_vanishes_before_its_nics_are_read_does_not_fail_the_others(
    client: Client, simulator: Simulator
) -> None:
    vms, warnings = list(simulator.world.vms.values()), list[str]()
    other = VApp(simulator.world.make_id("vapp", "other"), "other", vms[1].vdc_id)
    simulator.world.vapps[other.vapp_id] = other
    vms[1].vapp_id = other.vapp_id
    simulator.faults.add("status", path=f"/api/vApp/vapp-{vms[1].vapp_id}", status=403)
    found = {vm["id"]: vm["nics"] for vm in client.query.vms.read(nics=True, warn=warnings.append)}
    assert len(found) == 4 and found[vms[0].vm_id] and not found[vms[1].vm_id]
    reason = "Their vApps no longer exist, or you have no permission to read them."
    assert warnings == [f"The network interfaces of 1 VMs are unknown. {reason}"]
