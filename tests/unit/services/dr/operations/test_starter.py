"""Tests of starting actions while other hosts start actions on the same VMs.

Actions of other hosts are found in the task list of the org, which is read once before each batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.recovery_cloud import RecoveryCloud, name, recovery_cloud
from vcloudair_core.client import Client
from vcloudair_core.errors import PermissionDeniedError
from vcloudair_core.recovery.plan.model import Group, PlannedVm, RecoveryPlan
from vcloudair_core.recovery.run.runner import RunOptions, start
from vcloudair_core.services.dr.operation_options import OperationOptions
from vcloudair_core.services.dr.vr.vr_provider import VrProvider
from vcloudair_core.simulator.replication.replication_states import start as begin
from vcloudair_core.testing import simulated_app, simulator_settings

LATE: dict[str, Any] = {"dr_task_s": 20, "dr_start_delay_s": 60}
"""A server that shows a task, but does not change the replication for a while."""
PATIENT = OperationOptions(stuck_after=3000, verify_timeout=60, lost_grace=30)
SHOWN: dict[str, dict[str, Any]] = {
    "prompt": {},
    "starts later": {"dr_start_delay_s": 40.0},
    "starts much later": {"dr_start_delay_s": 900.0},
    "starts later, other words": {"dr_start_delay_s": 40.0, "state_words": ("inProgress=FailoverInProgress",)},
    "starts later, no links": {"dr_start_delay_s": 40.0, "links": "none"},
    "starts later, owner hidden": {"dr_start_delay_s": 40.0, "queued_owner": "absent", "start_missing": True},
    "starts later, clock ahead": {"dr_start_delay_s": 40.0, "clock_skew_s": 3600.0},
    "starts later, clock behind": {"dr_start_delay_s": 40.0, "clock_skew_s": -3600.0},
    "starts later, 202": {"dr_start_delay_s": 40.0, "dr_status": 202},
}
"""Servers that show the task of an action in every state of the replication."""


@contextmanager
def another_host(cloud: RecoveryCloud, folder: Path) -> Iterator[Client]:
    """Yield a client with its own state folder."""
    settings = {**simulator_settings(cloud.simulator), "state_dir": str(folder)}
    with simulated_app(cloud.simulator, cloud.clock).client(**settings) as client:
        yield client


def calls(cloud: RecoveryCloud) -> list[str]:
    """Return the method and the kind of resource of each request.

    Sign-in and sign-out are left out.
    """
    requests = [request for request in cloud.simulator.request_log.entries() if "session" not in request.path]
    kinds = {"tasksList": "task list", "replications": "replication", "action": "action", "query": "query"}
    return [
        f"{entry.method} {next((kinds[part] for part in reversed(entry.path.split('/')) if part in kinds), entry.path)}"
        for entry in requests
    ]


def before_first_action(cloud: RecoveryCloud) -> list[str]:
    """Return the requests up to and including the first action."""
    requests = calls(cloud)
    return requests[: requests.index("POST action") + 1]


@pytest.mark.parametrize("server", SHOWN)
@pytest.mark.parametrize("way", ["action", "plan"])
def test_a_second_host_tracks_the_action_of_the_first(tmp_path: Path, server: str, way: str) -> None:
    with recovery_cloud(tmp_path, 1, **{"dr_task_s": 20, **SHOWN[server]}) as cloud:
        (first,) = cloud.service.act("failover", [name(1)], options=OperationOptions(wait=False))
        with another_host(cloud, tmp_path / "elsewhere") as other:
            if way == "action":
                (second,) = other.dr.act("failover", [name(1)], options=PATIENT)
                verdict = second.verdict
            else:
                plan = RecoveryPlan("payroll", (Group("g", (PlannedVm(name(1)),)),), stuck_after=3000)
                (vm,) = start(other, plan, "failover", RunOptions(verify_timeout=60)).vms
                verdict = vm.verdict
        assert (first.verdict, verdict, len(cloud.posts())) == ("started", "succeeded", 1)


def test_the_task_list_is_read_once_for_a_batch(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 3, dr_task_s=20) as cloud:
        results = cloud.service.act("failover", options=OperationOptions(max_concurrent=3))
        assert [result.verdict for result in results] == ["succeeded"] * 3
        assert before_first_action(cloud) == [
            "GET replication",  # the list of replications
            *["GET replication"] * 3,
            "GET query",
            "GET task list",
            "POST action",
        ]


def test_each_batch_reads_the_task_list_again(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 2, dr_task_s=20) as cloud:
        cloud.service.act("failover", options=OperationOptions(max_concurrent=1))
        assert [call for call in calls(cloud) if call in ("GET task list", "POST action")] == [
            "GET task list",
            "POST action",
        ] * 2


def test_a_dry_run_does_not_read_the_task_list(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 2, dr_task_s=20) as cloud:
        results = cloud.service.act("failover", dry_run=True)
        assert [result.verdict for result in results] == ["planned", "planned"]
        assert "GET task list" not in calls(cloud)


def test_without_vms_to_start_the_task_list_is_not_read(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 2, dr_task_s=20) as cloud:
        cloud.service.act("failover", [name(1)])
        begin(cloud.simulator, cloud.replication(2), "failover")  # in progress, as its replication shows
        cloud.simulator.request_log.clear()
        results = cloud.service.act("failover")
        assert [result.verdict for result in results] == ["unchanged", "succeeded"]
        assert not {"GET task list", "POST action"} & set(calls(cloud))


def test_actions_in_progress_are_left_out_of_a_batch(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 3, **LATE) as cloud:
        begin(cloud.simulator, cloud.replication(2), "failover")
        results = cloud.service.act("failover", options=PATIENT)
        assert [result.verdict for result in results] == ["succeeded"] * 3
        assert [result.reason for result in results] == ["", "another request has already started the action", ""]
        assert sorted(cloud.begun()) == [name(1), name(3)]


def test_without_wait_an_action_in_progress_is_unchanged(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 1, **LATE) as cloud:
        begin(cloud.simulator, cloud.replication(1), "failover")
        (result,) = cloud.service.act("failover", options=OperationOptions(wait=False))
        assert (result.verdict, result.reason, cloud.posts()) == ("unchanged", "the action is already in progress", [])


def test_a_tracked_action_of_another_user_can_fail(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 1, **LATE) as cloud:
        cloud.replication(1).trouble = "error"
        begin(cloud.simulator, cloud.replication(1), "failover")
        (result,) = cloud.service.act("failover", options=PATIENT)
        assert (result.verdict, cloud.posts()) == ("failed", [])
        assert "the task failed" in result.reason


def test_a_different_action_in_progress_is_a_failure(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 2, **LATE) as cloud:
        begin(cloud.simulator, cloud.replication(1), "testFailover")
        results = cloud.service.act("failover", options=PATIENT)
        assert [result.verdict for result in results] == ["failed", "succeeded"]
        assert results[0].reason == "not started because another action (test) is in progress"
        assert results[0].hint.startswith("Run `vca dr list` to see")
        assert cloud.begun() == [name(2)]


def test_ended_tasks_and_tasks_of_other_replications_do_not_count(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 2, dr_task_s=20) as cloud:
        cloud.service.act("test", [name(1)])
        cloud.service.act("cleanup", [name(1)])
        (result,) = cloud.service.act("failover", [name(1)])
        assert (result.verdict, result.reason) == ("succeeded", "")


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 403},
        {"kind": "status", "status": 404},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503},
        {"kind": "hang", "seconds": 120},
        {"kind": "reset"},
        {"kind": "html", "status": 200},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('status', '')}",
)
def test_an_unreadable_task_list_does_not_stop_a_recovery(tmp_path: Path, fault: dict[str, Any]) -> None:
    with recovery_cloud(tmp_path, 1, dr_task_s=20) as cloud:
        cloud.simulator.faults.add(method="GET", path="/api/tasksList", count=0, **fault)
        (result,) = cloud.service.act("failover", options=PATIENT)
        assert (result.verdict, len(cloud.posts())) == ("succeeded", 1)


def test_a_task_list_that_refuses_the_session_does_not_stop_a_recovery(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 1, dr_task_s=20) as cloud:
        cloud.simulator.faults.add(method="GET", path="/api/tasksList", count=0, kind="unauthorized")
        (result,) = cloud.service.act("failover", options=PATIENT)
        assert (result.verdict, len(cloud.posts())) == ("succeeded", 1)


def test_repeated_requests_share_one_read_of_the_tasks(tmp_path: Path) -> None:
    """Two requests are lost, and ``on_unknown="start"`` starts both actions again."""
    with recovery_cloud(tmp_path, 2, dr_task_s=20) as cloud:
        cloud.simulator.faults.add(method="POST", path="/action/failover", count=2, kind="reset")
        options = OperationOptions(verify_timeout=60, lost_grace=30, on_unknown="start", max_concurrent=2)
        results = cloud.service.act("failover", options=options)
        assert [result.verdict for result in results] == ["succeeded", "succeeded"]
        requests = calls(cloud)
        last = len(requests) - requests[::-1].index("POST action") - 1
        assert requests[last - 3 : last + 1] == ["GET task list", "GET query", "POST action", "POST action"]


@pytest.mark.parametrize(("is_query_readable", "verdict", "posts"), [(True, "succeeded", 2), (False, "failed", 1)])
def test_a_repeated_request_needs_the_task_list_or_the_query(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_query_readable: bool, verdict: str, posts: int
) -> None:
    def refuse(session: Any, since: float) -> Any:
        raise PermissionDeniedError("The tasks cannot be queried.", status=403)

    if not is_query_readable:
        monkeypatch.setattr(VrProvider, "query_tasks", refuse)
    with recovery_cloud(tmp_path, 1, dr_task_s=20) as cloud:
        cloud.simulator.faults.add(method="POST", path="/action/failover", count=1, kind="reset")
        cloud.simulator.faults.add(method="GET", path="/api/tasksList", count=0, kind="status", status=403)
        options = OperationOptions(verify_timeout=60, lost_grace=30, on_unknown="start")
        (result,) = cloud.service.act("failover", options=options)
        assert (result.verdict, len(cloud.posts())) == (verdict, posts)
        assert ("reading the tasks failed" in result.reason) is not is_query_readable
