"""Report of a recovery run, created from its journal.

A report never claims more than the events show. A run has succeeded when its last event has the verdict ``succeeded``
and the events show that every VM was recovered. If an action was started and the journal does not contain its end, the
outcome of the VM is unknown.
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
    SUCCESS_VERDICTS,
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
from vcloudair_core.recovery.report.objectives import RunTimes, first_target, vm_rpo, vm_rto, worst
from vcloudair_core.recovery.report.report_text import ACTIONS, OUTCOMES, duration


@dataclass(frozen=True)
class RunReport:
    """The report of a run.

    Attributes:
        verdict: ``succeeded``, ``failed``, ``interrupted``, ``unknown`` when the outcome of some VMs is unknown, or
            ``unfinished`` when the journal does not contain the end of the run.
        plan, cloud: The fields ``plan`` and ``cloud`` of the event ``run_started``.
        doubts: Sentences that describe inconsistencies in the journal.
        summary: The number of VMs for each verdict.
        ended: The time of the last event.
        passed_over: The number of unknown events by name.
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
        """Return the VMs of all groups."""
        return tuple(vm for group in self.groups for vm in group.vms)

    @property
    def all_steps(self) -> tuple[StepReport, ...]:
        """Return the steps of the plan, then the steps of each group."""
        return (*self.steps, *(step for group in self.groups for step in group.steps))

    @property
    def seconds(self) -> float | None:
        return seconds_between(self.started, self.ended)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Return the failures in this order: failed, then unknown, then not started."""
        rollbacks = [_failed_rollback(vm, vm.rollback) for vm in self.vms if vm.rollback is not None]
        steps = [_failed_step(step) for step in self.all_steps if step.last.verdict not in (SUCCEEDED, SKIPPED)]
        vms = [_failed_vm(vm) for vm in self.vms if not vm.has_succeeded]
        order = VM_VERDICTS.index
        return tuple(sorted([*steps, *vms, *filter(None, rollbacks)], key=lambda failure: order(failure.verdict)))

    @property
    def sentence(self) -> str:
        """Return a summary of the run in one or two sentences."""
        return _sentence(self)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON report, as described in docs/reference/recovery-report.md."""
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
    """Return the report of a run from its events, in the order of the journal.

    Damaged events do not raise errors. The attribute ``doubts`` of the report describes them.
    """
    fold = Fold()
    for event in events:
        fold.add(event)
    run = fold.run
    plan = read.mapping(run, "plan")
    started = read.moment(run)
    times = RunTimes(started, fold.last, fold.finish is not None, read.text(run, "action") not in OUTCOMES)
    groups = _groups(fold, plan, times)
    vms = [vm for group in groups for vm in group.vms]
    verdict, reason = _verdict(fold, vms)
    has_objectives = times.is_recovery
    return RunReport(
        run_id=read.text(run, "run_id"), action=read.text(run, "action"), verdict=verdict, reason=reason,
        started=started, ended=fold.last, host=read.text(run, "host"), user=read.text(run, "user"),
        version=read.text(run, "version"), plan=dict(plan), cloud=dict(read.mapping(run, "cloud")),
        periods=tuple(fold.periods), groups=groups, steps=_steps(fold, ""),
        rto=worst((vm.rto for vm in vms), _plan_target(plan, "rto_minutes", has_objectives)),
        rpo=worst((vm.rpo for vm in vms), _plan_target(plan, "rpo_minutes", has_objectives)),
        summary={name: sum(vm.verdict == name for vm in vms) for name in VM_VERDICTS},
        events=fold.count, rollback=fold.rollback,
        doubts=tuple(_doubts(fold, vms)), passed_over=dict(fold.unknown),
    )  # fmt: skip


# -- VMs and groups -------------------------------------------------------------------------------------------


def _groups(fold: Fold, plan: Mapping[str, Any], times: RunTimes) -> tuple[GroupReport, ...]:
    listed = read.mappings(fold.run, "groups")
    minutes = {read.text(record, "name"): read.number(record, "rto_minutes") for record in listed}
    members: dict[str, list[VmReport]] = {name: [] for name in fold.groups}
    for draft in fold.vms.values():
        members.setdefault(draft.group, []).append(_vm(draft, minutes.get(draft.group), plan, times))
    reports = []
    for name, vms in members.items():
        group = replace(fold.groups.get(name) or GroupReport(name), vms=tuple(vms), steps=_steps(fold, name))
        if group.verdict == SUCCEEDED:
            group = replace(group, verdict=_verdict_of_vms(vms))
        target = first_target((minutes.get(name), "group"), _plan_target(plan, "rto_minutes"))
        target = target if times.is_recovery else (None, "")
        reports.append(replace(group, rto=worst((vm.rto for vm in vms), target)))
    return tuple(reports)


def _vm(draft: VmDraft, group_minutes: float | None, plan: Mapping[str, Any], times: RunTimes) -> VmReport:
    last = draft.attempts[-1] if draft.attempts else None
    verdict = last.verdict if last is not None else NOT_STARTED
    if last is not None and verdict == FAILED and not last.is_final:
        verdict = RETRYING
    if draft.rollback is not None and verdict in SUCCESS_VERDICTS:
        verdict = ROLLED_BACK if draft.rollback.verdict in SUCCESS_VERDICTS else ROLLBACK_FAILED
    vm = VmReport(
        draft.id, draft.name, draft.group, verdict, href=read.text(draft.planned, "href"),
        depends_on=read.texts(draft.planned, "depends_on"), attempts=tuple(draft.attempts), rollback=draft.rollback,
        last_sync=next(filter(None, (attempt.last_sync for attempt in reversed(draft.attempts))), None),
    )  # fmt: skip
    own_rto, own_rpo = ((read.number(draft.planned, f"{name}_minutes"), "vm") for name in ("rto", "rpo"))
    rto = first_target(own_rto, (group_minutes, "group"), _plan_target(plan, "rto_minutes"))
    rpo = first_target(own_rpo, _plan_target(plan, "rpo_minutes"))
    return replace(vm, rto=vm_rto(vm, rto, times), rpo=vm_rpo(vm, rpo, times))


def _plan_target(plan: Mapping[str, Any], key: str, has_objectives: bool = True) -> tuple[float | None, str]:
    minutes = read.number(plan, key) if has_objectives else None
    return minutes, "" if minutes is None else "plan"


def _steps(fold: Fold, group: str) -> tuple[StepReport, ...]:
    return tuple(step for step in fold.steps.values() if step.group == group)


# -- verdict -------------------------------------------------------------------------------------------------------


def _verdict_of_vms(vms: Iterable[VmReport]) -> str:
    """Return the verdict of a run or rollback that reported success.

    The verdict depends on the verdicts of the VMs, which can contradict the reported success.
    """
    verdicts = {vm.verdict for vm in vms if not vm.has_succeeded}
    if not verdicts:
        return SUCCEEDED
    return FAILED if verdicts & {FAILED, SKIPPED, ROLLED_BACK, ROLLBACK_FAILED} else UNFINISHED


def _verdict(fold: Fold, vms: list[VmReport]) -> tuple[str, str]:
    if fold.stop is not None:
        return UNKNOWN if fold.stop.get("is_unknown") is True else INTERRUPTED, read.text(fold.stop, "reason")
    if fold.finish is None:
        return (
            UNFINISHED,
            "the journal does not contain the end of the run: the run is still in progress, or its process died",
        )
    reported, reason = read.text(fold.finish, "verdict"), read.text(fold.finish, "reason")
    if reported == FAILED:
        return FAILED, reason
    if reported != SUCCEEDED:
        return UNFINISHED, f"the run ended with the invalid verdict {reported!r}"
    if not vms:
        return FAILED, "the run had no VMs"
    verdict = _verdict_of_vms(vms)
    if verdict == SUCCEEDED and not fold.run:
        return UNFINISHED, "the journal does not contain the start of the run, so the VMs are unknown"
    return verdict, reason if verdict == SUCCEEDED else "the run reported success, but not every VM was recovered"


def _doubts(fold: Fold, vms: list[VmReport]) -> Iterable[str]:
    if not fold.run:
        yield "The journal does not contain the start of the run, so the user, plan and VMs are unknown."
    if fold.unreadable:
        yield f"{fold.unreadable} lines of the journal are not events."
    if fold.missing:
        yield f"The sequence numbers show that events are missing: {fold.missing}."
    if fold.set_back:
        yield "The clock was set back during the run, so times may be wrong."
    unlisted = [draft.name for draft in fold.vms.values() if fold.run and not draft.is_named]
    if unlisted:
        yield f"These VMs have events, but the start of the run does not list them: {', '.join(sorted(unlisted))}."
    if fold.finish is not None:
        # The run counted verdicts before its rollback.
        counts = Counter(vm.last.verdict for vm in vms if vm.last is not None)
        reported = read.mapping(fold.finish, "summary")
        different = [name for name in reported if read.whole(reported, name) not in (None, counts.get(name, 0))]
        for name in different:
            yield f"The run reported {reported[name]} VMs as {name}, but the events show {counts.get(name, 0)}."
        if read.text(fold.finish, "verdict") == SUCCEEDED and any(not vm.has_succeeded for vm in vms):
            yield "The run reported success, but not every VM was recovered."


def _failed_vm(vm: VmReport) -> Failure:
    last = vm.rollback if vm.verdict == ROLLBACK_FAILED else vm.last
    details = (last.reason, last.hint, last.codes, last.request_id) if last is not None else ("", "", (), "")
    return Failure("vm", vm.name, vm.group, vm.verdict, *details, vm_id=vm.id)


def _failed_rollback(vm: VmReport, rollback: OperationAttempt) -> Failure | None:
    """Return the failure of a rollback, unless the verdict of the VM already shows it."""
    if rollback.verdict in SUCCESS_VERDICTS or vm.verdict == ROLLBACK_FAILED:
        return None
    details = (rollback.reason, rollback.hint, rollback.codes, rollback.request_id)
    return Failure("rollback", vm.name, vm.group, ROLLBACK_FAILED, *details, vm_id=vm.id)


def _failed_step(step: StepReport) -> Failure:
    return Failure("step", step.name, step.group, step.last.verdict, step.last.reason, step.last.hint)


# -- summary sentence --------------------------------------------------------------------------------------------------


def _sentence(report: RunReport) -> str:
    name = str(report.plan.get("name") or "")
    subject = f"The {ACTIONS.get(report.action, 'run')}" + (f" of {name}" if name else "")
    vms = report.vms
    count = _count(sum(vm.has_succeeded for vm in vms), len(vms), report.action)
    if report.verdict == SUCCEEDED:
        time = f" It took {duration(report.seconds)}." if report.seconds is not None else ""
        failed = sum(step.last.verdict == FAILED for step in report.all_steps)
        steps = f" {failed} step{'s' if failed > 1 else ''} failed." if failed else ""
        return f"{subject} succeeded: {count}.{time}{steps}"
    if report.verdict == FAILED:
        return f"{subject} failed: {count}."
    if report.verdict == UNKNOWN:
        if len(vms) == 1:
            return f"{subject} has an unknown outcome. Check its VM, then resume the run."
        return f"{subject} has an unknown outcome: {count}. Check the VMs with an unknown outcome, then resume the run."
    if report.verdict == INTERRUPTED:
        return f"{subject} was interrupted: {count}. You can resume it."
    return f"{subject} is unfinished: {count}, as far as the journal shows."


def _count(succeeded: int, total: int, action: str) -> str:
    outcome = OUTCOMES.get(action, "recovered")
    if not total:
        return "no VMs are known"
    if total == 1:
        return f"its VM was {'' if succeeded else 'not '}{outcome}"
    return f"all {total} VMs were {outcome}" if succeeded == total else f"{succeeded} of {total} VMs were {outcome}"
