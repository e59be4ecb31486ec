"""Data classes for the report of a run.

:func:`~vcloudair_core.recovery.report.run_report.report_of` creates them.

Times are UTC; None means that the journal does not contain the value. The ``as_dict`` methods return the parts of the
JSON report, which ``docs/reference/recovery-report.md`` describes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

SCHEMA = 1
"""Version of the JSON report.

The version increases when a key is removed or changes its meaning, not when a key is added.
"""

SUCCEEDED, UNCHANGED, FAILED, SKIPPED, UNKNOWN = "succeeded", "unchanged", "failed", "skipped", "unknown"
RETRYING, IN_FLIGHT, NOT_STARTED = "retrying", "in_flight", "not_started"
ROLLED_BACK, ROLLBACK_FAILED = "rolled_back", "rollback_failed"
SUCCESS_VERDICTS = frozenset({SUCCEEDED, UNCHANGED})
"""VM verdicts that mean that the VM is in the target state of the action."""
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
"""All verdicts of VMs, the most urgent first.

``retrying``: the last attempt failed, and another attempt was planned. ``unknown``: the action may or may not have
started. ``in_flight``: the action was started, and its outcome is unknown. ``rolled_back``: the VM was recovered, and
then the run undid the recovery. ``rollback_failed``: the run tried to undo the recovery, and failed.
"""


def stamped(at: datetime | None) -> str | None:
    """Return a time in ISO 8601, UTC, with milliseconds, as in the journal."""
    if at is None:
        return None
    return at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds_between(first: datetime | None, last: datetime | None) -> float | None:
    """Return the seconds between two times.

    Returns None when a time is unknown, or when the clock was set back between the two times.
    """
    if first is None or last is None or last < first:
        return None
    return round((last - first).total_seconds(), 3)


@dataclass(frozen=True)
class Objective:
    """A target for RTO or RPO and the measured value.

    Attributes:
        target_minutes: The target, or None.
        source: The level at which the target is set: ``vm``, ``group`` or ``plan``.
        reached_s: The measured value in seconds, or None if it is unknown. For several VMs, the longest value, or None
            if any value is unknown.
        known_s: For several VMs, the longest of the known values.
        is_met: True if the target was met. None if there is no target, or if the result is unknown.
        why: The reason why a value is unknown, or why a target was missed without a measurement.
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
    """An attempt to run a step or the DR action of a VM.

    ``task`` contains data of the server's task, and is empty if the journal has no task. ``is_requested`` is true if
    the request was sent, even if its response was lost.
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
    is_requested: bool = False
    is_final: bool = False
    vm: Mapping[str, Any] = field(default_factory=dict)

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the error codes of the server, the vendor's code first."""
        codes = (str(self.task.get(key) or "") for key in ("vendor_code", "error_code"))
        return tuple(dict.fromkeys(code for code in codes if code))

    def as_dict(self) -> dict[str, Any]:
        return {
            "attempt": self.number, "started": stamped(self.started), "ended": stamped(self.ended),
            "verdict": self.verdict, "reason": self.reason, "hint": self.hint, "seconds": self.seconds,
            "codes": list(self.codes), "task": dict(self.task), "task_href": self.task_href,
            "request_id": self.request_id,
        }  # fmt: skip


@dataclass(frozen=True)
class VmReport:
    """A VM of a report.

    ``seconds`` is the time from the start of the first attempt to the end of the last attempt, including waits.
    ``rollback`` is the result of the rollback, if the run rolled the VM back.
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
    def has_succeeded(self) -> bool:
        """Return True when the VM is in the target state of the action."""
        return self.verdict in SUCCESS_VERDICTS

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
    """A step of a report.

    ``group`` is empty for steps of the plan itself. ``by`` is the user who approved the step.

    ``phase`` is ``before``, ``after`` or ``rollback``.
    """

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
    """A group of a report.

    If the group has no final verdict, ``verdict`` is ``in_flight`` or ``not_started``.
    """

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
    """A period in which one process executed the run.

    ``end`` is ``finished``, ``interrupted`` or ``died``. It is empty if the end is unknown.

    If the process died, ``ended`` is the time of its last event.
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
    """The rollback of a run after a failure.

    ``verdict`` is ``succeeded``, ``failed``, or ``in_flight`` if the outcome of the rollback is unknown.
    """

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
    """A failure or unknown outcome.

    ``what`` is ``step``, ``vm``, or ``rollback`` for the rollback of a VM. ``place`` is the name of the group.
    """

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
