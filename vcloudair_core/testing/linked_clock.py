"""Time that a client and a simulated cloud share, so that a test waits for hours in no time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcloudair_core.simulator import Simulator


class LinkedClock:
    """The clock of a simulated cloud as the clock of its clients: sleeping takes no time, and makes both older.

    ``slept`` is what was slept, in order. Units: seconds.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def now(self) -> float:
        """The time of the cloud."""
        return self._simulator.clock.now()

    def wall(self) -> float:
        """The same: there is one clock."""
        return self._simulator.clock.now()

    def sleep(self, seconds: float) -> None:
        """Let time pass in the cloud, and write it down."""
        with self._lock:
            self.slept.append(seconds)
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        """Let time pass in the cloud."""
        with self._lock:
            self._simulator.clock.advance(seconds)
