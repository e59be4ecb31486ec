"""Measure the load of the host, so that benchmarks can correct their limits."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

REFERENCE_S = 0.005
"""Time of the reference task on a quiet host in seconds."""

_RECORDS = [{"name": f"vm-{number}", "id": number, "ip": "192.0.2.1"} for number in range(3000)]


class HostLoad:
    """The slowness of the host during a benchmark, measured with a fixed task.

    ``clock`` is the clock of the benchmark: wall time or processor time. Processor time also grows on a loaded host,
    because processes share caches and cores.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._samples: list[float] = []

    def sample(self) -> float:
        """Return the duration of the task relative to ``REFERENCE_S``, at least 1."""
        started = self._clock()
        json.loads(json.dumps(_RECORDS))
        self._samples.append(max(1.0, (self._clock() - started) / REFERENCE_S))
        return self._samples[-1]

    @property
    def slowness(self) -> float:
        """The median of all samples, by which benchmarks multiply their limits."""
        return statistics.median(self._samples) if self._samples else 1.0
