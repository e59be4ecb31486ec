"""Data classes for the metrics of both APIs: series of samples.

A minute without a value has no sample.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from vcloudair_core.errors import VcloudAirError


class Sample(NamedTuple):
    """A value and its time in UTC."""

    timestamp: datetime
    value: float


@dataclass(frozen=True)
class Series:
    """The samples of one metric for one VM, ordered by time. Times are unique.

    Attributes:
        vm_id: The UUID of the VM.
        name: The name of the metric.
        unit: percent, MHz, KB, KBps, ms, s, count, W, another unit of the server, or None when unknown.
        instance: The disk or network interface, or None for the whole VM.
        interval_s: The seconds between samples, or None for current values.
        times, numbers: The times and values of the samples. Two tuples are faster than an object for each sample.
        source: ``vca``, ``vcd-current`` or ``vcd-historic``.
    """

    vm_id: str
    name: str
    unit: str | None
    instance: str | None
    interval_s: int | None
    times: tuple[datetime, ...]
    numbers: tuple[float, ...]
    source: str

    @property
    def samples(self) -> tuple[Sample, ...]:
        """Return the samples in order of time."""
        return tuple(map(Sample, self.times, self.numbers))

    def values(self) -> list[float]:
        """Return the values in order of time."""
        return list(self.numbers)

    def aggregate(self, how: str) -> float | None:
        """Return an aggregate of the values, or None if the series has no samples.

        ``how`` is ``min``, ``max``, ``avg``, ``last``, ``sum``, ``count`` or a percentile such as ``p95``. Percentiles
        are interpolated between the two nearest ranks. Raises ValueError for an unknown aggregate.
        """
        return aggregate(self.values(), how)


def aggregate(values: Sequence[float], how: str) -> float | None:
    """Return an aggregate of ``values``, or None if ``values`` is empty.

    For ``how``, see :meth:`Series.aggregate`.

    Raises: ValueError for an unknown aggregate.
    """
    simple: dict[str, Callable[[Sequence[float]], float]] = {
        "min": min, "max": max, "avg": _average, "last": lambda numbers: numbers[-1], "sum": math.fsum, "count": len,
    }  # fmt: skip
    if how not in simple and not _is_percentile(how):
        raise ValueError(f"{how!r} is not one of {', '.join(simple)} or a percentile such as p95")
    if not values:
        return None
    if how in simple:
        return float(simple[how](values))
    rank = float(how[1:]) / 100 * (len(values) - 1)
    ordered, low = sorted(values), math.floor(rank)
    return ordered[low] + (rank - low) * (ordered[math.ceil(rank)] - ordered[low])


def _average(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _is_percentile(how: str) -> bool:
    try:
        return how[:1] == "p" and 0 <= float(how[1:]) <= 100
    except ValueError:
        return False


@dataclass(frozen=True)
class Collected:
    """Metrics of several VMs.

    ``failed`` has the error for each VM whose metrics could not be read, keyed by VM UUID. ``missing`` has the
    requested names and patterns for which no VM has a metric.
    """

    series: list[Series] = field(default_factory=list)
    failed: Mapping[str, VcloudAirError] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def by_vm(self) -> dict[str, list[Series]]:
        """Return a mapping from VM UUIDs to the list of series of each VM."""
        grouped: dict[str, list[Series]] = {}
        for series in self.series:
            grouped.setdefault(series.vm_id, []).append(series)
        return grouped


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Return True if a name matches a pattern, or if ``patterns`` is empty.

    ``*`` in a pattern matches any text.
    """
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)


class SampleBlock(NamedTuple):
    """A block of values of one metric, as returned by a codec.

    A metric may have several blocks. Blocks are faster to process than single values.
    """

    vm_id: str
    name: str
    unit: str | None
    interval_s: int | None
    instance: str | None
    times: Sequence[datetime]
    values: Sequence[Any]


def series_of(blocks: Iterable[SampleBlock], source: str, patterns: Sequence[str]) -> tuple[list[Series], int]:
    """Return the series, and the number of values that are not numbers.

    Series are sorted by VM, name and instance. If two values of a series have the same timestamp, because
    pages overlap, the later value is used.
    """
    samples: dict[tuple[str, str, str | None], tuple[str | None, int | None, dict[datetime, float]]] = {}
    refused = 0
    for vm_id, name, unit, interval_s, instance, times, values in blocks:
        if patterns and not matches(name, patterns):
            continue
        numbers = _numbers_of(values)
        held = {moment: number for moment, number in zip(times, numbers, strict=True) if number is not None}
        refused += numbers.count(None)
        if not held:
            continue
        known = samples.get((vm_id, name, instance))
        if known is None:
            samples[(vm_id, name, instance)] = (unit, interval_s, held)
        else:
            known[2].update(held)
    made = []
    for (vm_id, name, instance), (unit, interval_s, held) in samples.items():
        times = tuple(sorted(held))
        made.append(Series(vm_id, name, unit, instance, interval_s, times, tuple(map(held.__getitem__, times)), source))
    return sorted(made, key=lambda series: (series.vm_id, series.name, series.instance or "")), refused


def _numbers_of(values: Sequence[Any]) -> Sequence[float | None]:
    """Apply :func:`number_of` to each value, with a fast path for numbers."""
    if set(map(type, values)) <= {float, int}:
        with suppress(OverflowError):
            numbers = list(map(float, values))
            if all(map(math.isfinite, numbers)):
                return numbers
    return [number_of(value) for value in values]


def number_of(value: Any) -> float | None:
    """Return a number or numeric text as a float, or None if it is not finite."""
    if type(value) is float:
        return value if math.isfinite(value) else None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
