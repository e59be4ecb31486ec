"""Convert journal events to the data of VMs, steps and groups for the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from vcloudair_core.recovery.journal import event_fields as read
from vcloudair_core.recovery.journal import events as names
from vcloudair_core.recovery.journal.events import Event
from vcloudair_core.recovery.report.model import (
    FAILED,
    IN_FLIGHT,
    SKIPPED,
    SUCCEEDED,
    UNCHANGED,
    UNKNOWN,
    GroupReport,
    OperationAttempt,
    Period,
    Rollback,
    StepReport,
)

_ENDS = frozenset({SUCCEEDED, UNCHANGED, FAILED, SKIPPED, UNKNOWN})


@dataclass
class VmDraft:
    """The data of a VM, as collected from events.

    ``is_named`` is true if the event ``run_started`` lists the VM.
    """

    id: str
    name: str
    group: str
    is_named: bool = False
    planned: Mapping[str, Any] = field(default_factory=dict)
    attempts: list[OperationAttempt] = field(default_factory=list)
    rollback: OperationAttempt | None = None


class Fold:
    """Collect the data of VMs, steps and groups from the events that are added.

    Events can come in any order, and any field can be missing.
    """

    def __init__(self) -> None:
        self.run: Event = {}
        self.finish: Event | None = None
        self.stop: Event | None = None
        self.groups: dict[str, GroupReport] = {}
        self.vms: dict[str, VmDraft] = {}
        self.steps: dict[tuple[str, str, str], StepReport] = {}
        self.periods: list[Period] = []
        self.rollback: Rollback | None = None
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.count = self.unreadable = self.set_back = self.missing = 0
        self.unknown: dict[str, int] = {}
        self._seq = 0
        self._latest_time: datetime | None = None
        self._last_stamp: datetime | None = None
        self._base: tuple[datetime, float] | None = None
        self._previous_time: datetime | None = None
        self._known: dict[str, Callable[[Event, datetime | None], None]] = {
            names.RUN_STARTED: self._run_started, names.RUN_RESUMED: self._run_resumed,
            names.RUN_INTERRUPTED: self._run_interrupted, names.RUN_FINISHED: self._run_finished,
            names.GROUP_STARTED: self._group_started, names.GROUP_FINISHED: self._group_finished,
            names.STEP_STARTED: self._step_started, names.STEP_FINISHED: self._step_finished,
            names.VM_STARTING: self._vm_starting, names.VM_STARTED: self._vm_started,
            names.VM_NOT_STARTED: self._vm_not_started, names.VM_FINISHED: self._vm_finished,
            names.VM_PROGRESSED: lambda event, at: None,
            names.ROLLBACK_STARTED: self._rollback_started, names.ROLLBACK_FINISHED: self._rollback_finished,
            names.VM_ROLLED_BACK: self._vm_rolled_back,
        }  # fmt: skip

    def add(self, event: object) -> None:
        """Add an event. Unreadable events are only counted."""
        if not isinstance(event, Mapping) or not read.text(event, "event"):
            self.unreadable += 1
            return
        self.count += 1
        stamp = read.moment(event)
        at = self._monotonic_time(event, stamp)
        self._update_times(event, stamp, at)
        handle = self._known.get(read.text(event, "event"))
        if handle is None:
            self.unknown[read.text(event, "event")] = self.unknown.get(read.text(event, "event"), 0) + 1
        else:
            handle(event, at)

    def _monotonic_time(self, event: Event, stamp: datetime | None) -> datetime | None:
        """Return the time of an event, computed with the monotonic clock if possible."""
        mono = read.number(event, "mono")
        if mono is None or stamp is None:
            return stamp
        is_start = read.text(event, "event") in (names.RUN_STARTED, names.RUN_RESUMED)
        if is_start or self._base is None:
            # Monotonic clocks of two processes cannot be compared. The clock of the host may have been set back.
            self._base = (stamp if self.last is None else max(stamp, self.last)), mono
        started, mono_at_start = self._base
        return started + timedelta(seconds=mono - mono_at_start)

    def _update_times(self, event: Event, stamp: datetime | None, at: datetime | None) -> None:
        seq = read.whole(event, "seq")
        if seq is not None:
            self.missing += max(0, seq - self._seq - 1)
            self._seq = max(self._seq, seq)
        if at is not None:
            stamp = stamp or at
            self.set_back += self._last_stamp is not None and stamp < self._last_stamp
            self._previous_time, self._latest_time, self._last_stamp = self._latest_time, at, stamp
            self.first = at if self.first is None else self.first
            self.last = at if self.last is None else max(self.last, at)

    # -- the run -------------------------------------------------------------------------------------------------

    def _run_started(self, event: Event, at: datetime | None) -> None:
        if self.run:
            return
        self.run = event
        self.periods.append(_period(event, at))
        for record in read.mappings(event, "groups"):
            name = read.text(record, "name")
            self.groups[name] = replace(
                self._group(name), priority=read.whole(record, "priority"), depends_on=read.texts(record, "depends_on")
            )
            for planned in read.mappings(record, "vms"):
                draft = self._vm({**planned, "group": name})
                draft.is_named, draft.planned = True, planned

    def _run_resumed(self, event: Event, at: datetime | None) -> None:
        if self.periods and not self.periods[-1].end:
            # A process that died left no event about its end, so its last event marks the end.
            self.periods[-1] = replace(self.periods[-1], ended=self._previous_time, end="died")
        self.periods.append(_period(event, at))
        self.stop = self.finish = None

    def _run_interrupted(self, event: Event, at: datetime | None) -> None:
        self.stop = event
        in_flight = tuple(read.text(vm, "name") or read.text(vm, "id") for vm in read.mappings(event, "in_flight"))
        self._end_period(at, "interrupted", read.text(event, "reason"), in_flight)

    def _run_finished(self, event: Event, at: datetime | None) -> None:
        self.finish, self.stop = event, None
        self._end_period(at, "finished", "", ())

    def _end_period(self, at: datetime | None, end: str, reason: str, in_flight: tuple[str, ...]) -> None:
        if not self.periods:
            self.periods.append(Period(None))
        self.periods[-1] = replace(self.periods[-1], ended=at, end=end, reason=reason, in_flight=in_flight)

    # -- groups and steps ----------------------------------------------------------------------------------------

    def _group(self, name: str) -> GroupReport:
        return self.groups.setdefault(name, GroupReport(name))

    def _group_started(self, event: Event, at: datetime | None) -> None:
        group = self._group(read.text(event, "group"))
        started = group.started or at
        self.groups[group.name] = replace(group, verdict=IN_FLIGHT, started=started, ended=None, reason="")

    def _group_finished(self, event: Event, at: datetime | None) -> None:
        group = self._group(read.text(event, "group"))
        reported = read.text(event, "verdict")
        verdict = reported if reported in (SUCCEEDED, FAILED, SKIPPED) else IN_FLIGHT
        self.groups[group.name] = replace(group, verdict=verdict, reason=read.text(event, "reason"), ended=at)

    def _step(self, event: Event) -> StepReport:
        group, phase, name = (read.text(event, key) for key in ("group", "phase", "step"))
        if group:
            self._group(group)
        step = self.steps.get(_step_key(event)) or StepReport(group, phase, name, "")
        return replace(step, kind=read.text(event, "kind") or step.kind)

    def _keep(self, event: Event, step: StepReport, attempts: list[OperationAttempt], **changes: Any) -> None:
        self.steps[_step_key(event)] = replace(step, attempts=tuple(attempts), **changes)

    def _step_started(self, event: Event, at: datetime | None) -> None:
        step = self._step(event)
        attempt = OperationAttempt(read.whole(event, "attempt") or len(step.attempts) + 1, at)
        self._keep(event, step, [*step.attempts, attempt])

    def _step_finished(self, event: Event, at: datetime | None) -> None:
        step = self._step(event)
        attempts = list(step.attempts)
        is_open = bool(attempts) and attempts[-1].verdict == IN_FLIGHT
        last = attempts.pop() if is_open else OperationAttempt(read.whole(event, "attempt") or len(attempts) + 1)
        self._keep(
            event, step, [*attempts, _ended(last, event, at)], output=read.text(event, "output"),
            by=read.text(event, "by"), saved=read.text(event, "saved"), summary=event.get("summary"),
        )  # fmt: skip

    # -- VMs ------------------------------------------------------------------------------------------------

    def _vm(self, event: Event) -> VmDraft:
        key = read.text(event, "id") or read.text(event, "name")
        draft = self.vms.setdefault(key, VmDraft(key, "", ""))
        draft.name = draft.name or read.text(event, "name") or key
        draft.group = draft.group or read.text(event, "group")
        return draft

    def _vm_starting(self, event: Event, at: datetime | None) -> None:
        draft = self._vm(event)
        number = read.whole(event, "attempt") or len(draft.attempts) + 1
        last = _open(draft, number)
        if last is not None:
            return  # started before the run was resumed: the same attempt
        draft.rollback = None
        _drop_undecided(draft)
        draft.attempts.append(OperationAttempt(number, at, last_sync=read.moment(event, "last_sync")))

    def _vm_started(self, event: Event, at: datetime | None) -> None:
        draft = self._vm(event)
        if draft.attempts and draft.attempts[-1].verdict == UNKNOWN:
            draft.attempts[-1] = replace(draft.attempts[-1], verdict=IN_FLIGHT, ended=None)
        last = _open(draft, None) or OperationAttempt(len(draft.attempts) + 1, at)
        started = replace(last, task_href=read.text(event, "task") or last.task_href, is_requested=True)
        draft.attempts = [*(attempt for attempt in draft.attempts if attempt is not last), started]

    def _vm_finished(self, event: Event, at: datetime | None) -> None:
        draft = self._vm(event)
        number = read.whole(event, "attempt")
        before = draft.attempts[-1] if draft.attempts else None
        if before is not None and before.verdict == UNKNOWN and number in (None, before.number):
            draft.attempts[-1] = replace(before, verdict=IN_FLIGHT, ended=None)  # the outcome is known now
        else:
            _drop_undecided(draft)
        last = _open(draft, number) or OperationAttempt(number or len(draft.attempts) + 1)
        ended = replace(_ended(last, event, at), last_sync=read.moment(event, "last_sync") or last.last_sync)
        draft.attempts = [*(attempt for attempt in draft.attempts if attempt is not last), ended]

    def _vm_not_started(self, event: Event, at: datetime | None) -> None:
        draft = self._vm(event)
        last = _open(draft, None)
        draft.attempts = [attempt for attempt in draft.attempts if attempt is not last]

    # -- rollback ------------------------------------------------------------------------------------------------

    def _rollback_started(self, event: Event, at: datetime | None) -> None:
        self.rollback = Rollback(at, read.text(event, "reason"))

    def _rollback_finished(self, event: Event, at: datetime | None) -> None:
        reported = read.text(event, "verdict")
        verdict = reported if reported in (SUCCEEDED, FAILED) else IN_FLIGHT
        started = self.rollback or Rollback(None)
        self.rollback = replace(started, ended=at, verdict=verdict, outcome=read.text(event, "reason"))

    def _vm_rolled_back(self, event: Event, at: datetime | None) -> None:
        self._vm(event).rollback = _ended(OperationAttempt(1), event, at)


def _step_key(event: Event) -> tuple[str, str, str]:
    """Return the key of a step. Names of steps can repeat, but keys are unique."""
    return read.text(event, "group"), read.text(event, "phase"), read.text(event, "key") or read.text(event, "step")


def _drop_undecided(draft: VmDraft) -> None:
    """Remove the verdict ``skipped`` that a VM received before the run was resumed."""
    if draft.attempts and draft.attempts[-1].verdict == SKIPPED:
        draft.attempts.pop()


def _open(draft: VmDraft, number: int | None) -> OperationAttempt | None:
    """Return the last attempt if it is unfinished and matches ``number``, or None."""
    last = draft.attempts[-1] if draft.attempts else None
    if last is None or last.ended is not None or last.verdict != IN_FLIGHT:
        return None
    return last if number in (None, last.number) else None


def _ended(attempt: OperationAttempt, event: Event, at: datetime | None) -> OperationAttempt:
    reported = read.text(event, "verdict")
    return replace(
        attempt, ended=at, verdict=reported if reported in _ENDS else IN_FLIGHT, reason=read.text(event, "reason"),
        hint=read.text(event, "hint"), seconds=read.number(event, "seconds"), task=dict(read.mapping(event, "task")),
        request_id=read.text(event, "request_id"), is_final=event.get("is_final") is not False,
        vm=dict(read.mapping(event, "vm")),
    )  # fmt: skip


def _period(event: Event, at: datetime | None) -> Period:
    return Period(at, None, read.text(event, "host"), read.text(event, "user"), read.whole(event, "pid"))
