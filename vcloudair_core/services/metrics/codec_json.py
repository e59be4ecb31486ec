"""Parse and write metrics JSON of vCloud Air.

Source: protocol/metrics.md §A.2-A.4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from vcloudair_core.errors import DecodeError
from vcloudair_core.services.metrics.catalog import unit_of
from vcloudair_core.services.metrics.model import SampleBlock
from vcloudair_core.services.metrics.window import Ago, Moment, Window
from vcloudair_core.util import xml

INTERVAL_S = 60
"""Seconds between samples. Source: protocol/metrics.md §A.1."""

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)


@dataclass(frozen=True)
class MetricsPage:
    """A page of metrics rows. ``cursor`` selects the next page.

    On the last page, ``cursor`` is empty.
    """

    rows: list[dict[str, Any]]
    cursor: str


def window_body(window: Window) -> dict[str, Any]:
    """Return the request body for a time window.

    The body has only the start and the end, because the API cannot filter metrics.
    """
    body = {_key(window.start, "Start"): _time(window.start)}
    if window.end is not None:
        body[_key(window.end, "End")] = _time(window.end)
    return body


def _key(moment: Moment, which: str) -> str:
    return f"{'relative' if isinstance(moment, Ago) else 'absolute'}{which}Time"


def _time(moment: Moment) -> dict[str, Any]:
    if isinstance(moment, Ago):
        return {"interval": moment.count, "unit": moment.unit.upper()}
    return {"time": stamp(moment)}


def stamp(moment: datetime) -> str:
    """Return a time in the format of the API: UTC with milliseconds."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse_page(body: bytes, what: str) -> MetricsPage:
    """Parse a page of metrics rows. Raises DecodeError."""
    data = xml.parse_json(body, what=what, has_nan=True)
    rows = data.get("rows") if isinstance(data, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DecodeError(f"Reading {what} failed. The response has no list of rows.")
    cursor = data.get("next")
    return MetricsPage(rows, str(cursor) if cursor not in (None, "") else "")


def blocks_of(rows: list[dict[str, Any]], what: str) -> Iterator[SampleBlock]:
    """Yield the values in the rows of a page.

    Raises: DecodeError for a row that has no VM or no time.
    """
    blocks: dict[str, dict[str, tuple[list[datetime], list[Any]]]] = {}
    for row in rows:
        vm_id = _vm_id_of(str(row.get("vmId", "")))
        if not vm_id:
            if row.get("gatewayId"):
                continue  # metrics of an edge gateway
            raise DecodeError(f"Reading {what} failed. A row has no VM: {str(row)[:120]}.")
        moment = parse_time(row.get("timestamp"), what)
        by_name = blocks.setdefault(vm_id, {})
        for metric in _listed(row.get("metrics")):
            if isinstance(metric, dict) and (name := str(metric.get("name") or "")):
                samples = by_name.get(name)
                if samples is None:
                    samples = by_name[name] = [], []
                samples[0].append(moment)
                samples[1].append(metric.get("value"))
    for vm_id, by_name in blocks.items():
        for name, (times, values) in by_name.items():
            base, instance = split_name(name)
            yield SampleBlock(vm_id, base, unit_of(base), INTERVAL_S, instance, times, values)


@lru_cache(maxsize=4096)
def _vm_id_of(text: str) -> str:
    """Return the UUID at the end of a string in lower case, or "" if there is none.

    The result is cached, because a VM has many rows.
    """
    match = _UUID.search(text)
    return match[0].lower() if match else ""


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def split_name(name: str) -> tuple[str, str | None]:
    """Split a name such as ``disk.read.average.0`` into metric and instance.

    Source: protocol/metrics.md §C.
    """
    base, dot, end = name.rpartition(".")
    return (base, end) if dot and end.isdigit() else (name, None)


def parse_time(value: Any, what: str) -> datetime:
    """Parse an ISO 8601 time or milliseconds since 1970. Raises DecodeError.

    The offset can have a colon (``+01:00``) or no colon (``+0100``).
    """
    try:
        return _moment(value)
    except (ValueError, TypeError, OverflowError, OSError):
        raise DecodeError(f"Reading {what} failed. {str(value)[:60]!r} is not a time.") from None


@lru_cache(maxsize=4096)
def _moment(value: Any) -> datetime:
    """Parse a time and cache it, because the rows of all VMs have the same times."""
    if isinstance(value, (int, float)) or (isinstance(value, str) and value.isdigit()):
        return datetime.fromtimestamp(float(value) / 1000, timezone.utc)
    text = str(value).strip()
    text = text[:-1] + "+00:00" if text[-1:] in ("Z", "z") else re.sub(r"([+-]\d\d)(\d\d)\Z", r"\1:\2", text)
    text = re.sub(r"\.(\d{1,9})", lambda match: "." + match[1][:6].ljust(6, "0"), text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
