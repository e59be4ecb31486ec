# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Functions that the metrics modules share. Private to this collection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Params, Result, given, refuse

if TYPE_CHECKING:
    from vcloudair_core import Client
    from vcloudair_core.metrics import Measurement, Series

_PERIOD = ("start", "end", "source")


def measure_vms(client: Client, params: Params, metrics: Sequence[str]) -> Measurement:
    """Read and return the selected VMs and their metrics."""
    from vcloudair_core.metrics import measure

    vdc = client.settings.vdc or ""
    period = given(params, _PERIOD)
    return measure(client, params["names"], where=params["where"], vdc=vdc, metrics=metrics, **period)


def check_aggregates(names: Iterable[str]) -> None:
    """Raise SpecError if a name is not an aggregate. No request is sent."""
    from vcloudair_core.metrics import aggregate

    for name in names:
        try:
            aggregate([], name)
        except ValueError as exc:
            refuse("aggregates", str(exc))


def series_row(measurement: Measurement, series: Series, aggregates: Iterable[str], has_samples: bool) -> Result:
    """Return the result row of a series, with its aggregates."""
    result: Result = {
        "vm": measurement.name_of(series.vm_id),
        "vm_id": series.vm_id,
        "metric": series.name,
        "instance": series.instance,
        "unit": series.unit,
        "interval": series.interval_s,
        "aggregates": {name: series.aggregate(name) for name in aggregates},
    }
    if has_samples:
        result["samples"] = [
            {"timestamp": sample.timestamp.isoformat(), "value": sample.value} for sample in series.samples
        ]
    return result


def add_unmeasured(result: Result, measurement: Measurement, on_error: str) -> Result:
    """Report the VMs whose metrics could not be read, and return ``result``.

    The task fails if ``on_error`` is ``fail``. Otherwise, it shows a warning.
    """
    collected = measurement.collected
    result["warnings"] = list(collected.warnings)
    result["unmeasured"] = [
        {"vm": measurement.name_of(vm_id), "vm_id": vm_id, "error": error.as_dict()}
        for vm_id, error in collected.failed.items()
    ]
    if result["unmeasured"]:
        first = next(iter(collected.failed.values()))
        names = ", ".join(vm["vm"] for vm in result["unmeasured"][:10])
        message = (
            f"Reading metrics failed for {len(result['unmeasured'])} of {len(measurement.vms)} VMs: {names}. "
            f"The first error: {first}"
        )
        if on_error == "fail":
            result.update(failed=True, msg=message, error=first.as_dict())
        else:
            result["warnings"].append(message)
    return result
