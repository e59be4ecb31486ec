"""Plot time against size for each scenario with several sizes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.side_by_side.measurements import Growth, Row
from tests.benchmarks.side_by_side.scenarios import (
    ACTION,
    CACHED,
    DEBUG,
    FILE,
    FLOOR,
    MODULE,
    ORIGINAL,
    OURS,
    PARSED,
    PING,
    PYVCLOUD,
    SCENARIOS,
)

LATENCY_MS = 20
_OURS, _PEER, _OTHER, _FLOOR = "#0b6e4f", "#c8553d", "#6b5ca5", "#8a8f98"
_LOOKS = {
    OURS: (_OURS, "o", "-"),
    ORIGINAL: (_PEER, "s", "-"),
    PYVCLOUD: (_OTHER, "D", "-"),
    FLOOR: (_FLOOR, "v", "--"),
    PARSED: (_FLOOR, "^", ":"),
    ACTION: (_OURS, "o", "-"),
    MODULE: (_OURS, "o", ":"),
    PING: (_FLOOR, "v", ":"),
    DEBUG: (_FLOOR, "v", "--"),
    CACHED: (_OURS, "o", ":"),
    FILE: (_FLOOR, "v", "--"),
}
_COLUMNS = 3


def plot(rows: Iterable[Row], found: Iterable[Growth], path: Path) -> None:
    """Write the plot. The suffix of ``path`` selects the format."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    measured = [row for row in rows if row.latency_ms == LATENCY_MS]
    exponents = {(one.scenario, one.contender): one.exponent for one in found if one.latency_ms == LATENCY_MS}
    shown = [one for one in SCENARIOS if len({row.size for row in measured if row.scenario == one.name}) >= 3]
    lines = max(1, -(-len(shown) // _COLUMNS))
    figure, axes = pyplot.subplots(lines, _COLUMNS, figsize=(4.2 * _COLUMNS, 3.3 * lines), squeeze=False)
    places = [axis for line in axes for axis in line]
    for axis, scenario in zip(places, shown, strict=False):
        here = [row for row in measured if row.scenario == scenario.name]
        _panel(
            axis,
            scenario.contenders,
            here,
            {contender: exponents.get((scenario.name, contender)) for contender in _LOOKS},
        )
        axis.set_title(scenario.title, fontsize=10, loc="left")
        axis.set_xlabel(scenario.unit, fontsize=8)
    for axis in places[len(shown) :]:
        axis.set_visible(False)
    figure.suptitle(
        f"Median seconds against size, {LATENCY_MS} ms latency; bars from the fastest to the slowest turn; "
        "in brackets the power with which time grows",
        fontsize=10, x=0.01, ha="left",
    )  # fmt: skip
    figure.tight_layout(rect=(0, 0, 1, 0.97))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Date": None} if path.suffix == ".svg" else {})
    pyplot.close(figure)


def _panel(axis: Any, contenders: Sequence[str], rows: Sequence[Row], exponents: dict[str, float | None]) -> None:
    for contender in contenders:
        line = sorted((row for row in rows if row.contender == contender), key=lambda row: row.size)
        if not line:
            continue
        color, marker, style = _LOOKS[contender]
        power = exponents.get(contender)
        label = contender if power is None else f"{contender} ({power:.2f})"
        middle = [row.median for row in line]
        spread = [
            [row.median - min(row.seconds) for row in line],
            [max(row.seconds) - row.median for row in line],
        ]
        axis.errorbar(
            [row.size for row in line], middle, yerr=spread, label=label, color=color, marker=marker,
            linestyle=style, markersize=4, linewidth=1.4, elinewidth=0.8, capsize=2,
        )  # fmt: skip
    axis.set_xscale("log")
    axis.set_yscale("log")
    _plain_ticks(axis, sorted({row.size for row in rows}))
    axis.grid(True, which="major", color="#e5e7eb", linewidth=0.8)
    axis.tick_params(labelsize=8)
    axis.set_ylabel("s", fontsize=8)
    axis.legend(fontsize=7, frameon=False, loc="upper left")
    # The margin keeps the legend off the lines.
    low, high = axis.get_ylim()
    axis.set_ylim(low, high * (high / low) ** (0.11 * len({row.contender for row in rows})))
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _plain_ticks(axis: Any, sizes: Sequence[int]) -> None:
    """Label one axis with the measured sizes, and the other axis with readable times."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

    axis.xaxis.set_major_locator(FixedLocator(sizes))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axis.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_formatter(NullFormatter())
