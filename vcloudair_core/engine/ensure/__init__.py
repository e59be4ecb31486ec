"""Converge a resource: read, plan, merge, commit and verify.

In check mode, the flow stops after the plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from vcloudair_core.engine.desired import Desired
from vcloudair_core.engine.ensure.convergence import Convergence
from vcloudair_core.engine.ensure.observer import WriteObserver
from vcloudair_core.engine.ensure.preparation import prepare
from vcloudair_core.engine.kind import ResourceKind, Store
from vcloudair_core.engine.outcome import Outcome
from vcloudair_core.engine.plan import PlanPolicy
from vcloudair_core.errors import VcloudAirError

if TYPE_CHECKING:
    from vcloudair_core.engine.lock import Locker
    from vcloudair_core.util.clock import Clock


def ensure(
    kind: ResourceKind,
    store: Store,
    desired: Desired,
    *,
    check: bool = False,
    policy: PlanPolicy | None = None,
    attempts: int = 5,
    clock: Clock | None = None,
    lock: Locker | None = None,
    observer: WriteObserver | None = None,
) -> Outcome:
    """Converge one resource to the desired state, or only plan if ``check`` is true.

    Makes one read if no changes are needed; otherwise one read, one commit and one verifying read. A kind may make more
    reads to resolve names and to warn about changes. After a conflict, a busy response, a deleted object, a lost
    response or a partly executed commit, the engine reads and plans again.

    If the server does not check versions (``store.is_version_checked`` is False), the section is read again immediately
    before the write.

    Args:
        kind: The kind of the resource.
        store: The store of the resource.
        desired: The desired state, with specs of the kind.
        check: Plan, but write nothing.
        policy: Called with every plan that has changes, before the write and in check mode.
        attempts: Maximum number of writes. A conflict counts as a quarter of a write, because the server reports the
            conflict before it changes anything.
        clock: The clock for waits between attempts. Default: the clock of the store.
        lock: The lock to hold from the first read to the last read. Not used in check mode.
        observer: Callbacks before and after each write.

    Raises:
        SpecError: The desired state is invalid. Nothing was written.
        PlanRejectedError, AmbiguousMatchError: Nothing was written.
        NotConvergedError: A read after the write does not show the desired state.
        ConflictError: Another client wrote at the same time, and our write may have replaced its change.
        LockTimeoutError: Another process held the lock.
        VcloudAirError: The last write failed.
    """
    with mark_unwritten(check):
        store, desired = prepare(kind, store, desired)
        convergence = Convergence(kind, store, desired, policy, clock or store.clock, observer)
        with nullcontext() if lock is None or check else lock(store.lock_key, store.target):
            return convergence.run(check, max(1, attempts))


@contextmanager
def mark_unwritten(check: bool = False) -> Iterator[None]:
    """Set ``written`` to False in errors of the ``with`` block, which must not write.

    An error that already has ``written`` set is not changed. In check mode, errors are not changed.
    """
    try:
        yield
    except VcloudAirError as exc:
        if exc.written is None and not check:
            exc.written = False
        raise
