"""Series as files: CSV, JSON lines, OpenMetrics, Parquet."""

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
"""``device`` is the disk or interface; ``instance`` is the name that Prometheus gives to what it scrapes."""

Machines = Mapping[str, Mapping[str, Any]]
"""UUID of a VM to its facts: name, vapp, vdc, org."""


def rows(series: Iterable[Series], machines: Machines) -> Iterator[dict[str, Any]]:
    """One mapping for each sample, with the keys of COLUMNS; times are ISO 8601 in UTC."""
    for item in series:
        known = machines.get(item.vm_id, {})
        about = {
            "vm": known.get("name", ""), "vm_id": item.vm_id,
            "vapp": known.get("vapp", ""), "vdc": known.get("vdc", ""),
            "metric": item.name, "instance": item.instance or "", "unit": item.unit or "",
        }  # fmt: skip
        for sample in item.samples:
            stamp = sample.timestamp.isoformat().replace("+00:00", "Z")
            yield {"timestamp": stamp, **about, "value": sample.value}


def as_text(form: str, series: Iterable[Series], machines: Machines) -> Iterator[str]:
    """Lines of csv, jsonl or openmetrics, without line ends."""
    if form == "csv":
        yield ",".join(COLUMNS)
        for row in rows(series, machines):
            yield csv_text([row[name] for name in COLUMNS])
    elif form == "jsonl":
        for row in rows(series, machines):
            yield visible_json(json.dumps(row, ensure_ascii=False))
    else:
        yield from _open_metrics(series, machines)


def _open_metrics(series: Iterable[Series], machines: Machines) -> Iterator[str]:
    """In base units, with timestamps; ends with the mark of the end. Source: the OpenMetrics specification, 1.0."""
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
            labels = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels_of(item, machines).items() if value)
            for sample in item.samples:
                yield f"{name}{{{labels}}} {sample.value * factor!r} {sample.timestamp.timestamp():.3f}"
    yield "# EOF"


def labels_of(series: Series, machines: Machines) -> dict[str, str]:
    """The labels of a series: those of LABELS."""
    known = machines.get(series.vm_id, {})
    return {
        "org": str(known.get("org", "")), "vdc": str(known.get("vdc", "")), "vapp": str(known.get("vapp", "")),
        "vm": str(known.get("name", "")), "vm_id": series.vm_id, "device": series.instance or "",
    }  # fmt: skip


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def write_parquet(path: str, series: Iterable[Series], machines: Machines) -> int:
    """A Parquet file; the number of rows. Raises ConfigurationError where pyarrow is not installed, OSError."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise ConfigurationError("Parquet needs pyarrow.", hint="Run: pip install pyarrow") from None
    held = list(rows(series, machines))
    table = pa.Table.from_pylist(held) if held else pa.table({name: [] for name in COLUMNS})
    parquet.write_table(table, path)
    return len(held)
