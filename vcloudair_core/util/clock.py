"""Time as a value that can be replaced: nothing in this package sleeps or looks at a watch in any other way."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Units: seconds everywhere."""

    def now(self) -> float:
        """Monotonic seconds: for durations, never for dates."""
        ...

    def wall(self) -> float:
        """Seconds since 1970: for expiry times that other processes read too."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The host's own time."""

    def now(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))


SYSTEM_CLOCK: Clock = SystemClock()


class FakeClock:
    """A clock for tests: sleeping takes no time, and is written down in ``slept``."""

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
        """Let time pass."""
        with self._lock:
            self._now += seconds
            self._wall += seconds
