"""Tests of the event tracker: each start and end of a problem is reported once."""

from __future__ import annotations

from vcloudair_core.errors import NotFoundError
from vcloudair_core.monitoring.event_tracker import CheckResult, EventTracker, Finding


def result(*unread: str, **states: str) -> CheckResult:
    findings = tuple(Finding(name[0], name, state, {"name": name, "state": state}) for name, state in states.items())
    return CheckResult(findings, {scope: NotFoundError("gone") for scope in unread})


def events(tracker: EventTracker, checked: CheckResult) -> list[str]:
    return [f"{event['type']} {event['name']}" for event in tracker.update(checked)]


def test_start_and_end_are_reported_once() -> None:
    tracker = EventTracker("down", "up")
    assert events(tracker, result(a="", b="down")) == ["down b"]
    assert events(tracker, result(a="", b="down")) == []
    assert events(tracker, result(a="down", b="")) == ["down a", "up b"]
    assert events(tracker, result(a="down", b="")) == []


def test_changed_state_is_a_new_event() -> None:
    tracker = EventTracker("drifted", "in_line")
    assert events(tracker, result(a="one")) == ["drifted a"]
    assert events(tracker, result(a="two")) == ["drifted a"]
    assert events(tracker, result(a="")) == ["in_line a"]


def test_unreadable_scope_keeps_its_reported_state() -> None:
    tracker = EventTracker("down", "up")
    assert events(tracker, result(a="down", b="down")) == ["down a", "down b"]
    assert events(tracker, result("a", b="down")) == []
    assert events(tracker, result(a="down", b="down")) == []
    assert events(tracker, result("a", "b")) == []
    assert events(tracker, result(a="", b="down")) == ["up a"]


def test_removed_object_causes_no_event() -> None:
    tracker = EventTracker("down", "up")
    assert events(tracker, result(a="down")) == ["down a"]
    assert events(tracker, result()) == []
    assert events(tracker, result(a="down")) == ["down a"]


def test_confirm_requires_consecutive_checks_with_one_state() -> None:
    tracker = EventTracker("down", "up", confirm=3)
    for state in ("down", "down", "", "down", "down"):
        assert events(tracker, result(a=state)) == []
    assert events(tracker, result(a="down")) == ["down a"]
    for state in ("", "", "down", "", ""):
        assert events(tracker, result(a=state)) == []
    assert events(tracker, result(a="")) == ["up a"]


def test_failed_check_does_not_reset_the_confirmation() -> None:
    tracker = EventTracker("down", "up", confirm=2)
    assert events(tracker, result(a="down")) == []
    assert events(tracker, result("a")) == []
    assert events(tracker, result(a="down")) == ["down a"]


def test_problems_of_the_first_check_can_be_left_out() -> None:
    tracker = EventTracker("failed", report_first=False)
    assert events(tracker, result(a="failed")) == []
    assert events(tracker, result(a="failed", b="failed")) == ["failed b"]


def test_no_end_event_without_an_end_event_type() -> None:
    tracker = EventTracker("failed")
    assert events(tracker, result(a="failed")) == ["failed a"]
    assert events(tracker, result(a="")) == []
