"""One action on many machines: first in, first out, a bounded number at a time, a verdict for each."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from vcloudair_core.errors import SpecError
from vcloudair_core.services.dr.model import UNKNOWN, Reference, Result
from vcloudair_core.services.dr.operation_options import OperationOptions, Stop
from vcloudair_core.services.dr.operations.operation import words_of
from vcloudair_core.services.dr.operations.tracker import OperationObserver, OperationRequest, OperationTracker

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

__all__ = ["OperationBatch", "OperationOptions", "Stop"]


class OperationBatch(OperationObserver):
    """An action on machines, from the first request to the last verdict."""

    def __init__(
        self,
        session: Session,
        action: str,
        options: OperationOptions,
        *,
        is_check: bool = False,
        progress: Callable[[Result], None] | None = None,
        stop: Stop | None = None,
    ) -> None:
        self._session, self._action, self._options = session, action, options
        self._is_check, self._progress = is_check, progress
        self._stop = stop or Stop()
        self._results: dict[str, Result] = {}

    def execute(self, references: Iterable[Reference]) -> list[Result]:
        """Results in the order of the machines. Raises SpecError when there are too many to be started at once."""
        ordered = list({one.href: one for one in references}.values())
        queue = deque(ordered)
        most = self._options.max_concurrent
        if not self._options.wait and len(ordered) > most:
            raise SpecError(
                "wait",
                f"{len(ordered)} machines cannot be started without waiting: {most} at the same time are allowed",
                hint="Wait, raise max_concurrent, or name fewer machines.",
            )
        with OperationTracker(self._session, self._action, self._options, self, is_check=self._is_check) as flights:
            while queue or len(flights):
                if self._stop.is_requested:
                    self._give_up(flights)
                elif flights.refusal is not None:
                    flights.lose(f"the session was lost: {words_of(flights.refusal)}")
                self._skip(queue, self._why_not_on(flights))
                batch = [queue.popleft() for _ in range(min(most - len(flights), len(queue)))]
                if batch:
                    flights.begin([OperationRequest(one) for one in batch])
                if len(flights) and (not queue or len(flights) >= most):
                    self._stop.sleep(self._session.clock, flights.interval())
                    flights.look()
        return [self._results[one.href] for one in ordered]

    def ended(self, job: OperationRequest, result: Result) -> None:
        """Keep the verdict."""
        self._results[job.key] = result
        if self._progress is not None:
            self._progress(result)

    def _give_up(self, flights: OperationTracker) -> None:
        if self._stop.cancel_tasks:
            flights.cancel_tasks()
        flights.abandon([job.key for job in flights.jobs], f"not waited for: {self._stop.reason}")

    def _why_not_on(self, flights: OperationTracker) -> str:
        if self._stop.is_requested:
            return f"not started: {self._stop.reason}"
        if flights.refusal is not None:
            return f"not started: {words_of(flights.refusal)}"
        if self._options.stop_on_failure and any(
            one.verdict in ("failed", UNKNOWN) for one in list(self._results.values())
        ):
            return "not started, as another machine failed"
        return ""

    def _skip(self, queue: deque[Reference], why: str) -> None:
        while queue and why:
            one = queue.popleft()
            self.ended(OperationRequest(one), Result(one.id, one.name, self._action, "skipped", why))
