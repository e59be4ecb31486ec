"""The report of a recovery run, made of nothing but its journal: what happened, and how far that is known.

A report never says more than the events do. A run is done when its last word is that it is, and every VM was seen
to be there; a VM that was begun and has no end is one whose outcome is not known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from vcloudair_core.recovery.journal import event_fields as read
from vcloudair_core.recovery.journal.events import Event
from vcloudair_core.recovery.report.event_fold import Fold, VmDraft
from vcloudair_core.recovery.report.model import (
    FAILED,
    INTERRUPTED,
    NOT_STARTED,
    RETRYING,
    ROLLBACK_FAILED,
    ROLLED_BACK,
    SCHEMA,
    SKIPPED,
    SUCCEEDED,
    THERE,
    UNFINISHED,
    UNKNOWN,
    VM_VERDICTS,
    Failure,
    GroupReport,
    Objective,
    OperationAttempt,
    Period,
    Rollback,
    StepReport,
    VmReport,
    seconds_between,
    stamped,
)
from vcloudair_core.recovery.report.objectives import Moment, first_target, vm_rpo, vm_rto, worst
from vcloudair_core.recovery.report.report_text import ACTIONS, duration


@dataclass(frozen=True)
class RunReport:
    """All of it. ``verdict``: done, failed, interrupted, unknown where it is not known what became of some VMs, or
    unfinished where the journal has no end of the run.

    ``plan`` and ``cloud`` are as in the event ``run_started``. ``doubts``: what is odd about the journal, in sentences.
    ``summary``: how many VMs have each verdict. ``ended``: the time of the last event.
    """

    run_id: str
    action: str
    verdict: str
    reason: str
    started: datetime | None
    ended: datetime | None
    host: str
    user: str
    version: str
    plan: Mapping[str, Any]
    cloud: Mapping[str, Any]
    periods: tuple[Period, ...]
    groups: tuple[GroupReport, ...]
    steps: tuple[StepReport, ...]
    rto: Objective
    rpo: Objective
    summary: Mapping[str, int]
    events: int
    rollback: Rollback | None = None
    doubts: tuple[str, ...] = ()
    passed_over: Mapping[str, int] = field(default_factory=dict)

    @property
    def vms(self) -> tuple[VmReport, ...]:
        """The VMs of all groups."""
        return tuple(vm for group in self.groups for vm in group.vms)

    @property
    def all_steps(self) -> tuple[StepReport, ...]:
        """Those of the plan, then those of each group."""
        return (*self.steps, *(step for group in self.groups for step in group.steps))

    @property
    def seconds(self) -> float | None:
        return seconds_between(self.started, self.ended)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The failures, ordered: failed, then unknown, then not started."""
        undone = [_failed_rollback(vm, vm.rollback) for vm in self.vms if vm.rollback is not None]
        steps = [_failed_step(step) for step in self.all_steps if step.last.verdict not in (SUCCEEDED, SKIPPED)]
        vms = [_failed_vm(vm) for vm in self.vms if not vm.is_there]
        order = VM_VERDICTS.index
        return tuple(sorted([*steps, *vms, *filter(None, undone)], key=lambda failure: order(failure.verdict)))

    @property
    def sentence(self) -> str:
        """The whole run in one or two plain sentences."""
        return _sentence(self)

    def as_dict(self) -> dict[str, Any]:
        """The JSON report. Shape: docs/reference/recovery-report.md."""
        return {
            "schema": SCHEMA, "run_id": self.run_id, "action": self.action, "verdict": self.verdict,
            "sentence": self.sentence, "reason": self.reason, "started": stamped(self.started),
            "ended": stamped(self.ended), "seconds": self.seconds, "host": self.host, "user": self.user,
            "version": self.version, "plan": dict(self.plan), "cloud": dict(self.cloud),
            "rto": self.rto.as_dict(), "rpo": self.rpo.as_dict(), "summary": dict(self.summary),
            "failures": [item.as_dict() for item in self.failures], "steps": [item.as_dict() for item in self.steps],
            "rollback": self.rollback.as_dict() if self.rollback is not None else None,
            "groups": [item.as_dict() for item in self.groups], "periods": [item.as_dict() for item in self.periods],
            "journal": {"events": self.events, "doubts": list(self.doubts), "passed_over": dict(self.passed_over)},
        }  # fmt: skip


def report_of(events: Iterable[Event]) -> RunReport:
    """Return the report of these events, in the order of the run journal. Raises nothing, whatever they hold."""
    fold = Fold()
    for event in events:
        fold.take(event)
    run = fold.run
    plan = read.mapping(run, "plan")
    started = read.moment(run)
    moment = Moment(started, fold.last, fold.finish is not None, read.text(run, "action") != "cleanup")
    groups = _groups(fold, plan, moment)
    vms = [vm for group in groups for vm in group.vms]
    verdict, reason = _verdict(fold, vms)
    has_objectives = moment.is_recovery
    return RunReport(
        run_id=read.text(run, "run_id"), action=read.text(run, "action"), verdict=verdict, reason=reason,
        started=started, ended=fold.last, host=read.text(run, "host"), user=read.text(run, "user"),
        version=read.text(run, "version"), plan=dict(plan), cloud=dict(read.mapping(run, "cloud")),
        periods=tuple(fold.periods), groups=groups, steps=_steps(fold, ""),
        rto=worst((vm.rto for vm in vms), _plan_target(plan, "rto_minutes", has_objectives)),
        rpo=worst((vm.rpo for vm in vms), _plan_target(plan, "rpo_minutes", has_objectives)),
        summary={word: sum(vm.verdict == word for vm in vms) for word in VM_VERDICTS},
        events=fold.count, rollback=fold.rollback,
        doubts=tuple(_doubts(fold, vms)), passed_over=dict(fold.unknown),
    )  # fmt: skip


# -- VMs and groups -------------------------------------------------------------------------------------------


def _groups(fold: Fold, plan: Mapping[str, Any], moment: Moment) -> tuple[GroupReport, ...]:
    listed = read.mappings(fold.run, "groups")
    minutes = {read.text(record, "name"): read.number(record, "rto_minutes") for record in listed}
    members: dict[str, list[VmReport]] = {name: [] for name in fold.groups}
    for draft in fold.vms.values():
        members.setdefault(draft.group, []).append(_vm(draft, minutes.get(draft.group), plan, moment))
    reports = []
    for name, vms in members.items():
        group = replace(fold.groups.get(name) or GroupReport(name), vms=tuple(vms), steps=_steps(fold, name))
        if group.verdict == SUCCEEDED:
            group = replace(group, verdict=_as_shown(vms))
        target = first_target((minutes.get(name), "group"), _plan_target(plan, "rto_minutes"))
        target = target if moment.is_recovery else (None, "")
        reports.append(replace(group, rto=worst((vm.rto for vm in vms), target)))
    return tuple(reports)


def _vm(draft: VmDraft, group_minutes: float | None, plan: Mapping[str, Any], moment: Moment) -> VmReport:
    last = draft.attempts[-1] if draft.attempts else None
    verdict = last.verdict if last is not None else NOT_STARTED
    if last is not None and verdict == FAILED and not last.is_final:
        verdict = RETRYING
    if draft.rollback is not None and verdict in THERE:
        verdict = ROLLED_BACK if draft.rollback.verdict in THERE else ROLLBACK_FAILED
    vm = VmReport(
        draft.id, draft.name, draft.group, verdict, href=read.text(draft.planned, "href"),
        depends_on=read.texts(draft.planned, "depends_on"), attempts=tuple(draft.attempts), rollback=draft.rollback,
        last_sync=next(filter(None, (attempt.last_sync for attempt in reversed(draft.attempts))), None),
    )  # fmt: skip
    own_rto, own_rpo = ((read.number(draft.planned, f"{word}_minutes"), "vm") for word in ("rto", "rpo"))
    rto = first_target(own_rto, (group_minutes, "group"), _plan_target(plan, "rto_minutes"))
    rpo = first_target(own_rpo, _plan_target(plan, "rpo_minutes"))
    return replace(vm, rto=vm_rto(vm, rto, moment), rpo=vm_rpo(vm, rpo, moment))


def _plan_target(plan: Mapping[str, Any], key: str, has_objectives: bool = True) -> tuple[float | None, str]:
    minutes = read.number(plan, key) if has_objectives else None
    return minutes, "" if minutes is None else "plan"


def _steps(fold: Fold, group: str) -> tuple[StepReport, ...]:
    return tuple(step for step in fold.steps.values() if step.group == group)


# -- what it comes to ----------------------------------------------------------------------------------------------


def _as_shown(vms: Iterable[VmReport]) -> str:
    """Return the verdict that the VMs support for something reported as succeeded."""
    verdicts = {vm.verdict for vm in vms if not vm.is_there}
    if not verdicts:
        return SUCCEEDED
    return FAILED if verdicts & {FAILED, SKIPPED, ROLLED_BACK, ROLLBACK_FAILED} else UNFINISHED


def _verdict(fold: Fold, vms: list[VmReport]) -> tuple[str, str]:
    if fold.stop is not None:
        return UNKNOWN if fold.stop.get("is_unknown") is True else INTERRUPTED, read.text(fold.stop, "reason")
    if fold.finish is None:
        return UNFINISHED, "the journal has no end of the run: it is still going on, or it died"
    reported, reason = read.text(fold.finish, "verdict"), read.text(fold.finish, "reason")
    if reported == FAILED:
        return FAILED, reason
    if reported != SUCCEEDED:
        return UNFINISHED, f"the run ended with the verdict {reported!r}, which says nothing"
    if not vms:
        return FAILED, "there was no VM in it"
    shown = _as_shown(vms)
    if shown == SUCCEEDED and not fold.run:
        return UNFINISHED, "the journal has no start of the run, so that its VMs are not known"
    return (
        shown,
        reason if shown == SUCCEEDED else "the run ended as succeeded, but not every VM is seen to be there",
    )


def _doubts(fold: Fold, vms: list[VmReport]) -> Iterable[str]:
    if not fold.run:
        yield "There is no start of the run: who ran what, and with which VMs, is not known."
    if fold.unreadable:
        yield f"{fold.unreadable} of the journal's lines are no events."
    if fold.missing:
        yield f"{fold.missing} events are missing, by their numbers."
    if fold.set_back:
        yield "The clock was set back during the run: times may be wrong."
    strangers = [draft.name for draft in fold.vms.values() if fold.run and not draft.is_named]
    if strangers:
        yield f"The start of the run does not name {', '.join(sorted(strangers))}."
    if fold.finish is not None:
        # As they were before anything was undone.
        counts = Counter(vm.last.verdict for vm in vms if vm.last is not None)
        reported = read.mapping(fold.finish, "summary")
        odd = [word for word in reported if read.whole(reported, word) not in (None, counts.get(word, 0))]
        for word in odd:
            yield f"The run counted {reported[word]} VMs as {word}; its events show {counts.get(word, 0)}."
        if read.text(fold.finish, "verdict") == SUCCEEDED and any(not vm.is_there for vm in vms):
            yield "The run ended as succeeded, but not every VM is seen to be there."


def _failed_vm(vm: VmReport) -> Failure:
    last = vm.rollback if vm.verdict == ROLLBACK_FAILED else vm.last
    details = (last.reason, last.hint, last.codes, last.request_id) if last is not None else ("", "", (), "")
    return Failure("vm", vm.name, vm.group, vm.verdict, *details, vm_id=vm.id)


def _failed_rollback(vm: VmReport, rollback: OperationAttempt) -> Failure | None:
    """Return the failure of a rollback; the failure of the VM itself does not tell that its rollback failed too."""
    if rollback.verdict in THERE or vm.verdict == ROLLBACK_FAILED:
        return None
    details = (rollback.reason, rollback.hint, rollback.codes, rollback.request_id)
    return Failure("rollback", vm.name, vm.group, ROLLBACK_FAILED, *details, vm_id=vm.id)


def _failed_step(step: StepReport) -> Failure:
    return Failure("step", step.name, step.group, step.last.verdict, step.last.reason, step.last.hint)


# -- the sentence ------------------------------------------------------------------------------------------------------


def _sentence(report: RunReport) -> str:
    name = str(report.plan.get("name") or "")
    what = f"The {ACTIONS.get(report.action, 'run')}" + (f" of {name}" if name else "")
    vms = report.vms
    there = sum(vm.is_there for vm in vms)
    count = _count(there, len(vms), report.action)
    if report.verdict == SUCCEEDED:
        took = f" It took {duration(report.seconds)}." if report.seconds is not None else ""
        bad = sum(step.last.verdict == FAILED for step in report.all_steps)
        steps = f" {bad} step{'s' if bad > 1 else ''} failed." if bad else ""
        return f"{what} succeeded: {count}.{took}{steps}"
    if report.verdict == FAILED:
        return f"{what} failed: {count}."
    if report.verdict == UNKNOWN:
        return f"{what} has an unknown outcome: {count}. A decision is needed, then it may be resumed."
    if report.verdict == INTERRUPTED:
        return f"{what} was interrupted: {count}. It may be resumed."
    return f"{what} is unfinished: {count}, as far as the journal shows."


def _count(there: int, total: int, action: str) -> str:
    where = "cleaned up" if action == "cleanup" else "there"
    if not total:
        return "no VM is known"
    if total == 1:
        return f"its VM is {'' if there else 'not '}{where}"
    return f"all {total} VMs are {where}" if there == total else f"{there} of {total} VMs are {where}"
