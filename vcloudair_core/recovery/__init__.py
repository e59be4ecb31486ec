"""Recovery plans: load, check, preview, run, resume, and report on them.

The public names below are imported at first use. ``docs/reference/python-recovery.md`` describes these names.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vcloudair_core.recovery.drills.drill_history import DrillHistory, drill_history
    from vcloudair_core.recovery.journal.run_folders import read_journal, run_folder
    from vcloudair_core.recovery.plan.group_order import check_order, waits_for
    from vcloudair_core.recovery.plan.model import Group, PlannedVm, RecoveryPlan, Step, plan_of_vms
    from vcloudair_core.recovery.plan.plan_file import load_plan, parse_plan
    from vcloudair_core.recovery.readiness.assessment import Readiness, assess
    from vcloudair_core.recovery.readiness.readiness_check import Check
    from vcloudair_core.recovery.report.report_files import save_report
    from vcloudair_core.recovery.report.run_report import RunReport, report_of
    from vcloudair_core.recovery.run.history import unfinished_runs
    from vcloudair_core.recovery.run.preview import Preview, PreviewRow, preview
    from vcloudair_core.recovery.run.runner import RunOptions, resume, start
    from vcloudair_core.services.dr.operation_options import OperationOptions, Stop

__all__ = [
    "Check",
    "DrillHistory",
    "Group",
    "OperationOptions",
    "PlannedVm",
    "Preview",
    "PreviewRow",
    "Readiness",
    "RecoveryPlan",
    "RunOptions",
    "RunReport",
    "Step",
    "Stop",
    "assess",
    "check_order",
    "drill_history",
    "load_plan",
    "parse_plan",
    "plan_of_vms",
    "preview",
    "read_journal",
    "report_of",
    "resume",
    "run_folder",
    "save_report",
    "start",
    "unfinished_runs",
    "waits_for",
]

_MODULES = {
    "Check": "vcloudair_core.recovery.readiness.readiness_check",
    "DrillHistory": "vcloudair_core.recovery.drills.drill_history",
    "Group": "vcloudair_core.recovery.plan.model",
    "OperationOptions": "vcloudair_core.services.dr.operation_options",
    "PlannedVm": "vcloudair_core.recovery.plan.model",
    "Preview": "vcloudair_core.recovery.run.preview",
    "PreviewRow": "vcloudair_core.recovery.run.preview",
    "Readiness": "vcloudair_core.recovery.readiness.assessment",
    "RecoveryPlan": "vcloudair_core.recovery.plan.model",
    "RunOptions": "vcloudair_core.recovery.run.runner",
    "RunReport": "vcloudair_core.recovery.report.run_report",
    "Step": "vcloudair_core.recovery.plan.model",
    "Stop": "vcloudair_core.services.dr.operation_options",
    "assess": "vcloudair_core.recovery.readiness.assessment",
    "check_order": "vcloudair_core.recovery.plan.group_order",
    "drill_history": "vcloudair_core.recovery.drills.drill_history",
    "load_plan": "vcloudair_core.recovery.plan.plan_file",
    "parse_plan": "vcloudair_core.recovery.plan.plan_file",
    "plan_of_vms": "vcloudair_core.recovery.plan.model",
    "preview": "vcloudair_core.recovery.run.preview",
    "read_journal": "vcloudair_core.recovery.journal.run_folders",
    "report_of": "vcloudair_core.recovery.report.run_report",
    "resume": "vcloudair_core.recovery.run.runner",
    "run_folder": "vcloudair_core.recovery.journal.run_folders",
    "save_report": "vcloudair_core.recovery.report.report_files",
    "start": "vcloudair_core.recovery.run.runner",
    "unfinished_runs": "vcloudair_core.recovery.run.history",
    "waits_for": "vcloudair_core.recovery.plan.group_order",
}


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
