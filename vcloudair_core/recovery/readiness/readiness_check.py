"""A readiness check and its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vcloudair_core.errors import NotFoundError, PermissionDeniedError, SpecError, VcloudAirError

OK, WARN, FAIL, UNKNOWN = "ok", "warn", "fail", "unknown"

ESSENTIAL, IMPORTANT, USEFUL = 10, 5, 2
"""Weights of checks in the score.

Essential: the recovery fails if the check fails. Important: the plan promises or uses the checked item.
"""

ASK_ADMIN = "Ask an administrator of the organization for the permission."
RUN_AGAIN = "Run the check again. If the error persists, ask the provider."


@dataclass(frozen=True)
class Check:
    """The result of a readiness check.

    Attributes:
        name: The name of the check, such as ``rpo``.
        subject: The name of the VM, step or VDC that was checked.
        status: ``ok``; ``warn`` (the recovery works, with a restriction); ``fail`` (the recovery does not work, or
            not as the plan promises); ``unknown`` (the check could not be made).
        message: The reason for the status.
        hint: What to do next. Empty when the status is ``ok``.
        weight: The weight of the check in the score.
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
        """Return ``{"name", "subject", "status", "message", "hint", "weight"}``."""
        return dict(vars(self))


@dataclass(frozen=True)
class CheckSubject:
    """The name, subject and weight of a check, with methods that return its results."""

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

    def required_unreadable(self, item: str, error: VcloudAirError) -> Check:
        """Return the result for an unreadable item that the DR action needs too.

        The result is ``fail`` if the permission or the item is missing, or if a spec is invalid, because the action
        will then fail too. Otherwise, the result is ``unknown``, because the error may be temporary.
        """
        if isinstance(error, PermissionDeniedError):
            return self.fail(f"reading {item} is not permitted: {error.message}", error.hint or ASK_ADMIN)
        if isinstance(error, (NotFoundError, SpecError)):
            return self.fail(f"reading {item} failed: {error.message}", error.hint or "Correct the plan.")
        return self.unreadable(item, error)

    def unreadable(self, item: str, error: VcloudAirError) -> Check:
        """Return the result ``unknown``, because an item of the check cannot be read."""
        is_denied = isinstance(error, PermissionDeniedError)
        message = f"reading {item} is not permitted" if is_denied else f"reading {item} failed: {error.message}"
        return self.unknown(message, error.hint or (ASK_ADMIN if is_denied else RUN_AGAIN))

    def _check(self, status: str, message: str, hint: str = "") -> Check:
        return Check(self.name, self.subject, status, message.rstrip("."), hint, self.weight)
