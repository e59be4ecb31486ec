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
    contender: str
    seconds: list[float] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    peak_mb: float = 0.0
    to_ours: float | None = None
    to_floor: float | None = None
    mb_more: float | None = None
    """Peak memory above the floor in MB."""

    @property
    def key(self) -> str:
        """Return the key of the row in the results file."""
        return f"{self.scenario} | {self.size} | {self.latency_ms} ms | {self.contender}"

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields for JSON."""
        return {**asdict(self), "median": self.median}


@dataclass(frozen=True)
class Growth:
    """The growth of a contender's time with the size of a scenario.

    The seconds are proportional to size ** ``exponent``.
    """

    scenario: str
    latency_ms: int
    contender: str
    sizes: Sequence[int]
    exponent: float

    @property
    def key(self) -> str:
        """Return the key of the exponent in the results file.

        The key includes the sizes, because other sizes result in another exponent.
        """
        sizes = ", ".join(map(str, self.sizes))
        return f"{self.scenario} | {sizes} | {self.latency_ms} ms | {self.contender}"


@dataclass(frozen=True)
class Import:
    """The time and memory that the import of a contender's library takes.

    ``seconds`` has a value for each process that was measured.
    """

    contender: str
    seconds: list[float]
    peak_mb: float


def is_ours(contender: str) -> bool:
    """Return True if the contender belongs to this project."""
    return contender.startswith(OURS)


def compare(scenario: Scenario, rows: Sequence[Row]) -> None:
    """Set ``to_floor`` and ``to_ours`` of each row.

    ``to_floor`` is the median time of the row, divided by that of its baseline. ``to_ours`` is the median time, divided
    by that of this library. All rows must have the same size and latency.
    """
    by_name = {row.contender: row for row in rows}
    ours = next((row for row in rows if is_ours(row.contender)), None)
    for row in rows:
        floor = by_name.get(scenario.floor_of(row.contender))
        row.to_floor = row.median / floor.median if floor not in (None, row) else None
        row.mb_more = row.peak_mb - floor.peak_mb if floor not in (None, row) else None
        row.to_ours = row.median / ours.median if ours not in (None, row) else None


def exponent(points: Iterable[tuple[float, float]]) -> float:
    """Return the slope of log(seconds) over log(size), by least squares."""
    slope, _ = statistics.linear_regression(*zip(*((math.log(x), math.log(y)) for x, y in points), strict=True))
    return slope


def growths(rows: Iterable[Row]) -> list[Growth]:
    """Return how the time of each contender grows with the size of a scenario.

    Contenders that are measured at fewer than three sizes are left out.
    """
    found: dict[tuple[str, int, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row.scenario, row.latency_ms, row.contender), []).append(row)
    grown = []
    for (scenario, latency, contender), group in found.items():
        if len(group) >= 3:
            slope = exponent((row.size, row.median) for row in group)
            grown.append(Growth(scenario, latency, contender, [row.size for row in group], slope))
    return grown
