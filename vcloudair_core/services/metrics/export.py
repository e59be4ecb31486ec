"""Export series as CSV, JSON lines, OpenMetrics or Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.services.metrics.model import Series
from vcloudair_core.services.metrics.units.prometheus import base_of, help_of
from vcloudair_core.util.escaping import csv_text, visible_json

FORMATS = ("csv", "jsonl", "openmetrics", "parquet")
COLUMNS = ("timestamp", "vm", "vm_id", "vapp", "vdc", "metric", "instance", "unit", "value")
LABELS = ("org", "vdc", "vapp", "vm", "vm_id", "device")
"""Labels in OpenMetrics.

``device`` is the disk or network interface. Prometheus uses the label ``instance`` for its targets.
"""

VmFacts = Mapping[str, Mapping[str, Any]]
"""Facts of VMs (name, vapp, vdc, org) by UUID."""


def rows(series: Iterable[Series], vms: VmFacts) -> Iterator[dict[str, Any]]:
    """Yield a mapping for each sample, with the keys of COLUMNS.

    Times are in ISO 8601, UTC.
    """
    for item in series:
        known = vms.get(item.vm_id, {})
        facts = {
            "vm": known.get("name", ""), "vm_id": item.vm_id,
            "vapp": known.get("vapp", ""), "vdc": known.get("vdc", ""),
            "metric": item.name, "instance": item.instance or "", "unit": item.unit or "",
        }  # fmt: skip
        for sample in item.samples:
            stamp = sample.timestamp.isoformat().replace("+00:00", "Z")
            yield {"timestamp": stamp, **facts, "value": sample.value}


def as_text(form: str, series: Iterable[Series], vms: VmFacts) -> Iterator[str]:
    """Yield the lines of an export file, without line ends.

    ``form`` is the format: ``csv``, ``jsonl`` or ``openmetrics``.
    """
    if form == "csv":
        yield ",".join(COLUMNS)
        for row in rows(series, vms):
            yield csv_text([row[name] for name in COLUMNS])
    elif form == "jsonl":
        for row in rows(series, vms):
            yield visible_json(json.dumps(row, ensure_ascii=False))
    else:
        yield from _open_metrics(series, vms)


def _open_metrics(series: Iterable[Series], vms: VmFacts) -> Iterator[str]:
    """Yield lines in the OpenMetrics format, with base units and timestamps.

    Source: the OpenMetrics specification, 1.0.
    """
    families: dict[tuple[str, str, float, str], list[Series]] = {}
    for item in series:
        name, unit, factor = base_of(item.name, item.unit)
        families.setdefault((name, unit, factor, item.name), []).append(item)
    for (name, unit, factor, original), members in sorted(families.items()):
        yield f"# TYPE {name} gauge"
        if unit:
            yield f"# UNIT {name} {unit}"
        yield f"# HELP {name} {_escaped(help_of(original))}"
        for item in members:
            labels = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels_of(item, vms).items() if value)
            for sample in item.samples:
                yield f"{name}{{{labels}}} {sample.value * factor!r} {sample.timestamp.timestamp():.3f}"
    yield "# EOF"


def labels_of(series: Series, vms: VmFacts) -> dict[str, str]:
    """Return the values of LABELS for a series."""
    known = vms.get(series.vm_id, {})
    return {
        "org": str(known.get("org", "")), "vdc": str(known.get("vdc", "")), "vapp": str(known.get("vapp", "")),
        "vm": str(known.get("name", "")), "vm_id": series.vm_id, "device": series.instance or "",
    }  # fmt: skip


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def write_parquet(path: str, series: Iterable[Series], vms: VmFacts) -> int:
    """Write a Parquet file and return the number of rows.

    Raises: ConfigurationError when pyarrow is not installed; OSError.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise ConfigurationError(
            "Writing the Parquet file failed. The package pyarrow is not installed.", hint="Run `pip install pyarrow`."
        ) from None
    records = list(rows(series, vms))
    table = pa.Table.from_pylist(records) if records else pa.table({name: [] for name in COLUMNS})
    parquet.write_table(table, path)
    return len(records)
