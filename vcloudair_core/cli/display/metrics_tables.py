"""Format metrics tables: short numbers, and the table of the busiest VMs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from vcloudair_core.cli.display.sparkline import sparkline
from vcloudair_core.services.metrics.units.display import display_unit
from vcloudair_core.util.escaping import on_one_line

if TYPE_CHECKING:
    from vcloudair_core.services.metrics.model import Series
    from vcloudair_core.services.metrics.select import Measurement

TOP = (
    "cpu.usage.average",
    "mem.usage.average",
    "disk.read.average",
    "disk.write.average",
    "net.received.average",
    "net.transmitted.average",
)
"""Metrics of ``vca metrics top``. A metric without values has no column."""


def short_number(value: float) -> str:
    """Return a number with about four digits: 1.23, 12.3, 1234, 12.3M."""
    for factor, sign in ((1e9, "G"), (1e6, "M")):
        if abs(value) >= 10 * factor:
            return f"{value / factor:.1f}{sign}"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def busiest(measurement: Measurement, sort: str, rows: int) -> Any:
    """Return a table of the VMs with the highest latest values of the metric ``sort``.

    All values of a column have the same unit. Metrics without values are left out. If no VM has the metric ``sort``,
    the title says so.
    """
    from rich.table import Table

    latest = _latest(measurement)
    ordered = sorted(latest, key=lambda vm_id: -_last(latest[vm_id].get(sort)))[:rows]
    present = [name for name in dict.fromkeys((sort, *TOP)) if any(name in latest[vm_id] for vm_id in ordered)]
    title = f"{time.strftime('%H:%M:%S')}  {len(latest)} VMs"
    if latest and sort not in present:
        title += f", no values of {on_one_line(sort)}"
    table = Table(box=None, pad_edge=False, title=title, title_justify="left")
    table.add_column("VM", no_wrap=True)
    factors = {}
    for name in present:
        members = [latest[vm_id][name] for vm_id in ordered if name in latest[vm_id]]
        unit, factors[name] = display_unit(members[0].unit, map(_last, members))
        table.add_column(f"{name.rpartition('.')[0].upper()}\n{unit}", justify="right", no_wrap=True)
    if sort in present:
        table.add_column("TREND", no_wrap=True)
    for vm_id in ordered:
        series = latest[vm_id]
        cells = [short_number(_last(series[name]) * factors[name]) if name in series else "" for name in present]
        trend = [sparkline(series[sort].values(), 15) if sort in series else ""] if sort in present else []
        table.add_row(on_one_line(measurement.name_of(vm_id)), *cells, *trend)
    return table


def _latest(measurement: Measurement) -> dict[str, dict[str, Series]]:
    """Return the series of each VM as ``{VM ID: {metric name: series}}``.

    Series of a single instance, such as one virtual CPU, are left out.
    """
    series_of: dict[str, dict[str, Series]] = {}
    for vm_id, members in measurement.collected.by_vm().items():
        series_of[vm_id] = {series.name: series for series in members if series.instance is None}
    return series_of


def _last(series: Series | None) -> float:
    return (series.aggregate("last") or 0.0) if series is not None else 0.0
