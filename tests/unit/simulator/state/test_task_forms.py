"""Tests of options that change task documents.

Source: protocol/dr.md §3.3, protocol/tasks.md §6.
"""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from tests.support.recovery_wire import BODY, VCLOUD, Cloud, code_of, progress_of
from vcloudair_core.errors import ConnectionFailedError, TimeoutExpiredError
from vcloudair_core.transport.messages import Request


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("true", [None, "30", "80", "100"]),
        ("zero-to-success", [None, "0", "0", "0"]),
        ("100-while-running", [None, "100", "100", "100"]),
        ("stuck", [None, "50", "50", "100"]),
        ("absent", [None, None, None, None]),
    ],
)
def test_progress_mode_option(mode: str, expected: list[str | None]) -> None:
    cloud = Cloud(progress_mode=mode)
    first = cloud.began("testFailover")
    cloud.look(first)
    documents = [first, *cloud.looks(first, 3.01, 5, 3)]
    assert [progress_of(task) for task in documents] == expected
    assert [task.get("status") for task in documents] == ["queued", "running", "running", "success"]


@pytest.mark.parametrize(("value", "shown"), [(1, "1"), (100, "100")])
def test_progress_of_a_failed_task(value: int, shown: str) -> None:
    cloud = Cloud(progress_on_error=value)
    cloud.replication.trouble = "error"
    task = cloud.done("testFailover")
    assert (task.get("status"), progress_of(task), code_of(task)) == ("error", shown, "RecoveryFault")


def test_queued_owner_and_progress_options() -> None:
    bare, full = Cloud().began("failover"), Cloud(queued_owner="present", queued_progress="0").began("failover")
    assert [bare.find(f"{VCLOUD}{name}") for name in ("Owner", "Progress", "Link")] == [None, None, None]
    assert (full.get("status"), progress_of(full)) == ("queued", "0")
    assert full.find(f"{VCLOUD}Owner").get("name") == "replicated-0001"


@pytest.mark.parametrize(
    ("config", "is_present"),
    [
        ({}, [True, False, True, True, True]),
        ({"start_missing": True}, [False, False, True, True, True]),
        ({"end_missing": True}, [True, False, True, False, True]),
        ({"no_details": True}, [True, False, True, True, False]),
    ],
)
def test_options_that_omit_fields(config: dict[str, Any], is_present: list[bool]) -> None:
    cloud = Cloud(**config)
    queued = cloud.began("failover")
    cloud.simulator.clock.advance(11)
    over = cloud.look(queued)
    times = [queued.get("startTime"), queued.get("endTime"), over.get("startTime"), over.get("endTime")]
    assert [*[time is not None for time in times], over.find(f"{VCLOUD}Details") is not None] == is_present


def test_status_options() -> None:
    cloud = Cloud(waiting_status="preRunning", running_status="postRunning")
    first = cloud.began("failover")
    documents = [first, *cloud.looks(first, 0, 1, 10)]
    assert [task.get("status") for task in documents] == ["preRunning", "preRunning", "postRunning", "success"]


@pytest.mark.parametrize(
    ("when", "expected"),
    [("while-running", [False, True, False]), ("always", [True, True, True]), ("never", [False, False, False])],
)
def test_cancel_link_option(when: str, expected: list[bool]) -> None:
    cloud = Cloud(cancel_link=when)
    first = cloud.began("failover")
    documents = [first, *cloud.looks(first, 0, 1, 10)]
    del documents[1]
    links = [task.find(f"{VCLOUD}Link") for task in documents]
    assert [link is not None and link.get("rel") == "task:cancel" for link in links] == expected


@pytest.mark.parametrize(
    ("links", "has_href", "has_location"),
    [("href", True, False), ("both", True, True), ("location", False, True)],
)
@pytest.mark.parametrize("port", ["none", "href", "location", "both"])
def test_task_links_option(links: str, has_href: bool, has_location: bool, port: str) -> None:
    cloud = Cloud(task_links=links, task_port_443=port)
    answer = cloud.act("failover")
    href, location = etree.fromstring(answer.body).get("href"), answer.headers.get("Location")
    assert (href is not None, location is not None) == (has_href, has_location)
    for value, place in ((href, "href"), (location, "location")):
        if value is not None:
            assert (":443/" in value) == (port in (place, "both"))
            assert etree.fromstring(cloud.caller.get(value).body).get("href")  # The link leads to the task.


@pytest.mark.parametrize("status", [200, 202])
def test_dr_status_option(status: int) -> None:
    cloud = Cloud(dr_status=status, delete_status=status)
    assert cloud.act("testFailover").status == status
    cloud.simulator.clock.advance(11)
    assert cloud.act("testCleanup").status == status
    cloud.simulator.clock.advance(11)
    assert cloud.caller.send("DELETE", cloud.path).status == status


@pytest.mark.parametrize("status", [403, 404])
def test_action_continues_when_its_task_cannot_be_read(status: int) -> None:
    cloud = Cloud(task_gone_after=2, task_gone_status=status)
    task = cloud.began("failover")
    assert cloud.look(task).get("status") == "queued"
    assert cloud.look(task).get("status") == "running"
    assert cloud.caller.get(str(task.get("href"))).status == status
    listed = cloud.caller.xml(f"/api/tasksList/{cloud.simulator.world.orgs['org1'].org_id}")
    assert task.get("id") not in [task.get("id") for task in listed]
    cloud.simulator.clock.advance(11)
    assert cloud.states() == ("none", "complete")


@pytest.mark.parametrize("kind", ["status", "hang", "reset"])
def test_single_poll_can_fail(kind: str) -> None:
    cloud = Cloud()
    task = cloud.began("failover")
    cloud.simulator.faults.add(kind, method="GET", path="/api/task", status=503)
    request = Request("GET", str(task.get("href")), cloud.caller.get("/api/org/").headers, b"")
    if kind == "status":
        assert cloud.caller.get(str(task.get("href"))).status == 503
    else:
        with pytest.raises(TimeoutExpiredError if kind == "hang" else ConnectionFailedError):
            cloud.simulator.transport().send(request)
    assert cloud.look(task).get("status") == "queued"


@pytest.mark.parametrize(
    ("action", "states"), [("testFailover", ("testError", "notStarted")), ("failover", ("none", "error"))]
)
@pytest.mark.parametrize("trouble", ["", "hang"])
def test_task_can_be_canceled(action: str, states: tuple[str, str], trouble: str) -> None:
    cloud = Cloud()
    cloud.replication.trouble = trouble
    task = cloud.began(action)
    cloud.simulator.clock.advance(2)
    answer = cloud.caller.send("POST", f"{task.get('href')}/action/cancel")
    assert (answer.status, answer.body) == (204, b"")
    canceled = cloud.look(task)
    assert (canceled.get("status"), canceled.get("cancelRequested")) == ("canceled", "true")
    assert canceled.get("endTime") >= canceled.get("startTime")
    assert cloud.states() == states
    assert cloud.machine() is None
    assert cloud.caller.send("POST", f"{task.get('href')}/action/cancel").status == 400
    # The query service shows the canceled task with its end time.
    rows = cloud.caller.xml("/api/query?type=task&filter=status==canceled")
    assert [row.get("endDate") for row in rows if row.tag == f"{VCLOUD}TaskRecord"] == [canceled.get("endTime")]


def test_limit_per_user_option() -> None:
    cloud = Cloud(replications=3, limit_per_user=2)
    paths = [
        f"/api/vr/replications/{replication_id}/action/testFailover"
        for replication_id in cloud.simulator.world.replications
    ]
    media = "application/vnd.vmware.hcs.testFailoverParams+xml"
    answers = [cloud.caller.send("POST", path, BODY, Content_Type=media) for path in paths]
    assert [answer.status for answer in answers] == [200, 200, 400]
    assert etree.fromstring(answers[2].body).get("minorErrorCode") == "OPERATION_LIMITS_EXCEEDED"
    cloud.simulator.clock.advance(11)
    assert cloud.caller.send("POST", paths[2], BODY, Content_Type=media).status == 200
