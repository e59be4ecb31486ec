"""Compute the medians and ratios of measurements, and how time grows with size."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.benchmarks.side_by_side.scenarios import OURS, Scenario


@dataclass
class Row:
    """The measurements of a contender in a scenario, at one size and latency.

    ``seconds`` and ``calls`` have a value for each measured turn.
    """

    scenario: str
    size: int
    latency_ms: int
    who: str
    seconds: list[float] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    peak_mb: float = 0.0
    to_ours: float | None = None
    to_floor: float | None = None

    @property
    def key(self) -> str:
        """Return the key of the row in the results file."""
        return f"{self.scenario} | {self.size} | {self.latency_ms} ms | {self.who}"

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields for JSON."""
        return {**asdict(self), "median": self.median}


@dataclass(frozen=True)
class Growth:
    """Growth of time with size: seconds are proportional to size ** ``exponent``."""

    scenario: str
    latency_ms: int
    who: str
    sizes: Sequence[int]
    exponent: float

    @property
    def key(self) -> str:
        """Return the key of the growth in the results file.

        The key includes the sizes, because other sizes result in another exponent.
        """
        sizes = ", ".join(map(str, self.sizes))
        return f"{self.scenario} | {sizes} | {self.latency_ms} ms | {self.who}"


@dataclass(frozen=True)
class Import:
    """The time and memory to import a contender's library, for each process."""

    who: str
    seconds: list[float]
    peak_mb: float


def is_ours(who: str) -> bool:
    """Return True if the contender belongs to this project."""
    return who.startswith(OURS)


def compare(scenario: Scenario, rows: Sequence[Row]) -> None:
    """Set two ratios of each row: to the bare calls, and to this library.

    All rows must have the same size and latency.
    """
    by_name = {row.who: row for row in rows}
    ours = next((row for row in rows if is_ours(row.who)), None)
    for row in rows:
        floor = by_name.get(scenario.floor_of(row.who))
        row.to_floor = row.median / floor.median if floor not in (None, row) else None
        row.to_ours = row.median / ours.median if ours not in (None, row) else None


def exponent(points: Iterable[tuple[float, float]]) -> float:
    """Return the slope of log(seconds) over log(size), by least squares."""
    slope, _ = statistics.linear_regression(*zip(*((math.log(x), math.log(y)) for x, y in points), strict=True))
    return slope


def growths(rows: Iterable[Row]) -> list[Growth]:
    """Return the growth of each contender with three sizes or more."""
    found: dict[tuple[str, int, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row.scenario, row.latency_ms, row.who), []).append(row)
    grown = []
    for (scenario, latency, who), group in found.items():
        if len(group) >= 3:
            slope = exponent((row.size, row.median) for row in group)
            grown.append(Growth(scenario, latency, who, [row.size for row in group], slope))
    return grown
