"""Plot metrics, with a separate panel for each metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from vcloudair_core.errors import ConfigurationError, NotFoundError
from vcloudair_core.services.metrics.model import Series, aggregate
from vcloudair_core.services.metrics.units.display import display_unit
from vcloudair_core.util.install_hint import install_hint

SINGLE_LINES = 12
"""Maximum number of lines that a panel shows one by one.

A panel with more lines shows the median, the middle half, the extremes, and the few highest lines.
"""

_NAMED = 5
_GAP_FACTOR = 2.5
_MAX_PANELS = 8


def plot(path: str, series: Sequence[Series], names: Mapping[str, str], title: str) -> None:
    """Write a plot as PNG or SVG, depending on the suffix of the path.

    ``names`` maps UUIDs of VMs to names.

    Raises: ConfigurationError if matplotlib is not installed or the suffix is not supported, NotFoundError if there are
        no samples, OSError.
    """
    check_plot(path)
    panels = _panels(series)
    if not panels:
        raise NotFoundError(
            f"No plot written: {path}. No VM has a sample of these metrics in this time window.",
            hint="Choose an earlier --start, or run `vca metrics show` without --metric to see the available metrics.",
        )
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.dates import ConciseDateFormatter

    count = min(len(panels), _MAX_PANELS)
    figure, axes = plt.subplots(count, 1, figsize=(11, 1.2 + 2.6 * count), sharex=True, squeeze=False, dpi=110)
    for axis, (name, members) in zip(axes[:, 0], list(panels.items())[:count], strict=True):
        _draw(axis, name, members, names)
    last = axes[-1, 0]
    dates: Any = ConciseDateFormatter
    last.xaxis.set_major_formatter(dates(last.xaxis.get_major_locator()))
    last.set_xlabel("time (UTC)")
    more = f" (the first {count} of {len(panels)} metrics)" if len(panels) > count else ""
    figure.suptitle(title + more, fontsize=12, x=0.01, ha="left")
    figure.tight_layout(rect=(0, 0, 1, 0.985))
    try:
        figure.savefig(path)
    finally:
        plt.close(figure)


def check_plot(path: str) -> None:
    """Raise ConfigurationError if :func:`plot` cannot write a plot to this path."""
    if Path(path).suffix.lower() not in (".png", ".svg"):
        raise ConfigurationError(
            f"Writing the plot failed: {path!r}. The suffix is neither .png nor .svg.",
            hint="Use the suffix .png or .svg.",
        )
    if find_spec("matplotlib") is None:
        raise ConfigurationError(
            "Writing the plot failed. The package matplotlib is not installed.", hint=install_hint("metrics")
        )


def _panels(series: Sequence[Series]) -> dict[str, list[Series]]:
    """Return the series of each panel, by metric. Each series is a separate line."""
    panels: dict[str, list[Series]] = {}
    for item in series:
        if item.times:
            panels.setdefault(item.name, []).append(item)
    return dict(sorted(panels.items()))


def _draw(axis: Any, name: str, members: Sequence[Series], names: Mapping[str, str]) -> None:
    units = {series.unit for series in members}
    unit, factor = display_unit(
        units.pop() if len(units) == 1 else None, [value for series in members for value in series.numbers]
    )
    axis.set_ylabel(unit)
    axis.set_title(name, fontsize=10, loc="left")
    axis.grid(alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)
    shown = [replace(series, numbers=tuple(value * factor for value in series.numbers)) for series in members]
    if len(shown) <= SINGLE_LINES:
        for number, series in enumerate(shown):
            times, values = _with_gaps(series)
            style = "-" if number < 10 else "--"
            marker = "." if len(values) < 3 else ""
            axis.plot(times, values, style, linewidth=1.2, label=_label(series, names), marker=marker)
    else:
        _draw_many(axis, shown, names)
    axis.ticklabel_format(axis="y", style="plain", useOffset=False)
    if all(min(series.numbers) >= 0 for series in shown):
        axis.set_ylim(0, 1.08 * max(max(series.numbers) for series in shown) or 1)
    if len(shown) > 1 or shown[0].instance:
        axis.legend(fontsize=7.5, loc="upper left", bbox_to_anchor=(1.005, 1.02), frameon=False)


def _draw_many(axis: Any, members: Sequence[Series], names: Mapping[str, str]) -> None:
    """Draw a summary of many series, and separate lines for the highest series."""
    by_time: dict[Any, list[float]] = {}
    for item in members:
        for sample in item.samples:
            by_time.setdefault(sample.timestamp, []).append(sample.value)
    times = sorted(by_time)
    marks = {how: [aggregate(by_time[at], how) for at in times] for how in ("min", "p25", "p50", "p75", "max")}
    axis.fill_between(times, marks["min"], marks["max"], color="0.9", linewidth=0, label=f"all {len(members)}")
    axis.fill_between(times, marks["p25"], marks["p75"], color="0.75", linewidth=0, label="middle half")
    highest = sorted(members, key=lambda item: item.aggregate("avg") or 0.0, reverse=True)[:_NAMED]
    for item in highest:
        axis.plot(*_with_gaps(item), linewidth=1.0, label=_label(item, names))
    axis.plot(times, marks["p50"], color="black", linewidth=1.6, label="median")


def _label(series: Series, names: Mapping[str, str]) -> str:
    name = names.get(series.vm_id, series.vm_id)
    shown = name if len(name) <= 28 else f"{name[:27]}…"
    # matplotlib omits labels that start with an underscore, and interprets text between $ as math.
    shown = shown.replace("$", r"\$")
    shown = f" {shown}" if shown.startswith("_") else shown
    return f"{shown} [{series.instance}]" if series.instance else shown


def _with_gaps(series: Series) -> tuple[list[Any], list[float]]:
    """Return the times and values of a series. Gaps are marked with a NaN."""
    longest = (series.interval_s or 0) * _GAP_FACTOR
    times: list[Any] = []
    values: list[float] = []
    for sample in series.samples:
        if times and longest and (sample.timestamp - times[-1]).total_seconds() > longest:
            times.append(times[-1] + (sample.timestamp - times[-1]) / 2)
            values.append(float("nan"))
        times.append(sample.timestamp)
        values.append(sample.value)
    return times, values
