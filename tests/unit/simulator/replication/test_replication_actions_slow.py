"""Tests of DR actions that the server delays, hides or reports incorrectly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lxml import etree

from tests.support.recovery_wire import FAILOVER, VCLOUD, Cloud, code_of
from tests.support.simulated import signed_in
from vcloudair_core.errors import TimeoutExpiredError
from vcloudair_core.simulator.faults.fault_rules import SocketFaultError
from vcloudair_core.simulator.option_arguments import options_from_arguments
from vcloudair_core.transport.messages import Headers, Request

IDLE, RECOVERING, RECOVERED = ("none", "notStarted"), ("none", "inProgress"), ("none", "complete")


def listed(cloud: Cloud) -> list[str]:
    """Return the status of each failover in the task list."""
    org = cloud.simulator.world.orgs["org1"].org_id
    tasks = cloud.caller.xml(f"/api/tasksList/{org}")
    return [str(task.get("status")) for task in tasks if task.get("operationName") == "vrFailover"]


def queried(cloud: Cloud) -> list[str]:
    """Return the status of each failover in the task query."""
    records = cloud.caller.xml("/api/query?type=task").findall(f"{VCLOUD}TaskRecord")
    return [str(record.get("status")) for record in records if record.get("name") == "vrFailover"]


def posts(cloud: Cloud) -> int:
    """Return the number of failover requests in the request log."""
    return len(cloud.simulator.request_log.entries(method="POST", path="/action/failover"))


def advance(cloud: Cloud, seconds: float) -> None:
    cloud.simulator.clock.advance(seconds)


def test_accepted_action_can_start_later() -> None:
    cloud = Cloud(dr_start_delay_s=60.0, dr_status=202)
    answer = cloud.act("failover")
    task = etree.fromstring(answer.body)
    assert (answer.status, task.get("status")) == (202, "queued")
    for _ in range(3):
        assert (cloud.look(task).get("status"), cloud.states()) == ("queued", IDLE)
    assert (listed(cloud), queried(cloud)) == (["queued"], ["queued"])
    assert "operation:failover" in {child.get("rel") for child in cloud.caller.xml(cloud.path)}
    advance(cloud, 61)
    assert (cloud.look(task).get("status"), cloud.states(), listed(cloud)) == ("running", RECOVERING, ["running"])
    advance(cloud, 10)
    assert (cloud.look(task).get("status"), cloud.states()) == ("success", RECOVERED)
    assert cloud.words()["RecoveryCompletionTime"] == str(cloud.look(task).get("endTime"))


def test_second_queued_action_fails_when_it_starts() -> None:
    cloud = Cloud(dr_start_delay_s=60.0)
    first = cloud.began("failover")
    advance(cloud, 5)
    second = cloud.began("failover")
    assert [cloud.look(task).get("status") for task in (first, second)] == ["queued", "queued"]
    advance(cloud, 120)
    assert (cloud.look(first).get("status"), code_of(cloud.look(second))) == ("success", "OngoingFailover")
    assert (cloud.states(), posts(cloud)) == (RECOVERED, 2)


def test_cancel_before_start_changes_nothing() -> None:
    cloud = Cloud(dr_start_delay_s=60.0)
    task = cloud.began("failover")
    assert cloud.caller.send("POST", f"/api/task/{task.get('id')[-36:]}/action/cancel").status == 204
    advance(cloud, 120)
    assert (cloud.look(task).get("status"), cloud.states()) == ("canceled", IDLE)


@pytest.mark.parametrize(("link", "status"), [("readable", 200), ("hidden", 403)])
def test_accepted_action_can_be_visible_later(link: str, status: int) -> None:
    cloud = Cloud(dr_visible_after_s=60.0, dr_task_link=link, group_tasks=True)
    task = cloud.began("failover")
    advance(cloud, 30)
    assert cloud.caller.get(f"/api/task/{task.get('id')[-36:]}").status == status
    assert (cloud.states(), listed(cloud), queried(cloud), cloud.machine()) == (IDLE, [], [], None)
    assert "RecoveryCompletionTime" not in cloud.words()
    assert cloud.caller.xml(cloud.path).find(f"{VCLOUD}Tasks") is None
    assert code_of(cloud.began("failover")) == "OngoingFailover"  # The server has started the action.
    advance(cloud, 31)
    assert (cloud.states(), listed(cloud), queried(cloud)) == (RECOVERED, ["success"], ["success"])
    assert cloud.look(task).get("status") == "success"
    assert cloud.machine() is not None


def test_action_can_become_visible_while_it_runs() -> None:
    cloud = Cloud(dr_visible_after_s=5.0)
    cloud.began("failover")
    assert (cloud.states(), listed(cloud)) == (IDLE, [])
    advance(cloud, 6)
    assert (cloud.states(), len(listed(cloud))) == (RECOVERING, 1)


def test_late_fault_executes_after_the_client_gave_up() -> None:
    cloud = Cloud()
    cloud.simulator.faults.add("late", method="POST", path="action/failover", seconds=45)
    with pytest.raises(SocketFaultError):
        cloud.act("failover")
    assert (posts(cloud), cloud.states(), listed(cloud)) == (1, IDLE, [])
    cloud.simulator.sessions.expire_all()  # The session was checked on arrival.
    advance(cloud, 46)
    cloud.caller = signed_in(cloud.simulator, version="9.0")
    assert (cloud.states(), len(listed(cloud))) == (RECOVERING, 1)
    started = cloud.caller.xml("/api/query?type=task&filter=name==vrFailover")[-1].get("startDate")
    advance(cloud, 100)
    assert (cloud.states(), posts(cloud)) == (RECOVERED, 1)
    assert cloud.caller.xml("/api/query?type=task&filter=name==vrFailover")[-1].get("startDate") == started


def test_late_fault_in_process_raises_a_timeout() -> None:
    cloud = Cloud()
    cloud.simulator.faults.add("late", method="POST", path="action/failover", seconds=45)
    headers = Headers({**cloud.caller.headers, "Content-Type": FAILOVER})
    with pytest.raises(TimeoutExpiredError) as caught:
        cloud.simulator.transport().send(Request("POST", cloud.caller.root + f"{cloud.path}/action/failover", headers))
    assert caught.value.may_have_executed
    assert cloud.states() == IDLE
    advance(cloud, 46)
    assert cloud.states() == RECOVERING


@pytest.mark.parametrize("kind", ["reset_after", "hang_after", "half_body"])
def test_lost_response_of_a_started_action(kind: str) -> None:
    cloud = Cloud()
    cloud.simulator.faults.add(kind, method="POST", path="action/failover")
    with pytest.raises(SocketFaultError):
        cloud.act("failover")
    assert (cloud.states(), len(listed(cloud)), posts(cloud)) == (RECOVERING, 1, 1)


@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.parametrize("seconds", [0, 30])
def test_gateway_fault_forwards_the_request(status: int, seconds: int) -> None:
    cloud = Cloud()
    cloud.simulator.faults.add("gateway", method="POST", path="action/failover", status=status, seconds=seconds)
    answer = cloud.act("failover")
    assert (answer.status, answer.headers["Retry-After"]) == (status, "1")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<Error" not in answer.text
    assert cloud.states() == (IDLE if seconds else RECOVERING)
    advance(cloud, seconds + 1)
    assert (cloud.states(), posts(cloud)) == (RECOVERING, 1)


def test_gateway_fault_without_retry_after() -> None:
    cloud = Cloud()
    cloud.simulator.faults.add("gateway", path="action/failover", retry_after="none")
    answer = cloud.act("failover")
    assert (answer.status, "Retry-After" in answer.headers) == (503, False)


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"kind": "throttle"}, 429),
        ({"kind": "busy"}, 400),
        ({"kind": "html", "status": 503, "retry_after": "2"}, 503),
    ],
)
def test_faults_instead_of_the_route_execute_nothing(order: dict[str, Any], status: int) -> None:
    cloud = Cloud()
    cloud.simulator.faults.add(**order, path="action/failover")
    answer = cloud.act("failover")
    assert (answer.status, cloud.states(), listed(cloud), posts(cloud)) == (status, IDLE, [], 1)
    if order["kind"] == "html":
        assert answer.headers["Retry-After"] == "2"


@pytest.mark.parametrize(
    ("via", "status", "code"),
    [("task", 200, ""), ("http-400", 400, "BAD_REQUEST"), ("http-409", 409, "BAD_REQUEST"),
     ("busy", 400, "BUSY_ENTITY")],
)  # fmt: skip
def test_second_action_is_rejected_while_the_first_runs(via: str, status: int, code: str) -> None:
    cloud = Cloud(state_error_via=via)
    cloud.began("failover")
    answer = cloud.act("failover")
    root = etree.fromstring(answer.body)
    assert (answer.status, posts(cloud)) == (status, 2)
    if code:
        assert root.get("minorErrorCode") == code
    else:
        assert code_of(root) == "OngoingFailover"


@pytest.mark.parametrize("via", ["http-400", "busy"])
def test_second_action_is_rejected_after_the_first(via: str) -> None:
    cloud = Cloud(state_error_via=via)
    cloud.done("failover")
    answer = cloud.act("failover")
    assert (answer.status, etree.fromstring(answer.body).get("vendorSpecificErrorCode")) == (400, "AlreadyRecovered")


def test_state_words_option() -> None:
    words = options_from_arguments(
        ["state_words=inProgress=FailoverInProgress,testInProgress=running,notStarted=IDLE,none=-"]
    )
    cloud = Cloud(**words)
    assert cloud.states() == ("-", "IDLE")
    cloud.began("testFailover")
    assert cloud.states() == ("running", "IDLE")
    advance(cloud, 11)
    cloud.done("testCleanup")
    cloud.began("failover")
    assert cloud.states() == ("-", "FailoverInProgress")


def test_clock_skew_option() -> None:
    cloud = Cloud(clock_skew_s=-300.0, standing_clock=1_000_000_000.0)
    assert cloud.began("failover").get("startTime") == "2001-09-09T01:41:40.000Z"
    cloud.simulator.reset()
    assert cloud.simulator.clock.now() == 999_999_700.0


def test_request_log_contains_requests_in_progress() -> None:
    cloud = Cloud()
    shown: list[int] = []
    cloud.simulator.faults.add("edit", path="action/failover", edit=lambda simulator: shown.append(posts(cloud)))
    cloud.began("failover")
    assert shown == [1]
    entry = cloud.simulator.request_log.entries(path="/action/failover")[0]
    assert (entry.status, entry.note) == (200, "edit")


def test_request_in_progress_is_kept_when_the_log_is_cleared() -> None:
    cloud = Cloud()
    cloud.simulator.faults.add("edit", path="action/failover", edit=lambda simulator: simulator.request_log.clear())
    cloud.began("failover")
    assert [(entry.sequence, entry.status) for entry in cloud.simulator.request_log.entries()] == [(1, 200)]


def control(cloud: Cloud, options: dict[str, Any]) -> int:
    return cloud.caller.send("POST", "/_sim/options", json.dumps(options)).status


def test_options_can_change_at_run_time() -> None:
    cloud = Cloud()
    assert control(cloud, {"dr_start_delay_s": 60, "state_words": ["inProgress=RUNNING"], "group_tasks": True}) == 204
    task = cloud.began("failover")
    assert (cloud.look(task).get("status"), cloud.states()) == ("queued", IDLE)
    advance(cloud, 61)
    assert cloud.states() == ("none", "RUNNING")
    cloud.simulator.reset()
    assert cloud.simulator.config.dr_start_delay_s == 0


@pytest.mark.parametrize(
    "options", [{"seed": "other"}, {"dr_start_delay_s": "soon"}, {"dr_start_delay": 1}, {"id_form": "bare-uuid"}]
)
def test_fixed_options_are_rejected(options: dict[str, Any]) -> None:
    cloud = Cloud()
    config = cloud.simulator.config
    assert (control(cloud, options), cloud.simulator.config) == (400, config)
