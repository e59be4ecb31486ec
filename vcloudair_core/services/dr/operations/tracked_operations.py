"""Shared state of the operations in progress, and functions that end operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, TypeVar

from vcloudair_core.errors import AuthenticationError, VcloudAirError
from vcloudair_core.services.dr.model import UNKNOWN
from vcloudair_core.services.dr.operations.audit_observer import AuditObserver
from vcloudair_core.services.dr.operations.messages import DECIDE, reason_of
from vcloudair_core.services.dr.operations.starter import Starter
from vcloudair_core.session.tasks import Task, notify_observers

if TYPE_CHECKING:
    from vcloudair_core.services.dr.operation_options import OperationOptions
    from vcloudair_core.services.dr.operations.operation import Operation, OperationObserver
    from vcloudair_core.services.dr.port import RecoveryProvider

_Item = TypeVar("_Item")

_NO_SESSION_S = 120.0
"""Seconds without a session after which all operations are ended."""


class TrackedOperations:
    """The operations in progress, with the state that starter and verifier share.

    In a dry run, no action is started and no replication is locked.
    """

    def __init__(
        self,
        provider: RecoveryProvider,
        action: str,
        options: OperationOptions,
        observer: OperationObserver,
        *,
        dry_run: bool,
        run: str,
    ) -> None:
        self.provider, self.action, self.options, self.dry_run = provider, action, options, dry_run
        session = provider.session
        self.clock = session.clock
        self.observer = AuditObserver(session, action, observer)
        self.starter = Starter(provider, action, options, self.observer, run)
        self.in_progress: dict[str, Operation] = {}
        self._pool = ThreadPoolExecutor(max_workers=max(1, options.max_concurrent), thread_name_prefix="vca-dr")
        self._session_error: AuthenticationError | None = None
        self._lost_at = 0.0

    def close(self) -> None:
        """Wait for the worker threads to end."""
        self._pool.shutdown(wait=True)

    def each(self, items: Sequence[_Item], work: Callable[[_Item], object]) -> None:
        """Call ``work`` with each item in parallel threads.

        The first error is raised after all calls have ended.
        """
        futures = [self._pool.submit(work, item) for item in items]
        wait(futures)
        for future in futures:
            future.result()

    def track(self, operation: Operation) -> None:
        """Add an operation to the operations that are polled."""
        self.in_progress[operation.key] = operation

    def begin_later(self, operation: Operation, reason: str) -> None:
        """Begin an operation at the next poll."""
        operation.is_pending, operation.last = True, reason
        self.track(operation)

    def restart(self, operation: Operation, reason: str) -> None:
        """Begin an operation at the next poll as a new attempt."""
        operation.may_have_started, operation.task_href = False, ""
        operation.start_attempt(self.clock.now())
        self.begin_later(operation, reason)

    # -- the session ---------------------------------------------------------------------------------------------

    @property
    def refusal(self) -> VcloudAirError | None:
        """The error that prevented the last session renewal, or None."""
        limit_s = 0.0 if self.dry_run else _NO_SESSION_S
        if self._session_error is None or self.clock.now() - self._lost_at < limit_s:
            return None
        return self._session_error

    @property
    def has_session(self) -> bool:
        """True unless the last requests failed with an authentication error."""
        return self._session_error is None

    def note(self, error: VcloudAirError) -> None:
        """Store an authentication error. Ignore all other errors."""
        if isinstance(error, AuthenticationError) and self._session_error is None:
            self._session_error, self._lost_at = error, self.clock.now()

    def retry_session(self) -> float | None:
        """Clear the session error before a poll, and return the time of the session loss.

        Return None if there was no session error.
        """
        since = self._lost_at if self._session_error is not None else None
        self._session_error = None
        return since

    def lost_since(self, since: float | None) -> None:
        """Restore the time of the session loss if the session is still lost.

        ``since`` is the result of :meth:`retry_session`.
        """
        if self._session_error is not None and since is not None:
            self._lost_at = since

    # -- ends ----------------------------------------------------------------------------------------------------

    def fail(
        self,
        operation: Operation,
        reason: str,
        hint: str = "",
        error: VcloudAirError | None = None,
        *,
        is_repeatable: bool = False,
    ) -> None:
        """End an operation with the verdict ``failed``.

        ``is_repeatable`` is True if no part of the action is still in progress, so that another attempt is safe.
        """
        operation.result.request_id = str(getattr(error, "request_id", "") or "")
        operation.result.is_repeatable = is_repeatable
        if is_repeatable and operation.intent is not None:
            self.starter.close(operation)
        self.end(operation, "failed", reason, hint)

    def end_as_unknown(self, operation: Operation) -> None:
        """End an operation with the verdict ``unknown``.

        Used when neither a task nor the replication shows the outcome.
        """
        if operation.had_task:
            reason = f"the task was started and can no longer be read ({operation.replication.described()})"
        else:
            lost = f"{reason_of(operation.lost)}; " if operation.lost is not None else ""
            state = f" ({operation.current.described()})" if operation.current is not None else ""
            reason = f"{lost}neither a task nor the replication shows whether the server started the action{state}"
        operation.result.request_id = str(getattr(operation.lost, "request_id", "") or "")
        self.end(operation, UNKNOWN, reason, decide(operation))

    def end(self, operation: Operation, verdict: str, reason: str, hint: str = "") -> None:
        """Set the verdict of an operation, release the lock, and report the operation."""
        result = operation.result
        result.verdict, result.reason, result.hint = verdict, reason.rstrip("."), hint
        result.seconds = self.clock.now() - operation.began
        if verdict in ("succeeded", "unchanged") and not self.dry_run:
            self.starter.close(operation)
        self.in_progress.pop(operation.key, None)
        operation.needs_vm_check = operation.is_pending = False
        operation.release()
        self.observer.ended(operation)

    def report_progress(self, operation: Operation, task: Task) -> None:
        """Pass a change of the task to the observers of the run and of the session."""
        self.observer.progressed(operation, task)
        notify_observers(self.provider.session, task)

    def with_keys(self, keys: Iterable[str]) -> list[Operation]:
        """Return the operations in progress whose key is in ``keys``."""
        return [self.in_progress[key] for key in keys if key in self.in_progress]


def decide(operation: Operation) -> str:
    """Return a hint on what to do about an operation with an unknown outcome."""
    return DECIDE.format(name=operation.result.name or operation.result.id)
