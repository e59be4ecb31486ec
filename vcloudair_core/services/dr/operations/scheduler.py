"""Scheduler of DR actions: order, limits, polling and retries.

``client.dr`` runs the operations of one group. A recovery plan runs a track per group. A track is a generator that
yields the time until which the track waits, or None to wait for an event. One thread drives all tracks, so that a dry
run can use the same schedule with a simulated clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from vcloudair_core.services.dr.model import CLEANUP, TEST, UNKNOWN, Result
from vcloudair_core.services.dr.operation_options import CONTINUE, ROLL_BACK
from vcloudair_core.services.dr.operations.operation import (
    IN_PROGRESS,
    OVER,
    READY,
    WAITING,
    Operation,
    OperationObserver,
)
from vcloudair_core.services.dr.wire_values import path_of

if TYPE_CHECKING:
    from vcloudair_core.errors import VcloudAirError
    from vcloudair_core.services.dr.operation_options import Stop
    from vcloudair_core.session.tasks import Task
    from vcloudair_core.util.clock import Clock

_Value = TypeVar("_Value")
Track = Generator["float | None", None, _Value]
"""A generator that yields the time of its next step, and returns a value."""

TICK_S = 0.05
"""Interval in seconds at which tracks check for external events."""


class ActionTracker(Protocol):
    """The tracker methods that the scheduler calls.

    :class:`vcloudair_core.services.dr.operations.tracker.OperationTracker` implements this protocol.
    """

    @property
    def refusal(self) -> VcloudAirError | None: ...
    def __len__(self) -> int: ...
    def begin(self, operations: Sequence[Operation]) -> None: ...
    def poll(self) -> None: ...
    def interval(self) -> float: ...
    def abandon(self, keys: Iterable[str], reason: str) -> None: ...
    def end_unknown(self, reason: str) -> None: ...
    def cancel_tasks(self) -> None: ...


Launch = Callable[[OperationObserver, str], ActionTracker]
"""Callable that returns the tracker of an action: ``(observer, action)``."""


class ScheduleObserver(OperationObserver):
    """Callbacks of a tracker and of the scheduler. Override the methods that you need."""

    def finished(self, operation: Operation, *, is_final: bool) -> None:
        """Callback at the end of an attempt. ``is_final`` is true for the last attempt."""


class OperationScheduler(OperationObserver):
    """A scheduler that starts operations in order, up to a limit, and polls them.

    Args:
        action: ``test``, ``cleanup`` or ``failover``.
        launch: A function that creates the tracker of an action.
        observer: The observer of all changes. An exception of the observer ends the schedule.
        clock: The clock of the session.
        stop: The stop request, which a signal handler or another thread can set.
        max_concurrent: The maximum number of operations in progress at the same time.
        until: The time by ``clock`` at which the scheduler stops, or None.
    """

    def __init__(
        self,
        action: str,
        *,
        launch: Launch,
        observer: ScheduleObserver,
        clock: Clock,
        stop: Stop,
        max_concurrent: int,
        until: float | None = None,
    ) -> None:
        self._action, self._observer = action, observer
        self._clock, self._stop, self._until = clock, stop, until
        self._max_concurrent = max_concurrent
        self._tracker = launch(self, action)
        self._trackers = [self._tracker]
        self._scheduled: dict[str, Operation] = {}
        if action == TEST:
            # A failed test must be cleaned up before another attempt.
            self._cleaner = launch(_CleanupObserver(self), CLEANUP)
            self._trackers.append(self._cleaner)
        self._ready: deque[Operation] = deque()
        self._events = 0
        self._poll_at = 0.0
        self.halted = ""
        """The reason why no more operations are started, or an empty string."""
        self.needs_rollback = False

    @property
    def refusal(self) -> VcloudAirError | None:
        """The error that prevented the last session renewal, or None."""
        return next((tracker.refusal for tracker in self._trackers if tracker.refusal is not None), None)

    # -- the loop ------------------------------------------------------------------------------------------------

    def execute(self, track: Track[object]) -> bool:
        """Run a track.

        Return True if the track ended, or False if it was stopped or the session was lost.
        """
        while not self._stop.is_requested:
            before = self._events
            try:
                wake = next(track)
            except StopIteration:
                return True
            self._begin_ready()
            if self.refusal is not None:
                return False
            if self._events == before:
                self._sleep_and_poll([at for at in (wake, self._until) if at is not None])
            if self._until is not None and self._clock.now() >= self._until:
                self._stop.request("the timeout of the run was reached")
        return False

    def note_event(self) -> None:
        """Record an event, so that all tracks resume before the next wait."""
        self._events += 1

    def _sleep_and_poll(self, wakes: list[float]) -> None:
        now = self._clock.now()
        trackers = [tracker for tracker in self._trackers if len(tracker)]
        if trackers and self._poll_at <= now:
            self._poll_at = now + min(tracker.interval() for tracker in trackers)
        times = [*wakes, *([self._poll_at] if trackers else [])]
        self._stop.sleep(self._clock, max(0.0, min(times, default=now + TICK_S) - now))
        if trackers and self._clock.now() >= self._poll_at:
            for tracker in trackers:
                tracker.poll()
            self._poll_at = 0.0

    def _begin_ready(self) -> None:
        """Begin ready operations in order, up to the limit.

        The VMs of a vApp begin together, so that one request can start them. If they are more than the limit, they
        begin one by one.
        """
        batch: list[Operation] = []
        while self._ready:
            room = self._max_concurrent - len(batch) - sum(map(len, self._trackers))
            vms = self._ready_of_vapp(self._ready[0])
            if room <= 0 or room < len(vms) <= self._max_concurrent:
                break
            for operation in vms[:room]:
                self._ready.remove(operation)
                batch += self._begun(operation)
        if not batch:
            return
        self._events += 1
        self._poll_at = 0.0
        to_clean = [operation for operation in batch if operation.needs_cleanup]
        if to_clean:
            self._cleaner.begin([_cleanup_of(failed) for failed in to_clean])
        starting = [operation for operation in batch if not operation.needs_cleanup]
        for operation in starting:
            operation.may_be_in_progress = operation.may_be_in_progress or operation.may_have_started
        self._tracker.begin(starting)

    def _ready_of_vapp(self, operation: Operation) -> list[Operation]:
        """Return an operation and the other ready operations of its vApp."""
        key = operation.vapp_key
        return [operation] if key is None else [ready for ready in self._ready if ready.vapp_key == key]

    def _begun(self, operation: Operation) -> list[Operation]:
        """Return a list with the operation if it begins. Otherwise, return an empty list."""
        if operation.state == READY and self.halted and not operation.may_have_started:
            self.skip([operation], self.halted)
        elif operation.state == READY:
            operation.state = IN_PROGRESS
            return [operation]
        return []

    # -- tracks --------------------------------------------------------------------------------------------------

    def run_to_end(self, operations: Sequence[Operation], until: float | None = None) -> Track[bool]:
        """Start each operation after the operations that it depends on.

        Return False when ``until`` is reached first.
        """
        for operation in operations:
            self._scheduled[operation.key] = operation
        while any(operation.state != OVER for operation in operations):
            now = self._clock.now()
            if until is not None and now >= until:
                return False
            waiting = [operation for operation in operations if operation.state == WAITING]
            for operation in waiting:
                self._update_waiting(operation, now)
            wakes = [
                operation.not_before
                for operation in operations
                if operation.state == WAITING and operation.not_before > now
            ]
            yield min([*wakes, *([until] if until is not None else [])], default=None)
        return True

    def _update_waiting(self, operation: Operation, now: float) -> None:
        """Mark a waiting operation as ready, skip the operation, or leave it waiting.

        If an earlier process may have started the action, the operation is always tracked to its end.
        """
        missing = next((required for required in operation.depends_on if required.has_failed), None)
        if operation.may_have_started:
            self._make_ready(operation)
        elif self.halted:
            self.skip([operation], self.halted)
        elif missing is not None:
            self.skip([operation], f"its dependency {missing.reference.name} was not recovered")
        elif now >= operation.not_before and all(required.state == OVER for required in operation.depends_on):
            self._make_ready(operation)

    def _make_ready(self, operation: Operation) -> None:
        operation.state = READY
        self._ready.append(operation)
        self._events += 1

    # -- ends ----------------------------------------------------------------------------------------------------

    def halt(self, reason: str, *, roll_back: bool = False) -> None:
        """Start no more operations, and wait for the operations in progress.

        If ``roll_back`` is true, a test is rolled back at the end.
        """
        self.halted = self.halted or reason
        self.needs_rollback = self.needs_rollback or (roll_back and self._action == TEST)
        self._events += 1

    def check_failure(self, operation: Operation) -> None:
        """Halt the schedule if the operation failed or has an unknown outcome.

        If the policy of the operation is ``continue``, do nothing.
        """
        if operation.state != OVER or operation.on_error == CONTINUE or operation.verdict not in ("failed", UNKNOWN):
            return
        outcome = "has an unknown outcome" if operation.is_unknown else "failed"
        # An action with an unknown outcome may still start, so a rollback is not safe.
        roll_back = operation.on_error == ROLL_BACK and not operation.is_unknown
        name = operation.result.name or operation.result.id
        self.halt(f"not started because {name} {outcome}", roll_back=roll_back)

    def skip(self, operations: Sequence[Operation], reason: str, verdict: str = "skipped") -> None:
        """End all operations that are not over yet. No action is started."""
        for operation in operations:
            if operation.state != OVER:
                reference = operation.reference
                operation.result = Result(reference.id, reference.name, self._action, verdict, reason)
                self._finish(operation, is_final=True)

    def time_out(self, operations: Sequence[Operation], reason: str) -> None:
        """End operations at a timeout. No further attempts are made."""
        in_progress = [operation.key for operation in operations if operation.state == IN_PROGRESS]
        for operation in operations:
            operation.attempts = max(operation.attempts, operation.retries + 1)
        for tracker in self._trackers:
            tracker.abandon(in_progress, reason)
        self.skip(operations, reason, verdict="failed")

    def cancel_tasks(self) -> None:
        """Ask the server to cancel the tasks in progress."""
        for tracker in self._trackers:
            tracker.cancel_tasks()

    def abandon(self, reason: str) -> None:
        """Stop waiting for the operations in progress."""
        for tracker in self._trackers:
            tracker.abandon(list(self._scheduled), reason)

    def end_unknown(self, reason: str) -> None:
        """End the operations in progress with the verdict ``unknown``.

        Used when the session is lost, because the operations can then no longer be polled.
        """
        for tracker in self._trackers:
            tracker.end_unknown(reason)

    # -- callbacks of the tracker, from any thread -----------------------------------------------------------------

    def starting(self, operation: Operation) -> None:
        """Count the attempt, and call the observer before the request is sent."""
        operation.attempts += 1
        operation.may_be_in_progress, operation.start_again = True, False
        self._observer.starting(operation)

    def not_started(self, operation: Operation, reason: str, *, is_repeated: bool) -> None:
        """Undo the count of the attempt if the same attempt sends the request again."""
        operation.attempts, operation.may_be_in_progress = operation.attempts - is_repeated, False
        self._observer.not_started(operation, reason, is_repeated=is_repeated)

    def started(self, operation: Operation, task: Task | None) -> None:
        """Store the path of the task."""
        if task is not None and task.href:
            operation.known_tasks.add(path_of(task.href))
        self._observer.started(operation, task)

    def progressed(self, operation: Operation, task: Task) -> None:
        """Pass a change of the task to the observer."""
        self._observer.progressed(operation, task)

    def ended(self, operation: Operation) -> None:
        """End an operation, or schedule another attempt."""
        # Count attempts that failed before the request, too.
        operation.attempts = operation.attempts_ended = max(operation.attempts, operation.attempts_ended + 1)
        may_retry = operation.verdict == "failed" and operation.result.is_repeatable and not self.halted
        self._finish(operation, is_final=not may_retry or operation.attempts > operation.retries)

    def _finish(self, operation: Operation, *, is_final: bool) -> None:
        operation.may_be_in_progress = False
        if is_final:
            operation.state = OVER
        else:
            operation.state, operation.needs_cleanup = WAITING, self._action == TEST
            self._delay(operation)
            operation.may_have_started, operation.task_href, operation.vms_before = False, "", None
        self._events += 1
        self._observer.finished(operation, is_final=is_final)
        self.check_failure(operation)

    def _delay(self, operation: Operation) -> None:
        """Set the time of the next attempt.

        The VMs of a vApp that failed together start together again.
        """
        operation.not_before = self._clock.now() + operation.retry_delay
        for identifier in operation.together:
            for member in self._scheduled.values():
                if member.reference.id == identifier and member.state == WAITING:
                    member.not_before = max(member.not_before, operation.not_before)

    def cleaned_up(self, cleanup: Operation) -> None:
        """Schedule another attempt of a test after its cleanup has ended.

        If the cleanup failed, end the test as failed.
        """
        operation = self._scheduled[cleanup.key]
        operation.needs_cleanup = False
        if cleanup.has_succeeded:
            operation.state, operation.not_before = WAITING, 0.0
            self._events += 1
            return
        if not operation.verdict:
            operation.result = cleanup.result  # the failed attempt was made by an earlier process
        reason = f"the cleanup before another attempt failed: {cleanup.result.reason}"
        operation.result.reason = f"{operation.result.reason}; {reason}"
        self._finish(operation, is_final=True)


def _cleanup_of(failed: Operation) -> Operation:
    """Return a new cleanup operation for a failed test."""
    return Operation(
        failed.reference,
        CLEANUP,
        failed.power_on,
        failed.vm_timeout,
        known_tasks=set(failed.known_tasks),
        start_again=failed.start_again,
    )


class _CleanupObserver(OperationObserver):
    """Callbacks for the cleanups between attempts of a test.

    These cleanups are not in the schedule.
    """

    def __init__(self, scheduler: OperationScheduler) -> None:
        self._scheduler = scheduler

    def ended(self, operation: Operation) -> None:
        """Pass the result of the cleanup to the scheduler."""
        self._scheduler.cleaned_up(operation)
