"""Tests of the statuses, documents and cancellation of tasks.

Source: protocol/tasks.md.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.simulated import Caller, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.state.simulated_tasks import SimulatedTask


@pytest.fixture
def caller() -> Caller:
    return signed_in(Simulator(SimulatorConfig(profile="vcd")))


def started(caller: Caller, **options: Any) -> SimulatedTask:
    tasks = caller.simulator.tasks
    return tasks.start("org1", tasks.of("org1")[0].owner, "Testing", "testing", **options)


def look(caller: Caller, task: SimulatedTask) -> tuple[str, list[str]]:
    root = caller.xml(f"/api/task/{task.task_id}")
    return str(root.get("status")), [str(child.tag).rpartition("}")[2] for child in root]


def test_task_advances_with_polls(caller: Caller) -> None:
    task = started(caller, polls=2)
    assert look(caller, task) == ("queued", ["User", "Organization", "Details"])
    assert look(caller, task) == ("running", ["Link", "Owner", "User", "Organization", "Progress", "Details"])
    assert look(caller, task) == ("success", ["Owner", "User", "Organization", "Progress", "Details"])


def test_task_advances_with_the_virtual_clock(caller: Caller) -> None:
    task = started(caller, seconds=60)
    assert look(caller, task)[0] == "queued"
    assert look(caller, task)[0] == "running"
    caller.simulator.clock.advance(61)
    root = caller.xml(f"/api/task/{task.task_id}")
    assert root.get("status") == "success"
    assert str(root.get("endTime")) > str(root.get("startTime"))


def test_running_task_can_be_canceled_once(caller: Caller) -> None:
    task = started(caller, polls=5)
    assert caller.send("POST", f"/api/task/{task.task_id}/action/cancel").status == 204
    root = caller.xml(f"/api/task/{task.task_id}")
    assert (root.get("status"), root.get("cancelRequested")) == ("canceled", "true")
    assert caller.send("POST", f"/api/task/{task.task_id}/action/cancel").status == 400


def test_task_cannot_be_read_after_90_days(caller: Caller) -> None:
    task = started(caller)
    caller.simulator.clock.advance(91 * 86400)
    fresh = signed_in(caller.simulator)
    assert fresh.get(f"/api/task/{task.task_id}").status == 403


def test_task_list_of_an_org(caller: Caller) -> None:
    task = started(caller, polls=1)
    org_id = next(iter(caller.simulator.world.orgs.values())).org_id
    root = caller.xml(f"/api/tasksList/{org_id}")
    assert root.get("name") == "Tasks Lists"
    assert [child.get("operationName") for child in root] == ["vappDeploy", "testing"]
    # The task list does not count as a poll.
    assert look(caller, task)[0] == "queued"
    assert caller.get(f"/api/tasksList/{task.task_id}").status == 403
