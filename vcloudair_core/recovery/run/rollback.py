"""The undoing of network changes of edge gateways by a cleanup or a rollback."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.recovery.plan.model import NetworkChange, RecoveryPlan, Step, NetworkRestore
from vcloudair_core.recovery.plan.serialization import plan_of_data
from vcloudair_core.recovery.run.history import Switched, left_switched
from vcloudair_core.recovery.run.run_state import steps_by_key
from vcloudair_core.services.dr.model import ACTIONS

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

PLAN = "plan.json"
"""The plan of a run, in its folder."""


def for_cleanup(plan: RecoveryPlan, settings: Settings, cloud: dict[str, Any]) -> RecoveryPlan:
    """A clean-up waits for nothing. What tests of the plan have switched is switched back first."""
    groups = tuple(
        replace(
            group,
            priority=1,
            depends_on=(),
            vms=tuple(replace(vm, depends_on=()) for vm in group.vms),
        )
        for group in plan.groups
    )
    back = back_steps(left_switched(settings, plan.name, cloud)) if plan.name else []
    return replace(plan, groups=groups, before=(*back, *plan.before))


def back_steps(changes: Sequence[Switched]) -> list[Step]:
    """Return steps that undo network changes: with the documents of the plans of that time, or the saved ones."""
    plans = {folder: _plan_of(folder) for folder in {change.folder for change in changes}}
    return [_back_step(change, plans[change.folder]) for change in changes]


def _back_step(change: Switched, plan: RecoveryPlan | None) -> Step:
    document = change.saved
    if plan is not None:
        work = steps_by_key(plan)[change.key].work
        document = (
            folder_of_plan(plan) / work.rollback if isinstance(work, NetworkChange) and work.rollback else document
        )
    return Step(f"{change.step} (rollback)", NetworkRestore(str(document), change.id), frozenset(ACTIONS))


def _plan_of(folder: Path) -> RecoveryPlan | None:
    """The plan as it was then. Without it there is still what was there before."""
    try:
        return plan_of_data(json.loads((folder / PLAN).read_text(encoding="utf-8")))
    except (OSError, ValueError, ConfigurationError):
        return None


def folder_of_plan(plan: RecoveryPlan) -> Path:
    """Return the folder that the paths of a plan start from."""
    return Path(plan.path).resolve().parent if plan.path else Path.cwd()
