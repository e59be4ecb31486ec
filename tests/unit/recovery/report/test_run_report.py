"""Content of run reports, and claims that they must not make."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.documents import ROOT
from tests.support.recovery_events import Shape, Timeline, run_events, vm_id
from vcloudair_core.recovery.report.model import THERE, VM_VERDICTS, VmReport
from vcloudair_core.recovery.report.run_report import RunReport, report_of


def report(**words: Any) -> RunReport:
    return report_of(run_events(**words))


def vm(found: RunReport, number: int) -> VmReport:
    return next(one for one in found.vms if one.id == vm_id(number))


# -- the verdict ---------------------------------------------------------------------------------------------------


def test_a_run_that_went_well() -> None:
    found = report(vms=20)
    assert (found.verdict, found.failures, found.doubts) == ("succeeded", (), ())
    assert found.summary == {
        "failed": 0, "in_flight": 0, "retrying": 0, "not_started": 0, "skipped": 0, "succeeded": 20, "unchanged": 0,
        "rolled_back": 0, "rollback_failed": 0, "unknown": 0,
    }  # fmt: skip
    assert (found.user, found.host, found.cloud["org"], found.cloud["user"]) == (
        "maria", "ops1.example.test", "org1", "demo",
    )  # fmt: skip
    assert [(step.group, step.kind, step.by) for step in found.all_steps] == [
        ("", "command", ""), ("", "http", ""), ("database", "approval", "maria"), ("web", "network", ""),
    ]  # fmt: skip
    assert [group.verdict for group in found.groups] == ["succeeded"] * 3
    assert [len(group.vms) for group in found.groups] == [7, 7, 6]


def test_a_failure_has_all_that_is_needed_to_go_on() -> None:
    found = report(vms=20, failed=[3], skipped=[19])
    assert found.verdict == "failed"
    first, second = found.failures
    assert (first.what, first.name, first.place, first.vm_id) == ("vm", "db04", "database", vm_id(3))
    assert first.reason.startswith("its task") and first.hint.startswith("Look at the VM")
    assert first.request_id == "req-0003-2" and first.codes
    assert (second.name, second.verdict, second.reason) == (
        "web20", "skipped", "not started, as another VM failed",
    )  # fmt: skip
    assert [group.verdict for group in found.groups] == ["failed", "succeeded", "failed"]


def test_a_retry_is_shown_and_costs_its_time() -> None:
    one = vm(report(vms=1, retried=[0]), 0)
    assert [attempt.verdict for attempt in one.attempts] == ["failed", "succeeded"]
    assert one.verdict == "succeeded" and one.seconds is not None
    assert one.seconds == pytest.approx(sum(attempt.seconds or 0 for attempt in one.attempts) + 10, abs=0.01)


def test_a_vm_without_an_end_is_not_known_of() -> None:
    found = report(vms=2, steps=False, ends_at=5)
    assert found.verdict == "unfinished"
    assert {one.verdict for one in found.vms} == {"in_flight"}
    assert all(one.rto.is_met is None for one in found.vms)
    assert "unfinished: 0 of 2 VMs are there, as far as the journal shows" in found.as_dict()["sentence"]


def test_an_attempt_that_was_to_be_followed_by_another_is_no_final_failure() -> None:
    events = run_events(vms=1, steps=False, retried=[0])
    cut = next(place for place, event in enumerate(events) if event["event"] == "vm_finished")
    assert report_of(events[: cut + 1]).vms[0].verdict == "retrying"
    assert report_of(events[: cut + 2]).vms[0].verdict == "in_flight"


def test_an_interruption_and_the_resumption_after_it() -> None:
    stopped = report(vms=5, ends_at=100, ended_by="stopped by a signal")
    assert (stopped.verdict, stopped.reason) == ("interrupted", "stopped by a signal")
    assert stopped.periods[0].in_flight == ("db01", "db02", "db03", "db04", "db05")
    resumed = report(vms=5, pauses=[(100, 600)])
    assert resumed.verdict == "succeeded"
    assert [(one.user, one.end) for one in resumed.periods] == [("maria", "interrupted"), ("ines", "finished")]
    assert (resumed.rto.reached_s or 0) > 600, "what the interruption took is part of what it took"


def test_steps_of_one_name_are_told_apart_by_their_keys() -> None:
    time = Timeline()
    for second, key in enumerate(("before/1", "before/2")):
        words = {"group": "", "phase": "before", "step": "wait", "kind": "delay", "key": key, "attempt": 1}
        time.add(second, "step_started", **words)
        time.add(
            second + 0.5, "step_finished", **words, verdict="succeeded" if key.endswith("1") else "failed", seconds=0.5
        )
    assert [(step.name, step.last.verdict) for step in report_of(time.events()).steps] == [
        ("wait", "succeeded"), ("wait", "failed"),
    ]  # fmt: skip


def test_a_run_that_died_and_was_resumed_says_so() -> None:
    events = [one for one in run_events(vms=5, pauses=[(100, 600)]) if one["event"] != "run_interrupted"]
    found = report_of(events)
    assert [one.end for one in found.periods] == ["died", "finished"]
    assert found.doubts == ("1 events are missing, by their numbers.",)


def test_an_attempt_that_outlives_its_process_is_one_attempt() -> None:
    time, words = Timeline(), {"id": "m", "name": "m", "group": "g", "attempt": 1}
    time.add(0, "run_started", groups=[{"name": "g", "vms": [{"id": "m", "name": "m"}]}])
    time.add(1, "vm_starting", **words)
    time.add(2, "vm_started", id="m", task="")
    time.add(60, "run_resumed", host="other")
    time.add(61, "vm_starting", **words)
    time.add(62, "vm_finished", **words, verdict="unchanged")
    time.add(63, "run_finished", verdict="succeeded", summary={"unchanged": 1})
    found = report_of(time.events())
    assert len(found.vms[0].attempts) == 1 and found.vms[0].seconds == 61
    assert found.vms[0].rto.reached_s == 62, "this run asked for it, so that it is this run's to answer for"


def test_a_run_that_says_done_is_not_believed_against_its_own_events() -> None:
    events = run_events(vms=3, steps=False)
    found = report_of([one for one in events if (one["event"], one.get("name")) != ("vm_finished", "db02")])
    assert found.verdict == "unfinished" and vm(found, 1).verdict == "in_flight"
    assert [group.verdict for group in found.groups] == ["unfinished"]
    assert "The run counted 3 VMs as succeeded; its events show 2." in found.doubts


def test_what_was_rolled_back_is_not_there() -> None:
    found = report(vms=4, failed=[0], failing_step=True, rolled_back=True)
    assert found.verdict == "failed" and found.doubts == ()
    assert [one.verdict for one in found.vms] == ["failed", "rolled_back", "rolled_back", "rollback_failed"]
    assert found.rollback is not None and found.rollback.verdict == "failed"
    assert not any(one.rto.is_met or one.rpo.is_met for one in found.vms)
    assert [(one.what, one.verdict) for one in found.failures] == [
        ("step", "failed"), ("vm", "failed"), ("vm", "rollback_failed"), *[("vm", "rolled_back")] * 2,
    ]  # fmt: skip
    assert found.failures[2].hint == "Clean it up by hand."


def test_a_run_of_nothing_is_not_done() -> None:
    assert report_of([]).verdict == "unfinished"
    time = Timeline()
    time.add(0, "run_started", action="test", groups=[])
    time.add(1, "run_finished", verdict="succeeded", summary={})
    assert (report_of(time.events()).verdict, report_of(time.events()).reason) == (
        "failed", "there was no VM in it",
    )  # fmt: skip


def test_without_its_start_a_run_is_not_done() -> None:
    found = report_of(run_events(vms=3)[1:])
    assert found.verdict == "unfinished" and {one.verdict for one in found.vms} == {"succeeded"}
    assert (found.rto.reached_s, found.rto.is_met) == (None, None)


# -- objectives ----------------------------------------------------------------------------------------------------


def test_targets_are_those_of_the_vm_else_the_group_else_the_plan() -> None:
    events = run_events(vms=3, steps=False, vm_targets={0: {"rto_minutes": 1, "rpo_minutes": 2}})
    found = report_of(events)
    assert [(one.rto.target_minutes, one.rto.source) for one in found.vms] == [(1, "vm"), *[(60, "plan")] * 2]
    assert [(one.rpo.target_minutes, one.rpo.source) for one in found.vms] == [(2, "vm"), *[(30, "plan")] * 2]
    assert [one.rto.is_met for one in found.vms] == [False, True, True]
    assert (found.rto.is_met, found.rpo.is_met) == (False, False), "one VM that is late makes all of it late"
    events[0]["groups"][0]["rto_minutes"] = 20
    of_group = report_of(events)
    assert [one.rto.source for one in of_group.vms] == ["vm", "group", "group"]
    assert (of_group.groups[0].rto.target_minutes, of_group.groups[0].rto.source) == (20, "group")


def test_a_looser_target_of_a_vm_does_not_loosen_that_of_the_plan() -> None:
    found = report(vms=2, steps=False, rto_minutes=1, vm_targets={n: {"rto_minutes": 90} for n in (0, 1)})
    assert [one.rto.is_met for one in found.vms] == [True, True]
    assert found.rto.is_met is False


def test_what_was_there_before_the_run_was_not_measured() -> None:
    found = report(vms=2, unchanged=[0])
    one = vm(found, 0)
    assert (one.verdict, one.rto.reached_s, one.rto.is_met, one.rpo.is_met) == ("unchanged", None, None, None)
    assert one.rto.why == "it was there before this run"
    assert found.rto.why == "not known for 1 of 2 VMs: it was there before this run (1)"
    assert (found.rto.reached_s, found.rto.is_met) == (None, None) and found.rto.known_s is not None


def test_a_vm_that_never_came_has_missed_its_time() -> None:
    found = report(vms=2, failed=[0])
    assert (vm(found, 0).rto.reached_s, vm(found, 0).rto.is_met) == (None, False)
    assert found.rto.is_met is False


def test_without_targets_or_data_nothing_is_met() -> None:
    bare = report(vms=2, rto_minutes=None, rpo_minutes=None)
    assert (bare.rto.is_met, bare.rpo.is_met) == (None, None) and bare.rto.reached_s is not None
    unsynced = report(vms=2, last_sync=False)
    assert (unsynced.rpo.reached_s, unsynced.rpo.is_met) == (None, None)
    assert unsynced.rto.is_met is True


def test_a_clean_up_has_no_objectives() -> None:
    found = report(vms=2, action="cleanup")
    assert found.verdict == "succeeded"
    assert {found.rto.is_met, found.rpo.is_met, found.groups[0].rto.is_met} == {None}
    assert found.vms[0].rto.why == "a clean-up recovers nothing"


def test_data_brought_over_after_the_start_is_not_older_than_it() -> None:
    events = run_events(vms=1, steps=False)
    events[-3]["last_sync"] = events[-3]["at"]
    assert events[-3]["event"] == "vm_finished"
    assert report_of(events).vms[0].rpo.reached_s == 0.0


# -- journals that are odd -----------------------------------------------------------------------------------------


def test_unknown_events_and_lines_that_are_none_are_passed_over() -> None:
    events: list[Any] = run_events(vms=2)
    odd: list[Any] = [
        {"event": "vm_sang", "id": 5},
        {"event": 7},
        "torn",
        None,
        {"at": "?"},
        {**events[3], "new": [1]},
    ]
    found = report_of([*events[:5], *odd, *events[5:]])
    assert found.verdict == "succeeded" and found.passed_over == {"vm_sang": 1, "7": 1}
    assert "3 of the journal's lines are no events." in found.doubts


def test_every_key_and_verdict_is_documented() -> None:
    text = (ROOT / "docs" / "reference" / "recovery-report.md").read_text(encoding="utf-8")
    whole = report(vms=3, failed=[0], failing_step=True, rolled_back=True, pauses=[(50, 10)]).as_dict()
    assert f"| `schema` | {whole['schema']} |" in text
    found = set(VM_VERDICTS)

    def gather(value: Any) -> None:
        for key, inner in value.items() if isinstance(value, dict) else ():
            found.add(key)
            gather({} if key in ("task", "summary") else inner)
        for inner in value if isinstance(value, list) else ():
            gather(inner)

    gather(whole)
    assert len(found) > 60 and sorted(key for key in found if f"`{key}`" not in text) == []


words = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_happens_to_an_event_there_is_a_report(data: st.DataObject) -> None:
    events = run_events(vms=3, retried=[1], pauses=[(50, 10)])
    for _ in range(data.draw(st.integers(1, 4))):
        event = events[data.draw(st.integers(0, len(events) - 1))]
        key = data.draw(st.sampled_from(sorted(event)))
        if data.draw(st.booleans()):
            event[key] = data.draw(words)
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
    """Checked against the events themselves, in another way than the report reads them."""
    shape = Shape(**{**vars(shape), **_within(shape)})
    events = run_events(shape)
    shown = events[: round(share * len(events))]
    found = report_of(shown)
    ends = {one["id"]: one for one in shown if one["event"] == "vm_finished"}
    starts = [one["id"] for one in shown if one["event"] == "vm_starting"]
    for one in found.vms:
        end = ends.get(one.id)
        assert one.is_there == (end is not None and end["verdict"] in THERE)
        assert one.is_there or (one.rto.is_met is not True and one.rpo.is_met is not True)
        assert one.verdict != "not_started" or one.id not in starts
        assert one.rto.is_met is not True or (one.rto.reached_s or 0) <= (one.rto.target_s or 0)
    is_over = bool(shown) and shown[-1]["event"] == "run_finished"
    assert found.verdict != "succeeded" or (is_over and all(one.is_there for one in found.vms))
    assert is_over or found.verdict in ("unfinished", "interrupted")
    assert found.rto.is_met is not True or all(one.rto.is_met is not False and one.is_there for one in found.vms)
    assert sum(found.summary.values()) == len(found.vms) == (shape.vms if shown else 0)
    assert found.doubts == (() if shown else found.doubts)


def _within(shape: Shape) -> dict[str, Any]:
    """Only VMs that the run has."""
    return {
        word: [number for number in getattr(shape, word) if number < shape.vms]
        for word in ("failed", "retried", "skipped", "unchanged")
    }
