"""Judge the failure of a write: may it have happened, can a read resolve it, how long to wait before that."""

from __future__ import annotations

import random

from vcloudair_core.errors import (
    BusyError,
    ConflictError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    ServerError,
    TaskTimeoutError,
    TransportError,
    VcloudAirError,
)

_FIRST_WAIT_S = 0.25
_FIRST_WAIT_BUSY_S = 1.0
_LONGEST_WAIT_S = 20.0
_CONFLICT_WAIT_S = 0.1

# Even a refused request may be resolved: it may name a rule that somebody has removed since.
_RESOLVABLE = (
    ConflictError, BusyError, NotFoundError, ServerError, TaskTimeoutError, InvalidRequestError, DecodeError,
)  # fmt: skip


def may_have_executed(failure: VcloudAirError) -> bool:
    """Return True when the server may have carried out the write that failed."""
    if isinstance(failure, TransportError):
        return failure.may_have_executed
    if isinstance(failure, BusyError):
        # A 503 may come from a gateway that gave up on a server that did not. Busy responses of the API itself do not.
        return failure.status == 503
    return isinstance(failure, (ServerError, TaskTimeoutError, DecodeError))


def is_resolvable(failure: VcloudAirError) -> bool:
    """Return True when reading and planning again may get past the failure."""
    if isinstance(failure, TransportError):
        return failure.may_have_executed
    return isinstance(failure, _RESOLVABLE)


def wait_time(attempt: int, failure: VcloudAirError) -> float:
    """Return how long to wait before the next read. ``attempt`` counts from 1. Unit: seconds."""
    first = _FIRST_WAIT_BUSY_S if isinstance(failure, BusyError) else _FIRST_WAIT_S
    longest: float = min(_LONGEST_WAIT_S, first * 2 ** max(0, attempt - 1))
    if isinstance(failure, ConflictError):
        longest = _CONFLICT_WAIT_S  # waiting longer does not make a busy edge any quieter
    # Spread out, so that writers who met once do not meet again.
    return longest * random.uniform(0.5, 1.0)  # noqa: S311
