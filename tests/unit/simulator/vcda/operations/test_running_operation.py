"""Tests of operations that fail or report wrong states.

Source: protocol/vcda.md §4.3, §8.
"""

from __future__ import annotations

import json

import pytest

from tests.support.simulated import Caller
from tests.support.vcda import RECOVERY, VcdaCaller, state_of, vcda
from vcloudair_core.simulator.vcda.operations.operation_states import VCDA_TROUBLES


def troubled(trouble: str) -> VcdaCaller:
    caller = vcda().sign_in()
    next(iter(caller.simulator.world.vm_replications.values())).trouble = trouble
    return caller


@pytest.mark.parametrize(
    ("trouble", "state", "recovery", "vms"),
    [
        ("error", "FAILED", "NOT_STARTED", 1),
        ("hang", "RUNNING", "IN_PROGRESS", 1),
        ("progress-100", "SUCCEEDED", "COMPLETE", 2),
        ("queued", "SUCCEEDED", "COMPLETE", 2),
        ("warning", "SUCCEEDED", "COMPLETE", 2),
        ("lie", "SUCCEEDED", "NOT_STARTED", 1),
        ("no-vm", "SUCCEEDED", "COMPLETE", 1),
        ("off", "SUCCEEDED", "COMPLETE", 2),
    ],
)
def test_each_trouble_applies_once(trouble: str, state: str, recovery: str, vms: int) -> None:
    caller = troubled(trouble)
    task = caller.finish("POST", f"{caller.path()}/failover", RECOVERY)
    assert (task["state"], state_of(caller.vm())) == (state, recovery)
    assert len(caller.vms("protected-0001")) == vms
    assert bool(task["warnings"]) == (trouble == "warning")
    if trouble == "off":
        assert caller.vms("protected-0001")[1].status == "POWERED_OFF"
    if trouble in ("error", "lie"):
        caller.succeed("POST", f"{caller.path()}/failover", RECOVERY)


def test_failed_operation_leaves_an_error_until_the_next_one() -> None:
    caller = troubled("error")
    caller.finish("POST", f"{caller.path()}/failover", RECOVERY)
    replication = caller.vm()
    assert replication["destinationState"]["lastError"]["code"] == "GeneralServerFailure"
    assert replication["overallHealth"] == "RED"
    caller.start("POST", f"{caller.path()}/failover", RECOVERY)
    assert caller.vm()["destinationState"]["lastError"] is None


def test_running_tasks_can_mislead() -> None:
    caller = troubled("queued")
    assert caller.start("POST", f"{caller.path()}/failover", RECOVERY)["state"] == "QUEUED"
    assert [caller.read(f"/tasks?state={state}")["total"] for state in ("QUEUED", "RUNNING")] == [1, 0]
    caller = troubled("progress-100")
    assert caller.start("POST", f"{caller.path()}/failover", RECOVERY)["progress"] == 100


def test_task_can_vanish() -> None:
    caller = troubled("vanish")
    task = caller.start("POST", f"{caller.path()}/failover", RECOVERY)
    caller.read(f"/tasks/{task['id']}")
    assert caller.code("GET", f"/tasks/{task['id']}") == (404, "TaskNotFound")
    caller.simulator.clock.advance(2)
    assert state_of(caller.vm()) == "COMPLETE"


def test_replication_can_be_gone() -> None:
    caller = troubled("gone")
    assert caller.finish("POST", f"{caller.path()}/failover", RECOVERY)["state"] == "SUCCEEDED"
    assert caller.read("/vm-replications")["total"] == 2


def test_table_of_troubles_is_complete() -> None:
    tested = {"error", "hang", "progress-100", "queued", "warning", "lie", "no-vm", "off", "vanish", "gone"}
    assert set(VCDA_TROUBLES) == tested


def test_state_can_lag_behind_the_task() -> None:
    caller = vcda(vcda_state_lags=2).sign_in()
    caller.succeed("POST", f"{caller.path()}/failover", RECOVERY)
    path = caller.path()
    assert [state_of(caller.read(path)) for _ in range(3)] == ["IN_PROGRESS", "IN_PROGRESS", "COMPLETE"]


def test_operation_can_start_late() -> None:
    caller = vcda(vcda_start_delay_s=10, vcda_task_s=5).sign_in()
    first = caller.start("POST", f"{caller.path()}/failover", RECOVERY)
    caller.simulator.clock.advance(1)
    second = caller.start("POST", f"{caller.path()}/failover", RECOVERY)
    assert (state_of(caller.vm()), second["state"]) == ("NOT_STARTED", "RUNNING")
    caller.simulator.clock.advance(9)
    assert state_of(caller.vm()) == "IN_PROGRESS"
    caller.simulator.clock.advance(1)
    assert caller.read(f"/tasks/{second['id']}")["error"]["code"] == "BadRequest"
    caller.simulator.clock.advance(4)
    assert caller.read(f"/tasks/{first['id']}")["state"] == "SUCCEEDED"
    assert len(caller.vms("protected-0001")) == 2


def test_late_operation_fails_without_its_replication() -> None:
    caller = vcda(vcda_start_delay_s=10).sign_in()
    task = caller.start("POST", f"{caller.path()}/failover", RECOVERY)
    caller.simulator.world.vm_replications.pop(caller.vm()["id"])
    caller.simulator.clock.advance(20)
    assert caller.read(f"/tasks/{task['id']}")["state"] == "FAILED"


@pytest.mark.parametrize("form", ["uuid", "urn"])
def test_vm_id_has_two_formats(form: str) -> None:
    caller = vcda(vcda_vm_id=form).sign_in()
    caller.succeed("POST", f"{caller.path()}/failover", RECOVERY)
    vm_id = caller.vm()["destinationState"]["recoveryInfo"]["vcdVmId"]
    assert vm_id.removeprefix("urn:vcloud:vm:" if form == "urn" else "") in caller.simulator.world.vms


def test_state_can_be_saved_and_loaded() -> None:
    caller = vcda().sign_in()
    caller.succeed("POST", f"{caller.path()}/failover-test", RECOVERY)
    control = Caller(caller.simulator)
    saved, before = control.json("/_sim/state/dump"), caller.vm()
    caller.succeed("DELETE", f"{caller.path()}/failover-test")
    assert control.send("POST", "/_sim/state/load", json.dumps(saved)).status == 204
    assert caller.code("GET", "/sites") == (401, "NotAuthenticated")
    after = caller.sign_in().vm()
    assert {**after, "destinationState": {}} == {**before, "destinationState": {}}
    assert state_of(after) == "TEST"
    assert caller.read("/tasks")["total"] == 1
    caller.succeed("DELETE", f"{caller.path()}/failover-test")


def test_running_operation_cannot_be_saved() -> None:
    caller = vcda().sign_in()
    caller.start("POST", f"{caller.path()}/failover-test", RECOVERY)
    assert Caller(caller.simulator).get("/_sim/state/dump").status == 400
