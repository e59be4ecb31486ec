"""The clock of a simulated cloud. Tests can advance the clock."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class VirtualClock:
    """A clock that shows the time of the host until a test advances it.

    Args:
        standing: Fixed time in seconds since 1970, or None for the running time of the host. :meth:`advance` changes
            the time in both cases.
        skew_s: Seconds that the clock is ahead of the host's clock.
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
        """Set the clock of the current thread to ``moment`` during the context."""
        self._pinned.moment = moment
        try:
            yield
        finally:
            self._pinned.moment = None

    def advance(self, seconds: float) -> None:
        """Advance the clock by a number of seconds."""
        self._ahead_s += seconds

    def reset(self) -> None:
        """Undo all calls of :meth:`advance`."""
        self._ahead_s = self._skew_s


def timestamp_of(moment_s: float) -> str:
    """Return a time in the format of the API, such as ``2015-11-08T11:00:00.000Z``.

    ``moment_s`` is in seconds since 1970. Source: protocol/recorded-responses.md §8.
    """
    moment = dt.datetime.fromtimestamp(moment_s, dt.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
