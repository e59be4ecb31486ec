"""Tables of measurements, growth and import costs, as text."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence

from tests.benchmarks.side_by_side.measurements import Growth, Import, Row
from tests.benchmarks.side_by_side.scenarios import SCENARIOS

_HEAD = ("what", "size", "latency", "contender", "median", "min-max", "n", "calls", "peak MB", "to ours", "to floor")
_LEFT = ("what", "contender")


def duration(seconds: float) -> str:
    """Return a time with three significant digits and a suitable unit."""
    if seconds < 1:
        return f"{seconds * 1000:.{1 if seconds < 0.1 else 0}f} ms"
    return f"{seconds:.{2 if seconds < 10 else 1}f} s"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _calls(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low}-{high}"


def cells(row: Row) -> tuple[str, ...]:
    """Return the table cells of a row."""
    title = next(one.title for one in SCENARIOS if one.name == row.scenario)
    spread = f"{duration(min(row.seconds))}-{duration(max(row.seconds))}" if len(row.seconds) > 1 else ""
    return (
        title, str(row.size), f"{row.latency_ms} ms", row.contender, duration(row.median), spread,
        str(len(row.seconds)), _calls(row.calls), f"{row.peak_mb:.0f}", _ratio(row.to_ours), _ratio(row.to_floor),
    )  # fmt: skip


def aligned(head: Sequence[str], lines: Iterable[Sequence[str]], left: Sequence[str] = _LEFT) -> str:
    """Return lines with columns: text is aligned left, and numbers are aligned right."""
    listed = [head, *lines]
    widths = [max(len(line[column]) for line in listed) for column in range(len(head))]
    shown = []
    for line in listed:
        parts = [
            text.ljust(width) if name in left else text.rjust(width)
            for name, text, width in zip(head, line, widths, strict=True)
        ]
        shown.append("  ".join(parts).rstrip())
    return "\n".join(shown)


def table(rows: Iterable[Row]) -> str:
    """Return a table of all rows."""
    return aligned(_HEAD, (cells(row) for row in rows))


def growth_table(found: Iterable[Growth]) -> str:
    """Return a table of growth exponents: 0 is constant, 1 is linear, 2 is quadratic."""
    titles = {one.name: one.title for one in SCENARIOS}
    lines = [
        (
            titles[one.scenario],
            ", ".join(map(str, one.sizes)),
            f"{one.latency_ms} ms",
            one.contender,
            f"{one.exponent:.2f}",
        )
        for one in found
    ]
    return aligned(("what", "sizes", "latency", "contender", "exponent"), lines, ("what", "contender", "sizes"))


def import_table(found: Mapping[str, Import]) -> str:
    """Return a table with the cost of importing each library."""
    lines = [
        (one.contender, duration(statistics.median(one.seconds)), str(len(one.seconds)), f"{one.peak_mb:.0f}")
        for one in found.values()
    ]
    return aligned(("contender", "median", "n", "peak MB"), lines)
