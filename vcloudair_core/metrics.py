"""Read VM metrics and compare them with thresholds.

The class ``Metrics`` has the API of vcloudair 0.5.

::

    from vcloudair_core import connect
    from vcloudair_core.metrics import measure

    with connect() as client:
        measurement = measure(client, ["web1"], metrics=["cpu.usage.average"], start="2h")
        for series in measurement.collected.series:
            print(measurement.name_of(series.vm_id), series.unit, series.aggregate("p95"))
"""

from __future__ import annotations

from vcloudair_core.compat.metrics import Metrics
from vcloudair_core.services.metrics.catalog import Metric, known_metrics
from vcloudair_core.services.metrics.model import Collected, Sample, Series, aggregate
from vcloudair_core.services.metrics.select import Measurement, choose, measure
from vcloudair_core.services.metrics.thresholds import Threshold, Violation, parse_thresholds, violations

__all__ = [
    "Collected",
    "Measurement",
    "Metric",
    "Metrics",
    "Sample",
    "Series",
    "Threshold",
    "Violation",
    "aggregate",
    "choose",
    "known_metrics",
    "measure",
    "parse_thresholds",
    "violations",
]
