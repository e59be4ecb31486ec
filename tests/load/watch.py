"""Watch resources of running processes and detect leaks."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

SETTLED = 0.3
"""Share of a run, from its start, that is ignored while caches are filling."""

ALLOWED = {
    # Memory that threads have used stays with the process, and on a loaded host more threads run at the same time.
    "rss_mb": (12.0, 0.10),
    "fds": (6.0, 0.15),
    # The simulator has a thread for each open connection, and many are open on a loaded host.
    "threads": (12.0, 0.10),
    "sockets": (6.0, 0.15),
    "files": (8.0, 0.15),
    "objects": (15_000.0, 0.05),
}
"""Permitted growth during the rest of a run, as an amount and as a share.

Growth within these limits is noise of thread and connection pools.
"""


@dataclass
class Trend:
    """A series of measured values. ``points`` has pairs of seconds and value."""

    name: str
    points: list[tuple[float, float]] = field(default_factory=list)

    @property
    def start(self) -> float:
        return self.points[0][1]

    @property
    def end(self) -> float:
        return statistics.median(value for _, value in self.points[-3:])

    def growth(self) -> float:
        """Return the growth after the start phase, by linear regression."""
        settled = self.settled()
        if len(settled) < 3:
            return 0.0
        slope, _ = statistics.linear_regression(*zip(*settled, strict=True))
        return slope * (settled[-1][0] - settled[0][0])

    def settled(self) -> list[tuple[float, float]]:
        """Return the points after the start phase."""
        until = self.points[0][0] + SETTLED * (self.points[-1][0] - self.points[0][0])
        return [point for point in self.points if point[0] >= until]

    def is_leak(self) -> bool:
        """Return True if the growth is more than noise.

        The last value must also be above the values right after the start phase.
        """
        fixed, share = ALLOWED[self.name.rpartition(" ")[2]]
        settled = [value for _, value in self.settled()]
        if not settled:
            return False
        return self.growth() > fixed + share * statistics.median(settled) and self.end > settled[0]


def rss_mb(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    return int(_status(pid, "VmRSS")) / 1024


def threads(pid: int) -> int:
    return int(_status(pid, "Threads"))


def fds(pid: int) -> tuple[int, int]:
    """Return the number of open files, and the number of sockets among these files."""
    links = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            links.append(str(entry.readlink()))
        except FileNotFoundError:
            continue  # The file was closed meanwhile.
    return len(links), sum(link.startswith("socket:") for link in links)


def _status(pid: int, name: str) -> str:
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(line.split()[1] for line in text.splitlines() if line.startswith(f"{name}:"))


class Watch(threading.Thread):
    """A thread that measures processes every ``interval_s`` seconds.

    ``folder`` is the folder whose files are counted. ``also`` is called without arguments after each measurement.
    """

    def __init__(
        self, pids: Mapping[str, int], folder: Path, interval_s: float, also: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(name="watch", daemon=True)
        self._pids, self._folder, self._interval_s, self._also = pids, folder, interval_s, also
        self._stop_asked = threading.Event()
        self.trends: dict[str, Trend] = {}
        self.problem: Exception | None = None

    def run(self) -> None:
        try:
            while not self._stop_asked.is_set():
                self.look()
                self._also()
                self._stop_asked.wait(self._interval_s)
        except Exception as exc:  # noqa: BLE001 - whoever waits for this thread is to know
            self.problem = exc

    def stop(self) -> None:
        """Stop measuring."""
        self._stop_asked.set()
        self.join()

    def look(self) -> None:
        """Measure all processes once."""
        now = time.monotonic()
        for name, pid in self._pids.items():
            try:
                opened, sockets = fds(pid)
                found = {"rss_mb": rss_mb(pid), "threads": threads(pid), "fds": opened, "sockets": sockets}
            except (FileNotFoundError, ProcessLookupError, StopIteration):
                continue  # The process has ended.
            for what, value in found.items():
                self._note(f"{name} {what}", now, value)
        # Each replication keeps its intent and its lock, so their number is that of the replications.
        paths = (path for path in self._folder.rglob("*") if path.parent.name != "replications")
        self._note("all files", now, sum(1 for path in paths if path.is_file()))

    def add(self, trend: Trend) -> None:
        """Add a trend that another process measured."""
        self.trends[trend.name] = trend

    def leaks(self) -> list[Trend]:
        """Return the trends that grow."""
        return [trend for trend in self.trends.values() if trend.is_leak()]

    def _note(self, name: str, now: float, value: float) -> None:
        self.trends.setdefault(name, Trend(name)).points.append((now, value))
