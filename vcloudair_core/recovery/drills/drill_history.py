"""Read the history of drills from the run journals."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.recovery.drills.drill_record import MAX_TESTS, DrillRecord, DrillTest
from vcloudair_core.recovery.report.model import SUCCEEDED, GroupReport, VmReport
from vcloudair_core.recovery.report.run_report import RunReport, report_of
from vcloudair_core.recovery.run.history import runs
from vcloudair_core.recovery.run.rollback import PLAN

if TYPE_CHECKING:
    from vcloudair_core.recovery.plan.model import RecoveryPlan
    from vcloudair_core.settings.settings import Settings

MAX_AGE_DAYS = 90.0
"""Default of the maximum age of a successful test, in days."""


@dataclass(frozen=True)
class VmDrills(DrillRecord):
    """The tests of a VM. ``plans`` are the names of the plans that contain the VM."""

    id: str = ""
    group: str = ""
    plans: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {**super().as_dict(), "id": self.id, "group": self.group, "plans": list(self.plans)}


@dataclass(frozen=True)
class PlanDrills(DrillRecord):
    """The tests of a plan.

    ``untested`` are the names of its VMs without a successful test.
    """

    groups: tuple[DrillRecord, ...] = ()
    vms: tuple[str, ...] = ()
    untested: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        groups = [
            {key: group.as_dict()[key] for key in ("name", "state", "last_success", "age_s")} for group in self.groups
        ]
        return {**super().as_dict(), "groups": groups, "vms": list(self.vms), "untested": list(self.untested)}


@dataclass(frozen=True)
class DrillHistory:
    """The drills of all plans and VMs in a cloud, at the time ``now``."""

    now: datetime
    plans: tuple[PlanDrills, ...] = ()
    vms: tuple[VmDrills, ...] = ()

    @property
    def untested(self) -> tuple[str, ...]:
        """Return the names of the VMs without a successful test."""
        return tuple(vm.name for vm in self.vms if vm.last_success is None)

    @property
    def is_due(self) -> bool:
        """Return True if a drill of any plan or VM is due, or if nothing is known."""
        return any(record.is_due for record in (*self.plans, *self.vms)) or not self.vms

    def as_dict(self) -> dict[str, Any]:
        return {
            "due": self.is_due,
            "plans": [plan.as_dict() for plan in self.plans],
            "vms": [vm.as_dict() for vm in self.vms],
            "untested": list(self.untested),
        }


@dataclass
class _PlanTests:
    """The data of a plan, as collected from its runs, oldest first."""

    tests: list[DrillTest] = field(default_factory=list)
    groups: dict[str, list[DrillTest]] = field(default_factory=dict)
    vms: dict[str, VmReport] = field(default_factory=dict)
    newest: Mapping[str, Any] = field(default_factory=dict)
    max_age_days: float | None = None


def drill_history(
    settings: Settings,
    *,
    plan: RecoveryPlan | None = None,
    vms: Sequence[str] | None = None,
    replicated: Iterable[tuple[str, str]] = (),
    max_age_days: float = MAX_AGE_DAYS,
    now: datetime | None = None,
) -> DrillHistory:
    """Return the history of the drills in the cloud of the settings.

    Args:
        settings: The settings. If ``url`` or ``org`` is set, runs of other clouds are left out.
        plan: The plan to which the history is limited. Its VMs are listed even if no run has tested them.
        vms: Names or IDs of VMs to which the history is limited.
        replicated: IDs and names of replicated VMs, which are listed even if no run has tested them.
        max_age_days: The maximum age of a successful test. ``test_max_age_days`` of a plan takes precedence.
        now: The current time, for tests.

    Raises ConfigurationError when the runs cannot be listed.
    """
    history = _Fold(now or datetime.now(timezone.utc), max_age_days)
    for folder, events in runs(settings, newest_first=False):
        report = report_of(events)
        if _is_of_cloud(report, settings) and (
            plan is None or report.plan.get("name") == plan.name or _shares(report, plan)
        ):
            history.add(report, folder)
    if plan is not None:
        history.limit_to(plan)
    history.add_replicated(replicated)
    return history.result(None if vms is None else frozenset(vms))


def _is_of_cloud(report: RunReport, settings: Settings) -> bool:
    expected = {"url": settings.url, "org": settings.org}
    return all(not value or report.cloud.get(name) in (value, None, "") for name, value in expected.items())


def _shares(report: RunReport, plan: RecoveryPlan) -> bool:
    names = {vm.name for vm in plan.vms}
    return any(vm.name in names or vm.id in names for vm in report.vms)


class _Fold:
    """Collect the tests of plans, groups and VMs."""

    def __init__(self, now: datetime, max_age_days: float) -> None:
        self._now, self._max_age_days = now, max_age_days
        self._plans: dict[str, _PlanTests] = {}
        self._vms: dict[str, list[DrillTest]] = {}
        self._known: dict[str, VmReport] = {}
        self._only: frozenset[str] | None = None

    def add(self, report: RunReport, folder: Path) -> None:
        """Add a run. Only tests have results, but other runs name VMs too."""
        name = str(report.plan.get("name") or "")
        draft = self._plans.setdefault(name, _PlanTests())
        if report.action != "cleanup":
            draft.vms = {vm.id: vm for vm in report.vms}
            draft.newest, draft.max_age_days = report.plan, _max_age(folder)
            self._known.update(draft.vms)
        if report.action != "test" or report.started is None:
            return
        draft.tests.append(
            _test(report, report.verdict, report.verdict == SUCCEEDED, report.rto.reached_s, report.rpo.reached_s)
        )
        for group in report.groups:
            draft.groups.setdefault(group.name, []).append(_group_test(report, group))
        for vm in report.vms:
            test = _test(report, vm.verdict, vm.has_succeeded, vm.rto.reached_s, vm.rpo.reached_s)
            self._vms.setdefault(vm.id, []).append(test)

    def limit_to(self, plan: RecoveryPlan) -> None:
        """Limit the history to a plan and its VMs."""
        draft = self._plans.get(plan.name, _PlanTests())
        groups = {vm.name: group.name for group in plan.groups for vm in group.vms}
        by_name = {key: vm for vm in self._known.values() for key in (vm.name, vm.id)}
        draft.vms = {}
        for name, group in groups.items():
            vm = by_name.get(name) or VmReport("", name, group, "")
            draft.vms[vm.id or name] = vm
        draft.groups = {group.name: draft.groups.get(group.name, []) for group in plan.groups}
        draft.newest = {"rto_minutes": plan.rto_minutes, "rpo_minutes": plan.rpo_minutes}
        draft.max_age_days = plan.test_max_age_days
        self._plans, self._known = {plan.name: draft}, draft.vms

    def add_replicated(self, replicated: Iterable[tuple[str, str]]) -> None:
        """Add replicated VMs that no run contains."""
        names = {vm.name for vm in self._known.values()}
        for vm_id, name in replicated:
            if vm_id not in self._known and name not in names:
                self._known = {**self._known, vm_id: VmReport(vm_id, name, "", "")}

    def result(self, only: frozenset[str] | None) -> DrillHistory:
        """Return the history, limited to the VMs with the names or IDs in ``only``."""
        vms = [self._vm(key, vm) for key, vm in self._known.items()]
        if only is not None:
            vms = [vm for vm in vms if vm.name in only or vm.id in only]
        plans = () if only is not None else tuple(self._plan(name) for name in sorted(self._plans) if name)
        return DrillHistory(self._now, plans, tuple(sorted(vms, key=lambda vm: vm.name)))

    def _plan(self, name: str) -> PlanDrills:
        draft = self._plans[name]
        max_age_days = self._max_age_of(draft)
        groups = [
            DrillRecord(group, tuple(tests[-MAX_TESTS:]), self._now, max_age_days)
            for group, tests in draft.groups.items()
        ]
        untested = [
            vm.name for key, vm in draft.vms.items() if not any(test.is_success for test in self._vms.get(key, ()))
        ]
        return PlanDrills(
            name, tuple(draft.tests[-MAX_TESTS:]), self._now, max_age_days, draft.newest.get("rto_minutes"),
            draft.newest.get("rpo_minutes"), tuple(groups), tuple(vm.name for vm in draft.vms.values()),
            tuple(sorted(untested)),
        )  # fmt: skip

    def _vm(self, key: str, vm: VmReport) -> VmDrills:
        plans = [name for name, draft in self._plans.items() if name and key in draft.vms]
        max_age_days = min((self._max_age_of(self._plans[name]) for name in plans), default=self._max_age_days)
        tests = tuple(self._vms.get(key, ())[-MAX_TESTS:])
        return VmDrills(
            vm.name, tests, self._now, max_age_days, vm.rto.target_minutes, vm.rpo.target_minutes, vm.id, vm.group,
            tuple(sorted(plans)),
        )  # fmt: skip

    def _max_age_of(self, draft: _PlanTests) -> float:
        return self._max_age_days if draft.max_age_days is None else draft.max_age_days


def _test(report: RunReport, verdict: str, is_success: bool, rto_s: float | None, rpo_s: float | None) -> DrillTest:
    at = report.started or report.ended or datetime.min.replace(tzinfo=timezone.utc)
    return DrillTest(at, verdict, report.run_id, is_success, rto_s, rpo_s)


def _group_test(report: RunReport, group: GroupReport) -> DrillTest:
    is_success = bool(group.vms) and all(vm.has_succeeded for vm in group.vms)
    return _test(report, group.verdict, is_success, group.rto.reached_s, None)


def _max_age(folder: Path) -> float | None:
    """Return ``test_max_age_days`` of the plan in the folder of a run, or None."""
    try:
        value = json.loads((folder / PLAN).read_text(encoding="utf-8")).get("test_max_age_days")
    except (OSError, ValueError, AttributeError):
        return None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
