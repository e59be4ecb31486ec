"""Create the steps that restore edge gateways in a cleanup or rollback."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.recovery.plan.model import NetworkChange, NetworkRestore, RecoveryPlan, Step
from vcloudair_core.recovery.plan.serialization import plan_of_data
from vcloudair_core.recovery.run.history import AppliedChange, pending_restores
from vcloudair_core.recovery.run.run_state import steps_by_key
from vcloudair_core.services.dr.model import ACTIONS

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

PLAN = "plan.json"
"""File name of the plan in the folder of a run."""


def cleanup_plan(plan: RecoveryPlan, settings: Settings, cloud: dict[str, Any]) -> RecoveryPlan:
    """Return the plan that a cleanup runs.

    The plan has no dependencies and restores networks first.
    """
    groups = tuple(
        replace(
            group,
            priority=1,
            depends_on=(),
            vms=tuple(replace(vm, depends_on=()) for vm in group.vms),
        )
        for group in plan.groups
    )
    restores = restore_steps(pending_restores(settings, plan.name, cloud)) if plan.name else []
    return replace(plan, groups=groups, before=(*restores, *plan.before))


def restore_steps(changes: Sequence[AppliedChange]) -> list[Step]:
    """Return steps that undo network changes.

    Each step applies the ``rollback`` document of the plan that made the change. If the plan has no such document, the
    step applies the configuration that was saved before the change.
    """
    plans = {folder: _plan_of(folder) for folder in {change.folder for change in changes}}
    return [_restore_step(change, plans[change.folder]) for change in changes]


def _restore_step(change: AppliedChange, plan: RecoveryPlan | None) -> Step:
    document = change.saved
    if plan is not None:
        work = steps_by_key(plan)[change.key].work
        if isinstance(work, NetworkChange) and work.rollback:
            document = folder_of_plan(plan) / work.rollback
    return Step(f"{change.step} (rollback)", NetworkRestore(str(document), change.id), frozenset(ACTIONS))


def _plan_of(folder: Path) -> RecoveryPlan | None:
    """Return the plan with which a run was started, or None if it cannot be read."""
    try:
        return plan_of_data(json.loads((folder / PLAN).read_text(encoding="utf-8")))
    except (OSError, ValueError, ConfigurationError):
        return None


def folder_of_plan(plan: RecoveryPlan) -> Path:
    """Return the base folder for relative paths in a plan."""
    return Path(plan.path).resolve().parent if plan.path else Path.cwd()
