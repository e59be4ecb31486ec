"""Validate a desired state and resolve its names before the first read."""

from __future__ import annotations

from vcloudair_core.engine.desired import Desired
from vcloudair_core.engine.kind import ResourceKind, Store
from vcloudair_core.errors import SpecError


def prepare(kind: ResourceKind, store: Store, desired: Desired) -> tuple[Store, Desired]:
    """Return the store and the desired state to use for reading and planning.

    The store has only the sections that the desired state names. The desired state has IDs instead of names.

    Raises: SpecError if the desired state is invalid, or if the backend of the store does not support the desired
    state; the errors of :meth:`ResourceKind.resolve`.
    """
    kind.validate(desired)
    store = kind.narrow(store, desired)
    refuse_unsupported(kind, store, desired)
    return store, kind.resolve(store, desired)


def refuse_unsupported(kind: ResourceKind, store: Store, desired: Desired) -> None:
    """Raise SpecError if the backend of a store does not support the desired state.

    The error lists every option that is not supported.
    """
    problems = kind.unsupported(desired, store.backend)
    if problems:
        raise SpecError.of(problems)
