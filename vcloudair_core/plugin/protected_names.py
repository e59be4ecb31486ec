"""The one policy that is built in: objects that no plan may change, move or delete, by the setting protected_names."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from vcloudair_core.errors import PlanRejectedError
from vcloudair_core.plugin.hooks import hookimpl

if TYPE_CHECKING:
    from vcloudair_core.engine.plan import Plan
    from vcloudair_core.settings.settings import Settings

vcloudair_api_version = 1


@hookimpl
def vca_plan_ready(plan: Plan, settings: Settings) -> None:
    """Raises PlanRejectedError when the plan touches what is protected. Names are compared without case."""
    patterns = [pattern.casefold() for pattern in settings.protected_names or ()]
    for change in plan.changes:
        name = change.identity.casefold()
        if change.action != "create" and any(fnmatchcase(name, pattern) for pattern in patterns):
            raise PlanRejectedError(
                f"{change.identity!r} is protected, and the plan would {change.action} it.",
                hint=f"protected_names ({settings.origin('protected_names')}) says so; change it there if you must.",
            )
