"""Tests of the score, result and number of requests of readiness checks."""

from __future__ import annotations

import pytest

from tests.support.readiness import ONE, TWO, Make, seen
from vcloudair_core.errors import ConnectionFailedError, SpecError
from vcloudair_core.recovery.plan.model import (
    Group,
    PlannedVm,
    RecoveryPlan,
    plan_of_vms,
)
from vcloudair_core.recovery.readiness.assessment import score_of
from vcloudair_core.recovery.readiness.readiness_check import CheckSubject

# -- whole assessments ---------------------------------------------------------------------------------------------


def test_a_ready_plan_has_100_points(make: Make) -> None:
    cloud = make(3)
    found = cloud.assess(plan_of_vms(None))
    assert [check for check in found.checks if check.status != "ok"] == []
    assert (found.score, found.is_ready) == (100, True)
    assert {check.subject for check in found.checks if check.name == "state"} == {ONE, TWO, "replicated-0003"}
    assert {entry.method for entry in cloud.simulator.request_log.entries()} == {"GET"}
    shown = found.as_dict()
    assert (shown["score"], shown["is_ready"], shown["counts"]["ok"]) == (100, True, len(shown["checks"]))


@pytest.mark.parametrize("count", [1, 10, 60])
def test_requests_are_one_per_vm_one_per_25_vms_and_a_constant(make: Make, count: int) -> None:
    cloud = make(count)
    cloud.assess(plan_of_vms(None))
    paths = [entry.path for entry in cloud.simulator.request_log.entries()]
    lists = 1  # 128 replications per page
    constant = 3 + 2 + 1  # networks, organization and VDCs; two pages of enabled VDCs; recovery details
    assert sum("/api/vr/replications/" in path for path in paths) == count
    assert len(paths) == lists + count + -(-count // 25) + constant


def test_other_actions_are_rejected_before_anything_is_sent(make: Make) -> None:
    cloud = make(1)
    with pytest.raises(SpecError, match="cleanup"):
        cloud.assess(action="cleanup")
    assert cloud.simulator.request_log.entries() == []


def test_a_cloud_without_response_raises(make: Make) -> None:
    cloud = make(1)
    cloud.simulator.faults.add("reset", path="/replications", count=0)
    with pytest.raises(ConnectionFailedError):
        cloud.assess()


# -- the score -----------------------------------------------------------------------------------------------------


def test_the_score_is_the_weighted_share_and_failures_cap_it() -> None:
    essential, useful = CheckSubject("a", "", 10), CheckSubject("b", "", 2)
    passed, half = essential.ok("m"), useful.warn("m", "h")
    assert score_of([passed]) == 100
    assert score_of([passed, half]) == int(100 * 11 / 12)
    assert score_of([passed, useful.unknown("m", "h")]) == int(100 * 10 / 12)
    assert score_of([passed] * 99 + [useful.fail("m", "h")]) == 70
    assert score_of([passed] * 99 + [essential.unknown("m", "h")]) == 70
    assert score_of([passed] * 99 + [essential.fail("m", "h")]) == 40
    assert score_of([essential.fail("m", "h")]) == 0
    assert score_of([]) == 0


# -- the plan ------------------------------------------------------------------------------------------------------


def test_an_invalid_plan_fails_with_all_of_its_problems(make: Make) -> None:
    cloud = make(2)
    group = Group("web", (PlannedVm(ONE), PlannedVm(ONE), PlannedVm(TWO, depends_on=("nobody",))))
    status, message = seen(cloud.check("plan", RecoveryPlan("payroll", (group, group))))
    assert status == "fail"
    for problem in ("group web is listed 2 times", f"VM {ONE} is listed 4 times", "'nobody'"):
        assert problem in message
    waiting = (Group("a", (PlannedVm(ONE),), depends_on=("b",)), Group("b", (PlannedVm(TWO),), depends_on=("a",)))
    assert "waits for" in cloud.check("plan", RecoveryPlan("payroll", waiting)).message
    assert seen(cloud.check("plan", plan_of_vms([])))[0] == "fail"
    assert seen(cloud.check("plan"))[0] == "ok"


# -- names ---------------------------------------------------------------------------------------------------------


def test_all_unknown_and_ambiguous_names_are_reported_at_once(make: Make) -> None:
    cloud = make(4)
    cloud.replication("replicated-0004").name = "replicated-0003"
    identifier = cloud.replication(ONE).replication_id[-36:]
    found = cloud.assess(plan_of_vms([ONE, identifier, "nobody", "neither", "replicated-0003", TWO]))
    names = {check.subject: seen(check) for check in found.checks if check.name == "vm"}
    assert {name: status for name, (status, _) in names.items()} == {
        ONE: "ok", identifier: "warn", "nobody": "fail", "neither": "fail", "replicated-0003": "fail", TWO: "ok",
    }  # fmt: skip
    assert names["replicated-0003"][1].count("-") >= 8  # both ids
    # The other checks continue, and no VM is checked twice.
    assert [check.subject for check in found.checks if check.name == "rpo"] == [ONE, TWO]
    assert (found.is_ready, found.score) == (False, 40)


def test_lists_without_names_are_supported(make: Make) -> None:
    cloud = make(2, list_reference_name="absent")
    assert cloud.check("vm", plan_of_vms([TWO])).status == "ok"


@pytest.mark.parametrize(("status", "expected"), [(403, "fail"), (404, "fail"), (500, "unknown")])
def test_an_unreadable_list_gives_one_check(make: Make, status: int, expected: str) -> None:
    cloud = make(1)
    cloud.refuse("/replications", status=status, count=0)
    found = cloud.assess()
    assert seen(next(check for check in found.checks if check.name == "vm"))[0] == expected
    assert not found.is_ready


def test_an_org_without_replications_is_not_ready(make: Make) -> None:
    assert not make(0).assess(plan_of_vms(None)).is_ready
