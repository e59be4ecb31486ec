"""Results of the tests of a plan, group or VM, and their trends."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from vcloudair_core.recovery.report.model import stamped

OK, OVERDUE, FAILED, NEVER = "ok", "overdue", "failed", "never"
"""States of a record. All states except ``ok`` mean that a drill is due.

``failed``: the last test did not succeed. ``never``: no test is known. ``overdue``: the last successful test is too
old.
"""

BETTER, STEADY, WORSE = "better", "steady", "worse"
MAX_TESTS = 12
"""Number of tests that a record keeps."""
_COMPARED = 5
_TOLERANCE = 0.1


@dataclass(frozen=True)
class DrillTest:
    """The result of one test for a plan, group or VM.

    ``rto_s`` and ``rpo_s`` are the measured seconds, or None if they are unknown.
    """

    at: datetime
    verdict: str
    run_id: str
    is_success: bool
    rto_s: float | None = None
    rpo_s: float | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "at": stamped(self.at), "verdict": self.verdict, "run_id": self.run_id, "rto_s": self.rto_s,
            "rpo_s": self.rpo_s,
        }  # fmt: skip


@dataclass(frozen=True)
class DrillRecord:
    """The tests of a plan, group or VM, oldest first.

    Attributes:
        name: The name of the plan, group or VM.
        tests: The newest tests.
        now: The time at which the record was created.
        max_age_days: The maximum age of the last successful test.
        rto_minutes: The target of the RTO.
        rpo_minutes: The target of the RPO.
    """

    name: str
    tests: tuple[DrillTest, ...]
    now: datetime
    max_age_days: float
    rto_minutes: float | None = None
    rpo_minutes: float | None = None

    @property
    def last(self) -> DrillTest | None:
        return self.tests[-1] if self.tests else None

    @property
    def last_success(self) -> DrillTest | None:
        return next((test for test in reversed(self.tests) if test.is_success), None)

    @property
    def age_s(self) -> float | None:
        """Return the seconds since the last successful test, or None."""
        success = self.last_success
        return max(0.0, (self.now - success.at).total_seconds()) if success is not None else None

    @property
    def state(self) -> str:
        """Return ``ok``, ``overdue``, ``failed`` or ``never``."""
        if self.last is None:
            return NEVER
        if not self.last.is_success:
            return FAILED
        return OK if (self.age_s or 0.0) <= self.max_age_days * 86400 else OVERDUE

    @property
    def is_due(self) -> bool:
        return self.state != OK

    @property
    def due_at(self) -> datetime | None:
        """Return the time at which the next drill is due, or None if it is due now."""
        success = self.last_success
        if self.is_due or success is None:
            return None
        try:
            return success.at + timedelta(days=self.max_age_days)
        except OverflowError:
            return None

    @property
    def rto_trend(self) -> str:
        return trend_of([test.rto_s for test in self.tests if test.is_success])

    @property
    def rpo_trend(self) -> str:
        return trend_of([test.rpo_s for test in self.tests if test.is_success])

    def as_dict(self) -> dict[str, Any]:
        last, success = self.last, self.last_success
        return {
            "name": self.name, "state": self.state, "due": self.is_due, "due_at": stamped(self.due_at),
            "last_test": stamped(last.at) if last else None, "verdict": last.verdict if last else "",
            "run_id": last.run_id if last else "", "last_success": stamped(success.at) if success else None,
            "age_s": round(self.age_s) if self.age_s is not None else None, "max_age_days": self.max_age_days,
            "rto_s": success.rto_s if success else None, "rto_minutes": self.rto_minutes,
            "rto_trend": self.rto_trend, "rpo_s": success.rpo_s if success else None,
            "rpo_minutes": self.rpo_minutes, "rpo_trend": self.rpo_trend,
            "tests": [test.as_dict() for test in self.tests],
        }  # fmt: skip


def trend_of(values: Sequence[float | None]) -> str:
    """Compare the last value with the median of up to five earlier values.

    Lower values are better. A difference of at most 10% is ``steady``. Return an empty string if there is no earlier
    value, or if the last value is unknown.
    """
    earlier = [value for value in values[:-1] if value is not None][-_COMPARED:]
    if not earlier or values[-1] is None:
        return ""
    usual = statistics.median(earlier)
    if abs(values[-1] - usual) <= _TOLERANCE * usual:
        return STEADY
    return WORSE if values[-1] > usual else BETTER
