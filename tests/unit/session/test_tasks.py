"""Tests of tasks: finding them in responses, waiting and canceling."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.session.mocked_http import BASE, MockedTransport, broke, error_xml, reply, vcd_answers, vcd_session
from vcloudair_core.errors import (
    ConnectionFailedError,
    DecodeError,
    InvalidRequestError,
    TaskError,
    TaskFailedError,
    TaskTimeoutError,
)
from vcloudair_core.session.session import Session
from vcloudair_core.session.task_codec import decode_tasks
from vcloudair_core.session.tasks import Task, cancel_task, task_of_response, wait_for_task
from vcloudair_core.util.clock import FakeClock

HREF = f"{BASE}/api/task/0efd"
NS = 'xmlns="http://www.vmware.com/vcloud/v1.5"'


def task_xml(status: str, inner: str = "", href: str = HREF, **attributes: str) -> str:
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return (
        f'<Task {NS} name="task" id="urn:vcloud:task:0efd" status="{status}" operation="Updating Edge gw(1)" '
        f'operationName="networkConfigureEdgeGatewayServices" href="{href}"{more}>{inner}</Task>'
    )


def session_with(*polls: Any, **arguments: Any) -> tuple[Session, MockedTransport]:
    answers = [reply(200, poll) if isinstance(poll, str) else poll for poll in polls]
    transport = MockedTransport(vcd_answers({"GET /api/task/0efd": answers}))
    return vcd_session(transport, **arguments), transport


QUEUED = Task(href=HREF, status="queued")


# -- parsing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "response",
    [
        reply(202, task_xml("queued"), Location=f"{BASE}:443/api/task/0efd"),
        reply(201, f'<VApp {NS} href="{BASE}/api/vApp/1"><Link/><Tasks>{task_xml("running")}</Tasks></VApp>'),
        reply(202, "", Location=f"{BASE}/api/task/0efd"),
        reply(200, task_xml("queued").replace(f'href="{HREF}"', ""), Location=f"{BASE}/api/task/0efd"),
        reply(202, "accepted", Location=f"{BASE}/api/task/0efd"),
        reply(202, "{}", Content_Type="application/json", Location=f"{BASE}/api/task/0efd/"),
    ],
    ids=["body", "entity", "location", "body and location", "text and location", "json and location"],
)
def test_a_task_is_found_in_body_entity_or_location(response: Any) -> None:
    task = task_of_response(response)
    assert task is not None
    assert task.href.rstrip("/") == HREF
    assert not task.is_finished


@pytest.mark.parametrize(
    "response",
    [
        reply(204),
        reply(200, f"<Org {NS}/>"),
        reply(201, "", Location=f"{BASE}/api/vApp/vapp-1"),
        reply(200, f"<VApp {NS}><Tasks/></VApp>"),
        reply(201, "", Location="/network/edges/edge-1/nat/config/rules/1"),
    ],
)
def test_a_response_without_a_task_gives_none(response: Any) -> None:
    assert task_of_response(response) is None


def test_the_first_unfinished_task_of_an_entity_is_returned() -> None:
    old = task_xml("success").replace("0efd", "0ld0")
    body = f"<VApp {NS}><Tasks>{old}{task_xml('running')}</Tasks></VApp>"
    assert [(task.href[-4:], task.status) for task in decode_tasks(body.encode())] == [
        ("0ld0", "success"),
        ("0efd", "running"),
    ]
    task = task_of_response(reply(201, body))
    assert task is not None and task.href == HREF
    over = task_of_response(reply(201, f"<VApp {NS}><Tasks>{old}{old}</Tasks></VApp>"))
    assert over is not None and over.is_successful


def test_all_fields_of_a_task_are_parsed() -> None:
    inner = (
        f'<Owner href="{BASE}/api/admin/edgeGateway/1" name="gw" type="t"/>'
        '<Error majorErrorCode="500" minorErrorCode="VIM_X" message="vCenter  refused"/><Progress> 40 </Progress>'
    )
    task = task_of_response(reply(202, task_xml("error", inner, startTime="s", endTime="e", cancelRequested="true")))
    assert task is not None
    assert (task.owner_name, task.progress, task.start, task.end) == ("gw", 40, "s", "e")
    assert task.error == "vCenter refused [VIM_X]"
    assert task.is_cancel_requested
    assert task.as_dict()["operation_name"] == "networkConfigureEdgeGatewayServices"


# -- waiting -------------------------------------------------------------------------------------------------------


def test_waiting_for_no_task_returns_at_once() -> None:
    assert wait_for_task(session_with()[0], None) is None


@pytest.mark.parametrize("word", ["running", "preRunning", "postRunning", "somethingNew", ""])
def test_only_the_status_ends_the_wait(word: str) -> None:
    session, transport = session_with(
        task_xml(word, "<Progress>100</Progress>"), task_xml(word), task_xml("success", "<Progress>0</Progress>")
    )
    done = wait_for_task(session, QUEUED)
    assert done is not None
    assert done.is_successful
    assert len(transport.sent("/api/task")) == 3


def test_a_finished_task_is_not_polled() -> None:
    session, transport = session_with()
    assert wait_for_task(session, Task(href=HREF, status="success")) is not None
    assert transport.requests == []


@pytest.mark.parametrize(
    ("status", "phrase"), [("error", "failed"), ("canceled", "was canceled"), ("aborted", "was aborted")]
)
def test_every_final_status_but_success_is_a_failure(status: str, phrase: str) -> None:
    fault = '<Error majorErrorCode="400" minorErrorCode="BAD_REQUEST" message="psk s3cr3t-Passw0rd is bad"/>'
    session, _ = session_with(task_xml("running"), task_xml(status, fault))
    with pytest.raises(TaskFailedError, match=f"Updating Edge gw.* {phrase}.*BAD_REQUEST") as caught:
        wait_for_task(session, QUEUED)
    assert caught.value.task["status"] == status
    assert "s3cr3t" not in f"{caught.value}{caught.value.as_dict()}"


def test_poll_intervals_grow() -> None:
    session, _ = session_with(
        *[task_xml("running", f"<Progress>{n}</Progress>") for n in range(9)], task_xml("success")
    )
    wait_for_task(session, QUEUED)
    assert isinstance(session.clock, FakeClock)
    for waited, expected in zip(session.clock.slept, (0.1, 0.4, 1, 2, 3, 5, 5), strict=False):
        assert 0.8 * expected <= waited <= 1.2 * expected


def test_a_task_without_change_times_out_and_progress_is_a_change() -> None:
    session, _ = session_with(task_xml("running"))
    with pytest.raises(TaskTimeoutError, match="without a change") as caught:
        wait_for_task(session, QUEUED, timeout_s=60)
    assert isinstance(session.clock, FakeClock)
    assert 60 <= sum(session.clock.slept) < 75
    assert caught.value.task["status"] == "running"

    alive = [task_xml("running", f"<Progress>{n}</Progress>") for n in range(40)]
    session, _ = session_with(*alive, task_xml("success"))
    assert wait_for_task(session, QUEUED, timeout_s=10) is not None


def test_the_total_wait_can_be_limited() -> None:
    session, _ = session_with(*[task_xml("running", f"<Progress>{n}</Progress>") for n in range(90)])
    with pytest.raises(TaskTimeoutError):
        wait_for_task(session, QUEUED, total_s=30)


def test_a_failed_poll_does_not_fail_the_task() -> None:
    session, _ = session_with(reply(503), reply(502), broke(), reply(500), task_xml("success"), retries=0)
    done = wait_for_task(session, QUEUED)
    assert done is not None
    assert done.is_successful


@pytest.mark.parametrize("status", [403, 404])
def test_a_missing_task_has_no_verdict(status: int) -> None:
    session, _ = session_with(reply(status, error_xml("No access", "ACCESS", status)))
    with pytest.raises(TaskError, match="can no longer be read") as caught:
        wait_for_task(session, QUEUED)
    assert not isinstance(caught.value, TaskFailedError)


def test_a_task_at_an_untrusted_host_is_not_polled() -> None:
    session, transport = session_with()
    with pytest.raises(ConnectionFailedError):
        wait_for_task(session, Task(href="https://evil.org/api/task/1", status="queued"))
    assert all(request.origin == f"{BASE}:443" for request in transport.requests)


def test_a_document_that_is_not_a_task_is_an_error() -> None:
    session, _ = session_with(f"<Org {NS}/>")
    with pytest.raises(DecodeError, match="a document without a task"):
        wait_for_task(session, QUEUED)


def test_a_task_without_a_link_is_polled_at_its_earlier_link() -> None:
    session, transport = session_with(task_xml("running", href=""), task_xml("success", href=""))
    wait_for_task(session, QUEUED)
    assert len(transport.sent("/api/task")) == 2


def test_observers_see_each_state_and_may_fail() -> None:
    seen: list[str] = []

    def watch(task: Task) -> None:
        seen.append(task.status)
        raise ValueError("observer")

    session, _ = session_with(task_xml("running"), task_xml("success"), task_observers=[watch])
    wait_for_task(session, QUEUED)
    assert seen == ["queued", "running", "success"]


def test_cancel_sends_the_action_and_raises_its_error() -> None:
    transport = MockedTransport(vcd_answers({"POST /api/task/0efd/action/cancel": reply(204)}))
    cancel_task(vcd_session(transport), QUEUED)
    assert transport.sent("cancel") == ["POST /api/task/0efd/action/cancel"]
    transport = MockedTransport(vcd_answers({"POST /api/task/0efd/action/cancel": reply(400)}))
    with pytest.raises(InvalidRequestError):
        cancel_task(vcd_session(transport), QUEUED)
