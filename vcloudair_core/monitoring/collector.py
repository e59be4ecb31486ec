"""Collect metrics for Prometheus in the background, and serve them from memory.

A scrape sends no request to the cloud. It returns the values of the last collection while they are fresh. If a VM or
the cloud cannot be measured, its metrics have no value, not the value 0. The exporter's own metrics show the time of
the last successful collection.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import AuthenticationError, ConfigurationError, VcloudAirError
from vcloudair_core.monitoring.gauge_collector import GaugeSource, status_families
from vcloudair_core.monitoring.vm_metrics import vm_families
from vcloudair_core.services.metrics.export import LABELS, labels_of
from vcloudair_core.services.metrics.select import measure
from vcloudair_core.services.metrics.units.prometheus import base_of, help_of
from vcloudair_core.session.auth.backoff import wait_after
from vcloudair_core.util.install_hint import install_hint

if TYPE_CHECKING:
    from prometheus_client.core import Metric
    from prometheus_client.registry import CollectorRegistry

    from vcloudair_core.client import Client
    from vcloudair_core.services.metrics.model import Series

_log = logging.getLogger(__name__)

OWN = "vca_exporter"
"""Prefix of the exporter's own metrics."""

WINDOW = {"vca": "5m", "vcd-historic": "70m", "vcd-current": "1h"}
"""Time span that a collection reads, by source.

Each time span contains several samples, so that a late sample is not missed.
"""

FRESH_INTERVALS = 2.5
"""The minimum time that a sample stays fresh, in sampling intervals."""

MOST_SKEW_S = 60.0
"""Clock difference above which a warning is logged."""

_Sample = tuple[tuple[str, ...], float, float, float]
"""A sample: labels, value in base units, time, and seconds between two samples."""


@dataclass
class Cost:
    """Counters and times of all collections since the start."""

    collections: int = 0
    failed_collections: int = 0
    calls: int = 0
    vm_errors: int = 0
    last_seconds: float = 0.0
    last_success: float = 0.0


@dataclass(frozen=True)
class _Collection:
    """The result of the last collection.

    ``families`` maps each Prometheus metric name to a tuple of the metric name of the API and the samples.
    """

    families: Mapping[str, tuple[str, list[_Sample]]] = field(default_factory=dict)
    vms: Sequence[Mapping[str, Any]] = ()
    measured: frozenset[str] = frozenset()
    unmeasured: int = 0
    missing: int = 0
    skew_s: float | None = None


class Collector:
    """A prometheus-client collector that collects in the background.

    Args:
        interval_s: Seconds between two collections.
        stale_s: Maximum age of a sample in seconds. Older samples are left out of scrapes, so that Prometheus sees a
            gap. A sample is kept for at least 2.5 sampling intervals. Default: three collection intervals, at least 10
            minutes.
        sources: Sources of other metrics, such as networks. They are refreshed after each collection, even after a
            failed one, unless the server refuses the sign-in.
    """

    def __init__(
        self,
        client: Client,
        *,
        names: Sequence[str] = (),
        where: Mapping[str, Any] | None = None,
        vdc: str = "",
        metrics: Sequence[str] = (),
        source: str = "auto",
        interval_s: float = 60.0,
        stale_s: float = 0.0,
        sources: Sequence[GaugeSource] = (),
        now: Callable[[], float] = time.time,
    ) -> None:
        client.metrics.check(metrics=metrics, source=source)
        self._client = client
        self._selection: dict[str, Any] = {"where": where, "vdc": vdc, "metrics": metrics}
        self._names, self._source = tuple(names), source
        self._interval_s = interval_s
        self._stale_s = stale_s or max(3 * interval_s, 600.0)
        self._now = now
        self._collection = _Collection()
        self._sources = tuple(sources)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._refusals = 0
        self._to_skip = 0
        self._warned: dict[str, str] = {}
        self._failure = ""
        self.cost = Cost()

    # -- collecting --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Collect in a background thread until :meth:`stop`."""
        self._thread = threading.Thread(target=self._run, name="vca-exporter", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 30.0) -> None:
        """Stop collecting after the current collection.

        Waits for ``timeout_s`` seconds at most.
        """
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                self.collect_once()
            except Exception as exc:  # noqa: BLE001 - a dead thread would look like a cloud without changes
                self._failure = f"{type(exc).__name__}: {exc}"
                self.cost.failed_collections += 1
                _log.exception("The collection failed unexpectedly. The next collection runs as scheduled.")
            self._stop.wait(max(1.0, self._interval_s - (time.monotonic() - began)))

    def collect_once(self) -> bool:
        """Collect and return True on success.

        Errors are logged. After an error, the earlier values are served until they are stale.

        After a refused sign-in, the next collections are skipped, so that a wrong password does not lock the account.
        Each further refusal increases the number of skipped collections. A skipped collection sends no request and
        returns False.
        """
        if self._to_skip:
            self._to_skip -= 1
            return False
        return self._collect()

    def _collect(self) -> bool:
        session = self._client.session
        began, calls = time.monotonic(), session.calls
        self.cost.collections += 1
        is_refused = False
        try:
            self._collect_vms()
            return True
        except VcloudAirError as exc:
            self.cost.failed_collections += 1
            _log.warning("The collection failed: %s", exc)
            is_refused = isinstance(exc, AuthenticationError)
            if is_refused:
                self._wait_to_sign_in()
            return False
        finally:
            if not is_refused:
                for source in self._sources:
                    source.refresh()
            self.cost.calls += session.calls - calls
            self.cost.last_seconds = time.monotonic() - began

    def _collect_vms(self) -> None:
        session = self._client.session
        source = self._client.metrics.source_of(self._source)
        missing: list[str] = []
        measured = measure(
            self._client, self._names, source=source, start=WINDOW[source], missing=missing, **self._selection
        )
        self._refusals = 0
        for vm_id, error in measured.collected.failed.items():
            _log.warning("Collecting metrics for VM %s failed. %s", measured.name_of(vm_id), error)
        self.cost.vm_errors += len(measured.collected.failed)
        self.cost.last_success = self._now()
        vms = {vm["id"]: vm for vm in measured.vms}
        date_s = session.server_time_s
        self._collection = _Collection(
            _families(measured.collected.series, vms),
            list(vms.values()),
            frozenset(series.vm_id for series in measured.collected.series if series.samples),
            len(measured.collected.failed),
            len(missing),
            None if date_s is None else self._now() - date_s,
        )
        self._failure = ""
        self._warn("missing", f"VMs not found: {', '.join(missing)}. The other VMs are measured." if missing else "")
        self._warn_about_time(self._collection)

    def _warn(self, topic: str, text: str) -> None:
        """Log ``text``, unless it is the same as the last warning on this topic."""
        if text and self._warned.get(topic) != text:
            _log.warning("%s", text)
        self._warned[topic] = text

    def _warn_about_time(self, collection: _Collection) -> None:
        stale = sum(not self._is_fresh(sample) for _, samples in collection.families.values() for sample in samples)
        is_skewed = collection.skew_s is not None and abs(collection.skew_s) > MOST_SKEW_S
        # Rounded, so that a drifting clock does not cause a warning at every collection.
        seconds = collection.skew_s or 0.0
        way = "ahead of" if seconds > 0 else "behind"
        skew = f"about {max(1, round(abs(seconds) / 60))} minutes {way}" if is_skewed else "close to"
        text = f"The clock of the exporter is {skew} the clock of the cloud." if stale or is_skewed else ""
        if stale:
            text = f"Stale series are left out. {text} Synchronize the clocks, or increase --stale."
        self._warn("time", text)

    def problem(self) -> str:
        """Return the description of a problem that may require a restart.

        Return an empty string if no such problem exists.
        """
        if self._thread is not None and not self._thread.is_alive() and not self._stop.is_set():
            return "The collector thread has ended."
        return f"The last collection failed unexpectedly: {self._failure}" if self._failure else ""

    def _is_fresh(self, sample: _Sample) -> bool:
        _, _, moment, interval_s = sample
        return self._now() - moment <= max(self._stale_s, FRESH_INTERVALS * interval_s)

    def _wait_to_sign_in(self) -> None:
        # Counted in collections instead of seconds: the wait could end just after a collection.
        self._refusals += 1
        self._to_skip = math.ceil(wait_after(self._refusals) / max(1.0, self._interval_s)) - 1
        self._client.session.retry_sign_in()
        seconds = (self._to_skip + 1) * max(1.0, self._interval_s)
        _log.warning("The server refused the sign-in. The next attempt is in about %g seconds.", seconds)

    # -- serving -----------------------------------------------------------------------------------------------------

    def collect(self) -> Iterator[Metric]:
        """Yield the metric families for a scrape by prometheus-client. Sends no request."""
        from prometheus_client.core import GaugeMetricFamily

        collection, stale = self._collection, 0
        for name, (original, samples) in collection.families.items():
            family = GaugeMetricFamily(name, help_of(original), labels=LABELS)
            for sample in samples:
                if self._is_fresh(sample):
                    family.add_metric(sample[0], sample[1])
                else:
                    stale += 1
            if family.samples:
                yield family
        if self.cost.last_success and self._now() - self.cost.last_success <= self._stale_s:
            yield from vm_families(collection.vms, collection.measured)
        for source in self._sources:
            yield from source.families()
        yield from status_families(self._sources)
        yield from self._exporter_families(collection, stale)

    def _exporter_families(self, collection: _Collection, stale: int) -> Iterable[Metric]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        cost = self.cost
        is_fresh = bool(cost.last_success) and self._now() - cost.last_success <= self._stale_s
        up = 1.0 if is_fresh and not self._refusals and not self.problem() else 0.0
        skew = float("nan") if collection.skew_s is None else collection.skew_s
        for name, about, value in (
            ("up", "1 if the last successful collection is fresh and the sign-in is not refused, else 0.", up),
            ("vms", "Number of VMs found.", len(collection.vms)),
            ("missing_vms", "Number of selected VMs that were not found.", collection.missing),
            ("stale_series", "Number of stale series that are left out.", stale),
            ("clock_skew_seconds", "Time by which the clock of the exporter is ahead of the cloud.", skew),
            ("unmeasured_vms", "VMs that could not be measured in the last collection.", collection.unmeasured),
            ("collection_duration_seconds", "Duration of the last collection.", cost.last_seconds),
            ("last_success_timestamp_seconds", "End time of the last successful collection.", cost.last_success),
            (
                "age_seconds",
                "Time since the last successful collection.",
                self._now() - cost.last_success if cost.last_success else float("nan"),
            ),
        ):
            yield GaugeMetricFamily(f"{OWN}_{name}", about, value=value)
        for name, about, value in (
            ("collections", "Collections started.", cost.collections),
            ("failed_collections", "Collections that failed completely.", cost.failed_collections),
            ("vm_errors", "Failed measurements of VMs, in all collections.", cost.vm_errors),
            ("api_calls", "HTTP requests to the cloud.", cost.calls),
        ):
            yield CounterMetricFamily(f"{OWN}_{name}", about, value=value)


def _families(series: Sequence[Series], vms: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, list[_Sample]]]:
    """Return the last sample of each series, in base units, with its time."""
    families: dict[str, tuple[str, list[_Sample]]] = {}
    for item in series:
        name, _, factor = base_of(item.name, item.unit)
        last = item.samples[-1]
        labels = labels_of(item, vms)
        values = tuple(labels[key] for key in LABELS)
        row = (values, last.value * factor, last.timestamp.timestamp(), float(item.interval_s or 0))
        families.setdefault(name, (item.name, []))[1].append(row)
    return families


def registry_of(collector: Collector) -> CollectorRegistry:
    """Return a registry with this collector only.

    Raises ConfigurationError if prometheus-client is not installed.
    """
    try:
        from prometheus_client.registry import CollectorRegistry
    except ImportError:
        raise ConfigurationError("The exporter needs prometheus-client.", hint=install_hint("metrics")) from None
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Described(collector))
    return registry


class _Described:
    """A wrapper that prevents prometheus-client from collecting at registration."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector

    def collect(self) -> Iterator[Metric]:
        return self._collector.collect()

    def describe(self) -> list[Metric]:
        return []
