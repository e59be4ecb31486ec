"""The result of converging a resource."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vcloudair_core.engine.plan import Plan


@dataclass(frozen=True)
class Outcome:
    """The result of :func:`vcloudair_core.engine.ensure.ensure`.

    ``plan`` is the first plan: what there was to do. ``before`` and ``after`` show what was named, in the kind's
    words; in check mode ``after`` is what would be. ``attempts`` counts writes, 0 when none was needed.
    ``warnings`` are for people: what may not be what they meant.
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
        """The end state of what was named."""
        return self.after

    def as_dict(self) -> dict[str, Any]:
        """Shape: ``{"changed", "check", "attempts", "plan", "before", "after", "warnings"}``.

        JSON types only, no secrets.
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
