"""Collect the request IDs of write requests in a ``with`` block.

The server assigns a request ID to each response. Cloud operators use this ID to find the request in the server logs.
Source: protocol/recorded-responses.md §1.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcloudair_core.transport.messages import Response

MOST_REQUEST_IDS = 1000
"""Maximum number of request IDs that a block collects."""

_collected: ContextVar[list[str] | None] = ContextVar("collected request IDs", default=None)


@contextmanager
def collect_request_ids(request_ids: list[str] | None = None) -> Iterator[list[str]]:
    """Collect the request IDs of this thread's calls in the ``with`` block.

    The request IDs are added to ``request_ids``, or to a new list. Read requests are not included.
    """
    request_ids = [] if request_ids is None else request_ids
    token = _collected.set(request_ids)
    try:
        yield request_ids
    finally:
        _collected.reset(token)


def note_request_id(response: Response | None) -> None:
    """Add the request ID of a response, if a ``with`` block collects request IDs."""
    request_ids = _collected.get()
    if request_ids is None or response is None or not response.request_id:
        return
    if len(request_ids) < MOST_REQUEST_IDS:
        request_ids.append(response.request_id)
