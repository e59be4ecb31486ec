"""Collect gauges at intervals, and keep the last values if a read fails."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from vcloudair_core.errors import VcloudAirError
from vcloudair_core.monitoring.gauges import GAUGES, GaugeReading

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from vcloudair_core.client import Client

_log = logging.getLogger(__name__)

MAX_SERIES = 5000
"""Maximum number of series of a collector.

The values of further objects are not served, so that a large organization cannot overload Prometheus.
"""

PUNCTUALITY = 0.9
"""Share of the interval after which values are read again.

The exporter refreshes its sources in intervals that vary a little. A read must not wait for the next refresh because it
is a second early.
"""

FRESH_INTERVALS = 3
"""Number of intervals for which values are served after the last successful read."""


class GaugeSource(Protocol):
    """A source of metrics. The exporter refreshes it after each collection."""

    def refresh(self) -> None:
        """Read the values if they are due. Raises no errors."""

    def families(self) -> Iterator[Metric]:
        """Yield the metric families. Sends no request."""


class GaugeCollector:
    """The gauges of one collector, such as ``networks``.

    Args:
        name: The name of the collector.
        read: Reads all values. It may raise VcloudAirError.
        interval_s: Minimum seconds between two reads.
        max_series: Maximum number of series.
    """

    def __init__(
        self,
        name: str,
        client: Client,
        read: Callable[[Client], GaugeReading],
        *,
        interval_s: float,
        max_series: int = MAX_SERIES,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self._client, self._read, self._now = client, read, now
        self._interval_s, self._max_series = interval_s, max_series
        self._reading = GaugeReading()
        self._tried_at = float("-inf")
        self._failure: str | None = None
        self.dropped = 0
        self.last_success = 0.0

    @property
    def is_successful(self) -> bool:
        """True if the last read succeeded and could read every object."""
        return bool(self.last_success) and self._failure is None and not self._reading.unread

    def refresh(self) -> None:
        """Read the values if the last read is older than the interval.

        Errors are logged once, and the earlier values are kept until they are stale.
        """
        if self._now() - self._tried_at < PUNCTUALITY * self._interval_s:
            return
        self._tried_at = self._now()
        try:
            reading = self._read(self._client)
        except VcloudAirError as exc:
            self._fail(exc.message, f"The collector {self.name} failed. {exc}")
            return
        except Exception as exc:  # noqa: BLE001 - a bug in one collector must not stop the others
            self._fail(repr(exc), f"The collector {self.name} failed unexpectedly: {type(exc).__name__}: {exc}")
            return
        for scope, error in reading.unread.items():
            if scope not in self._reading.unread:
                _log.warning("The collector %s skipped %s. %s", self.name, scope, error)
        self._limit(reading)
        self._reading, self._failure, self.last_success = reading, None, self._now()

    def families(self) -> Iterator[Metric]:
        """Yield the metric families of the last successful read, unless it is stale."""
        from prometheus_client.core import GaugeMetricFamily

        if not self.last_success or self._now() - self.last_success > FRESH_INTERVALS * self._interval_s:
            return
        for gauge in GAUGES:
            values = self._reading.values.get(gauge.name)
            if values:
                family = GaugeMetricFamily(gauge.name, gauge.about, labels=gauge.labels)
                for labels, value in values.items():
                    family.add_metric(labels, value)
                yield family

    def _fail(self, failure: str, text: str) -> None:
        if self._failure != failure:
            _log.warning("%s", text)
        self._failure = failure

    def _limit(self, reading: GaugeReading) -> None:
        """Drop the series that exceed the maximum, and count them."""
        room, dropped = self._max_series, 0
        for name, values in reading.values.items():
            kept = dict(list(values.items())[: max(0, room)])
            dropped += len(values) - len(kept)
            room -= len(kept)
            reading.values[name] = kept
        if dropped and not self.dropped:
            _log.warning(
                "The collector %s has more than %d series. %d series are not served.",
                self.name,
                self._max_series,
                dropped,
            )
        self.dropped = dropped


def status_families(sources: Sequence[GaugeSource]) -> Iterator[Metric]:
    """Yield the metrics about the collectors themselves, such as their last success."""
    from prometheus_client.core import GaugeMetricFamily

    collectors = [source for source in sources if isinstance(source, GaugeCollector)]
    for name, about, value_of in STATUS:
        family = GaugeMetricFamily(name, about, labels=("collector",))
        for collector in collectors:
            family.add_metric((collector.name,), value_of(collector))
        if collectors:
            yield family


STATUS: tuple[tuple[str, str, Callable[[GaugeCollector], float]], ...] = (
    (
        "vca_exporter_collector_success",
        "1 if the last read of a collector succeeded for every object, else 0.",
        lambda collector: float(collector.is_successful),
    ),
    (
        "vca_exporter_collector_last_success_timestamp_seconds",
        "Time of the last successful read of a collector, in seconds since 1970. 0 if there was none.",
        lambda collector: collector.last_success,
    ),
    (
        "vca_exporter_collector_dropped_series",
        "Series that are not served, because a collector has too many.",
        lambda collector: float(collector.dropped),
    ),
)
"""Name, description and value of each metric of a collector."""
