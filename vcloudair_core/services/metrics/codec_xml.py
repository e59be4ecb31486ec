"""Parse and write metrics XML of vCloud Director.

Source: protocol/metrics.md §B.4, metrics.xsd.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from vcloudair_core.errors import DecodeError
from vcloudair_core.services.metrics.catalog import unit_from
from vcloudair_core.services.metrics.codec_json import parse_time, split_name, stamp
from vcloudair_core.services.metrics.model import SampleBlock
from vcloudair_core.services.metrics.window import Ago, Moment, Window
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from lxml.etree import _Element

NAMESPACE = "http://www.vmware.com/vcloud/v1.5"
_MILLISECONDS_FROM = 10_000
"""Smallest interval that counts as milliseconds. Smaller intervals are seconds.

The schema and the guide of the API contradict each other about the unit.

Source: protocol/metrics.md §B.4.
"""


def historic_spec(window: Window, patterns: Sequence[str]) -> bytes:
    """Return the request body for historical values.

    The schema requires this order: start, end, patterns.
    """
    parts = [_time(window.start, "Start")] + ([_time(window.end, "End")] if window.end is not None else [])
    return _document("HistoricUsageSpec", [*parts, *_patterns(patterns)])


def current_spec(patterns: Sequence[str]) -> bytes:
    """Return the request body for current values."""
    return _document("CurrentUsageSpec", _patterns(patterns))


def _document(name: str, parts: Sequence[str]) -> bytes:
    text = f'<?xml version="1.0" encoding="UTF-8"?><{name} xmlns="{NAMESPACE}">{"".join(parts)}</{name}>'
    return text.encode()


def _patterns(patterns: Sequence[str]) -> list[str]:
    return [f"<MetricPattern>{escape(pattern)}</MetricPattern>" for pattern in patterns]


def _time(moment: Moment, which: str) -> str:
    if isinstance(moment, Ago):
        return f'<Relative{which}Time unit="{moment.unit}" interval="{moment.count}"/>'
    return f"<Absolute{which}Time time={quoteattr(stamp(moment))}/>"


def parse_current(body: bytes, vm_id: str, moment: datetime, what: str) -> Iterator[SampleBlock]:
    """Yield the values in a ``CurrentUsage`` document.

    ``moment`` is the time of all values. Raises DecodeError.
    """
    for metric in _children(body, "CurrentUsage", "Metric", what):
        base, instance = split_name(metric.get("name") or "")
        unit = unit_from(metric.get("unit") or "")
        yield SampleBlock(vm_id, base, unit, None, instance, (moment,), (metric.get("value"),))


def parse_historic(body: bytes, vm_id: str, what: str) -> Iterator[SampleBlock]:
    """Yield the values in a ``HistoricUsage`` document. Raises DecodeError."""
    for series in _children(body, "HistoricUsage", "MetricSeries", what):
        base, instance = split_name(series.get("name") or "")
        unit, interval_s = unit_from(series.get("unit") or ""), _interval(series.get("expectedInterval") or "")
        samples = [sample for sample in series if xml.local(sample) == "Sample"]
        times = [parse_time(sample.get("timestamp"), what) for sample in samples]
        yield SampleBlock(vm_id, base, unit, interval_s, instance, times, [sample.get("value") for sample in samples])


def _children(body: bytes, root_name: str, name: str, what: str) -> Iterator[_Element]:
    root = xml.parse(body, what=what)
    if xml.local(root) != root_name:
        raise DecodeError(f"Reading {what} failed. The server sent {xml.local(root)} instead of {root_name}.")
    return (child for child in root if xml.local(child) == name)


def _interval(text: str) -> int | None:
    number = xml.count(text)
    if number is None:
        return None
    return number // 1000 if number >= _MILLISECONDS_FROM else number
