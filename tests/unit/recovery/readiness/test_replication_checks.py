"""Each check of a VM in each way that it can end."""

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
def test_one_that_cannot_be_read_does_not_sink_the_rest(make: Make, status: int, expected: str) -> None:
    cloud = make(3)
    cloud.refuse(cloud.replication(TWO).replication_id, status=status, count=0)
    found = cloud.assess(plan_of_vms(None))
    states = {check.subject: check for check in found.checks if check.name == "replication"}
    assert {name: one.status for name, one in states.items()} == {ONE: "ok", TWO: expected, "replicated-0003": "ok"}
    assert seen(states[TWO])
    assert not found.is_ready  # an essential one that is not known is no yes


def _with(cloud: Cloud, name: str, action: str = "failover", **words: Any) -> Check:
    """The check of a replication that says other words than the simulator can be brought to say."""
    plan = plan_of_vms([ONE])
    evidence = gather(cloud.client, plan, cloud.now)
    groups = {href: replace(group, **words) for href, group in evidence.groups.items()}  # type: ignore[type-var]
    (found,) = (group for group in vm_checks(plan, action, replace(evidence, groups=groups)) if group.name == name)
    return found


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("ok", "ok"), (" OK ", "ok"), ("sync", "ok"), ("OK_RPO_VIOLATION", "ok"),
        ("paused", "warn"), ("fullSync", "warn"), ("FULL_SYNC", "warn"), ("notActive", "warn"), ("moving", "warn"),
        ("error", "fail"), ("configuring", "fail"), ("initialFullSync", "fail"), ("recovering", "fail"),
        ("", "unknown"), ("unknown", "unknown"), ("splendid", "unknown"),
    ],
)  # fmt: skip
def test_the_state_of_a_replication(make: Make, word: str, expected: str) -> None:
    assert seen(_with(make(1), "replication", state=word))[0] == expected


def test_a_pause_warns_whatever_the_word_is(make: Make) -> None:
    cloud = make(1)
    cloud.replication().paused = True
    assert "paused" in seen(cloud.check("replication"))[1]
    assert cloud.assess().is_ready


@pytest.mark.parametrize(
    ("action", "test", "recovery", "expected", "said"),
    [
        ("failover", "none", "notStarted", "ok", "nothing is under way"),
        ("test", "none", "notStarted", "ok", "nothing is under way"),
        ("failover", "", "", "ok", "nothing is under way"),  # its link says so
        ("failover", "testInProgress", "notStarted", "fail", "under way"),
        ("test", "none", "inProgress", "fail", "under way"),
        ("failover", "complete", "notStarted", "fail", "not cleaned up"),
        ("test", "testError", "notStarted", "fail", "cleaned up first"),
        ("test", "none", "complete", "fail", "failed over already"),
        ("test", "complete", "notStarted", "warn", "there already"),
        ("failover", "none", "complete", "warn", "there already"),
        ("failover", "none", "error", "warn", "went wrong"),
        ("failover", "unknown", "notStarted", "unknown", "says nothing"),
        ("failover", "none", "splendid", "unknown", "says nothing"),
    ],
)
def test_what_stands_in_the_way(make: Make, action: str, test: str, recovery: str, expected: str, said: str) -> None:
    found = seen(_with(make(1), "state", action, test_state=test, recovery_state=recovery))
    assert (found[0], said in found[1]) == (expected, True), found


def test_a_state_that_nobody_tells_is_not_known(make: Make) -> None:
    assert seen(_with(make(1), "state", test_state="", recovery_state="", offered=()))[0] == "unknown"


def test_a_vm_that_is_there_has_no_checks_of_its_source(make: Make) -> None:
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
def test_what_the_user_may_do_is_what_is_linked(make: Make, offered: tuple[str, ...], expected: str) -> None:
    assert seen(_with(make(1), "right", offered=offered))[0] == expected


def test_links_are_read(make: Make) -> None:
    assert set(make(1).client.dr.replications()[0].offered) == {"testFailover", "failover"}
    assert make(1, links="none").check("right").status == "unknown"


# -- data ----------------------------------------------------------------------------------------------------------


def test_no_point_in_time_is_nothing_to_recover_from(make: Make) -> None:
    cloud = make(1)
    assert seen(_with(cloud, "data", points=()))[0] == "fail"
    assert seen(cloud.check("data"))[0] == "ok"


@pytest.mark.parametrize(
    ("lag", "own", "plan_rpo", "vm_rpo", "expected", "said"),
    [
        (10, 240, None, None, "ok", "10 min old, of at most 240"),
        (10, 15, 30, None, "ok", "of at most 30"),
        (300, 240, None, None, "warn", "has been for 60 min"),
        (10, 240, 30, None, "warn", "set to 240 min and the plan promises 30"),
        (40, 240, 30, None, "fail", "40 min old; the plan promises 30 min"),
        (40, 15, 30, 60, "warn", "behind what the replication is set to"),
        (40, 15, 60, 30, "fail", "promises 30"),  # that of the VM comes first
        (-10, 240, 30, None, "unknown", "of the future"),
    ],
)
def test_the_age_of_the_newest_data(
    make: Make, lag: int, own: int, plan_rpo: int | None, vm_rpo: int | None, expected: str, said: str
) -> None:
    cloud = make(1)
    cloud.replication().lag_minutes, cloud.replication().rpo_minutes = lag, own
    group = Group("web", (PlannedVm(ONE, rpo_minutes=vm_rpo),))
    found = seen(cloud.check("rpo", RecoveryPlan("payroll", (group,), rpo_minutes=plan_rpo)))
    assert (found[0], said in found[1]) == (expected, True), found


def test_a_test_works_with_old_data(make: Make) -> None:
    cloud = make(1)
    assert cloud.check("rpo", plan_of_vms([ONE], rpo_minutes=5)).status == "fail"
    assert seen(cloud.check("rpo", plan_of_vms([ONE], rpo_minutes=5), "test"))[0] == "warn"


def test_an_age_without_measure_is_not_known(make: Make) -> None:
    cloud = make(1)
    assert "how old it may be" in seen(_with(cloud, "rpo", rpo_minutes=None))[1]
    timeless = gather(cloud.client, plan_of_vms([ONE]), cloud.now)
    (group,) = timeless.read_groups()
    points = tuple(replace(one, started=None) for one in group.points)
    assert seen(_with(cloud, "rpo", points=points))[0] == "unknown"
