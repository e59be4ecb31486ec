"""All pages of a query, several at a time, in order: whole, or an error that says why not.

The first page tells the total; the rest are fetched by ``parallel`` threads over the session's pooled connections,
never more than a few pages ahead of what was taken, so that memory does not grow with the result. Every page is
checked against the first: the same total, its own number, its full size, nothing that was there before. Source:
api/query.md §2.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from vcloudair_core.errors import IncompleteResultError, VcloudAirError
from vcloudair_core.services.query.codec import Page, Row

_AHEAD = 3
"""Pages for each thread that may be there before they are taken, so that one that is late does not stop the others."""

ReadPage = Callable[[int, str], Page]
"""(number of the page, a link of the server or nothing) -> the page."""


def pages(read: ReadPage, first: Page, what: str, *, parallel: int, most: int | None = None) -> Iterator[list[Row]]:
    """The rows of every page, the first one's included. ``most``: how many rows are wanted at all.

    Raises: IncompleteResultError when pages do not fit together; what reading a page raises, with how far it got.
    """
    total = first.total if first.total is not None else len(first.rows)
    size = max(1, min(first.size or len(first.rows) or 1, max(len(first.rows), 1)))
    last = math.ceil((total if most is None else min(total, most)) / size)
    check = _Check(total, size, what)
    yield check.passed(1, first)
    if last < 2:
        if most is None:
            check.end()
        return
    with ThreadPoolExecutor(max_workers=max(1, min(parallel, last - 1)), thread_name_prefix="vca-query") as pool:
        waiting: deque[tuple[int, Future[Page]]] = deque()
        upcoming = iter(range(2, last + 1))
        try:
            for number in upcoming:
                waiting.append((number, pool.submit(read, number, first.next_href)))
                if len(waiting) >= _AHEAD * parallel:
                    yield check.passed(*_taken(waiting, last, what))
            while waiting:
                yield check.passed(*_taken(waiting, last, what))
        finally:
            for _, future in waiting:
                future.cancel()
    if most is None:
        check.end()


def _taken(waiting: deque[tuple[int, Future[Page]]], last: int, what: str) -> tuple[int, Page]:
    number, future = waiting.popleft()
    try:
        return number, future.result()
    except VcloudAirError as exc:
        exc.add_context(f"It was page {number} of {last} of {what}; nothing of an incomplete result is given out.")
        raise


class _Check:
    """What tells that pages are of one and the same result."""

    def __init__(self, total: int, size: int, what: str) -> None:
        self._total = total
        self._size = size
        self._what = what
        self._count = 0
        # Numbers, not texts: 100,000 records are some megabytes this way.
        self._seen: set[int] = set()

    def passed(self, number: int, page: Page) -> list[Row]:
        """The rows of a page that fits. Raises IncompleteResultError."""
        if page.total is not None and page.total != self._total:
            raise self._error(f"page {number} says that there are {page.total}, page 1 said {self._total}")
        if page.number is not None and page.number != number:
            raise self._error(f"page {page.number} came in place of page {number}")
        expected = min(self._size, self._total - self._size * (number - 1))
        if len(page.rows) != expected:
            raise self._error(f"page {number} has {len(page.rows)} records, not {expected}")
        for attributes, _ in page.rows:
            key = attributes.get("href") or attributes.get("id")
            if key is None:
                continue
            known = hash(key)
            if known in self._seen:
                raise self._error(f"{attributes.get('name') or key} is on page {number} and on one before it")
            self._seen.add(known)
        self._count += len(page.rows)
        return page.rows

    def end(self) -> None:
        """Raises IncompleteResultError unless everything came."""
        if self._count != self._total:
            raise self._error(f"{self._count} records came")

    def _error(self, reason: str) -> IncompleteResultError:
        return IncompleteResultError(
            f"The result of {self._what} changed while it was read: {reason}.",
            hint="Ask again; if that does not help, narrow the query with a filter.",
        )
