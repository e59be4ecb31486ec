"""Clock of a simulated cloud and its clients, for tests without real waits."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcloudair_core.simulator import Simulator


class LinkedClock:
    """The clock of a simulated cloud and its clients.

    Sleeping moves the clock forward without a real wait. ``slept`` lists the waits in order. Units: seconds.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def now(self) -> float:
        """Return the time of the cloud."""
        return self._simulator.clock.now()

    def wall(self) -> float:
        """Return the time of the cloud, as :meth:`now` does."""
        return self._simulator.clock.now()

    def sleep(self, seconds: float) -> None:
        """Move the clock forward, and record the wait."""
        with self._lock:
            self.slept.append(seconds)
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        with self._lock:
            self._simulator.clock.advance(seconds)
