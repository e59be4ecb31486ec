"""Tests of run reports. A report must not claim more than the events show."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.documents import ROOT
from tests.support.recovery_events import Shape, Timeline, run_events, vm_id
from vcloudair_core.recovery.report.model import SUCCESS_VERDICTS, VM_VERDICTS, VmReport
from vcloudair_core.recovery.report.run_report import RunReport, report_of


def report(**shape: Any) -> RunReport:
    return report_of(run_events(**shape))


def vm(run_report: RunReport, number: int) -> VmReport:
    return next(vm for vm in run_report.vms if vm.id == vm_id(number))


# -- the verdict ---------------------------------------------------------------------------------------------------


def test_a_successful_run() -> None:
    run_report = report(vms=20)
    assert (run_report.verdict, run_report.failures, run_report.doubts) == ("succeeded", (), ())
    assert run_report.summary == {
        "failed": 0, "in_flight": 0, "retrying": 0, "not_started": 0, "skipped": 0, "succeeded": 20, "unchanged": 0,
        "rolled_back": 0, "rollback_failed": 0, "unknown": 0,
    }  # fmt: skip
    assert (run_report.user, run_report.host, run_report.cloud["org"], run_report.cloud["user"]) == (
        "maria", "ops1.example.test", "org1", "demo",
    )  # fmt: skip
    assert [(step.group, step.kind, step.by) for step in run_report.all_steps] == [
        ("", "command", ""), ("", "http", ""), ("database", "approval", "maria"), ("web", "network", ""),
    ]  # fmt: skip
    assert [group.verdict for group in run_report.groups] == ["succeeded"] * 3
    assert [len(group.vms) for group in run_report.groups] == [7, 7, 6]


def test_a_failure_has_reason_hint_codes_and_request_id() -> None:
    run_report = report(vms=20, failed=[3], skipped=[19])
    assert run_report.verdict == "failed"
    first, second = run_report.failures
    assert (first.what, first.name, first.place, first.vm_id) == ("vm", "db04", "database", vm_id(3))
    assert first.reason.startswith("the task failed") and first.hint.startswith("Check the VM")
    assert first.request_id == "req-0003-2" and first.codes
    assert (second.name, second.verdict, second.reason) == (
        "web20", "skipped", "not started because another VM failed",
    )  # fmt: skip
    assert [group.verdict for group in run_report.groups] == ["failed", "succeeded", "failed"]


def test_retries_count_in_the_duration() -> None:
    retried = vm(report(vms=1, retried=[0]), 0)
    assert [attempt.verdict for attempt in retried.attempts] == ["failed", "succeeded"]
    assert retried.verdict == "succeeded" and retried.seconds is not None
    assert retried.seconds == pytest.approx(sum(attempt.seconds or 0 for attempt in retried.attempts) + 10, abs=0.01)


def test_a_vm_without_an_end_is_in_flight() -> None:
    run_report = report(vms=2, steps=False, ends_at=5)
    assert run_report.verdict == "unfinished"
    assert {vm.verdict for vm in run_report.vms} == {"in_flight"}
    assert all(vm.rto.is_met is None for vm in run_report.vms)
    assert "unfinished: 0 of 2 VMs were recovered, as far as the journal shows" in run_report.as_dict()["sentence"]


def test_a_failed_attempt_with_a_pending_retry_is_retrying() -> None:
    events = run_events(vms=1, steps=False, retried=[0])
    cut = next(place for place, event in enumerate(events) if event["event"] == "vm_finished")
    assert report_of(events[: cut + 1]).vms[0].verdict == "retrying"
    assert report_of(events[: cut + 2]).vms[0].verdict == "in_flight"


def test_an_interrupted_and_resumed_run() -> None:
    stopped = report(vms=5, ends_at=100, ended_by="stopped by a signal")
    assert (stopped.verdict, stopped.reason) == ("interrupted", "stopped by a signal")
    assert stopped.periods[0].in_flight == ("db01", "db02", "db03", "db04", "db05")
    resumed = report(vms=5, pauses=[(100, 600)])
    assert resumed.verdict == "succeeded"
    assert [(period.user, period.end) for period in resumed.periods] == [("maria", "interrupted"), ("ines", "finished")]
    assert (resumed.rto.reached_s or 0) > 600, "interruptions count in the recovery time"


def test_steps_with_the_same_name_are_distinguished_by_their_keys() -> None:
    time = Timeline()
    for second, key in enumerate(("before/1", "before/2")):
        fields = {"group": "", "phase": "before", "step": "wait", "kind": "delay", "key": key, "attempt": 1}
        time.add(second, "step_started", **fields)
        time.add(
            second + 0.5, "step_finished", **fields, verdict="succeeded" if key.endswith("1") else "failed", seconds=0.5
        )
    assert [(step.name, step.last.verdict) for step in report_of(time.events()).steps] == [
        ("wait", "succeeded"), ("wait", "failed"),
    ]  # fmt: skip


def test_a_run_that_died_and_was_resumed() -> None:
    events = [event for event in run_events(vms=5, pauses=[(100, 600)]) if event["event"] != "run_interrupted"]
    run_report = report_of(events)
    assert [period.end for period in run_report.periods] == ["died", "finished"]
    assert run_report.doubts == ("The sequence numbers show that events are missing: 1.",)


def test_an_attempt_that_outlives_its_process_is_one_attempt() -> None:
    time, fields = Timeline(), {"id": "m", "name": "m", "group": "g", "attempt": 1}
    time.add(0, "run_started", groups=[{"name": "g", "vms": [{"id": "m", "name": "m"}]}])
    time.add(1, "vm_starting", **fields)
    time.add(2, "vm_started", id="m", task="")
    time.add(60, "run_resumed", host="other")
    time.add(61, "vm_starting", **fields)
    time.add(62, "vm_finished", **fields, verdict="unchanged")
    time.add(63, "run_finished", verdict="succeeded", summary={"unchanged": 1})
    run_report = report_of(time.events())
    assert len(run_report.vms[0].attempts) == 1 and run_report.vms[0].seconds == 61
    assert run_report.vms[0].rto.reached_s == 62, "this run requested the action"


def test_events_overrule_the_verdict_that_a_run_reports() -> None:
    events = run_events(vms=3, steps=False)
    run_report = report_of(
        [event for event in events if (event["event"], event.get("name")) != ("vm_finished", "db02")]
    )
    assert run_report.verdict == "unfinished" and vm(run_report, 1).verdict == "in_flight"
    assert [group.verdict for group in run_report.groups] == ["unfinished"]
    assert "The run reported 3 VMs as succeeded, but the events show 2." in run_report.doubts


def test_rolled_back_vms_do_not_count_as_recovered() -> None:
    run_report = report(vms=4, failed=[0], failing_step=True, rolled_back=True)
    assert run_report.verdict == "failed" and run_report.doubts == ()
    assert [vm.verdict for vm in run_report.vms] == ["failed", "rolled_back", "rolled_back", "rollback_failed"]
    assert run_report.rollback is not None and run_report.rollback.verdict == "failed"
    assert not any(vm.rto.is_met or vm.rpo.is_met for vm in run_report.vms)
    assert [(failure.what, failure.verdict) for failure in run_report.failures] == [
        ("step", "failed"), ("vm", "failed"), ("vm", "rollback_failed"), *[("vm", "rolled_back")] * 2,
    ]  # fmt: skip
    assert run_report.failures[2].hint == "Clean up the test manually."


def test_a_run_without_vms_has_not_succeeded() -> None:
    assert report_of([]).verdict == "unfinished"
    time = Timeline()
    time.add(0, "run_started", action="test", groups=[])
    time.add(1, "run_finished", verdict="succeeded", summary={})
    assert (report_of(time.events()).verdict, report_of(time.events()).reason) == (
        "failed", "the run had no VMs",
    )  # fmt: skip


def test_a_run_without_its_start_has_not_succeeded() -> None:
    run_report = report_of(run_events(vms=3)[1:])
    assert run_report.verdict == "unfinished" and {vm.verdict for vm in run_report.vms} == {"succeeded"}
    assert (run_report.rto.reached_s, run_report.rto.is_met) == (None, None)


# -- objectives ----------------------------------------------------------------------------------------------------


def test_the_target_of_a_vm_overrides_its_group_and_the_plan() -> None:
    events = run_events(vms=3, steps=False, vm_targets={0: {"rto_minutes": 1, "rpo_minutes": 2}})
    run_report = report_of(events)
    assert [(vm.rto.target_minutes, vm.rto.source) for vm in run_report.vms] == [(1, "vm"), *[(60, "plan")] * 2]
    assert [(vm.rpo.target_minutes, vm.rpo.source) for vm in run_report.vms] == [(2, "vm"), *[(30, "plan")] * 2]
    assert [vm.rto.is_met for vm in run_report.vms] == [False, True, True]
    assert (run_report.rto.is_met, run_report.rpo.is_met) == (False, False), (
        "one late VM misses the objective of the plan"
    )
    events[0]["groups"][0]["rto_minutes"] = 20
    of_group = report_of(events)
    assert [vm.rto.source for vm in of_group.vms] == ["vm", "group", "group"]
    assert (of_group.groups[0].rto.target_minutes, of_group.groups[0].rto.source) == (20, "group")


def test_a_higher_target_of_a_vm_does_not_raise_that_of_the_plan() -> None:
    run_report = report(vms=2, steps=False, rto_minutes=1, vm_targets={n: {"rto_minutes": 90} for n in (0, 1)})
    assert [vm.rto.is_met for vm in run_report.vms] == [True, True]
    assert run_report.rto.is_met is False


def test_vms_recovered_before_the_run_are_not_measured() -> None:
    run_report = report(vms=2, unchanged=[0])
    first = vm(run_report, 0)
    assert (first.verdict, first.rto.reached_s, first.rto.is_met, first.rpo.is_met) == ("unchanged", None, None, None)
    assert first.rto.why == "the VM was recovered before this run"
    assert run_report.rto.why == "unknown for 1 of 2 VMs: the VM was recovered before this run (1)"
    assert (run_report.rto.reached_s, run_report.rto.is_met) == (None, None) and run_report.rto.known_s is not None


def test_a_failed_vm_misses_its_rto() -> None:
    run_report = report(vms=2, failed=[0])
    assert (vm(run_report, 0).rto.reached_s, vm(run_report, 0).rto.is_met) == (None, False)
    assert run_report.rto.is_met is False


def test_without_targets_or_data_nothing_is_met() -> None:
    bare = report(vms=2, rto_minutes=None, rpo_minutes=None)
    assert (bare.rto.is_met, bare.rpo.is_met) == (None, None) and bare.rto.reached_s is not None
    unsynced = report(vms=2, last_sync=False)
    assert (unsynced.rpo.reached_s, unsynced.rpo.is_met) == (None, None)
    assert unsynced.rto.is_met is True


def test_a_cleanup_has_no_objectives() -> None:
    run_report = report(vms=2, action="cleanup")
    assert run_report.verdict == "succeeded"
    assert {run_report.rto.is_met, run_report.rpo.is_met, run_report.groups[0].rto.is_met} == {None}
    assert run_report.vms[0].rto.why == "the action recovers no VMs"


def test_data_replicated_after_the_start_has_age_0() -> None:
    events = run_events(vms=1, steps=False)
    events[-3]["last_sync"] = events[-3]["at"]
    assert events[-3]["event"] == "vm_finished"
    assert report_of(events).vms[0].rpo.reached_s == 0.0


# -- damaged journals ----------------------------------------------------------------------------------------------


def test_unknown_events_and_invalid_lines_are_ignored() -> None:
    events: list[Any] = run_events(vms=2)
    odd: list[Any] = [
        {"event": "vm_sang", "id": 5},
        {"event": 7},
        "torn",
        None,
        {"at": "?"},
        {**events[3], "new": [1]},
    ]
    run_report = report_of([*events[:5], *odd, *events[5:]])
    assert run_report.verdict == "succeeded" and run_report.passed_over == {"vm_sang": 1, "7": 1}
    assert "3 lines of the journal are not events." in run_report.doubts


def test_every_key_and_verdict_is_documented() -> None:
    text = (ROOT / "docs" / "reference" / "recovery-report.md").read_text(encoding="utf-8")
    whole = report(vms=3, failed=[0], failing_step=True, rolled_back=True, pauses=[(50, 10)]).as_dict()
    assert f"| `schema` | {whole['schema']} |" in text
    names = set(VM_VERDICTS)

    def gather(value: Any) -> None:
        for key, inner in value.items() if isinstance(value, dict) else ():
            names.add(key)
            gather({} if key in ("task", "summary") else inner)
        for inner in value if isinstance(value, list) else ():
            gather(inner)

    gather(whole)
    assert len(names) > 60 and sorted(key for key in names if f"`{key}`" not in text) == []


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged_events_still_give_a_report(data: st.DataObject) -> None:
    events = run_events(vms=3, retried=[1], pauses=[(50, 10)])
    for _ in range(data.draw(st.integers(1, 4))):
        event = events[data.draw(st.integers(0, len(events) - 1))]
        key = data.draw(st.sampled_from(sorted(event)))
        if data.draw(st.booleans()):
            event[key] = data.draw(values)
        else:
            del event[key]
    json.dumps(report_of(events).as_dict(), default=str)


# -- never more than the events show -------------------------------------------------------------------------------

shapes = st.builds(
    Shape,
    vms=st.integers(1, 8),
    groups=st.integers(1, 3),
    action=st.sampled_from(["test", "failover", "cleanup"]),
    failed=st.frozensets(st.integers(0, 1)),
    retried=st.frozensets(st.integers(2, 3)),
    skipped=st.frozensets(st.integers(4, 4)),
    unchanged=st.frozensets(st.integers(5, 6)),
    max_concurrent=st.integers(1, 4),
    pauses=st.sampled_from([(), ((80.0, 300.0),), ((80.0, 300.0), (500.0, 60.0))]),
    rto_minutes=st.sampled_from([None, 5, 60]),
    seed=st.integers(0, 5),
)


@settings(max_examples=80, deadline=None)
@given(shape=shapes, share=st.floats(0, 1))
def test_a_prefix_never_claims_more_than_it_shows(shape: Shape, share: float) -> None:
    """Compare the report with the events, which this test reads independently."""
    shape = Shape(**{**vars(shape), **_within(shape)})
    events = run_events(shape)
    shown = events[: round(share * len(events))]
    run_report = report_of(shown)
    ends = {event["id"]: event for event in shown if event["event"] == "vm_finished"}
    starts = [event["id"] for event in shown if event["event"] == "vm_starting"]
    for vm in run_report.vms:
        end = ends.get(vm.id)
        assert vm.has_succeeded == (end is not None and end["verdict"] in SUCCESS_VERDICTS)
        assert vm.has_succeeded or (vm.rto.is_met is not True and vm.rpo.is_met is not True)
        assert vm.verdict != "not_started" or vm.id not in starts
        assert vm.rto.is_met is not True or (vm.rto.reached_s or 0) <= (vm.rto.target_s or 0)
    is_over = bool(shown) and shown[-1]["event"] == "run_finished"
    assert run_report.verdict != "succeeded" or (is_over and all(vm.has_succeeded for vm in run_report.vms))
    assert is_over or run_report.verdict in ("unfinished", "interrupted")
    assert run_report.rto.is_met is not True or all(
        vm.rto.is_met is not False and vm.has_succeeded for vm in run_report.vms
    )
    assert sum(run_report.summary.values()) == len(run_report.vms) == (shape.vms if shown else 0)
    assert run_report.doubts == (() if shown else run_report.doubts)


def _within(shape: Shape) -> dict[str, Any]:
    """Return the VM lists of ``shape`` by field, without numbers beyond its VMs."""
    return {
        name: [number for number in getattr(shape, name) if number < shape.vms]
        for name in ("failed", "retried", "skipped", "unchanged")
    }
