"""The one flow: read, plan, (check mode stops here), merge, commit, verify."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from vcloudair_core.engine.desired import Desired
from vcloudair_core.engine.ensure.convergence import Convergence
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
) -> Outcome:
    """Bring one resource to its desired state, or with ``check`` say what that would take.

    Costs one read when nothing is to be done; one read, one commit and one verifying read when something is. (A kind
    may read more to resolve names that a spec has in place of ids, and to warn about what it changes.) A conflict, a
    busy resource, an object gone in between, a write whose response was lost and a commit that was carried out in part
    are all resolved in one way: read again and plan again.

    Where the server does not check versions (``store.is_version_checked`` is False), the section is read once more
    right before the write.

    Args:
        kind: The kind of the resource.
        store: The store that holds it.
        desired: The desired state, of specs of the kind.
        check: Plan, and write nothing.
        policy: Called with every plan that is not empty before it is carried out, in check mode too.
        attempts: The most writes. A conflict counts a quarter of one, because the server reports it before it does
            anything.
        clock: Used to wait between attempts, that of the store if not given.
        lock: Held from the first read to the last, not in check mode.

    Raises: SpecError before anything is read; PlanRejectedError and AmbiguousMatchError before anything is written;
    NotConvergedError when the server does not keep what was written; ConflictError when a writer came in between that
    cannot be told apart from us; LockTimeoutError; otherwise the error of the last write.
    """
    with mark_unwritten(check):
        store, desired = prepare(kind, store, desired)
        convergence = Convergence(kind, store, desired, policy, clock or store.clock)
        with nullcontext() if lock is None or check else lock(store.lock_key, store.target):
            return convergence.run(check, max(1, attempts))


@contextmanager
def mark_unwritten(check: bool = False) -> Iterator[None]:
    """Let errors that come before any write say that nothing was written. In check mode they say nothing about it."""
    try:
        yield
    except VcloudAirError as exc:
        if exc.written is None and not check:
            exc.written = False
        raise
