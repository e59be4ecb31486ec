"""Built-in plan policy for the setting ``protected_names``.

The policy rejects plans that change, move or delete an object with a protected name.
"""

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
    """Raise PlanRejectedError if a plan changes a protected object.

    Names are compared without regard to case.
    """
    patterns = [pattern.casefold() for pattern in settings.protected_names or ()]
    for change in plan.changes:
        name = change.identity.casefold()
        if change.action != "create" and any(fnmatchcase(name, pattern) for pattern in patterns):
            raise PlanRejectedError(
                f"The plan would {change.action} {change.identity!r}, which is protected.",
                hint=f"Change the setting protected_names ({settings.origin('protected_names')}) to allow the change.",
            )
