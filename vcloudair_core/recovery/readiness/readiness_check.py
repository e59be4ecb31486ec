"""One thing that was looked at before a recovery, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vcloudair_core.errors import NotFoundError, PermissionDeniedError, SpecError, VcloudAirError

OK, WARN, FAIL, UNKNOWN = "ok", "warn", "fail", "unknown"

ESSENTIAL, IMPORTANT, USEFUL = 10, 5, 2
"""Weights: without it nothing works; it is what was promised, or a part of the plan; it is good to know."""

ASK = "Ask whoever gives rights in this organisation."
AGAIN = "Try again; if it stays so, ask the provider."


@dataclass(frozen=True)
class Check:
    """``status``: ``ok``; ``warn``, it will work, and somebody should know; ``fail``, it will not, or not as the plan
    promises; ``unknown``, it could not be seen. ``subject``: what it is about, a VM, a step, a VDC. ``hint``: what
    to do next, empty for what is ok.
    """

    name: str
    subject: str
    status: str
    message: str
    hint: str
    weight: int

    @property
    def is_essential(self) -> bool:
        return self.weight >= ESSENTIAL

    def as_dict(self) -> dict[str, Any]:
        """Shape: ``{"name", "subject", "status", "message", "hint", "weight"}``."""
        return dict(vars(self))


@dataclass(frozen=True)
class About:
    """The subject of a check, before its result is known."""

    name: str
    subject: str
    weight: int

    def ok(self, message: str) -> Check:
        return self._check(OK, message)

    def warn(self, message: str, hint: str) -> Check:
        return self._check(WARN, message, hint)

    def fail(self, message: str, hint: str) -> Check:
        return self._check(FAIL, message, hint)

    def unknown(self, message: str, hint: str) -> Check:
        return self._check(UNKNOWN, message, hint)

    def needs(self, what: str, error: VcloudAirError) -> Check:
        """Return the check of something unreadable that the action itself has to read.

        That it may not be read, is not there or is not right will stop the action too; trouble of other kinds says
        nothing of it.
        """
        if isinstance(error, PermissionDeniedError):
            return self.fail(f"{what} may not be read: {error.message}", error.hint or ASK)
        if isinstance(error, (NotFoundError, SpecError)):
            return self.fail(f"{what}: {error.message}", error.hint or "Correct the plan.")
        return self.unseen(what, error)

    def unseen(self, what: str, error: VcloudAirError) -> Check:
        """Return the check of something optional that could not be read."""
        may_not = isinstance(error, PermissionDeniedError)
        message = f"{what} may not be read" if may_not else f"{what} could not be read: {error.message}"
        return self.unknown(message, error.hint or (ASK if may_not else AGAIN))

    def _check(self, status: str, message: str, hint: str = "") -> Check:
        return Check(self.name, self.subject, status, message.rstrip("."), hint, self.weight)
