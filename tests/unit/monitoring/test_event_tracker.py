"""Report each event and its end once, and none that could not be read."""

from __future__ import annotations

from vcloudair_core.errors import NotFoundError
from vcloudair_core.monitoring.event_tracker import CheckResult, Finding, Tracker


def seen(*unread: str, **states: str) -> CheckResult:
    findings = tuple(Finding(name[0], name, state, {"name": name, "state": state}) for name, state in states.items())
    return CheckResult(findings, {scope: NotFoundError("gone") for scope in unread})


def told(tracker: Tracker, found: CheckResult) -> list[str]:
    return [f"{event['type']} {event['name']}" for event in tracker.take(found)]


def test_once_when_it_begins_and_once_when_it_ends() -> None:
    tracker = Tracker("down", "up")
    assert told(tracker, seen(a="", b="down")) == ["down b"]
    assert told(tracker, seen(a="", b="down")) == []
    assert told(tracker, seen(a="down", b="")) == ["down a", "up b"]
    assert told(tracker, seen(a="down", b="")) == []


def test_another_state_is_another_event() -> None:
    tracker = Tracker("drifted", "in_line")
    assert told(tracker, seen(a="one")) == ["drifted a"]
    assert told(tracker, seen(a="two")) == ["drifted a"]
    assert told(tracker, seen(a="")) == ["in_line a"]


def test_what_could_not_be_read_stays_as_it_was_told() -> None:
    tracker = Tracker("down", "up")
    assert told(tracker, seen(a="down", b="down")) == ["down a", "down b"]
    assert told(tracker, seen("a", b="down")) == []
    assert told(tracker, seen(a="down", b="down")) == []
    assert told(tracker, seen("a", "b")) == []
    assert told(tracker, seen(a="", b="down")) == ["up a"]


def test_what_is_gone_is_forgotten_without_a_word() -> None:
    tracker = Tracker("down", "up")
    assert told(tracker, seen(a="down")) == ["down a"]
    assert told(tracker, seen()) == []
    assert told(tracker, seen(a="down")) == ["down a"]


def test_looks_have_to_agree() -> None:
    tracker = Tracker("down", "up", confirm=3)
    for state in ("down", "down", "", "down", "down"):
        assert told(tracker, seen(a=state)) == []
    assert told(tracker, seen(a="down")) == ["down a"]
    for state in ("", "", "down", "", ""):
        assert told(tracker, seen(a=state)) == []
    assert told(tracker, seen(a="")) == ["up a"]


def test_a_look_that_failed_between_them_does_not_count() -> None:
    tracker = Tracker("down", "up", confirm=2)
    assert told(tracker, seen(a="down")) == []
    assert told(tracker, seen("a")) == []
    assert told(tracker, seen(a="down")) == ["down a"]


def test_the_past_can_be_left_out() -> None:
    tracker = Tracker("failed", is_past_told=False)
    assert told(tracker, seen(a="failed")) == []
    assert told(tracker, seen(a="failed", b="failed")) == ["failed b"]


def test_what_has_no_end_ends_without_a_word() -> None:
    tracker = Tracker("failed")
    assert told(tracker, seen(a="failed")) == ["failed a"]
    assert told(tracker, seen(a="")) == []
