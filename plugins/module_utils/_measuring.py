# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""What the modules for metrics share. Private to this collection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Params, Result, given, refuse

if TYPE_CHECKING:
    from vcloudair_core import Client
    from vcloudair_core.metrics import Measurement, Series

_WINDOW = ("start", "end", "source")


def measured(client: Client, params: Params, metrics: Sequence[str]) -> Measurement:
    """Machines and their metrics."""
    from vcloudair_core.metrics import measure

    vdc = client.settings.vdc or ""
    asked = given(params, _WINDOW)
    return measure(client, params["names"], where=params["where"], vdc=vdc, metrics=metrics, **asked)


def check_aggregates(words: Iterable[str]) -> None:
    """Refuses what cannot be worked out, before anything is sent."""
    from vcloudair_core.metrics import aggregate

    for word in words:
        try:
            aggregate([], word)
        except ValueError as exc:
            refuse("aggregates", str(exc))


def shown(found: Measurement, series: Series, aggregates: Iterable[str], has_samples: bool) -> Result:
    """One series as plain data."""
    result: Result = {
        "vm": found.name_of(series.vm_id),
        "vm_id": series.vm_id,
        "metric": series.name,
        "instance": series.instance,
        "unit": series.unit,
        "interval": series.interval_s,
        "aggregates": {word: series.aggregate(word) for word in aggregates},
    }
    if has_samples:
        result["samples"] = [{"timestamp": one.timestamp.isoformat(), "value": one.value} for one in series.samples]
    return result


def with_unmeasured(result: Result, found: Measurement, on_error: str) -> Result:
    """The result with the machines that could not be measured: a failure, or a warning."""
    result["warnings"] = list(found.collected.warnings)
    result["unmeasured"] = [
        {"vm": found.name_of(vm_id), "vm_id": vm_id, "error": error.as_dict()}
        for vm_id, error in found.collected.failed.items()
    ]
    if result["unmeasured"]:
        first = next(iter(found.collected.failed.values()))
        names = ", ".join(one["vm"] for one in result["unmeasured"][:10])
        message = (
            f"{len(result['unmeasured'])} of {len(found.vms)} machines could not be measured: {names}. "
            f"The first error: {first}"
        )
        if on_error == "fail":
            result.update(failed=True, msg=message, error=first.as_dict())
        else:
            result["warnings"].append(message)
    return result
