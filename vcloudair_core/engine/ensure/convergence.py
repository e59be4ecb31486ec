"""Loop that reads, plans, writes and verifies, with retries."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.desired import Desired
from vcloudair_core.engine.ensure.failures import is_resolvable, may_have_executed, wait_time
from vcloudair_core.engine.ensure.observer import WriteObserver
from vcloudair_core.engine.ensure.verification import (
    is_changed_by_others,
    not_converged,
    refuse_losses,
    refuse_overwriting,
    version_warnings,
    versions_apart,
)
from vcloudair_core.engine.kind import Document, ResourceKind, Store
from vcloudair_core.engine.outcome import Outcome
from vcloudair_core.engine.plan import Plan, PlanPolicy
from vcloudair_core.errors import UNKNOWN, ConflictError, InvalidRequestError, NotFoundError, VcloudAirError

if TYPE_CHECKING:
    from vcloudair_core.util.clock import Clock

_log = logging.getLogger(__name__)
_CONFLICTS_PER_ATTEMPT = 4
_CHECK = "Run the task again in check mode (`vca edge plan`) to see the current state."


@dataclass(frozen=True)
class PlannedState:
    """A document, its plan, and a function that returns the planned document.

    ``merged()`` computes the result at the first call and caches it.
    """

    document: Document
    plan: Plan
    merged: Callable[[], Document]


class Convergence:
    """Execute one call of :func:`~vcloudair_core.engine.ensure.ensure`.

    Attributes:
        written: True if something was written, False if nothing was written, UNKNOWN if a response was lost.
    """

    def __init__(
        self,
        kind: ResourceKind,
        store: Store,
        desired: Desired,
        policy: PlanPolicy | None,
        clock: Clock,
        observer: WriteObserver | None = None,
    ) -> None:
        self.kind = kind
        self.store = store
        self.desired = desired
        self.written: bool | str = False
        self._policy = policy
        self._clock = clock
        self._observer = observer or WriteObserver()
        self._policy_warnings: tuple[str, ...] = ()
        self._version_warnings: tuple[str, ...] = ()

    def run(self, check: bool, attempts: int) -> Outcome:
        """Read and plan. Unless ``check`` is true, write until no changes are left.

        ``attempts`` is the maximum number of writes.
        """
        state = self._read_and_plan()
        before = self._select(state.document)
        if state.plan.is_empty:
            return Outcome.deferred(before, before, changed=False, plan=state.plan, is_check=check)
        if check:
            self._apply_policy(state.plan)
            warnings = (*self._policy_warnings, *state.plan.notes, *self._kind_warnings(state.merged(), state.plan))
            after = self._select(state.merged())
            return Outcome.deferred(before, after, changed=True, plan=state.plan, is_check=True, warnings=warnings)
        final, writes = self._converge(state, attempts)
        warnings = (
            *self._policy_warnings,
            *state.plan.notes,
            *self._version_warnings,
            *self._kind_warnings(final.document, state.plan),
        )
        after = self._select(final.document)
        return Outcome.deferred(before, after, changed=writes > 0, plan=state.plan, attempts=writes, warnings=warnings)

    def _converge(self, state: PlannedState, attempts: int) -> tuple[PlannedState, int]:
        """Call :meth:`_write_until_done`, and set ``written`` of a raised error."""
        try:
            return self._write_until_done(state, attempts)
        except VcloudAirError as exc:
            # A store that makes several calls sets `written` if earlier calls succeeded before one failed.
            exc.written = exc.written or self.written
            raise
        except KeyboardInterrupt:
            if self.written == UNKNOWN:
                _log.warning(
                    "Stopped during the write of %s. The write may have happened. %s", self.store.target, _CHECK
                )
            elif self.written:
                _log.warning("Stopped after the write of %s, before verification. %s", self.store.target, _CHECK)
            raise

    def _write_until_done(self, state: PlannedState, attempts: int) -> tuple[PlannedState, int]:
        """Write until a read shows the desired state.

        Returns: the state of the last read, and the number of writes.
        """
        is_replanned = False
        writes = steps = conflicts = attempt = 0
        while True:
            attempt += 1
            state = self._refresh(state)
            if state.plan.is_empty:
                return state, writes
            self._apply_policy(state.plan)
            written = state.merged()
            failure = self._commit(state, written)
            if isinstance(failure, ConflictError) and conflicts < attempts * _CONFLICTS_PER_ATTEMPT:
                conflicts += 1
                attempt -= 1  # a conflict changes nothing, so it costs less than an attempt
            if failure is not None:
                if attempt == attempts and not may_have_executed(failure):
                    raise failure
                if not isinstance(failure, InvalidRequestError):
                    self._clock.sleep(wait_time(attempt, failure))
            current = self._read_after_write(failure)
            if isinstance(failure, InvalidRequestError) and not versions_apart(state.document, current.document):
                raise failure
            is_executed = failure is None or may_have_executed(failure)
            is_partial = failure is not None and failure.written is True and not is_executed
            writes += is_executed or is_partial
            # A write increments the version once. After a lost response, a later read may still precede the increment.
            steps += is_executed
            if current.plan.is_empty:
                if writes:
                    self._verify(state, written, current, steps + is_partial)
                return current, writes
            if failure is not None:
                if attempt == attempts:
                    raise failure
            elif (
                is_replanned
                or attempt == attempts
                or not is_changed_by_others(state.document, current.document, state.plan, current.plan)
            ):
                raise not_converged(self.store.target, state.document, current.document, current.plan)
            else:
                is_replanned = True
            state = current

    def _read_and_plan(self) -> PlannedState:
        document = self.store.read()
        # These functions must refer neither to this object nor to the plan that refers to them: a reference cycle would
        # keep the documents until a garbage collection.
        kind, computed = self.kind, self.kind.plan(document, self.desired)
        merged = cache(lambda: kind.merge(document, computed))
        target = computed.target or self.store.target
        plan = replace(computed, target=target, outlook=lambda: kind.project(merged()), planned=merged)
        return PlannedState(document, plan, merged)

    def _refresh(self, state: PlannedState) -> PlannedState:
        """Read again before the write if the server does not check versions."""
        if self.store.is_version_checked and not self.store.is_remembered:
            return state
        current = self._read_and_plan()
        return state if versions_apart(state.document, current.document) == 0 else current

    def _apply_policy(self, plan: Plan) -> None:
        """Pass the plan to the plan policy. Raises: PlanRejectedError."""
        if self._policy is not None:
            self._policy_warnings = tuple(self._policy(plan) or ())

    def _commit(self, state: PlannedState, document: Document) -> VcloudAirError | None:
        """Write the document.

        Return None on success. Return the error if reading and planning again may resolve it. Raise all other errors.
        """
        self._observer.writing(self.store, state.plan)
        before, self.written = self.written, self.written or UNKNOWN
        try:
            self.store.commit(state.document, document)
        except VcloudAirError as exc:
            self.written = exc.written or before or (UNKNOWN if may_have_executed(exc) else False)
            self._observer.wrote(self.written, exc)
            if not is_resolvable(exc):
                raise
            _log.debug("write of %s failed with %s; reading again", self.store.target, type(exc).__name__)
            return exc
        self.written = True
        self._observer.wrote(True, None)
        _log.info("wrote %s", self.store.target)
        return None

    def _read_after_write(self, failure: VcloudAirError | None) -> PlannedState:
        """Read and plan again after a write.

        If the read fails, add a sentence about the write to the error. ``failure`` is the error of the write, or None.
        """
        try:
            return self._read_and_plan()
        except VcloudAirError as exc:
            if failure is not None and isinstance(exc, NotFoundError):
                raise failure from exc  # the failed write has already reported the missing object
            if failure is None:
                exc.add_context(
                    "The write succeeded, but the verifying read failed. Run the task again to verify the result."
                )
            elif may_have_executed(failure):
                exc.add_context(
                    "The write may have happened, because the response was lost. Run the task again to check."
                )
            raise

    def _verify(self, state: PlannedState, written: Document, current: PlannedState, writes: int) -> None:
        """Check the result of the writes, and record warnings about unexpected versions.

        Raises: NotConvergedError if a write deleted objects outside of the plan; ConflictError if a write may have
        replaced a change of another client.
        """
        target, base, document = self.store.target, state.document, current.document
        if self.store.is_written_whole:
            refuse_losses(self.kind, target, base, written, document)
        refuse_overwriting(self.kind, self.store, base, written, document, writes)
        self._version_warnings += version_warnings(target, base, document, writes)

    def _select(self, document: Document) -> Callable[[], Any]:
        """Return a function that returns the objects that the desired state names.

        The objects are selected now, or at the first call of the function if the kind allows it.
        """
        kind, desired = self.kind, self.desired  # see _read_and_plan
        if kind.can_select_later(document, desired):
            return cache(lambda: kind.select(document, desired))
        selected = kind.select(document, desired)
        return lambda: selected

    def _kind_warnings(self, document: Document, plan: Plan) -> tuple[str, ...]:
        """Return the warnings of the resource kind about the changes.

        If reading data for a warning fails, return the error as a warning, because the write is finished.
        """
        try:
            return self.kind.advise(self.store, document, plan)
        except VcloudAirError as exc:
            return (f"Checking the changes of {self.store.target} for warnings failed: {exc.message}",)
