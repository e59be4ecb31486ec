"""Tests of the actions that each replication state allows or rejects.

Source: protocol/dr.md §3.4, §6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from tests.support.recovery_wire import BODY, FAILOVER, VCLOUD, Cloud, code_of, listing


def was_tested(cloud: Cloud) -> None:
    cloud.done("testFailover")


def was_recovered(cloud: Cloud) -> None:
    cloud.done("failover")


def broken(action: str) -> Callable[[Cloud], None]:
    def prepare(cloud: Cloud) -> None:
        if action == "testCleanup":
            cloud.done("testFailover")
        cloud.replication.trouble = "error"
        cloud.done(action)

    return prepare


def running(action: str) -> Callable[[Cloud], None]:
    def prepare(cloud: Cloud) -> None:
        if action == "testCleanup":
            cloud.done("testFailover")
        cloud.began(action)

    return prepare


ONGOING, TESTED, RECOVERED, NOT_TESTED = (
    "OngoingFailover",
    "AlreadyTestRecovered",
    "AlreadyRecovered",
    "NotTestRecovered",
)
CELLS: list[tuple[str, Callable[[Cloud], None], tuple[str, str, str, str]]] = [
    ("S0 idle", lambda cloud: None, ("", NOT_TESTED, "", "")),
    ("S1 testing", running("testFailover"), (ONGOING, ONGOING, ONGOING, ONGOING)),
    ("S2 tested", was_tested, (TESTED, "", ONGOING, ONGOING)),
    ("S3 cleaning", running("testCleanup"), (ONGOING, ONGOING, ONGOING, ONGOING)),
    ("S4 test failed", broken("testFailover"), (TESTED, "", ONGOING, "")),
    ("S4b clean-up failed", broken("testCleanup"), (TESTED, "", ONGOING, "")),
    ("S5 recovering", running("failover"), (ONGOING, ONGOING, ONGOING, ONGOING)),
    ("S6 recovered", was_recovered, (RECOVERED, RECOVERED, RECOVERED, "")),
    ("S7 recovery failed", broken("failover"), (ONGOING, NOT_TESTED, "", "")),
]
"""Error codes of the actions T, C, F and D, by replication state.

An empty code means that the action is accepted. Source: protocol/dr.md §6.
"""


@pytest.mark.parametrize(("number", "action"), list(enumerate(["testFailover", "testCleanup", "failover", "DELETE"])))
@pytest.mark.parametrize(("state", "prepare", "codes"), CELLS, ids=[cell[0] for cell in CELLS])
def test_each_state_and_action(
    state: str, prepare: Callable[[Cloud], None], codes: tuple[str, ...], number: int, action: str
) -> None:
    cloud = Cloud()
    prepare(cloud)
    before = cloud.states()
    is_removal = action == "DELETE"
    answer = cloud.caller.send("DELETE", cloud.path) if is_removal else cloud.act(action)
    assert answer.status == 200
    task = etree.fromstring(answer.body)
    if codes[number]:
        assert (task.get("status"), code_of(task)) == ("error", codes[number])
        assert cloud.states() == before
        return
    path = cloud.path
    cloud.simulator.clock.advance(11)
    assert cloud.look(task).get("status") == "success"
    if is_removal:
        assert cloud.caller.get(path).status == 403
        assert len(listing(cloud)) == 1
    else:
        assert (
            cloud.states()
            == {
                "testFailover": ("complete", "notStarted"),
                "testCleanup": ("none", "notStarted"),
                "failover": ("none", "complete"),
            }[action]
        )


@pytest.mark.parametrize("via", ["http-400", "http-409"])
def test_state_error_via_option(via: str) -> None:
    cloud = Cloud(state_error_via=via)
    was_tested(cloud)
    answer = cloud.act("testFailover")
    error = etree.fromstring(answer.body)
    assert (answer.status, error.get("vendorSpecificErrorCode")) == (int(via[5:]), TESTED)
    assert cloud.states() == ("complete", "notStarted")


@pytest.mark.parametrize(
    ("place", "minor", "vendor"),
    [
        ("vendorSpecificErrorCode", "BAD_REQUEST", TESTED),
        ("minorErrorCode", TESTED, None),
        ("both", TESTED, TESTED),
    ],
)
@pytest.mark.parametrize("via", ["task", "http-400"])
def test_error_code_in_option(place: str, minor: str, vendor: str | None, via: str) -> None:
    cloud = Cloud(error_code_in=place, state_error_via=via)
    was_tested(cloud)
    root = etree.fromstring(cloud.act("testFailover").body)
    error: Any = root if via != "task" else root.find(f"{VCLOUD}Error")
    assert (error.get("minorErrorCode"), error.get("vendorSpecificErrorCode")) == (minor, vendor)


def test_cleanup_from_none_option() -> None:
    assert code_of(Cloud(cleanup_from_none="task-error").began("testCleanup")) == NOT_TESTED
    assert Cloud(cleanup_from_none="http-400").act("testCleanup").status == 400
    cloud = Cloud(cleanup_from_none="success-noop")
    assert cloud.began("testCleanup").get("status") == "success"
    assert cloud.states() == ("none", "notStarted")


def test_failover_from_test_option() -> None:
    cloud = Cloud(failover_from_test="allowed")
    was_tested(cloud)
    task = cloud.began("failover")
    assert cloud.machine() is None  # The VM of the test is removed.
    cloud.simulator.clock.advance(11)
    assert cloud.look(task).get("status") == "success"
    assert (cloud.states(), cloud.machine().get("networkName")) == (("none", "complete"), "lan")


@pytest.mark.parametrize("status", [403, 404])
def test_unknown_replication_option(status: int) -> None:
    cloud = Cloud(unknown_replication=status)
    path = cloud.path[:-12] + "0" * 12
    asked = [("GET", path), ("GET", f"{path}/instances"), ("POST", f"{path}/action/testCleanup"), ("DELETE", path)]
    assert {cloud.caller.send(method, where).status for method, where in asked} == {status}


def test_dr_installed_option() -> None:
    cloud = Cloud(dr_installed=False)
    org, vdc = cloud.simulator.world.orgs["org1"].org_id, next(iter(cloud.simulator.world.vdcs))
    for path in (f"/api/org/{org}/replications", f"/api/vdc/{vdc}/recoveryDetails", cloud.path):
        answer = cloud.caller.get(path)
        assert (answer.status, answer.headers["Content-Type"][:9]) == (404, "text/html")
    text = cloud.caller.get(f"/api/org/{org}").text + cloud.caller.get(f"/api/vdc/{vdc}").text
    assert "down:replications" not in text
    assert "vrRecoveryDetails" not in text


@pytest.mark.parametrize(
    ("action", "content_type", "lenient", "strict"),
    [
        ("failover", FAILOVER, 200, 200),
        ("failover", FAILOVER.replace("hcs.f", "hcs.F"), 200, 415),
        ("failover", "application/*+xml", 415, 415),
        ("testFailover", "application/*+xml", 200, 200),
        ("testFailover", FAILOVER, 200, 415),
    ],
)
def test_content_type_options(action: str, content_type: str, lenient: int, strict: int) -> None:
    assert Cloud().act(action, content_type=content_type).status == lenient
    assert Cloud(content_type_strict=True).act(action, content_type=content_type).status == strict


@pytest.mark.parametrize(("is_required", "status"), [(True, 400), (False, 200)])
def test_synchronize_required_option(is_required: bool, status: int) -> None:
    body = BODY.replace("<Synchronize> false </Synchronize>", "")
    assert Cloud(synchronize_required=is_required).act("testFailover", body).status == status


@pytest.mark.parametrize("body", ["<broken", "<Other/>", "none"])
def test_invalid_bodies_are_rejected_except_for_cleanups(body: str) -> None:
    cloud = Cloud()
    assert cloud.act("failover", body).status == 400
    was_tested(cloud)
    answer = cloud.caller.send("POST", f"{cloud.path}/action/testCleanup", body)
    assert answer.status == 200
