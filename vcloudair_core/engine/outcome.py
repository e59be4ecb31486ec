"""The result of converging a resource."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vcloudair_core.engine.plan import Plan


@dataclass(frozen=True)
class Outcome:
    """The result of :func:`vcloudair_core.engine.ensure.ensure`.

    ``plan`` is the first plan. ``before`` and ``after`` are the objects that the desired state names, as plain data. In
    check mode, ``after`` is the expected state. ``attempts`` is the number of writes, or 0 if no write was needed.
    ``warnings`` are sentences for the user about possible mistakes.
    """

    changed: bool
    plan: Plan
    before: Any = None
    after: Any = None
    attempts: int = 0
    is_check: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def resource(self) -> Any:
        """The state of the objects after the run: the same value as ``after``."""
        return self.after

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON types, without secrets.

        Shape: ``{"changed", "check", "attempts", "plan", "before", "after", "warnings"}``.
        """
        return {
            "changed": self.changed,
            "check": self.is_check,
            "attempts": self.attempts,
            "plan": self.plan.as_dict(),
            "before": self.before,
            "after": self.after,
            "warnings": list(self.warnings),
        }
