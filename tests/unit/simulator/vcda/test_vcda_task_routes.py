"""Tests of tasks of VMware Cloud Director Availability.

Source: protocol/vcda.md §5.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.vcda import CREDENTIALS, PEER, RECOVERY, VcdaCaller, vcda


def test_task_has_the_documented_fields() -> None:
    caller = vcda(vcda_task_s=10).sign_in()
    task = caller.start("POST", f"{caller.path()}/failover-test", RECOVERY)
    assert set(task) == {
        "id", "user", "site", "workflowInfo", "progress", "state", "lastUpdated", "startTime", "endTime", "resultType",
        "result", "error", "warnings",
    }  # fmt: skip
    assert (task["user"], task["startTime"], task["endTime"]) == ("demo@org1", 1_700_000_000_000, -1)
    caller.simulator.clock.advance(4)
    assert caller.read(f"/tasks/{task['id']}")["progress"] == 40
    caller.simulator.clock.advance(7)
    task = caller.read(f"/tasks/{task['id']}")
    assert (task["state"], task["progress"], task["endTime"]) == ("SUCCEEDED", 100, 1_700_000_010_000)
    assert task["result"]["vappReplicationId"] == caller.vm()["vappReplicationId"]


def run(caller: VcdaCaller) -> list[str]:
    """Run three operations, and return the IDs of their tasks."""
    vapp = caller.vm(2)["vappReplicationId"]
    calls: list[tuple[str, str, Any]] = [
        ("POST", f"{caller.path()}/failover-test", RECOVERY),
        ("DELETE", f"{caller.path(1)}/failover-test", None),
        ("POST", f"/vapp-replications/{vapp}/failover", RECOVERY),
    ]
    return [caller.finish(*call, operationID=f"op-{number}")["id"] for number, call in enumerate(calls, 1)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [3, 2, 1]),
        ("limit=1&offset=1", [2]),
        ("state=FAILED", [2]),
        ("state=FAILED,SUCCEEDED", [3, 2, 1]),
        ("resourceType=vmReplication", [2, 1]),
        ("resourceType=vmReplication,vappReplication", [3, 2, 1]),
        ("user=demo@org1", [3, 2, 1]),
        ("user=other@org1", []),
        ("sourceOrg=org1&destinationOrg=org1", [3, 2, 1]),
        ("destinationOrg=acme", []),
        ("operationID=op-2", [2]),
        ("operationID=op-9", []),
        ("startTimeAfter=1700000060000", [3, 2]),
        ("startTimeAfter=1700000001000&startTimeBefore=1700000061000", [2]),
    ],
)
def test_list_parameters(query: str, expected: list[int]) -> None:
    caller = vcda().sign_in()
    ids = run(caller)
    assert [ids.index(task["id"]) + 1 for task in caller.read(f"/tasks?{query}")["items"]] == expected


@pytest.mark.parametrize(("search", "count"), [("exact", 1), ("ignored", 3), ("empty", 0)])
def test_search_by_operation_id_is_an_option(search: str, count: int) -> None:
    caller = vcda(vcda_operation_id_search=search).sign_in()
    run(caller)
    assert caller.read("/tasks?operationID=op-1")["total"] == count


def test_invalid_parameters_are_refused() -> None:
    caller = vcda().sign_in()
    assert caller.code("GET", "/tasks?startTimeAfter=yesterday") == (400, "BadUserInput")
    assert caller.code("GET", "/tasks/unknown") == (404, "TaskNotFound")


def test_task_of_the_other_site_needs_the_site() -> None:
    caller = vcda().sign_in().extend()
    caller.succeed("POST", f"{caller.path()}/migrate", RECOVERY)
    caller.succeed("POST", f"{caller.path()}/reverse")
    task = caller.start("POST", f"{caller.path()}/pause?site=site1")
    assert caller.code("GET", f"/tasks/{task['id']}") == (404, "TaskNotFound")
    assert caller.read("/tasks?site=site1")["total"] == 1
    caller.simulator.configure(vcda_task_site="optional")
    assert caller.read(f"/tasks/{task['id']}")["site"] == "site1"
    assert VcdaCaller(caller.simulator, PEER).sign_in().read("/tasks")["items"][0]["id"] == task["id"]


def test_tasks_can_expire() -> None:
    caller = vcda(vcda_task_gone_after=2).sign_in()
    task = caller.start("POST", f"{caller.path()}/failover", RECOVERY)
    for _ in range(2):
        caller.read(f"/tasks/{task['id']}")
    assert caller.read("/tasks")["total"] == 0
    assert caller.code("GET", f"/tasks/{task['id']}") == (404, "TaskNotFound")


def test_operation_can_be_visible_late() -> None:
    caller = vcda(vcda_visible_after_s=20).sign_in()
    before = caller.vm()
    task = caller.start("POST", f"{caller.path()}/failover", RECOVERY, operationID="op-1")
    caller.simulator.clock.advance(19)
    assert caller.vm() == before
    assert caller.read("/tasks?operationID=op-1")["items"] == []
    assert caller.read(f"/tasks/{task['id']}")["state"] == "RUNNING"
    caller.simulator.clock.advance(2)
    assert caller.read("/tasks?operationID=op-1")["items"][0]["state"] == "SUCCEEDED"
    assert caller.vm()["destinationState"]["recoveryInfo"]["recoveryState"] == "COMPLETE"


def test_workflow_types_can_have_other_names() -> None:
    caller = vcda(vcda_workflow_types=("failoverTest=testFailover",)).sign_in()
    task = caller.start("POST", f"{caller.path()}/failover-test", RECOVERY)
    assert task["workflowInfo"]["type"] == "testFailover"


def test_tasks_of_other_orgs_are_hidden() -> None:
    caller = vcda().sign_in()
    task = caller.start("POST", f"{caller.path()}/failover", RECOVERY)
    caller.simulator.world.users[0].org = "org2"
    caller.sign_in({**CREDENTIALS, "vcdUser": "demo@org2"})
    assert caller.read("/tasks")["total"] == 0
    assert caller.code("GET", f"/tasks/{task['id']}") == (404, "TaskNotFound")
