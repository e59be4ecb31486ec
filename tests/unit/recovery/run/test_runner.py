"""Tests of runs: order, failures, steps, journals and resumed runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.recovery_cloud import RecoveryCloud, name, recovery_cloud
from vcloudair_core.errors import ConfigurationError, LockTimeoutError, NotFoundError, SpecError
from vcloudair_core.recovery.journal.run_folders import read_run, run_ids, runs_folder
from vcloudair_core.recovery.journal.run_journal import Journal, reopen_journal
from vcloudair_core.recovery.plan.model import (
    Approval,
    Command,
    Delay,
    Group,
    PlannedVm,
    RecoveryPlan,
    Step,
    plan_of_vms,
)
from vcloudair_core.recovery.plan.serialization import plan_as_data, plan_of_data
from vcloudair_core.recovery.report.run_report import RunReport
from vcloudair_core.recovery.run.preview import preview
from vcloudair_core.recovery.run.runner import RunOptions, resume, start
from vcloudair_core.recovery.run.steps import ApprovalRequest
from vcloudair_core.services.dr.operation_options import Stop

Make = Callable[..., RecoveryCloud]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    with ExitStack() as stack:
        yield lambda count=4, **config: stack.enter_context(recovery_cloud(tmp_path, count, **config))


def group(title: str, *numbers: int, **fields: Any) -> Group:
    return Group(title, tuple(PlannedVm(name(number)) for number in numbers), **fields)


def plan(*groups: Group, **fields: Any) -> RecoveryPlan:
    return RecoveryPlan("payroll", groups, **fields)


def verdicts(report: RunReport) -> dict[str, str]:
    return {vm.name: vm.verdict for vm in report.vms}


def recorded(cloud: RecoveryCloud, event_name: str) -> list[dict[str, Any]]:
    """Return the events with this name in the journal of the newest run."""
    return [dict(event) for event in read_run(cloud.client.settings) if event["event"] == event_name]


# -- order ---------------------------------------------------------------------------------------------------------


def test_a_group_starts_after_its_dependencies(make: Make) -> None:
    cloud = make(4, dr_task_s=60)
    recovery_plan = plan(group("web", 1, 2, depends_on=("database",)), group("database", 3, 4))
    report = start(cloud.client, recovery_plan, "failover")
    assert report.verdict == "succeeded"
    assert set(cloud.begun()[:2]) == {name(3), name(4)}
    web = next(event for event in recorded(cloud, "vm_starting") if event["group"] == "web")
    database = next(event for event in recorded(cloud, "group_finished") if event["group"] == "database")
    assert web["seq"] > database["seq"]


def test_lower_priorities_end_first_and_equal_ones_run_in_parallel(make: Make) -> None:
    cloud = make(4, dr_task_s=60)
    recovery_plan = plan(group("last", 1, priority=2), group("a", 2), group("b", 3, 4))
    start(cloud.client, recovery_plan, "failover")
    assert cloud.begun()[-1] == name(1)
    started = [event["group"] for event in recorded(cloud, "group_started")]
    assert started == ["a", "b", "last"]


def test_a_vm_waits_for_its_dependencies_in_other_groups(make: Make) -> None:
    cloud = make(3, dr_task_s=60)
    first = Group("one", (PlannedVm(name(1), depends_on=(name(3),)), PlannedVm(name(2))))
    report = start(cloud.client, plan(first, group("two", 3)), "failover")
    assert verdicts(report) == {name(1): "succeeded", name(2): "succeeded", name(3): "succeeded"}
    assert cloud.begun()[-1] == name(1)


def test_a_circular_dependency_is_reported_before_anything_is_sent(make: Make) -> None:
    cloud = make(2)
    recovery_plan = plan(group("a", 1, depends_on=("b",)), group("b", 2, depends_on=("a",)))
    with pytest.raises(SpecError, match="a"):
        start(cloud.client, recovery_plan, "failover")
    assert cloud.simulator.request_log.entries() == []
    assert run_ids(cloud.client.settings) == []


def test_all_unknown_names_are_reported_before_anything_starts(make: Make) -> None:
    cloud = make(1)
    recovery_plan = RecoveryPlan("p", (Group("g", (PlannedVm(name(1)), PlannedVm("absent"), PlannedVm("nothing"))),))
    with pytest.raises(NotFoundError, match="'absent', 'nothing'"):
        start(cloud.client, recovery_plan, "failover")
    assert cloud.posts() == []


def test_two_names_of_the_same_vm_are_rejected(make: Make) -> None:
    cloud = make(1)
    identifier = cloud.replication(1).replication_id[-36:]
    recovery_plan = RecoveryPlan("p", (Group("g", (PlannedVm(name(1)), PlannedVm(identifier))),))
    with pytest.raises(SpecError, match="same VM"):
        start(cloud.client, recovery_plan, "failover")
    assert cloud.posts() == []


def test_at_most_max_concurrent_vms_are_in_progress(make: Make) -> None:
    cloud = make(12, dr_task_s=60)
    start(cloud.client, plan(group("g", *range(1, 13)), max_concurrent=5), "failover")
    begun = sorted(task.started for task in cloud.simulator.tasks.of("org1") if task.operation_name == "vrFailover")
    assert len(begun) == 12
    assert max(len([other for other in begun if other <= at < other + 60]) for at in begun) == 5


# -- failures ------------------------------------------------------------------------------------------------------


def test_on_error_stop_starts_nothing_more_and_waits_for_operations_in_progress(make: Make) -> None:
    cloud = make(4)
    cloud.replication(1).trouble = "error"
    recovery_plan = plan(group("first", 1, 2), group("second", 3, 4, priority=2))
    report = start(cloud.client, recovery_plan, "failover")
    assert (report.verdict, len(cloud.posts())) == ("failed", 2)
    assert verdicts(report) == {name(1): "failed", name(2): "succeeded", name(3): "skipped", name(4): "skipped"}


def test_on_error_continue_skips_only_dependents(make: Make) -> None:
    cloud = make(4)
    cloud.replication(1).trouble = "error"
    recovery_plan = plan(
        group("first", 1),
        group("after", 2, depends_on=("first",)),
        group("later", 3, priority=2),
        on_error="continue",
    )
    report = start(cloud.client, recovery_plan, "failover")
    assert verdicts(report) == {name(1): "failed", name(2): "skipped", name(3): "succeeded"}
    assert "first" in next(vm.reason for vm in report.vms if vm.name == name(2))


def test_on_error_roll_back_cleans_up_the_test(make: Make) -> None:
    cloud = make(3)
    cloud.replication(3).trouble = "error"
    recovery_plan = plan(group("a", 1, 2), group("b", 3, priority=2), on_error="roll_back")
    report = start(cloud.client, recovery_plan, "test")
    assert report.verdict == "failed"
    assert {replication.test_state for replication in cloud.simulator.world.replications.values()} == {"none"}
    assert {event["name"]: event["verdict"] for event in recorded(cloud, "vm_rolled_back")} == dict.fromkeys(
        (name(1), name(2), name(3)), "succeeded"
    )


def test_a_failed_test_is_cleaned_up_before_the_next_attempt(make: Make) -> None:
    cloud = make(1)
    cloud.replication(1).trouble = "error"
    recovery_plan = plan(Group("g", (PlannedVm(name(1), retries=2, retry_delay_s=30),)))
    report = start(cloud.client, recovery_plan, "test")
    assert verdicts(report) == {name(1): "succeeded"}
    assert [path.rpartition("/")[2] for path in cloud.posts()] == ["testFailover", "testCleanup", "testFailover"]
    (vm,) = report.vms
    assert [attempt.verdict for attempt in vm.attempts] == ["failed", "succeeded"]


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_an_attempt_that_cannot_be_started_counts_as_a_retry(make: Make, retries: int) -> None:
    cloud = make(1)
    start(cloud.client, plan(group("g", 1)), "test")
    report = start(cloud.client, plan(Group("g", (PlannedVm(name(1), retries=retries),))), "failover")
    ends = recorded(cloud, "vm_finished")
    assert [event["attempt"] for event in ends] == list(range(1, retries + 2))
    assert [event["is_final"] for event in ends] == [False] * retries + [True]
    assert report.vms[0].verdict == "failed"
    assert "was not cleaned up" in report.vms[0].last.reason  # type: ignore[union-attr]
    assert [path.rpartition("/")[2] for path in cloud.posts()] == ["testFailover"]


def test_vm_timeout_ends_a_vm_that_hangs(make: Make) -> None:
    cloud = make(2)
    cloud.replication(1).trouble = "hang"
    recovery_plan = plan(Group("g", (PlannedVm(name(1), vm_timeout=90), PlannedVm(name(2)))), on_error="continue")
    report = start(cloud.client, recovery_plan, "failover")
    assert verdicts(report) == {name(1): "failed", name(2): "succeeded"}
    assert "has not ended after 9" in next(vm.reason for vm in report.vms if vm.name == name(1))


def test_the_timeout_of_a_group_ends_running_and_waiting_vms(make: Make) -> None:
    cloud = make(3)
    cloud.replication(1).trouble = "hang"
    recovery_plan = plan(group("g", 1, 2, 3, timeout_s=120), max_concurrent=1, on_error="continue")
    report = start(cloud.client, recovery_plan, "failover")
    assert verdicts(report) == dict.fromkeys((name(1), name(2), name(3)), "failed")
    assert len(cloud.posts()) == 1
    assert all("120 s" in vm.reason for vm in report.vms)


def test_a_session_that_cannot_be_renewed_stops_the_run(make: Make) -> None:
    cloud = make(3)
    cloud.simulator.faults.add("status", path="/api/vr/replications/", status=401, count=0, skip=2)
    cloud.simulator.faults.add("status", method="POST", path="/api/sessions", status=401, count=0)
    report = start(cloud.client, plan(group("g", 1, 2, 3), max_concurrent=1, on_error="continue"), "failover")
    assert (report.verdict, verdicts(report)[name(1)]) == ("interrupted", "in_flight")
    assert "session was lost" in report.reason
    cloud.simulator.faults.clear()
    cloud.client.session.login()
    assert set(verdicts(resume(cloud.client)).values()) == {"succeeded"}
    assert len(cloud.posts()) == 3


# -- steps ---------------------------------------------------------------------------------------------------------


def test_steps_are_done_around_vms_in_order(make: Make, tmp_path: Path) -> None:
    cloud = make(1)
    log = tmp_path / "log"

    def say(text: str) -> Step:
        return Step(text, Command(("sh", "-c", f"echo {text} $VCA_DR_ACTION $VCA_DR_GROUP >> {log}")))

    g = Group("g", (PlannedVm(name(1)),), before=(say("two"), Step("wait", Delay(3600))), after=(say("three"),))
    began = cloud.clock.now()
    report = start(cloud.client, plan(g, before=(say("one"),), after=(say("four"),)), "failover")
    assert report.verdict == "succeeded"
    assert log.read_text().split("\n") == ["one failover", "two failover g", "three failover g", "four failover", ""]
    assert cloud.clock.now() - began >= 3600
    assert [event["kind"] for event in recorded(cloud, "step_finished")].count("delay") == 1


def test_a_failed_step_has_a_reason_and_its_vms_are_not_started(make: Make) -> None:
    cloud = make(1)
    step = Step("check", Command(("sh", "-c", "echo the disk is full; exit 3")))
    report = start(cloud.client, plan(Group("g", (PlannedVm(name(1)),), before=(step,))), "failover")
    assert (report.verdict, verdicts(report), cloud.posts()) == ("failed", {name(1): "skipped"}, [])
    (ended,) = recorded(cloud, "step_finished")
    assert "status 3: the disk is full" in ended["reason"]


def test_a_failed_step_is_retried(make: Make, tmp_path: Path) -> None:
    cloud = make(1)
    mark = tmp_path / "mark"
    step = Step("twice", Command(("sh", "-c", f"test -e {mark} || {{ touch {mark}; exit 1; }}")), retries=1)
    report = start(cloud.client, plan(Group("g", (PlannedVm(name(1)),), before=(step,))), "failover")
    assert report.verdict == "succeeded"
    assert [event["verdict"] for event in recorded(cloud, "step_finished")] == ["failed", "succeeded"]


def test_a_step_runs_only_for_its_actions(make: Make) -> None:
    cloud = make(1)
    step = Step("real", Command(("false",)), only=frozenset({"failover"}))
    report = start(cloud.client, plan(Group("g", (PlannedVm(name(1)),), before=(step,))), "test")
    assert report.verdict == "succeeded"


def test_secrets_do_not_get_into_the_journal(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = make(1)
    monkeypatch.setenv("SOME_PASSWORD", "demo-password")
    step = Step("leak", Command(("sh", "-c", "echo it is $SOME_PASSWORD; echo x${SOME_PASSWORD}x >&2; exit 1")))
    start(cloud.client, plan(Group("g", (PlannedVm(name(1)),), before=(step,))), "failover")
    folder = runs_folder(cloud.client.settings) / run_ids(cloud.client.settings)[-1]
    for path in folder.iterdir():
        assert b"demo-password" not in path.read_bytes(), path
    assert "***" in recorded(cloud, "step_finished")[0]["output"]


def test_approvals_can_be_asked_for_given_in_advance_or_denied(make: Make) -> None:
    cloud = make(3)
    step = Step("Really?", Approval("Is the primary site down?"))

    def planned(number: int) -> RecoveryPlan:
        return plan(Group("g", (PlannedVm(name(number)),), before=(step,)))

    asked: list[ApprovalRequest] = []

    def ask(question: ApprovalRequest) -> str:
        asked.append(question)
        return "ada"

    report = start(cloud.client, planned(1), "failover", RunOptions(ask=ask))
    assert report.verdict == "succeeded"
    assert (asked[0].text, asked[0].group) == ("Is the primary site down?", "g")
    assert recorded(cloud, "step_finished")[0]["by"] == "ada"
    assert start(cloud.client, planned(2), "failover", RunOptions(ask=lambda question: "")).verdict == "failed"
    unattended = start(cloud.client, planned(3), "failover")
    assert unattended.verdict == "failed"
    assert "--approve" in recorded(cloud, "step_finished")[0]["hint"]
    assert start(cloud.client, planned(3), "failover", RunOptions(approve=("Really?",))).verdict == "succeeded"
    assert len(cloud.posts()) == 2


# -- stop and resume -----------------------------------------------------------------------------------------------


def test_a_stop_lists_vms_in_flight_and_a_resumed_run_starts_nothing_twice(make: Make) -> None:
    cloud = make(6, dr_task_s=600)
    stop = Stop()

    def watch(event: Any) -> None:
        if event["event"] == "vm_started" and len(cloud.posts()) == 4:
            stop.request("Ctrl-C")

    recovery_plan = plan(group("a", 1, 2, 3, 4), group("b", 5, 6, priority=2))
    report = start(cloud.client, recovery_plan, "failover", RunOptions(observers=(watch,), stop=stop))
    assert report.verdict == "interrupted"
    (interrupted,) = recorded(cloud, "run_interrupted")
    assert [vm["name"] for vm in interrupted["in_flight"]] == [name(number) for number in (1, 2, 3, 4)]
    again = resume(cloud.client)
    assert again.verdict == "succeeded"
    assert sorted(cloud.begun()) == [name(number) for number in range(1, 7)]
    assert resume(cloud.client).verdict == "succeeded"
    assert len(cloud.posts()) == 6


class Died(BaseException):
    """Raised to simulate a killed process, which writes nothing more."""


@pytest.mark.parametrize("at", range(1, 20))
def test_a_run_that_died_at_any_event_is_completed_without_starting_anything_twice(
    make: Make, at: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cloud = make(4, dr_task_s=60)
    log = tmp_path / "log"
    steps = (Step("note", Command(("sh", "-c", f"echo x >> {log}"))),)
    recovery_plan = plan(
        Group("a", (PlannedVm(name(1)), PlannedVm(name(2))), before=steps),
        group("b", 3, 4, priority=2),
        max_concurrent=2,
    )
    real_append = Journal.append

    def dying(self: Journal, event: str, **fields: Any) -> Any:
        if self._seq >= at:
            raise Died
        return real_append(self, event, **fields)

    monkeypatch.setattr(Journal, "append", dying)
    with pytest.raises(Died):
        start(cloud.client, recovery_plan, "failover")
    monkeypatch.setattr(Journal, "append", real_append)
    report = resume(cloud.client)
    assert sorted(cloud.begun()) == [name(number) for number in range(1, 5)]
    assert report.verdict == "succeeded"
    assert set(verdicts(report).values()) == {"succeeded"}


def test_a_step_with_on_resume_fail_is_not_repeated(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = make(1)
    step = Step("once", Command(("true",)), on_resume="fail")
    real_append = Journal.append

    def dying(self: Journal, event: str, **fields: Any) -> Any:
        if event == "step_finished":
            raise Died
        return real_append(self, event, **fields)

    monkeypatch.setattr(Journal, "append", dying)
    with pytest.raises(Died):
        start(cloud.client, plan(Group("g", (PlannedVm(name(1)),), before=(step,))), "failover")
    monkeypatch.setattr(Journal, "append", real_append)
    report = resume(cloud.client)
    assert report.verdict == "failed"
    assert "must not run twice" in recorded(cloud, "step_finished")[0]["reason"]
    assert cloud.posts() == []


def test_a_run_in_progress_cannot_be_resumed(make: Make) -> None:
    cloud = make(1)
    refusals: list[str] = []

    def watch(event: Any) -> None:
        if event["event"] == "vm_started":
            with pytest.raises(LockTimeoutError, match="still in progress") as caught:
                resume(cloud.client)
            refusals.append(str(caught.value))

    assert start(cloud.client, plan(group("g", 1)), "failover", RunOptions(observers=(watch,))).verdict == "succeeded"
    assert len(refusals) == 1


def test_a_run_of_another_cloud_is_rejected(make: Make) -> None:
    cloud = make(1)
    stop = Stop()
    stop.request("now")
    start(cloud.client, plan(group("g", 1)), "failover", RunOptions(stop=stop))
    folder = runs_folder(cloud.client.settings) / run_ids(cloud.client.settings)[-1]
    text = (folder / "journal.jsonl").read_text()
    (folder / "journal.jsonl").write_text(text.replace('"org":"org1"', '"org":"other"'))
    with pytest.raises(ConfigurationError, match="other"):
        resume(cloud.client)


def test_a_partial_last_line_is_removed_and_damage_is_reported(make: Make) -> None:
    cloud = make(1)
    start(cloud.client, plan(group("g", 1)), "failover")
    run_id = run_ids(cloud.client.settings)[-1]
    path = runs_folder(cloud.client.settings) / run_id / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + lines[-1][:10])
    journal, events = reopen_journal(cloud.client.settings, run_id[:12])
    journal.close()
    assert len(events) == len(lines) - 1
    assert path.read_bytes() == b"".join(lines[:-1])
    path.write_bytes(b"".join([lines[0], b"{}\n", *lines[2:]]))
    with pytest.raises(ConfigurationError, match="Line 2"):
        read_run(cloud.client.settings, run_id)


def test_only_the_user_can_read_the_files_of_a_run(make: Make) -> None:
    cloud = make(1)
    start(cloud.client, plan(group("g", 1)), "failover")
    folder = runs_folder(cloud.client.settings) / run_ids(cloud.client.settings)[-1]
    assert folder.stat().st_mode & 0o777 == 0o700
    names = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert {"journal.jsonl", "plan.json", "report.json", "report.xml", "report.html"} <= set(names)
    assert set(names.values()) == {0o600}
    assert json.loads((folder / "report.json").read_text())["verdict"] == "succeeded"


# -- dry runs ------------------------------------------------------------------------------------------------------


def test_a_preview_has_order_and_times_and_starts_nothing(make: Make) -> None:
    cloud = make(4)
    recovery_plan = plan(
        group("web", 1, 2, depends_on=("database",)),
        Group("database", (PlannedVm(name(3)), PlannedVm(name(4))), after=(Step("settle", Delay(30)),)),
        max_concurrent=1,
    )
    result = preview(cloud.client, recovery_plan, "failover")
    rows = [(row.name, row.verdict, row.from_s, row.until_s) for row in result.rows]
    assert rows == [
        (name(3), "planned", 0, 90),
        (name(4), "planned", 90, 180),
        ("settle", "planned", 180, 210),
        (name(1), "planned", 210, 300),
        (name(2), "planned", 300, 390),
    ]
    assert result.total_s == 390
    assert (cloud.posts(), run_ids(cloud.client.settings)) == ([], [])


def test_a_preview_shows_unchanged_vms_and_durations_of_earlier_runs(make: Make) -> None:
    cloud = make(2, dr_task_s=20)
    start(cloud.client, plan(group("g", 1, 2)), "test")
    start(cloud.client, plan(group("g", 1)), "cleanup")
    result = preview(cloud.client, plan(group("g", 1, 2)), "test")
    rows = {row.name: row for row in result.rows}
    assert (rows[name(2)].verdict, rows[name(1)].verdict) == ("unchanged", "planned")
    assert 19 < rows[name(1)].until_s - rows[name(1)].from_s < 25
    assert not rows[name(1)].is_guess


# -- all VMs --------------------------------------------------------------------------------------------------


def test_runs_of_named_vms_and_of_all_vms(make: Make) -> None:
    cloud = make(3)
    report = start(cloud.client, plan_of_vms([name(2)]), "test")
    assert verdicts(report) == {name(2): "succeeded"}
    report = start(cloud.client, plan_of_vms(None), "test")
    assert sorted(verdicts(report).values()) == ["succeeded", "succeeded", "unchanged"]
    assert start(cloud.client, plan_of_vms([]), "test").vms == ()
    assert len(cloud.posts()) == 3


def test_all_vms_of_an_org_without_replications_is_an_error(make: Make) -> None:
    cloud = make(0)
    with pytest.raises(NotFoundError, match="No VM is replicated"):
        start(cloud.client, plan_of_vms(None), "test")
    with pytest.raises(NotFoundError, match="No VM is replicated"):
        preview(cloud.client, plan_of_vms(None), "test")
    assert run_ids(cloud.client.settings) == []


def test_a_plan_survives_serialization() -> None:
    steps = (Step("a", Command(("x", "y")), only=frozenset({"test"})), Step("b", Delay(3)))
    recovery_plan = plan(
        Group("g", (PlannedVm("m", depends_on=("n",)), PlannedVm("n")), after=steps), before=steps, path="p.yml"
    )
    assert plan_of_data(json.loads(json.dumps(plan_as_data(recovery_plan)))) == recovery_plan
    with pytest.raises(ConfigurationError, match="Another version"):
        plan_of_data({"format": 99})
    assert replace(recovery_plan, name="other") != recovery_plan
