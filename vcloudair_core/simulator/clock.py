"""A clock that a test can push."""

from __future__ import annotations

import datetime as dt
import time


class VirtualClock:
    """The time of the simulated cloud: that of this machine, and what a test let pass on top.

    With ``standing`` (seconds since 1970) it stands there, and goes on only when time is let pass.
    """

    def __init__(self, standing: float | None = None) -> None:
        self._standing = standing
        self._ahead_s = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return (time.time() if self._standing is None else self._standing) + self._ahead_s

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._ahead_s += seconds

    def reset(self) -> None:
        """Back to where it was at the start."""
        self._ahead_s = 0.0


def stamp_of(moment_s: float) -> str:
    """A moment as the API writes it, in milliseconds; the offset of this server is zero.

    Source: api/real-world-notes.md §8.
    """
    moment = dt.datetime.fromtimestamp(moment_s, dt.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
