"""Classify failed writes, and compute the wait before the next read.

The server may have executed a write that failed. Reading and planning again may resolve the failure.
"""

from __future__ import annotations

import random

from vcloudair_core.errors import (
    UNKNOWN,
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

# An invalid request may be resolvable too: it may name a rule that another client has removed since the read.
_RESOLVABLE = (
    ConflictError, BusyError, NotFoundError, ServerError, TaskTimeoutError, InvalidRequestError, DecodeError,
)  # fmt: skip


def may_have_executed(failure: VcloudAirError) -> bool:
    """Return True if the server may have carried out the write that failed."""
    if failure.written == UNKNOWN:
        return True
    if isinstance(failure, TransportError):
        return failure.may_have_executed
    if isinstance(failure, BusyError):
        # A proxy may send a 503 while the server still executes the write. Other busy responses come from the API.
        return failure.status == 503
    return isinstance(failure, (ServerError, TaskTimeoutError, DecodeError))


def is_resolvable(failure: VcloudAirError) -> bool:
    """Return True if reading and planning again may resolve the failure."""
    if isinstance(failure, TransportError):
        return failure.may_have_executed
    return isinstance(failure, _RESOLVABLE)


def wait_time(attempt: int, failure: VcloudAirError) -> float:
    """Return the seconds to wait before the next read. ``attempt`` counts from 1."""
    first = _FIRST_WAIT_BUSY_S if isinstance(failure, BusyError) else _FIRST_WAIT_S
    longest: float = min(_LONGEST_WAIT_S, first * 2 ** max(0, attempt - 1))
    if isinstance(failure, ConflictError):
        longest = _CONFLICT_WAIT_S  # a longer wait does not reduce the number of writers
    # Jitter, so that writers that conflicted once do not retry at the same time.
    return longest * random.uniform(0.5, 1.0)  # noqa: S311
