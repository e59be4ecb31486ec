"""The one flow: read, plan, (check mode stops here), merge, commit, verify. The only place that goes back."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.desired import Desired
from vcloudair_core.engine.ensure.preparation import prepare
from vcloudair_core.engine.kind import Document, ResourceKind, Store
from vcloudair_core.engine.outcome import Outcome
from vcloudair_core.engine.plan import Plan
from vcloudair_core.errors import (
    UNKNOWN,
    BusyError,
    ConflictError,
    DecodeError,
    InvalidRequestError,
    NotConvergedError,
    NotFoundError,
    ServerError,
    TaskTimeoutError,
    TransportError,
    VcloudAirError,
)

if TYPE_CHECKING:
    from vcloudair_core.engine.lock import Locker
    from vcloudair_core.util.clock import Clock

Veto = Callable[[Plan], Sequence[str] | None]
"""Sees a plan before it is carried out; returns warnings. Raises PlanRejectedError."""

_log = logging.getLogger(__name__)
_FIRST_WAIT_S = 0.25
_FIRST_WAIT_BUSY_S = 1.0
_LONGEST_WAIT_S = 20.0
_CONFLICT_WAIT_S = 0.1
_CONFLICTS_PER_ATTEMPT = 4
_LOOK = "Run it again in check mode (`vca edge plan`) to see what is there now."
_STALE = (
    "Wait, and run it again in check mode. The version did not move: the response may come from a cache or a replica, "
    "or the server ignored the write."
)


def ensure(
    kind: ResourceKind,
    store: Store,
    desired: Desired,
    *,
    check: bool = False,
    veto: Veto | None = None,
    attempts: int = 5,
    clock: Clock | None = None,
    lock: Locker | None = None,
) -> Outcome:
    """Bring one resource to its desired state, or with ``check`` say what that would take.

    Costs one read when nothing is to be done; one read, one write and one verifying read when something is. (A kind may
    read more to resolve names that a spec has in place of ids, and to warn about what it changes.) A
    conflict, a busy resource, an object gone in between and a write whose answer was lost are all resolved in one way:
    read again and plan again, at most ``attempts`` writes in all. A conflict, which the server tells before it does
    anything, counts a quarter of one. ``veto`` sees every plan that is not empty before it is carried out, in check
    mode too.

    Where the server does not check versions (``store.is_version_checked`` is False), the section is read once more
    right before the write. ``lock`` is held from the first read to the last, not in check mode.

    Waiting is done by ``clock``, else by the store's own.

    Raises: SpecError before anything is read; PlanRejectedError and AmbiguousMatchError before anything is written;
    NotConvergedError when the server does not keep what was written; ConflictError when a writer came in between that
    cannot be told apart from us; LockTimeoutError; otherwise what the last write met with.
    """
    with telling_written(check):
        store, desired = prepare(kind, store, desired)
        flow = _Flow(kind, store, desired, veto, clock or store.clock)
        with nullcontext() if lock is None or check else lock(store.lock_key, store.target):
            return flow.run(check, max(1, attempts))


@contextmanager
def telling_written(check: bool = False) -> Iterator[None]:
    """Let errors that come before any write say so; in check mode nothing is to be said."""
    try:
        yield
    except VcloudAirError as exc:
        if exc.written is None and not check:
            exc.written = False
        raise


@dataclass(frozen=True)
class _State:
    """What is there, what is to be done, and on demand what there will be: worked out once, for whoever asks."""

    document: Document
    plan: Plan
    merged: Callable[[], Document]


class _Flow:
    def __init__(
        self,
        kind: ResourceKind,
        store: Store,
        desired: Desired,
        veto: Veto | None,
        clock: Clock,
    ) -> None:
        self.kind = kind
        self.store = store
        self.desired = desired
        self.veto = veto
        self._clock = clock
        self.warnings: tuple[str, ...] = ()
        self.remarks: tuple[str, ...] = ()
        self.written: bool | str = False

    def run(self, check: bool, attempts: int) -> Outcome:
        """The whole flow."""
        state = self.look()
        before = self.select(state.document)
        if state.plan.is_empty:
            return Outcome(False, state.plan, before, before, 0, check)
        if check:
            self.ask(state.plan)
            warnings = (*self.warnings, *state.plan.notes, *self.advice(state.merged(), state.plan))
            return Outcome(True, state.plan, before, self.select(state.merged()), 0, True, warnings)
        final, writes = self._converge_telling(state, attempts)
        warnings = (*self.warnings, *state.plan.notes, *self.remarks, *self.advice(final.document, state.plan))
        return Outcome(writes > 0, state.plan, before, self.select(final.document), writes, warnings=warnings)

    def _converge_telling(self, state: _State, attempts: int) -> tuple[_State, int]:
        """As :meth:`converge`; whatever ends it says whether something was written."""
        try:
            return self.converge(state, attempts)
        except VcloudAirError as exc:
            # A store of several sections knows of those that were written before the one that failed.
            exc.written = exc.written or self.written
            raise
        except KeyboardInterrupt:
            if self.written == UNKNOWN:
                _log.warning(
                    "Stopped during the write of %s. The write may have happened. %s", self.store.target, _LOOK
                )
            elif self.written:
                _log.warning("Stopped after the write of %s, before it was verified. %s", self.store.target, _LOOK)
            raise

    def look(self) -> _State:
        """Read and plan."""
        document = self.store.read()
        plan = self.kind.plan(document, self.desired)
        merged = cache(lambda: self.kind.merge(document, plan))
        plan = replace(plan, target=plan.target or self.store.target, outlook=lambda: self.kind.project(merged()))
        return _State(document, plan, merged)

    def ask(self, plan: Plan) -> None:
        """Show the policies what is about to be carried out; they raise PlanRejectedError."""
        if self.veto is not None:
            self.warnings = tuple(self.veto(plan) or ())

    def select(self, document: Document) -> Any:
        return self.kind.select(document, self.desired)

    def advice(self, document: Document, plan: Plan) -> tuple[str, ...]:
        """Return the warnings of the kind about the changes. A failing look-up is not an error."""
        try:
            return self.kind.advise(self.store, document, plan)
        except VcloudAirError as exc:
            return (f"Warnings about {self.store.target} could not be worked out: {exc.message}",)

    def converge(self, state: _State, attempts: int) -> tuple[_State, int]:
        """Write until a read shows the desired state. Returns that state and how many writes it took."""
        mended = False
        executed = 0
        conflicts = 0
        attempt = 0
        while True:
            attempt += 1
            state = self._fresh(state)
            if state.plan.is_empty:
                return state, executed
            self.ask(state.plan)
            written = state.merged()
            failure = self._commit(state.document, written)
            if isinstance(failure, ConflictError) and conflicts < attempts * _CONFLICTS_PER_ATTEMPT:
                conflicts += 1
                attempt -= 1  # cheap, harmless, and the sign of a writer who is just as busy
            if failure is not None:
                if attempt == attempts and not _may_have_executed(failure):
                    raise failure
                if not isinstance(failure, InvalidRequestError):
                    self._wait(attempt, failure)
            found = self._look_after(failure)
            if isinstance(failure, InvalidRequestError) and not _versions_apart(state.document, found.document):
                raise failure
            if failure is None or _may_have_executed(failure):
                executed += 1
            if found.plan.is_empty:
                if executed:
                    self._refuse_losses(state.document, written, found)
                    self._refuse_unseen_writer(state.document, written, found.document, executed)
                    self._tell_of_versions(state.document, found.document, executed)
                return found, executed
            if failure is not None:
                if attempt == attempts:
                    raise failure
            elif mended or attempt == attempts or not _someone_else_wrote(state, found):
                raise self._not_converged(state, found)
            else:
                mended = True
            state = found

    def _fresh(self, state: _State) -> _State:
        """Return what is there right before the write, where what we saw may be old without the server noticing."""
        if self.store.is_version_checked and not self.store.is_remembered:
            return state
        found = self.look()
        return state if _versions_apart(state.document, found.document) == 0 else found

    def _refuse_unseen_writer(self, base: Document, written: Document, found: Document, writes: int) -> None:
        """Without the server's check, one more step of the version than our own may be a write that ours replaced.

        It was not if what they wrote can be seen: then they wrote after us.
        """
        apart = _versions_apart(base, found)
        if self.store.is_version_checked or apart is None or apart <= writes:
            return
        if not _is_same(self.kind.project(written), self.kind.project(found)):
            return
        raise ConflictError(
            f"{self.store.target}: somebody else wrote at the very moment of our write. What was asked for is there; "
            "what they wrote may have been replaced.",
            hint="This server does not check versions. Compare what is there now with theirs.",
        )

    def _commit(self, base: Document, document: Document) -> VcloudAirError | None:
        """Write; returns an error that a new look may resolve, raises any other."""
        before, self.written = self.written, self.written or UNKNOWN
        try:
            self.store.commit(base, document)
        except VcloudAirError as exc:
            is_lost = isinstance(exc, TransportError)
            may_be = exc.may_have_executed if isinstance(exc, TransportError) else _may_have_executed(exc)
            self.written = exc.written or before or (UNKNOWN if may_be else False)
            # Even a refused request may be worth a look: it may name a rule that somebody has removed since.
            if not (may_be if is_lost else isinstance(exc, _WORTH_A_LOOK)):
                raise
            _log.debug("write to %s met with %s; reading again", self.store.target, type(exc).__name__)
            return exc
        self.written = True
        _log.info("wrote %s", self.store.target)
        return None

    def _tell_of_versions(self, base: Document, found: Document, writes: int) -> None:
        """Warn when the version does not fit our own writes, each of which moves it by one."""
        apart = _versions_apart(base, found)
        if apart == 0:
            self.remarks += (
                f"The version of {self.store.target} did not move with the write, although the change is there. "
                "The response may come from a cache, or the server does not count its changes.",
            )
        elif apart is not None and apart > writes:
            times = "once" if writes == 1 else f"{writes} times"
            self.remarks += (
                f"The version of {self.store.target} moved by {apart}, and this task wrote {times}: somebody else "
                "wrote at the same time. Check that their change is still there, because some servers accept a write "
                "that is based on an old version.",
            )

    def _look_after(self, failure: VcloudAirError | None) -> _State:
        """Look again; if that fails, whoever reads the error must know what is known of the write."""
        try:
            return self.look()
        except VcloudAirError as exc:
            if failure is not None and isinstance(exc, NotFoundError):
                raise failure from exc  # it was the write that found out
            if failure is None:
                exc.add_context("It was written, but reading it back failed; the same once more finds out.")
            elif _may_have_executed(failure):
                exc.add_context("It may have been written: the answer was lost; the same once more finds out.")
            raise

    def _refuse_losses(self, base: Document, written: Document, found: _State) -> None:
        """Rules of others that went out with our write must have come back, unless somebody else has written since."""
        if _versions_apart(base, found.document) not in (0, 1, None):
            return
        lost = self.kind.losses(written, found.document)
        if lost:
            raise NotConvergedError(
                f"{self.store.target}: after the write, the server no longer has {len(lost)} that were to be kept.",
                residual=[{"action": "lost", **dict(item)} for item in lost],
                hint="Look at them on the server; an earlier export of the section can restore them.",
            )

    def _not_converged(self, state: _State, found: _State) -> NotConvergedError:
        changes: list[Mapping[str, Any]] = [change.as_dict() for change in found.plan.changes]
        named = ", ".join(f"{change.action} {change.identity}" for change in found.plan.changes[:3])
        more = f" and {len(changes) - 3} more" if len(changes) > 3 else ""
        return NotConvergedError(
            f"{self.store.target} took the write, but still differs: {named}{more}.",
            residual=changes,
            hint=_STALE
            if _versions_apart(state.document, found.document) == 0
            else "The server may have normalised or ignored a value: compare the residual with what was asked for.",
        )

    def _wait(self, attempt: int, failure: VcloudAirError) -> None:
        first = _FIRST_WAIT_BUSY_S if isinstance(failure, BusyError) else _FIRST_WAIT_S
        longest = min(_LONGEST_WAIT_S, first * 2 ** max(0, attempt - 1))
        if isinstance(failure, ConflictError):
            longest = _CONFLICT_WAIT_S  # waiting longer does not make a busy edge any quieter
        # Spread out, so that writers who met once do not meet again.
        self._clock.sleep(longest * random.uniform(0.5, 1.0))  # noqa: S311


_WORTH_A_LOOK = (
    ConflictError, BusyError, NotFoundError, ServerError, TaskTimeoutError, InvalidRequestError, DecodeError,
)  # fmt: skip


def _may_have_executed(failure: VcloudAirError) -> bool:
    """A 503 may come from a gateway that gave up on a server that did not. Busy answers of the API itself may not."""
    if isinstance(failure, BusyError):
        return failure.status == 503
    return isinstance(failure, (TransportError, ServerError, TaskTimeoutError, DecodeError))


def _versions_apart(base: Document, found: Document) -> int | None:
    if base.version is None or found.version is None:
        return None
    return found.version - base.version


def _is_same(written: Any, found: Any) -> bool:
    """Alike but for what the server fills in: values that went out empty, and its version."""
    if written is None:
        return True
    if isinstance(written, Mapping) and isinstance(found, Mapping):
        return all(_is_same(value, found.get(key)) for key, value in written.items() if key != "version")
    if isinstance(written, list) and isinstance(found, list):
        return len(written) == len(found) and all(map(_is_same, written, found))
    return bool(written == found)


def _someone_else_wrote(state: _State, found: _State) -> bool:
    """Our own write moves the version by one. Without versions, a difference other than the one we wrote tells."""
    apart = _versions_apart(state.document, found.document)
    if apart is not None:
        return apart not in (0, 1)
    return found.plan.changes != state.plan.changes
