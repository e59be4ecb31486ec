"""The clock of a simulated cloud, which tests can advance."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class VirtualClock:
    """Time of the host, plus the time that tests have added.

    Args:
        standing: Time in seconds since 1970 at which the clock stands still until :meth:`advance`.
        skew_s: Seconds that the clock is ahead of the host.
    """

    def __init__(self, standing: float | None = None, skew_s: float = 0.0) -> None:
        self._standing, self._skew_s = standing, skew_s
        self._ahead_s = skew_s
        self._pinned = threading.local()

    def now(self) -> float:
        """Return the current time in seconds since 1970."""
        moment: float | None = getattr(self._pinned, "moment", None)
        if moment is not None:
            return moment
        return (time.time() if self._standing is None else self._standing) + self._ahead_s

    @contextmanager
    def at(self, moment: float) -> Iterator[None]:
        """Set this thread's clock to ``moment``, for work that was due at that time."""
        self._pinned.moment = moment
        try:
            yield
        finally:
            self._pinned.moment = None

    def advance(self, seconds: float) -> None:
        """Advance the clock by a number of seconds."""
        self._ahead_s += seconds

    def reset(self) -> None:
        """Undo all advances."""
        self._ahead_s = self._skew_s


def timestamp_of(moment_s: float) -> str:
    """Return a time in the format of the API.

    The text has milliseconds and the offset zero. Source: protocol/recorded-responses.md §8.
    """
    moment = dt.datetime.fromtimestamp(moment_s, dt.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
