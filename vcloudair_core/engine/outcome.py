"""The result of converging a resource."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
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
    before: Any = field(default_factory=lambda: None)  # no class attribute, so that __getattr__ can compute the value
    after: Any = field(default_factory=lambda: None)
    attempts: int = 0
    is_check: bool = False
    warnings: tuple[str, ...] = ()

    @classmethod
    def deferred(cls, before: Callable[[], Any], after: Callable[[], Any], **values: Any) -> Outcome:
        """Return an outcome that computes ``before`` and ``after`` on first access.

        For thousands of objects, computing them takes longer than comparing, and many callers need only ``changed``.
        """
        outcome = cls(**values)
        attributes = vars(outcome)
        for name, compute in (("before", before), ("after", after)):
            del attributes[name]
            attributes[f"_{name}"] = compute
        return outcome

    def __getattr__(self, name: str) -> Any:
        """Compute ``before`` or ``after``. Python calls this only for missing attributes."""
        attributes = vars(self)
        if name not in ("before", "after") or f"_{name}" not in attributes:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        attributes[name] = attributes[f"_{name}"]()
        return attributes[name]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the computed values, because functions cannot be pickled."""
        return type(self), tuple(getattr(self, entry.name) for entry in fields(self))

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
