"""Clock interface for time and sleeping, with a fake clock for tests.

All code of this package that sleeps or measures time uses a clock.
"""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """A source of time. Units: seconds."""

    def now(self) -> float:
        """Return a monotonic time, which is only suitable for durations."""
        ...

    def wall(self) -> float:
        """Return the seconds since 1970, for times that other processes read."""
        ...

    def sleep(self, seconds: float) -> None:
        """Sleep for a number of seconds."""
        ...


class SystemClock:
    """The clock of the host."""

    def now(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))


SYSTEM_CLOCK: Clock = SystemClock()


class FakeClock:
    """A clock for tests. Sleeping returns immediately and is recorded in ``slept``."""

    def __init__(self, now: float = 1_000.0, wall: float = 1_700_000_000.0) -> None:
        self._now = now
        self._wall = wall
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def now(self) -> float:
        return self._now

    def wall(self) -> float:
        return self._wall

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Advance the clock by a number of seconds."""
        with self._lock:
            self._now += seconds
            self._wall += seconds
