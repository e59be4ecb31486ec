"""Checks after a write: lost objects, concurrent writes and unexpected versions.

The checks compare three documents: the document before the write, the written document, and the document after the
write.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vcloudair_core.engine.kind import Document, ResourceKind, Store
from vcloudair_core.engine.plan import Plan
from vcloudair_core.errors import ConflictError, NotConvergedError

_STALE = (
    "Wait, and run the task again in check mode. The version did not change: the response may come from a cache or a "
    "replica, or the server ignored the write."
)
_NORMALIZED = "Compare these changes with the desired state. The server may have normalized or ignored a value."


def versions_apart(base: Document, current: Document) -> int | None:
    """Return the difference between the versions of two documents.

    Return None if the server sends no versions.
    """
    if base.version is None or current.version is None:
        return None
    return current.version - base.version


def is_changed_by_others(base: Document, current: Document, plan: Plan, left: Plan) -> bool:
    """Return True if another client has written since ``base`` was read.

    Our own write increments the version by one. If the server sends no versions, the plans are compared: another client
    has written if the plan after the write (``left``) differs from the plan before the write (``plan``).
    """
    apart = versions_apart(base, current)
    if apart is not None:
        return apart not in (0, 1)
    return left.changes != plan.changes


def refuse_losses(kind: ResourceKind, target: str, base: Document, written: Document, current: Document) -> None:
    """Raise NotConvergedError if our write deleted objects outside of the plan.

    If another client has also written, nothing is checked, because that client may have deleted the objects.
    """
    if versions_apart(base, current) not in (0, 1, None):
        return
    lost = kind.losses(written, current)
    if lost:
        count = "1 object" if len(lost) == 1 else f"{len(lost)} objects"
        raise NotConvergedError(
            f"The write of {target} deleted {count} outside of the plan.",
            residual=[{"action": "lost", **dict(item)} for item in lost],
            hint="Check the section on the server, and restore the missing objects, for example from an export.",
        )


def refuse_overwriting(
    kind: ResourceKind, store: Store, base: Document, written: Document, current: Document, writes: int
) -> None:
    """Raise ConflictError if our write may have replaced a write of another client.

    The error is raised if the server does not check versions and the version has increased by more than ``writes``, the
    number of our writes. If the change of the other client is visible, our write did not replace it, and no error is
    raised.
    """
    apart = versions_apart(base, current)
    if store.is_version_checked or apart is None or apart <= writes:
        return
    if not _is_kept(kind.project(written), kind.project(current)):
        return
    raise ConflictError(
        f"Conflict on {store.target}: another client wrote at the same time. The desired state is reached, but the "
        "change of the other client may have been replaced.",
        hint="Check that the other change still exists. This server does not check versions.",
    )


def version_warnings(target: str, base: Document, current: Document, writes: int) -> tuple[str, ...]:
    """Return warnings about a version that does not match the number of our writes.

    Each write should increment the version by one.
    """
    apart = versions_apart(base, current)
    if apart == 0:
        return (
            f"The version of {target} did not change, although the write succeeded. "
            "The response may come from a cache, or the server does not count changes.",
        )
    if apart is not None and apart > writes:
        times = "once" if writes == 1 else f"{writes} times"
        return (
            f"The version of {target} increased by {apart}, but this task wrote {times}: another client "
            "wrote at the same time. Check that the change of the other client still exists, because some servers "
            "accept a write that is based on an old version.",
        )
    return ()


def not_converged(target: str, base: Document, current: Document, left: Plan) -> NotConvergedError:
    """Return the error for a write that did not have the desired result.

    The server accepted the write, but the plan ``left`` after the write still has changes.
    """
    changes: list[Mapping[str, Any]] = [change.as_dict() for change in left.changes]
    named = ", ".join(f"{change.action} {change.identity}" for change in left.changes[:3])
    more = f" and {len(changes) - 3} more" if len(changes) > 3 else ""
    return NotConvergedError(
        f"The server accepted the write of {target}, but these changes are still needed: {named}{more}.",
        residual=changes,
        hint=_STALE if versions_apart(base, current) == 0 else _NORMALIZED,
    )


def _is_kept(written: Any, current: Any) -> bool:
    """Return True if the current state has all values that were written.

    The version and empty values are ignored, because the server sets them.
    """
    if written is None:
        return True
    if isinstance(written, Mapping) and isinstance(current, Mapping):
        return all(_is_kept(value, current.get(key)) for key, value in written.items() if key != "version")
    if isinstance(written, list) and isinstance(current, list):
        return len(written) == len(current) and all(map(_is_kept, written, current))
    return bool(written == current)
