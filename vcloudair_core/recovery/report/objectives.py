"""RTO and RPO: what was reached, and whether that is what was wanted. Nothing that is not known counts as met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from vcloudair_core.recovery.report.model import (
    IN_FLIGHT,
    ROLLED_BACK,
    UNCHANGED,
    UNKNOWN,
    Objective,
    VmReport,
    seconds_between,
)

_UNKNOWN = "its outcome is not known"

Target = tuple[float | None, str]


@dataclass(frozen=True)
class Moment:
    """The times that the objectives of all VMs are measured from.

    ``last``: the newest time in the journal. ``is_over``: the run has finished: what is not there will not come.
    ``is_recovery``: a clean-up recovers nothing, and has no objectives.
    """

    started: datetime | None
    last: datetime | None
    is_over: bool
    is_recovery: bool = True


def first_target(*candidates: Target) -> Target:
    """Return the first target that is set, with its source; 0 minutes is a target."""
    return next((candidate for candidate in candidates if candidate[0] is not None), (None, ""))


def vm_rto(vm: VmReport, target: Target, moment: Moment) -> Objective:
    """From the start of the run until the VM was there."""
    minutes, source = target
    if not moment.is_recovery:
        return Objective(why="a clean-up recovers nothing")
    if vm.is_there:
        why = _unmeasured(vm)
        reached = None if why else seconds_between(moment.started, vm.ended)
        if reached is None:
            return Objective(minutes, source, why=why or "the journal does not tell when that was")
        return Objective(minutes, source, reached, is_met=None if minutes is None else reached <= minutes * 60)
    if vm.verdict in (IN_FLIGHT, UNKNOWN):
        return Objective(minutes, source, why=_UNKNOWN)
    passed = seconds_between(moment.started, moment.last)
    if minutes is not None and (moment.is_over or (passed is not None and passed > minutes * 60)):
        return Objective(minutes, source, is_met=False, why=_absent(vm))
    return Objective(minutes, source, why=_absent(vm))


def vm_rpo(vm: VmReport, target: Target, moment: Moment) -> Objective:
    """Return the age of the newest data at the start of the run; 0 for data replicated after that.

    Data of a VM that is not there has not been recovered: that is never met, and missed where it was too old.
    """
    minutes, source = target
    if not moment.is_recovery:
        return Objective(why="a clean-up recovers nothing")
    age = None
    if vm.last_sync is not None and moment.started is not None:
        age = max(0.0, round((moment.started - vm.last_sync).total_seconds(), 3))
    if vm.verdict in (IN_FLIGHT, UNKNOWN):
        return Objective(minutes, source, why=_UNKNOWN)
    if not vm.is_there:
        is_late = moment.is_over and minutes is not None and age is not None and age > minutes * 60
        return Objective(minutes, source, is_met=False if is_late else None, why=_absent(vm))
    why = _unmeasured(vm) or ("" if age is not None else "it is not known when data was last brought over")
    if why or age is None:
        return Objective(minutes, source, why=why)
    return Objective(minutes, source, age, is_met=None if minutes is None else age <= minutes * 60)


def _absent(vm: VmReport) -> str:
    return "it was rolled back" if vm.verdict == ROLLED_BACK else "it is not there"


def _unmeasured(vm: VmReport) -> str:
    """Return the reason why the time of a VM is not known. One that this run started may be there after all."""
    if vm.verdict != UNCHANGED or any(attempt.is_asked for attempt in vm.attempts):
        return ""
    return "it was there before this run"


def worst(objectives: Iterable[Objective], target: Target) -> Objective:
    """Return the objective of many VMs: the longest time, met only if each VM is within its own target and this one."""
    each = list(objectives)
    minutes, source = target
    known = [objective.reached_s for objective in each if objective.reached_s is not None]
    reached = max(known) if known and len(known) == len(each) else None
    met = [objective.is_met for objective in each if objective.target_minutes is not None]
    is_late = minutes is not None and any(seconds > minutes * 60 for seconds in known)
    if is_late or False in met:
        is_met: bool | None = False
    elif not each or reached is None or None in met or not (met or minutes is not None):
        is_met = None
    else:
        is_met = True
    return Objective(minutes, source, reached, max(known, default=None), is_met, _why_not(each, known))


def _why_not(each: list[Objective], known: list[float]) -> str:
    if not each:
        return "the journal names no VM"
    missing = len(each) - len(known)
    if not missing:
        return ""
    reasons = Counter(objective.why for objective in each if objective.reached_s is None and objective.why)
    summary = ", ".join(f"{why} ({count})" for why, count in sorted(reasons.items()))
    return f"not known for {missing} of {len(each)} VMs: {summary}"
