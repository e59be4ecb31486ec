"""Update the benchmark tables of a page between two markers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.side_by_side.measurements import Growth, Row, is_ours
from tests.benchmarks.side_by_side.scenarios import LATENCIES, PEERS, SCENARIOS, Scenario
from tests.benchmarks.side_by_side.table import duration

BEGIN, END = "<!-- figures: made by nox -s bench -- --page -->", "<!-- end of figures -->"
_HEAD = ("what", "size", "latency", "contender", "calls", "peak MB", "to floor", *PEERS)


def fill(path: Path, rows: Sequence[Row], found: Sequence[Growth]) -> None:
    """Replace the text between the markers. Raises ValueError if a marker is missing."""
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no markers")
    middle = f"\n\n{ratios(rows)}\n\n{growth(found)}\n\n"
    path.write_text(before + BEGIN + middle + END + after, encoding="utf-8")


def ratios(rows: Sequence[Row]) -> str:
    """Return a table with the ratios of all contenders at the largest sizes."""
    lines = []
    for scenario in SCENARIOS:
        for latency in LATENCIES:
            here = [row for row in rows if (row.scenario, row.latency_ms) == (scenario.name, latency)]
            size = max((row.size for row in here), default=0)
            lines += [_line(scenario, row, here) for row in here if row.size == size and is_ours(row.contender)]
    return _markdown(_HEAD, lines)


def growth(found: Sequence[Growth]) -> str:
    """Return a table with the growth exponents of all contenders."""
    titles = {one.name: one.title for one in SCENARIOS}
    lines: dict[tuple[str, int, str], list[str]] = {}
    for one in found:
        sizes = ", ".join(map(str, one.sizes))
        lines.setdefault((one.scenario, one.latency_ms, sizes), []).append(f"{one.contender} {one.exponent:.2f}")
    shown = [
        (titles[scenario], f"{latency} ms", sizes, ", ".join(words))
        for (scenario, latency, sizes), words in lines.items()
    ]
    return _markdown(("what", "latency", "sizes", "time grows with this power of the size"), shown)


def _line(scenario: Scenario, row: Row, rows: Sequence[Row]) -> tuple[str, ...]:
    peers = []
    for name in PEERS:
        theirs = [one for one in rows if one.contender == name]
        same = next((one for one in theirs if one.size == row.size), None)
        largest = max(theirs, key=lambda one: one.size, default=None)
        if same is not None:
            peers.append(f"{same.median / row.median:.2f} x")
        elif largest is not None and largest.to_ours is not None:
            peers.append(f"{largest.to_ours:.2f} x at {largest.size}")
        else:
            peers.append("")
    floor = "" if row.to_floor is None else f"{row.to_floor:.2f}"
    size = f"{row.size} {scenario.unit}".strip() if scenario.unit else ""
    contender = f"{row.contender}: {duration(row.median)}"
    return (
        scenario.title, size, f"{row.latency_ms} ms", contender,
        str(max(row.calls)), f"{row.peak_mb:.0f}", floor, *peers,
    )  # fmt: skip


def _markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    ruled = "|".join("---" for _ in head)
    return "\n".join([f"| {' | '.join(head)} |", f"|{ruled}|", *(f"| {' | '.join(line)} |" for line in lines)])
