"""Test every result of the readiness checks for a VM."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.readiness import ONE, TWO, Cloud, Make, seen
from vcloudair_core.recovery.plan.model import (
    Group,
    PlannedVm,
    RecoveryPlan,
    plan_of_vms,
)
from vcloudair_core.recovery.readiness.evidence import gather
from vcloudair_core.recovery.readiness.readiness_check import Check
from vcloudair_core.recovery.readiness.replication_checks import vm_checks

# -- replications --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "expected"), [(403, "fail"), (404, "fail"), (500, "unknown")])
def test_an_unreadable_replication_does_not_stop_the_other_checks(make: Make, status: int, expected: str) -> None:
    cloud = make(3)
    cloud.refuse(cloud.replication(TWO).replication_id, status=status, count=0)
    found = cloud.assess(plan_of_vms(None))
    states = {check.subject: check for check in found.checks if check.name == "replication"}
    assert {name: check.status for name, check in states.items()} == {ONE: "ok", TWO: expected, "replicated-0003": "ok"}
    assert seen(states[TWO])
    assert not found.is_ready  # the result of each essential check must be known


def _check_with(cloud: Cloud, name: str, action: str = "failover", **fields: Any) -> Check:
    """Check a replication with values that the simulator cannot return."""
    plan = plan_of_vms([ONE])
    evidence = gather(cloud.client, plan, cloud.now)
    groups = {href: replace(group, **fields) for href, group in evidence.groups.items()}  # type: ignore[type-var]
    (check,) = (check for check in vm_checks(plan, action, replace(evidence, groups=groups)) if check.name == name)
    return check


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("ok", "ok"), (" OK ", "ok"), ("sync", "ok"), ("OK_RPO_VIOLATION", "ok"),
        ("paused", "warn"), ("fullSync", "warn"), ("FULL_SYNC", "warn"), ("notActive", "warn"), ("moving", "warn"),
        ("error", "fail"), ("configuring", "fail"), ("initialFullSync", "fail"), ("recovering", "fail"),
        ("", "unknown"), ("unknown", "unknown"), ("splendid", "unknown"),
    ],
)  # fmt: skip
def test_the_state_of_a_replication(make: Make, state: str, expected: str) -> None:
    assert seen(_check_with(make(1), "replication", state=state))[0] == expected


def test_a_paused_replication_warns_in_any_state(make: Make) -> None:
    cloud = make(1)
    cloud.replication().paused = True
    assert "paused" in seen(cloud.check("replication"))[1]
    assert cloud.assess().is_ready


@pytest.mark.parametrize(
    ("action", "test", "recovery", "expected", "message"),
    [
        ("failover", "none", "notStarted", "ok", "no action is in progress"),
        ("test", "none", "notStarted", "ok", "no action is in progress"),
        ("failover", "", "", "ok", "no action is in progress"),  # its link offers the action
        ("failover", "testInProgress", "notStarted", "fail", "another action is in progress"),
        ("test", "none", "inProgress", "fail", "another action is in progress"),
        ("failover", "complete", "notStarted", "fail", "not cleaned up"),
        ("test", "testError", "notStarted", "fail", "cleaned up first"),
        ("test", "none", "complete", "fail", "already failed over"),
        ("test", "complete", "notStarted", "warn", "already complete"),
        ("failover", "none", "complete", "warn", "already complete"),
        ("failover", "none", "error", "warn", "an earlier failover failed"),
        ("failover", "unknown", "notStarted", "unknown", "unknown state"),
        ("failover", "none", "splendid", "unknown", "unknown state"),
    ],
)
def test_the_state_of_tests_and_failovers(
    make: Make, action: str, test: str, recovery: str, expected: str, message: str
) -> None:
    found = seen(_check_with(make(1), "state", action, test_state=test, recovery_state=recovery))
    assert (found[0], message in found[1]) == (expected, True), found


def test_a_missing_state_is_unknown(make: Make) -> None:
    assert seen(_check_with(make(1), "state", test_state="", recovery_state="", offered=()))[0] == "unknown"


def test_a_vm_after_its_failover_has_no_checks_of_its_source(make: Make) -> None:
    cloud = make(2)
    cloud.client.dr.act("failover", [ONE])
    found = cloud.assess(plan_of_vms([ONE, TWO]))
    assert {check.name for check in found.checks if check.subject == ONE} == {"vm", "state"}
    assert found.is_ready


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        (("failover", "testFailover"), "ok"),
        (("FAILOVER",), "ok"),
        (("testFailover",), "fail"),
        ((), "unknown"),
    ],
)
def test_links_show_the_permissions_of_the_user(make: Make, offered: tuple[str, ...], expected: str) -> None:
    assert seen(_check_with(make(1), "right", offered=offered))[0] == expected


def test_links_are_read(make: Make) -> None:
    assert set(make(1).client.dr.replications()[0].offered) == {"testFailover", "failover"}
    assert make(1, links="none").check("right").status == "unknown"


# -- data ----------------------------------------------------------------------------------------------------------


def test_a_replication_without_recovery_points_fails(make: Make) -> None:
    cloud = make(1)
    assert seen(_check_with(cloud, "data", points=()))[0] == "fail"
    assert seen(cloud.check("data"))[0] == "ok"


@pytest.mark.parametrize(
    ("lag", "configured", "plan_rpo", "vm_rpo", "expected", "message"),
    [
        (10, 240, None, None, "ok", "10 min old; allowed: 240 min"),
        (10, 15, 30, None, "ok", "allowed: 30 min"),
        (300, 240, None, None, "warn", "has been violated for 60 min"),
        (10, 240, 30, None, "warn", "(240 min) is above the RPO of the plan (30 min)"),
        (40, 240, 30, None, "fail", "40 min old; the RPO of the plan is 30 min"),
        (40, 15, 30, 60, "warn", "the RPO of the replication has been violated"),
        (40, 15, 60, 30, "fail", "is 30 min"),  # the RPO of the VM overrides that of the plan
        (-10, 240, 30, None, "unknown", "from the future"),
    ],
)
def test_the_age_of_the_newest_data(
    make: Make, lag: int, configured: int, plan_rpo: int | None, vm_rpo: int | None, expected: str, message: str
) -> None:
    cloud = make(1)
    cloud.replication().lag_minutes, cloud.replication().rpo_minutes = lag, configured
    group = Group("web", (PlannedVm(ONE, rpo_minutes=vm_rpo),))
    found = seen(cloud.check("rpo", RecoveryPlan("payroll", (group,), rpo_minutes=plan_rpo)))
    assert (found[0], message in found[1]) == (expected, True), found


def test_old_data_is_a_warning_for_a_test(make: Make) -> None:
    cloud = make(1)
    assert cloud.check("rpo", plan_of_vms([ONE], rpo_minutes=5)).status == "fail"
    assert seen(cloud.check("rpo", plan_of_vms([ONE], rpo_minutes=5), "test"))[0] == "warn"


def test_without_an_rpo_or_a_time_the_result_is_unknown(make: Make) -> None:
    cloud = make(1)
    assert "has an RPO" in seen(_check_with(cloud, "rpo", rpo_minutes=None))[1]
    evidence = gather(cloud.client, plan_of_vms([ONE]), cloud.now)
    (group,) = evidence.read_groups()
    points = tuple(replace(point, started=None) for point in group.points)
    assert seen(_check_with(cloud, "rpo", points=points))[0] == "unknown"
