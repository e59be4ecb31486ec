"""Compute the layout of a report's timeline. A template draws the timeline as SVG.

Horizontal positions are in percent of the width, so that the drawing fits screens and paper without scaling its text.
Vertical positions are in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import pairwise

from vcloudair_core.recovery.report.model import (
    IN_FLIGHT,
    UNKNOWN,
    GroupReport,
    OperationAttempt,
    StepReport,
    VmReport,
)
from vcloudair_core.recovery.report.report_text import GLYPHS, LABELS, clock, duration
from vcloudair_core.recovery.report.run_report import RunReport

PLOT_FROM, PLOT_TO = 21.0, 85.0
"""Start and end of the time axis in percent.

Names are left of the axis. Verdicts are right of the axis.
"""

HEAD, FOOT = 34, 6
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MIN_WIDTH = 0.35
_MAX_TICKS = 9
_STRIDES = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)


@dataclass(frozen=True)
class Density:
    """Row height in pixels, font size, and maximum number of rows of a drawing."""

    name: str
    row: int
    rows: int


@dataclass(frozen=True)
class Bar:
    """A bar of the timeline. ``kind`` is the verdict of an attempt, or ``wait``."""

    x: float
    width: float
    kind: str
    title: str


@dataclass(frozen=True)
class TimelineRow:
    """A row of the timeline for a VM or step.

    ``y`` is the vertical center. ``mark`` is the position of the diamond of a step, or of the dot of an unchanged VM.
    """

    y: float
    label: str
    full: str
    kind: str
    verdict: str
    status: str
    bars: tuple[Bar, ...]
    mark: float | None


@dataclass(frozen=True)
class Tick:
    x: float
    label: str


@dataclass(frozen=True)
class Panel:
    """A drawing of the timeline.

    ``pauses`` contains (x, width) for each period in which the run was interrupted.
    """

    key: str
    title: str
    description: str
    height: float
    rows: tuple[TimelineRow, ...]
    ticks: tuple[Tick, ...]
    pauses: tuple[tuple[float, float], ...]
    target: Tick | None


@dataclass(frozen=True)
class Scale:
    """Convert times to horizontal positions."""

    start: datetime
    seconds: float

    def x(self, at: datetime) -> float:
        share = (at - self.start).total_seconds() / self.seconds
        return round(PLOT_FROM + (PLOT_TO - PLOT_FROM) * min(1.0, max(0.0, share)), 3)

    def holds(self, at: datetime) -> bool:
        return self.start <= at <= self.start + timedelta(seconds=self.seconds)


def density_of(report: RunReport) -> Density:
    """Return the row density of the timeline. Reports with more VMs have thinner rows."""
    count = len(report.vms)
    if count <= 40:
        return Density("wide", 26, 22)
    return Density("middle", 20, 28) if count <= 120 else Density("thin", 15, 40)


def panels_of(report: RunReport) -> tuple[Panel, ...]:
    """Return the drawings of a report.

    There is one drawing for the steps of the plan, and one or more drawings for each group.
    """
    scale = scale_of(report)
    if scale is None:
        return ()
    density = density_of(report)
    panels = []
    if report.steps:
        panels.append(_panel("plan", "Steps of the plan", report, None, report.steps, scale, density))
    for number, group in enumerate(report.groups, 1):
        before = [step for step in group.steps if step.phase == "before"]
        after = [step for step in group.steps if step.phase != "before"]
        items: list[VmReport | StepReport] = [*before, *group.vms, *after]
        parts = max(1, math.ceil(len(items) / density.rows))
        share = math.ceil(len(items) / parts)
        for index in range(parts):
            title = (group.name or "no group") + (f" ({index + 1} of {parts})" if parts > 1 else "")
            rows = items[index * share : (index + 1) * share]
            panels.append(_panel(f"g{number}-{index + 1}", title, report, group, rows, scale, density))
    return tuple(panels)


def scale_of(report: RunReport) -> Scale | None:
    """Return a scale from the start of the run to its end.

    If the RTO target is shortly after the end, the scale is extended to show the target.
    """
    start = report.started or min((vm.started for vm in report.vms if vm.started), default=None)
    if start is None or report.ended is None:
        return None
    seconds = max(1.0, (report.ended - start).total_seconds())
    target = report.rto.target_s
    if target is not None and seconds < target <= 1.3 * seconds:
        return Scale(start, target * 1.03)
    return Scale(start, seconds * 1.01)


def _panel(
    key: str,
    title: str,
    report: RunReport,
    group: GroupReport | None,
    items: Sequence[VmReport | StepReport],
    scale: Scale,
    density: Density,
) -> Panel:
    rows = []
    for position, item in enumerate(items):
        y = HEAD + density.row * (position + 0.5)
        if isinstance(item, StepReport):
            rows.append(_step_row(item, y, scale, report))
        else:
            rows.append(_vm_row(item, group, y, scale, report))
    objective = report.rto if group is None else group.rto
    return Panel(
        key, title, _description(items, scale), HEAD + density.row * len(items) + FOOT, tuple(rows),
        tuple(ticks_of(scale)), tuple(_pauses(report, scale)), _target(report, objective.target_s, scale),
    )  # fmt: skip


def _target(report: RunReport, seconds: float | None, scale: Scale) -> Tick | None:
    if report.started is None or seconds is None or seconds > 1e9:
        return None
    at = report.started + timedelta(seconds=seconds)
    return Tick(scale.x(at), f"RTO {seconds / 60:g} min") if scale.holds(at) else None


def _description(items: Sequence[VmReport | StepReport], scale: Scale) -> str:
    count: dict[str, int] = {}
    for item in items:
        if isinstance(item, VmReport):
            count[item.verdict] = count.get(item.verdict, 0) + 1
    steps = sum(isinstance(item, StepReport) for item in items)
    counts = [f"{number} {LABELS[verdict]}" for verdict, number in count.items()]
    vms = f"VMs: {', '.join(counts)}. " if counts else ""
    end = scale.start + timedelta(seconds=scale.seconds)
    span = f"From {clock(scale.start)} to {clock(end)} UTC. "
    return f"{vms}{f'Steps: {steps}. ' if steps else ''}{span}The tables below have the same data."


def _vm_row(vm: VmReport, group: GroupReport | None, y: float, scale: Scale, report: RunReport) -> TimelineRow:
    bars = list(_attempt_bars(vm.attempts, scale, report))
    waits = [(group.started if group is not None else None, vm.started)]
    waits += [(attempt.ended, following.started) for attempt, following in pairwise(vm.attempts)]
    for since, until in waits:
        if since is not None and until is not None and until > since:
            x = scale.x(since)
            bars.insert(0, Bar(x, scale.x(until) - x, "wait", f"waited {duration((until - since).total_seconds())}"))
    time = duration(vm.seconds) if vm.has_succeeded and vm.seconds is not None else ""
    status = f"{GLYPHS[vm.verdict]} {time or _SHORT.get(vm.verdict, LABELS[vm.verdict])}"
    mark = scale.x(vm.ended) if vm.ended is not None and vm.has_succeeded and not _has_bar(bars) else None
    return TimelineRow(y, _shortened(vm.name), vm.name, "vm", vm.verdict, status, tuple(bars), mark)


_SHORT = {IN_FLIGHT: "in progress", "rollback_failed": "not rolled back", "retrying": "failed", UNKNOWN: "unknown"}


def _has_bar(bars: Iterable[Bar]) -> bool:
    return any(bar.kind != "wait" for bar in bars)


def _step_row(step: StepReport, y: float, scale: Scale, report: RunReport) -> TimelineRow:
    bars = tuple(_attempt_bars(step.attempts, scale, report))
    last = step.last
    at = last.ended or report.ended
    status = f"{GLYPHS[last.verdict]} {_SHORT.get(last.verdict, LABELS[last.verdict])}"
    mark = scale.x(at) if at is not None else None
    full = f"{step.phase}: {step.name} ({step.kind})"
    return TimelineRow(y, _shortened(step.name), full, "step", last.verdict, status, bars, mark)


def _attempt_bars(attempts: Iterable[OperationAttempt], scale: Scale, report: RunReport) -> Iterable[Bar]:
    """Yield a bar per attempt.

    The bar of an unfinished attempt extends to the end of the journal.
    """
    for attempt in attempts:
        end = attempt.ended or report.ended
        if attempt.started is None or end is None:
            continue
        x = scale.x(attempt.started)
        width = max(_MIN_WIDTH, scale.x(max(end, attempt.started)) - x)
        time = f", {duration(attempt.seconds)}" if attempt.seconds is not None else ""
        span = f"{clock(attempt.started)} to {clock(attempt.ended)}{time}"
        title = f"attempt {attempt.number}: {span}, {LABELS[attempt.verdict]}"
        yield Bar(x, round(width, 3), attempt.verdict, title)


def _pauses(report: RunReport, scale: Scale) -> Iterable[tuple[float, float]]:
    for period, following in pairwise(report.periods):
        if period.ended is not None and following.started is not None and following.started > period.ended:
            x = scale.x(period.ended)
            yield x, round(max(_MIN_WIDTH, scale.x(following.started) - x), 3)


def ticks_of(scale: Scale) -> Iterable[Tick]:
    """Yield the ticks at round times. The first tick of another day has the date."""
    stride = next((seconds for seconds in _STRIDES if scale.seconds / seconds <= _MAX_TICKS), 0)
    stride = stride or 86400 * math.ceil(scale.seconds / 86400 / _MAX_TICKS)
    first = math.ceil((scale.start - _EPOCH).total_seconds() / stride)
    day = scale.start.date()
    while True:
        at = _EPOCH + timedelta(seconds=first * stride)
        if not scale.holds(at):
            return
        label = f"{at:%H:%M:%S}" if stride < 60 else f"{at:%H:%M}"
        yield Tick(scale.x(at), label if at.date() == day else f"{at:%d %b} {label}")
        day, first = at.date(), first + 1


def _shortened(name: str, limit: int = 22) -> str:
    return name if len(name) <= limit else f"{name[: limit - 11]}…{name[-10:]}"
