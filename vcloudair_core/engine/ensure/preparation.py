"""Validate a desired state and resolve its names before the first read."""

from __future__ import annotations

from vcloudair_core.engine.desired import Desired
from vcloudair_core.engine.kind import ResourceKind, Store
from vcloudair_core.errors import SpecError


def prepare(kind: ResourceKind, store: Store, desired: Desired) -> tuple[Store, Desired]:
    """Return the store limited to the desired state, and the desired state with ids.

    Raises: SpecError for a desired state that is invalid or that the backend of the store does not support; any error
    of :meth:`ResourceKind.resolve`.
    """
    kind.validate(desired)
    store = kind.narrow(store, desired)
    refuse_unsupported(kind, store, desired)
    return store, kind.resolve(store, desired)


def refuse_unsupported(kind: ResourceKind, store: Store, desired: Desired) -> None:
    """Raise SpecError with every option that the backend of a store does not support."""
    problems = kind.unsupported(desired, store.backend)
    if problems:
        raise SpecError.of(problems)
