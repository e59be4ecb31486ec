"""The service ``metrics``: collect metrics of VMs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from vcloudair_core.engine.validation import Problems
from vcloudair_core.errors import AuthenticationError, IncompleteResultError, VcloudAirError
from vcloudair_core.services.metrics.catalog import Metric, known_metrics
from vcloudair_core.services.metrics.codec_json import blocks_of, parse_page, window_body
from vcloudair_core.services.metrics.codec_xml import current_spec, historic_spec, parse_current, parse_historic
from vcloudair_core.services.metrics.model import Collected, SampleBlock, Series, matches, series_of
from vcloudair_core.services.metrics.store import post_current, post_historic, post_window
from vcloudair_core.services.metrics.window import Ago, Window, parse_window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vcloudair_core.session.session import Session

T = TypeVar("T")

_MAX_STALE_PAGES = 20

SOURCES = ("auto", "vca", "vcd-historic", "vcd-current")
RETENTION_S = {"vca": 24 * 3600, "vcd-historic": 14 * 86400}
"""Number of seconds for which servers keep samples, by source.

Source: protocol/metrics.md §A.1, §B.5.
"""

Progress = Callable[[int, int], None]
"""Callback with the number of finished VMs and the total number of VMs."""


@dataclass
class _Part:
    """The series that were read for one VM or VDC, before all series are combined.

    ``refused`` is the number of values that are not numbers.
    """

    series: list[Series] = field(default_factory=list)
    refused: int = 0


class MetricsService:
    """Service for VM metrics of vCloud Air and vCloud Director, in a common model."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @staticmethod
    def known_metrics() -> Mapping[str, Metric]:
        """Return the known metrics by name, with units and descriptions."""
        return known_metrics()

    def source_of(self, source: str = "auto") -> str:
        """Return ``source``, or the source that ``auto`` selects for this session.

        ``auto`` selects ``vca`` for subscriptions, and ``vcd-historic`` in all other cases. If necessary, the session
        signs in to determine this. Raises SpecError for an unknown source.
        """
        _check_source(source)
        if source != "auto":
            return source
        return "vca" if self.session.identity.flavor == "vchs" else "vcd-historic"

    @staticmethod
    def check(*, start: object = "1h", end: object = None, metrics: Sequence[str] = (), source: str = "auto") -> None:
        """Raise the errors of :meth:`collect` for invalid input, without a request."""
        parse_window(start, end)
        _patterns(metrics)
        _check_source(source)

    def collect(
        self,
        vm_ids: Sequence[str],
        *,
        start: object = "1h",
        end: object = None,
        metrics: Sequence[str] = (),
        source: str = "auto",
        progress: Progress | None = None,
    ) -> Collected:
        """Return the series of VMs.

        The setting ``parallel_calls`` limits the number of parallel requests.

        Args:
            vm_ids: UUIDs of VMs.
            start, end: The time window, as in :func:`~vcloudair_core.services.metrics.window.parse_window`. The source
                ``vcd-current`` ignores the time window.
            metrics: Names, or patterns with ``*``. If empty, all metrics are collected.
            source: ``auto``, ``vca``, ``vcd-historic`` or ``vcd-current``.
            progress: Callback with the number of finished VMs and the total.

        If the metrics of a VM cannot be read, ``failed`` of the result has the error. The metrics of the other VMs are
        read.

        Raises: SpecError before anything is sent, AuthenticationError.
        """
        window = parse_window(start, end)
        patterns = _patterns(metrics)
        chosen = self.source_of(source)
        window, warnings = _clipped(window, chosen)
        parts: dict[str, _Part] = {}
        failed: dict[str, VcloudAirError] = {}
        distinct = list(dict.fromkeys(vm_id.rpartition(":")[2].casefold() for vm_id in vm_ids))
        for vm_id, outcome in self.each(distinct, lambda each: self._collect_vm(each, window, patterns, chosen)):
            if isinstance(outcome, _Part):
                parts[vm_id] = outcome
            else:
                failed[vm_id] = outcome
            if progress is not None:
                progress(len(parts) + len(failed), len(distinct))
        ordered = [parts[vm_id] for vm_id in distinct if vm_id in parts]
        return _collected(ordered, patterns, failed, warnings)

    def collect_vdc(
        self, vdc_id: str, *, start: object = "1h", end: object = None, metrics: Sequence[str] = ()
    ) -> Collected:
        """Return the series of all VMs in a VDC, from the vCloud Air API.

        Each page of rows takes one request.

        Raises: SpecError; IncompleteResultError when paging does not end; ApiError, TransportError, DecodeError.
        """
        window, warnings = _clipped(parse_window(start, end), "vca")
        patterns = _patterns(metrics)
        return _collected([self._pages("vdc", vdc_id, window, patterns)], patterns, {}, warnings)

    # -- a VM or VDC -------------------------------------------------------------------------------------------------

    def _collect_vm(self, vm_id: str, window: Window, patterns: Sequence[str], source: str) -> _Part:
        what = f"the metrics of VM {vm_id}"
        if source == "vca":
            return self._pages("vm", vm_id, window, patterns)
        if source == "vcd-current":
            body, moment = post_current(self.session, vm_id, current_spec(patterns))
            return _Part(*series_of(parse_current(body, vm_id, moment, what), source, patterns))
        body = post_historic(self.session, vm_id, historic_spec(window, patterns))
        return _Part(*series_of(parse_historic(body, vm_id, what), source, patterns))

    def _pages(self, scope: str, identifier: str, window: Window, patterns: Sequence[str]) -> _Part:
        what = f"the metrics of {'VM' if scope == 'vm' else 'VDC'} {identifier}"
        return _Part(*series_of(self._blocks(scope, identifier, window, what), "vca", patterns))

    def _blocks(self, scope: str, identifier: str, window: Window, what: str) -> Iterator[SampleBlock]:
        for rows in self.raw_rows(scope, identifier, window_body(window)):
            yield from blocks_of(rows, what)

    def raw_rows(self, scope: str, identifier: str, body: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
        """Yield the raw rows of each page from the vCloud Air metrics API.

        ``scope`` is ``vm`` or ``vdc``. ``body`` is the window, from
        :func:`~vcloudair_core.services.metrics.codec_json.window_body`.

        Raises: IncompleteResultError if a cursor repeats, because paging would not end; ApiError, TransportError,
            DecodeError.
        """
        what = f"the metrics of {'VM' if scope == 'vm' else 'VDC'} {identifier}"
        cursor = ""
        seen: set[str] = set()
        pages_seen: set[int] = set()
        stale = 0
        while True:
            page = parse_page(post_window(self.session, scope, identifier, body, cursor), what)
            known = len(pages_seen)
            pages_seen.add(_mark_of(page.rows))
            # Some pages may be empty. Many pages without new rows mean that paging does not end.
            stale = 0 if len(pages_seen) > known else stale + 1
            yield page.rows
            cursor = page.cursor
            if not cursor:
                return
            if cursor in seen or stale > _MAX_STALE_PAGES:
                problem = "repeated a cursor" if cursor in seen else f"sent {stale} pages without new rows"
                raise IncompleteResultError(
                    f"Reading {what} failed. Paging does not end: the server {problem} (page {len(seen) + 1}).",
                    hint="Use a shorter window.",
                )
            seen.add(cursor)

    def each(self, vm_ids: Sequence[str], work: Callable[[str], T]) -> Iterator[tuple[str, T | VcloudAirError]]:
        """Call ``work`` for each VM in parallel, and yield ``(VM UUID, result)`` tuples.

        The result can be an error. Results are yielded in the order of completion.

        Raises: AuthenticationError instead of yielding it, because the calls for all other VMs would fail too.
        """
        if not vm_ids:
            return
        workers = max(1, min(int(self.session.settings.parallel_calls), len(vm_ids)))
        upcoming = iter(vm_ids)
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="vca-metrics") as pool:
            running: dict[Future[T], str] = {}
            try:
                for vm_id in upcoming:
                    running[pool.submit(work, vm_id)] = vm_id
                    if len(running) >= 2 * workers:
                        yield from _done(running)
                while running:
                    yield from _done(running)
            finally:
                for future in running:
                    future.cancel()


def _mark_of(rows: Sequence[Mapping[str, Any]]) -> int:
    """Return the identity of a page: a hash of VM and time in its first and last row."""
    ends = (rows[0], rows[-1]) if rows else ()
    return hash(tuple((str(row.get("vmId") or row.get("gatewayId")), str(row.get("timestamp"))) for row in ends))


def _done(running: dict[Future[T], str]) -> Iterator[tuple[str, T | VcloudAirError]]:
    for future in wait(running, return_when=FIRST_COMPLETED).done:
        vm_id = running.pop(future)
        try:
            yield vm_id, future.result()
        except AuthenticationError:
            raise
        except VcloudAirError as exc:
            yield vm_id, exc


def _check_source(source: str) -> None:
    problems = Problems()
    if source not in SOURCES:
        problems.add("source", f"{source!r} is not one of {', '.join(SOURCES)}")
    problems.raise_if_any()


def _patterns(metrics: Sequence[str]) -> list[str]:
    problems = Problems()
    if isinstance(metrics, str):
        problems.add("metrics", f"a list was expected, not {metrics!r}")
        problems.raise_if_any()
    for position, name in enumerate(metrics):
        if not isinstance(name, str) or not name.strip() or any(ord(letter) < 32 for letter in name):
            problems.add(f"metrics[{position}]", f"{name!r} is not a valid metric name")
    problems.raise_if_any()
    return list(dict.fromkeys(name.strip() for name in metrics))


def _clipped(window: Window, source: str) -> tuple[Window, list[str]]:
    """Clip a window to the time for which the server keeps samples.

    Return the clipped window and a list of warnings. Only a relative start is changed. Absolute times stay unchanged.
    """
    retention_s = RETENTION_S.get(source)
    if retention_s is None or not isinstance(window.start, Ago) or window.start.seconds <= retention_s:
        return window, []
    hours = retention_s // 3600
    warning = f"The server keeps samples for {hours} hours. Older samples were not requested."
    return Window(Ago(hours, "hour"), window.end), [warning]


def _collected(
    parts: Sequence[_Part], patterns: Sequence[str], failed: Mapping[str, VcloudAirError], warnings: Sequence[str]
) -> Collected:
    series = [item for result in parts for item in result.series]
    names = {item.name for item in series}
    missing = tuple(pattern for pattern in patterns if not any(matches(name, [pattern]) for name in names))
    refused = sum(result.refused for result in parts)
    not_numbers = [f"{refused} values were left out because they are not numbers."] if refused else []
    return Collected(series, failed, missing, (*warnings, *not_numbers))
