"""Values of the report of a run. :func:`~vcloudair_core.recovery.report.run_report.report_of` makes them.

Times are UTC; ``None`` stands for what the journal does not tell. The shapes of all ``as_dict`` together are the JSON
report, which ``docs/reference/recovery-report.md`` describes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

SCHEMA = 1
"""Version of the JSON report: raised when a key goes or changes its meaning, not when one is added."""

SUCCEEDED, UNCHANGED, FAILED, SKIPPED, UNKNOWN = "succeeded", "unchanged", "failed", "skipped", "unknown"
RETRYING, IN_FLIGHT, NOT_STARTED = "retrying", "in_flight", "not_started"
ROLLED_BACK, ROLLBACK_FAILED = "rolled_back", "rollback_failed"
THERE = frozenset({SUCCEEDED, UNCHANGED})
"""Verdicts of a VM that is where the action leads."""
INTERRUPTED, UNFINISHED = "interrupted", "unfinished"

VM_VERDICTS = (
    FAILED,
    ROLLBACK_FAILED,
    UNKNOWN,
    IN_FLIGHT,
    RETRYING,
    NOT_STARTED,
    SKIPPED,
    ROLLED_BACK,
    SUCCEEDED,
    UNCHANGED,
)
"""All of them, what needs attention first. ``retrying``: the last attempt failed and another was to follow;
``unknown``: it may or may not have been begun; ``in_flight``: it was begun and no end of it is known; ``rolled_back``
and ``rollback_failed``: it was there, and then the run undid that, or tried to."""


def stamped(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds, as in the journal."""
    if at is None:
        return None
    return at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds_between(first: datetime | None, last: datetime | None) -> float | None:
    """None where one is not known, or where the clock was set back in between, so that nothing was measured."""
    if first is None or last is None or last < first:
        return None
    return round((last - first).total_seconds(), 3)


@dataclass(frozen=True)
class Objective:
    """The measured value of a target. ``is_met`` is None without a target, and where it cannot be told.

    ``source``: whose target it is (VM, group or plan). ``why``: what keeps ``reached_s`` or ``is_met`` from being
    known, or why it was missed though nothing was measured. ``known_s``: of many VMs, the longest of those that
    are known; :attr:`reached_s` is known when all are.
    """

    target_minutes: float | None = None
    source: str = ""
    reached_s: float | None = None
    known_s: float | None = None
    is_met: bool | None = None
    why: str = ""

    @property
    def target_s(self) -> float | None:
        return None if self.target_minutes is None else self.target_minutes * 60

    def as_dict(self) -> dict[str, Any]:
        return {
            "target_minutes": self.target_minutes, "target_of": self.source, "reached_s": self.reached_s,
            "known_s": self.reached_s if self.known_s is None else self.known_s, "met": self.is_met, "why": self.why,
        }  # fmt: skip


@dataclass(frozen=True)
class OperationAttempt:
    """One try of a VM or step. ``task``: plain data of the server's task, empty when there was none to see.

    ``is_asked``: the server was asked to begin, though its answer may have been lost.
    """

    number: int
    started: datetime | None = None
    ended: datetime | None = None
    verdict: str = IN_FLIGHT
    reason: str = ""
    hint: str = ""
    seconds: float | None = None
    task: Mapping[str, Any] = field(default_factory=dict)
    task_href: str = ""
    request_id: str = ""
    last_sync: datetime | None = None
    is_asked: bool = False
    is_final: bool = False
    vm: Mapping[str, Any] = field(default_factory=dict)

    @property
    def codes(self) -> tuple[str, ...]:
        """The server's error codes, the vendor's first."""
        codes = (str(self.task.get(key) or "") for key in ("vendor_code", "error_code"))
        return tuple(dict.fromkeys(word for word in codes if word))

    def as_dict(self) -> dict[str, Any]:
        return {
            "attempt": self.number, "started": stamped(self.started), "ended": stamped(self.ended),
            "verdict": self.verdict, "reason": self.reason, "hint": self.hint, "seconds": self.seconds,
            "codes": list(self.codes), "task": dict(self.task), "task_href": self.task_href,
            "request_id": self.request_id,
        }  # fmt: skip


@dataclass(frozen=True)
class VmReport:
    """A VM. ``seconds``: from the start of its first attempt to the end of its last one, waits included.

    ``rollback``: how undoing it went, where the run did that after a failure.
    """

    id: str
    name: str
    group: str
    verdict: str
    href: str = ""
    depends_on: tuple[str, ...] = ()
    attempts: tuple[OperationAttempt, ...] = ()
    rollback: OperationAttempt | None = None
    last_sync: datetime | None = None
    rto: Objective = field(default_factory=Objective)
    rpo: Objective = field(default_factory=Objective)

    @property
    def is_there(self) -> bool:
        return self.verdict in THERE

    @property
    def last(self) -> OperationAttempt | None:
        return self.attempts[-1] if self.attempts else None

    @property
    def started(self) -> datetime | None:
        return next((attempt.started for attempt in self.attempts if attempt.started is not None), None)

    @property
    def ended(self) -> datetime | None:
        return self.last.ended if self.last is not None else None

    @property
    def seconds(self) -> float | None:
        return seconds_between(self.started, self.ended)

    @property
    def reason(self) -> str:
        return self.last.reason if self.last is not None else ""

    def as_dict(self) -> dict[str, Any]:
        last = self.last or OperationAttempt(0)
        return {
            "id": self.id, "name": self.name, "group": self.group, "verdict": self.verdict, "reason": last.reason,
            "hint": last.hint, "codes": list(last.codes), "request_id": last.request_id,
            "started": stamped(self.started), "ended": stamped(self.ended), "seconds": self.seconds,
            "last_sync": stamped(self.last_sync), "rto": self.rto.as_dict(), "rpo": self.rpo.as_dict(),
            "href": self.href, "depends_on": list(self.depends_on), "vm": dict(last.vm),
            "attempts": [attempt.as_dict() for attempt in self.attempts],
            "rollback": self.rollback.as_dict() if self.rollback is not None else None,
        }  # fmt: skip


@dataclass(frozen=True)
class StepReport:
    """A step. ``group`` is empty for one of the plan. ``phase``: before, after or back. ``by``: who approved."""

    group: str
    phase: str
    name: str
    kind: str
    attempts: tuple[OperationAttempt, ...] = ()
    output: str = ""
    by: str = ""
    saved: str = ""
    summary: Any = None

    @property
    def last(self) -> OperationAttempt:
        return self.attempts[-1]

    def as_dict(self) -> dict[str, Any]:
        last = self.last
        return {
            "group": self.group, "phase": self.phase, "step": self.name, "kind": self.kind, "verdict": last.verdict,
            "reason": last.reason, "hint": last.hint, "by": self.by, "started": stamped(self.attempts[0].started),
            "ended": stamped(last.ended), "seconds": last.seconds, "attempts": len(self.attempts),
            "output": self.output, "saved": self.saved, "summary": self.summary,
        }  # fmt: skip


@dataclass(frozen=True)
class GroupReport:
    """A group. ``verdict``: what the run said of it, ``in_flight`` when it said nothing yet, or ``not_started``."""

    name: str
    priority: int | None = None
    depends_on: tuple[str, ...] = ()
    verdict: str = NOT_STARTED
    reason: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    rto: Objective = field(default_factory=Objective)
    vms: tuple[VmReport, ...] = ()
    steps: tuple[StepReport, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name, "priority": self.priority, "depends_on": list(self.depends_on),
            "verdict": self.verdict, "reason": self.reason, "started": stamped(self.started),
            "ended": stamped(self.ended), "seconds": seconds_between(self.started, self.ended),
            "rto": self.rto.as_dict(), "vms": [vm.as_dict() for vm in self.vms],
            "steps": [step.as_dict() for step in self.steps],
        }  # fmt: skip


@dataclass(frozen=True)
class Period:
    """A time in which one process carried the run out. ``end``: finished, interrupted, died, or empty.

    ``ended`` of one that died is its last sign of life.
    """

    started: datetime | None
    ended: datetime | None = None
    host: str = ""
    user: str = ""
    pid: int | None = None
    end: str = ""
    reason: str = ""
    in_flight: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "started": stamped(self.started), "ended": stamped(self.ended), "host": self.host, "user": self.user,
            "pid": self.pid, "end": self.end, "reason": self.reason, "in_flight": list(self.in_flight),
        }  # fmt: skip


@dataclass(frozen=True)
class Rollback:
    """The rollback of a run after a failure. ``verdict``: done, failed, or in_flight when no end of it is known."""

    started: datetime | None
    reason: str = ""
    ended: datetime | None = None
    verdict: str = IN_FLIGHT
    outcome: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "started": stamped(self.started), "ended": stamped(self.ended), "reason": self.reason,
            "verdict": self.verdict, "outcome": self.outcome,
        }  # fmt: skip


@dataclass(frozen=True)
class Failure:
    """Something that needs attention. ``what``: step, VM or rollback (of a VM); ``place`` is its group."""

    what: str
    name: str
    place: str
    verdict: str
    reason: str = ""
    hint: str = ""
    codes: tuple[str, ...] = ()
    request_id: str = ""
    vm_id: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "what": self.what, "name": self.name, "group": self.place, "verdict": self.verdict, "reason": self.reason,
            "hint": self.hint, "codes": list(self.codes), "request_id": self.request_id, "id": self.vm_id,
        }  # fmt: skip
