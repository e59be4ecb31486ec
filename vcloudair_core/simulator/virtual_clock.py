"""A clock that a test can push."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class VirtualClock:
    """The time of the simulated cloud: that of this machine, and what a test let pass on top.

    With ``standing`` (seconds since 1970) it stands there, and goes on only when time is let pass.
    """

    def __init__(self, standing: float | None = None, skew_s: float = 0.0) -> None:
        self._standing, self._skew_s = standing, skew_s
        self._ahead_s = skew_s
        self._pinned = threading.local()

    def now(self) -> float:
        """Seconds since 1970."""
        moment: float | None = getattr(self._pinned, "moment", None)
        if moment is not None:
            return moment
        return (time.time() if self._standing is None else self._standing) + self._ahead_s

    @contextmanager
    def at(self, moment: float) -> Iterator[None]:
        """Let this thread see ``moment``, so that work that was due then carries its time."""
        self._pinned.moment = moment
        try:
            yield
        finally:
            self._pinned.moment = None

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._ahead_s += seconds

    def reset(self) -> None:
        """Back to where it was at the start."""
        self._ahead_s = self._skew_s


def stamp_of(moment_s: float) -> str:
    """A moment as the API writes it, in milliseconds; the offset of this server is zero.

    Source: protocol/recorded-responses.md §8.
    """
    moment = dt.datetime.fromtimestamp(moment_s, dt.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
