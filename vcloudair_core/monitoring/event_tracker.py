"""Turn the findings of a check into events when the state of an object changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.errors import VcloudAirError


@dataclass(frozen=True)
class Finding:
    """The state of an object, as found by a check.

    Attributes:
        scope: The part of the cloud that was read, such as an edge gateway.
        name: A name that is unique in the scope.
        state: The problem of the object, or an empty string. Each change of the state causes an event.
        fields: Fields of the event. JSON types only, no secrets.
    """

    scope: str
    name: str
    state: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class CheckResult:
    """Findings for the readable scopes, and errors for the unreadable scopes."""

    findings: tuple[Finding, ...]
    unread: Mapping[str, VcloudAirError] = field(default_factory=dict)


class EventTracker:
    """Track the state of each object, and report every state change once.

    While the scope of an object cannot be read, the state of the object stays the same.

    Args:
        start_event: Type of the event when a problem starts.
        end_event: Type of the event when a problem ends. If empty, the end of a problem causes no event.
        confirm: Number of consecutive checks that must return the same state.
        report_first: Report the problems that the first check finds.
    """

    def __init__(self, start_event: str, end_event: str = "", *, confirm: int = 1, report_first: bool = True) -> None:
        self._start_event, self._end_event = start_event, end_event
        self._confirm = confirm
        self._is_reporting = report_first
        self._reported: dict[tuple[str, str], str] = {}
        self._pending: dict[tuple[str, str], tuple[str, int]] = {}

    def update(self, result: CheckResult) -> list[dict[str, Any]]:
        """Record the result of a check and return its events.

        Each event is ``{"type": ..., **fields}``.
        """
        findings = {(finding.scope, finding.name): finding for finding in result.findings}
        for states in (self._reported, self._pending):
            for key in [key for key in states if key not in findings and key[0] not in result.unread]:
                del states[key]  # the object was removed, or the check does not cover it any more
        events = [event for key, finding in findings.items() for event in self._events(key, finding)]
        is_reporting, self._is_reporting = self._is_reporting, True
        return events if is_reporting else []

    def _events(self, key: tuple[str, str], finding: Finding) -> list[dict[str, Any]]:
        if finding.state == self._reported.get(key, ""):
            self._pending.pop(key, None)
            return []
        state, checks = self._pending.get(key, (finding.state, 0))
        checks = checks + 1 if state == finding.state else 1
        if checks < self._confirm:
            self._pending[key] = (finding.state, checks)
            return []
        self._pending.pop(key, None)
        self._reported[key] = finding.state
        event_type = self._start_event if finding.state else self._end_event
        return [{"type": event_type, **finding.fields}] if event_type else []
