"""Metrics for Prometheus: collected in the background, served from memory.

A scrape never asks the cloud: it gets what the last collection left, as long as that is fresh enough. A machine or a
whole cloud that cannot be measured has no value, not zero, and the exporter's own metrics say since when.
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
WINDOW = {"vca": "5m", "vcd-historic": "70m", "vcd-current": "1h"}
"""The time span that a collection reads: some samples of each API, so that a late one is not missed."""

FRESH_INTERVALS = 2.5
"""A value that comes every half hour is fresh for longer than one that comes every minute."""

MOST_SKEW_S = 60.0
"""Clocks that differ by more are told of."""

_Sample = tuple[tuple[str, ...], float, float, float]
"""(labels, value in base units, time, seconds between samples)."""


@dataclass
class Cost:
    """The cost of all collections since the start."""

    collections: int = 0
    failed_collections: int = 0
    calls: int = 0
    machine_errors: int = 0
    last_seconds: float = 0.0
    last_success: float = 0.0


@dataclass(frozen=True)
class _Held:
    """The result of the last collection. ``families``: name of the metric to its original name and its samples."""

    families: Mapping[str, tuple[str, list[_Sample]]] = field(default_factory=dict)
    machines: Sequence[Mapping[str, Any]] = ()
    measured: frozenset[str] = frozenset()
    unmeasured: int = 0
    missing: int = 0
    skew_s: float | None = None


class Collector:
    """Collects again and again, and hands what it has to prometheus-client. :meth:`start`, :meth:`stop`.

    ``interval_s``: seconds between two collections. ``stale_s``: a sample that is older than this, and than two and
    a half of its own intervals, when it is scraped is left out, so that Prometheus sees a gap; by default three
    intervals of collecting, and ten minutes at least.
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
        now: Callable[[], float] = time.time,
    ) -> None:
        client.metrics.check(metrics=metrics, source=source)
        self._client = client
        self._asked: dict[str, Any] = {"where": where, "vdc": vdc, "metrics": metrics}
        self._names, self._source = tuple(names), source
        self._interval_s = interval_s
        self._stale_s = stale_s or max(3 * interval_s, 600.0)
        self._now = now
        self._held = _Held()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._refusals = 0
        self._to_skip = 0
        self._told: dict[str, str] = {}
        self._broken = ""
        self.cost = Cost()

    # -- collecting --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Collect in a thread of its own until :meth:`stop`."""
        self._thread = threading.Thread(target=self._run, name="vca-exporter", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 30.0) -> None:
        """Let the collection that is under way end, and no other begin."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                self.collect_once()
            except Exception as exc:  # noqa: BLE001 - dying in silence looks like a cloud where nothing changes
                self._broken = f"{type(exc).__name__}: {exc}"
                self.cost.failed_collections += 1
                _log.exception("The collection failed unexpectedly. The next one is tried as usual.")
            self._stop.wait(max(1.0, self._interval_s - (time.monotonic() - began)))

    def collect_once(self) -> bool:
        """Collect, and return true when that worked. What goes wrong is logged; what is held stays until it is stale.

        After a refused sign-in the next attempts are some intervals apart, more each time, so that a wrong password
        does not lock the account. In between nothing is sent and the result is false.
        """
        if self._to_skip:
            self._to_skip -= 1
            return False
        return self._collected()

    def _collected(self) -> bool:
        session = self._client.session
        began, calls = time.monotonic(), session.calls
        self.cost.collections += 1
        try:
            source = self._client.metrics.source_of(self._source)
            missing: list[str] = []
            measured = measure(
                self._client, self._names, source=source, start=WINDOW[source], missing=missing, **self._asked
            )
        except VcloudAirError as exc:
            self.cost.failed_collections += 1
            _log.warning("The collection failed: %s", exc)
            if isinstance(exc, AuthenticationError):
                self._wait_to_sign_in()
            return False
        finally:
            self.cost.calls += session.calls - calls
            self.cost.last_seconds = time.monotonic() - began
        self._refusals = 0
        for vm_id, error in measured.collected.failed.items():
            _log.warning("%s could not be measured: %s", measured.name_of(vm_id), error)
        self.cost.machine_errors += len(measured.collected.failed)
        self.cost.last_success = self._now()
        machines = {vm["id"]: vm for vm in measured.vms}
        date_s = session.server_time_s
        self._held = _Held(
            _families(measured.collected.series, machines),
            list(machines.values()),
            frozenset(series.vm_id for series in measured.collected.series if series.samples),
            len(measured.collected.failed),
            len(missing),
            None if date_s is None else self._now() - date_s,
        )
        self._broken = ""
        self._tell("missing", f"VMs not found: {', '.join(missing)}. The others are measured." if missing else "")
        self._tell_of_time(self._held)
        return True

    def _tell(self, topic: str, text: str) -> None:
        """Log a warning once, until it changes."""
        if text and self._told.get(topic) != text:
            _log.warning("%s", text)
        self._told[topic] = text

    def _tell_of_time(self, held: _Held) -> None:
        stale = sum(not self._is_fresh(sample) for _, samples in held.families.values() for sample in samples)
        is_off = held.skew_s is not None and abs(held.skew_s) > MOST_SKEW_S
        # Rounded, so that a drifting clock is not told of with every collection.
        seconds = held.skew_s or 0.0
        way = "ahead of" if seconds > 0 else "behind"
        skew = f"about {max(1, round(abs(seconds) / 60))} minutes {way}" if is_off else "not far from"
        text = f"The clock of the exporter is {skew} the clock of the cloud." if stale or is_off else ""
        if stale:
            text = f"Series are too old and left out. {text} Set the clocks, or raise --stale."
        self._tell("time", text)

    def problem(self) -> str:
        """Return the reason why nothing is collected that only a restart may cure, or an empty string."""
        if self._thread is not None and not self._thread.is_alive() and not self._stop.is_set():
            return "the collecting thread has ended"
        return f"the last collection failed unexpectedly: {self._broken}" if self._broken else ""

    def _is_fresh(self, sample: _Sample) -> bool:
        _, _, moment, interval_s = sample
        return self._now() - moment <= max(self._stale_s, FRESH_INTERVALS * interval_s)

    def _wait_to_sign_in(self) -> None:
        # Counted in collections, whose pace is known: the session's own wait may end a moment after one of them.
        self._refusals += 1
        self._to_skip = math.ceil(wait_after(self._refusals) / max(1.0, self._interval_s)) - 1
        self._client.session.retry_sign_in()
        seconds = (self._to_skip + 1) * max(1.0, self._interval_s)
        _log.warning("Signing in was refused. The next attempt is in about %g seconds.", seconds)

    # -- serving -----------------------------------------------------------------------------------------------------

    def collect(self) -> Iterator[Metric]:
        """For prometheus-client, with every scrape. Asks nobody."""
        from prometheus_client.core import GaugeMetricFamily

        held, stale = self._held, 0
        for name, (original, samples) in held.families.items():
            family = GaugeMetricFamily(name, help_of(original), labels=LABELS)
            for sample in samples:
                if self._is_fresh(sample):
                    family.add_metric(sample[0], sample[1])
                else:
                    stale += 1
            if family.samples:
                yield family
        if self.cost.last_success and self._now() - self.cost.last_success <= self._stale_s:
            yield from vm_families(held.machines, held.measured)
        yield from self._own(held, stale)

    def _own(self, held: _Held, stale: int) -> Iterable[Metric]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        cost = self.cost
        is_fresh = bool(cost.last_success) and self._now() - cost.last_success <= self._stale_s
        up = 1.0 if is_fresh and not self._refusals and not self.problem() else 0.0
        skew = float("nan") if held.skew_s is None else held.skew_s
        for name, about, value in (
            ("up", "Whether the last collection that worked is fresh, and signing in is not refused.", up),
            ("machines", "Machines that were found.", len(held.machines)),
            ("missing_machines", "Machines that were named and not found.", held.missing),
            ("stale_series", "Series that are too old and left out.", stale),
            ("clock_skew_seconds", "Seconds by which this clock is ahead of the cloud's.", skew),
            ("unmeasured_machines", "Machines that could not be measured in the last collection.", held.unmeasured),
            ("collection_duration_seconds", "How long the last collection took.", cost.last_seconds),
            ("last_success_timestamp_seconds", "When the last collection that worked ended.", cost.last_success),
            (
                "age_seconds",
                "Seconds since the last collection that worked.",
                self._now() - cost.last_success if cost.last_success else float("nan"),
            ),
        ):
            yield GaugeMetricFamily(f"{OWN}_{name}", about, value=value)
        for name, about, value in (
            ("collections", "Collections that were begun.", cost.collections),
            ("failed_collections", "Collections that failed as a whole.", cost.failed_collections),
            ("machine_errors", "Machines that could not be measured, in all collections.", cost.machine_errors),
            ("api_calls", "HTTP exchanges with the cloud.", cost.calls),
        ):
            yield CounterMetricFamily(f"{OWN}_{name}", about, value=value)


def _families(
    series: Sequence[Series], machines: Mapping[str, Mapping[str, Any]]
) -> dict[str, tuple[str, list[_Sample]]]:
    """Return the last sample of each series, in base units, with its time."""
    families: dict[str, tuple[str, list[_Sample]]] = {}
    for item in series:
        name, _, factor = base_of(item.name, item.unit)
        last = item.samples[-1]
        labels = labels_of(item, machines)
        values = tuple(labels[key] for key in LABELS)
        row = (values, last.value * factor, last.timestamp.timestamp(), float(item.interval_s or 0))
        families.setdefault(name, (item.name, []))[1].append(row)
    return families


def registry_of(collector: Collector) -> CollectorRegistry:
    """A registry with this collector only. Raises ConfigurationError where prometheus-client is missing."""
    try:
        from prometheus_client.registry import CollectorRegistry
    except ImportError:
        raise ConfigurationError("The exporter needs prometheus-client.", hint=install_hint("metrics")) from None
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Described(collector))
    return registry


class _Described:
    """Keeps prometheus-client from collecting at registration."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector

    def collect(self) -> Iterator[Metric]:
        return self._collector.collect()

    def describe(self) -> list[Metric]:
        return []
