"""Measure RTO and RPO and compare them with their targets.

An unknown value never counts as met.
"""

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

_UNKNOWN = "the outcome is unknown"
_NO_RECOVERY = "the action recovers no VMs"

Target = tuple[float | None, str]


@dataclass(frozen=True)
class RunTimes:
    """The times of a run, used to measure the objectives of its VMs.

    ``last`` is the newest time in the journal. ``is_over`` is true if the run has finished, so no more VMs will be
    recovered. ``is_recovery`` is False if the action recovers no VMs, such as a cleanup, and so has no objectives.
    """

    started: datetime | None
    last: datetime | None
    is_over: bool
    is_recovery: bool = True


def first_target(*candidates: Target) -> Target:
    """Return the first candidate whose target is not None. 0 minutes is a target too."""
    return next((candidate for candidate in candidates if candidate[0] is not None), (None, ""))


def vm_rto(vm: VmReport, target: Target, times: RunTimes) -> Objective:
    """Return the RTO result: the time from the start of the run to the recovery."""
    minutes, source = target
    if not times.is_recovery:
        return Objective(why=_NO_RECOVERY)
    if vm.has_succeeded:
        why = _unmeasured(vm)
        reached = None if why else seconds_between(times.started, vm.ended)
        if reached is None:
            return Objective(minutes, source, why=why or "the journal does not contain the time")
        return Objective(minutes, source, reached, is_met=None if minutes is None else reached <= minutes * 60)
    if vm.verdict in (IN_FLIGHT, UNKNOWN):
        return Objective(minutes, source, why=_UNKNOWN)
    passed = seconds_between(times.started, times.last)
    if minutes is not None and (times.is_over or (passed is not None and passed > minutes * 60)):
        return Objective(minutes, source, is_met=False, why=_absence(vm))
    return Objective(minutes, source, why=_absence(vm))


def vm_rpo(vm: VmReport, target: Target, times: RunTimes) -> Objective:
    """Return the RPO result: the age of the newest data at the start of the run.

    The age is 0 for data that was replicated after the start.

    If the VM was not recovered and the data was too old, the objective is missed. If the VM was not recovered for
    another reason, the result is unknown.
    """
    minutes, source = target
    if not times.is_recovery:
        return Objective(why=_NO_RECOVERY)
    age = None
    if vm.last_sync is not None and times.started is not None:
        age = max(0.0, round((times.started - vm.last_sync).total_seconds(), 3))
    if vm.verdict in (IN_FLIGHT, UNKNOWN):
        return Objective(minutes, source, why=_UNKNOWN)
    if not vm.has_succeeded:
        is_late = times.is_over and minutes is not None and age is not None and age > minutes * 60
        return Objective(minutes, source, is_met=False if is_late else None, why=_absence(vm))
    why = _unmeasured(vm) or ("" if age is not None else "the time of the last synchronization is unknown")
    if why or age is None:
        return Objective(minutes, source, why=why)
    return Objective(minutes, source, age, is_met=None if minutes is None else age <= minutes * 60)


def _absence(vm: VmReport) -> str:
    return "the VM was rolled back" if vm.verdict == ROLLED_BACK else "the VM was not recovered"


def _unmeasured(vm: VmReport) -> str:
    """Return the reason why a VM has no measured time, or an empty string.

    A VM with the verdict ``unchanged`` was recovered before the run, unless an earlier attempt of this run requested
    the action. A VM that was recovered before the run has no measured time.
    """
    if vm.verdict != UNCHANGED or any(attempt.is_requested for attempt in vm.attempts):
        return ""
    return "the VM was recovered before this run"


def worst(objectives: Iterable[Objective], target: Target) -> Objective:
    """Return the worst objective of several VMs.

    Its value is the longest time. It is met when each VM meets its own target and the longest time meets ``target``.
    """
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
        return "the journal has no VMs"
    missing = len(each) - len(known)
    if not missing:
        return ""
    reasons = Counter(objective.why for objective in each if objective.reached_s is None and objective.why)
    summary = ", ".join(f"{why} ({count})" for why, count in sorted(reasons.items()))
    return f"unknown for {missing} of {len(each)} VMs: {summary}"
