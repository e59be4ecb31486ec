"""Compare the document after a write with the one before it and the one written, beyond the desired state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vcloudair_core.engine.kind import Document, ResourceKind, Store
from vcloudair_core.engine.plan import Plan
from vcloudair_core.errors import ConflictError, NotConvergedError

_STALE = (
    "Wait, and run it again in check mode. The version did not move: the response may come from a cache or a replica, "
    "or the server ignored the write."
)
_NORMALIZED = "The server may have normalized or ignored a value: compare the residual with what was asked for."


def versions_apart(base: Document, current: Document) -> int | None:
    """Return by how much the version has moved; None when the server gives no versions."""
    if base.version is None or current.version is None:
        return None
    return current.version - base.version


def is_changed_by_others(base: Document, current: Document, plan: Plan, left: Plan) -> bool:
    """Return True when somebody else wrote, too: ``plan`` was written, and ``left`` is still to be done.

    Our own write moves the version by one. Without versions, a difference other than the one that was written tells.
    """
    apart = versions_apart(base, current)
    if apart is not None:
        return apart not in (0, 1)
    return left.changes != plan.changes


def refuse_losses(kind: ResourceKind, target: str, base: Document, written: Document, current: Document) -> None:
    """Raise NotConvergedError when rules of others went out with our write and did not come back.

    Not when somebody else has written since, who may have removed them.
    """
    if versions_apart(base, current) not in (0, 1, None):
        return
    lost = kind.losses(written, current)
    if lost:
        raise NotConvergedError(
            f"The write of {target} lost objects. The server no longer has {len(lost)} that were to stay as they were.",
            residual=[{"action": "lost", **dict(item)} for item in lost],
            hint="Check them on the server. An earlier export of the section can restore them.",
        )


def refuse_overwriting(
    kind: ResourceKind, store: Store, base: Document, written: Document, current: Document, writes: int
) -> None:
    """Raise ConflictError when our write may have replaced another one that it did not know of.

    Where the server does not check versions, one more step of the version than our own ``writes`` may be such a write.
    It is not if the change of the other writer can be seen: then it came after ours.
    """
    apart = versions_apart(base, current)
    if store.is_version_checked or apart is None or apart <= writes:
        return
    if not _is_kept(kind.project(written), kind.project(current)):
        return
    raise ConflictError(
        f"Conflict on {store.target}: another client wrote at the same time. The desired state is there, but the "
        "change of the other client may have been replaced.",
        hint="Check whether the other change is still there. This server does not check versions.",
    )


def version_warnings(target: str, base: Document, current: Document, writes: int) -> tuple[str, ...]:
    """Return warnings about a version that does not fit our own writes, each of which moves it by one."""
    apart = versions_apart(base, current)
    if apart == 0:
        return (
            f"The version of {target} did not move with the write, although the change is there. "
            "The response may come from a cache, or the server does not count its changes.",
        )
    if apart is not None and apart > writes:
        times = "once" if writes == 1 else f"{writes} times"
        return (
            f"The version of {target} moved by {apart}, and this task wrote {times}: somebody else "
            "wrote at the same time. Check that their change is still there, because some servers accept a write "
            "that is based on an old version.",
        )
    return ()


def not_converged(target: str, base: Document, current: Document, left: Plan) -> NotConvergedError:
    """Return the error of a write that was accepted and leaves a plan that is not empty."""
    changes: list[Mapping[str, Any]] = [change.as_dict() for change in left.changes]
    named = ", ".join(f"{change.action} {change.identity}" for change in left.changes[:3])
    more = f" and {len(changes) - 3} more" if len(changes) > 3 else ""
    return NotConvergedError(
        f"The write of {target} was accepted, but it still differs: {named}{more}.",
        residual=changes,
        hint=_STALE if versions_apart(base, current) == 0 else _NORMALIZED,
    )


def _is_kept(written: Any, current: Any) -> bool:
    """Compare but for what the server fills in: values that went out empty, and its version."""
    if written is None:
        return True
    if isinstance(written, Mapping) and isinstance(current, Mapping):
        return all(_is_kept(value, current.get(key)) for key, value in written.items() if key != "version")
    if isinstance(written, list) and isinstance(current, list):
        return len(written) == len(current) and all(map(_is_kept, written, current))
    return bool(written == current)
