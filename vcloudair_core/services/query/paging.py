"""Read all pages of a query in parallel, even if objects appear or vanish.

The first page has the total. ``parallel`` threads read the other pages over pooled connections. They read only a few
pages ahead of the consumer, so that memory does not grow with the result. Each page must have the total of the first
page, the requested page number and the full size, and no record of an earlier page. Source: protocol/query.md §2.

If a page fails these checks, objects appeared or vanished during the read, and records moved to other pages. A forward
read finds all records that move to later pages. A backward read finds all records that move to earlier pages. Therefore
the pages are read backward until no record moves.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from vcloudair_core.errors import IncompleteResultError, InvalidRequestError, VcloudAirError
from vcloudair_core.services.query.codec import QueryPage, Row

_AHEAD = 3
"""Pages that are read ahead per thread, so that a slow page does not block others."""

_ROUNDS = 3
"""Maximum number of backward reads of a result that keeps changing."""

_MAX_REFUSED = 3
"""Maximum number of pages that may be missing because the result became shorter."""

ReadPage = Callable[[int, str], QueryPage]
"""Callable that reads a page by its number and a server link, or "" for no link."""


@dataclass(frozen=True)
class Difference:
    """Changes of a result during the read.

    ``appeared`` has the names of new records. ``vanished`` has the keys of missing records (see :func:`key_of`).

    ``is_settled`` is False if the result changed during every read. In this case, the vanished records are unknown.
    """

    appeared: tuple[str, ...]
    vanished: frozenset[int]
    is_settled: bool


def key_of(row: Row) -> int:
    """Return the identity of a record as a number.

    Numbers use less memory than text, which matters for 100,000 records.
    """
    attributes = row[0]
    key = attributes.get("href") or attributes.get("id")
    return hash(key) if key else hash(frozenset(attributes.items()))


def pages(
    read: ReadPage,
    first: QueryPage,
    what: str,
    *,
    parallel: int,
    limit: int | None = None,
    on_change: Callable[[Difference], None] | None = None,
) -> Iterator[list[Row]]:
    """Yield the rows of all pages, including ``first``. Each record is yielded once.

    ``limit`` is the number of rows that the caller needs, or None for all rows. ``on_change`` is called at the end if
    the result changed during the read.

    Raises: IncompleteResultError if pages contradict each other; the errors of ``read``, with the page number.
    """
    total = first.total if first.total is not None else len(first.rows)
    size = max(1, min(first.size or len(first.rows) or 1, max(len(first.rows), 1)))
    last = math.ceil((total if limit is None else min(total, limit)) / size)
    check = _Check(total, size, what)
    yield check.passed(1, first)
    if last > 1:
        with ThreadPoolExecutor(max_workers=max(1, min(parallel, last - 1)), thread_name_prefix="vca-query") as pool:
            waiting: deque[tuple[int, Future[QueryPage]]] = deque()
            try:
                for number in range(2, last + 1):
                    if check.is_contradicted:
                        break  # the following pages may have moved, too
                    waiting.append((number, pool.submit(read, number, first.next_href)))
                    if len(waiting) >= _AHEAD * parallel:
                        yield check.taken(waiting, last)
                while waiting and not check.is_contradicted:
                    yield check.taken(waiting, last)
            finally:
                for _, future in waiting:
                    future.cancel()
    if check.reason or (limit is None and not check.is_whole):
        yield from _settled(read, first, check, limit, on_change)


def _settled(
    read: ReadPage, first: QueryPage, check: _Check, limit: int | None, on_change: Callable[[Difference], None] | None
) -> Iterator[list[Row]]:
    """Read the pages backward, and yield the rows that the forward read missed."""
    appeared: list[str] = []
    if check.refused is not None:
        number, error = check.refused
        total = read(1, "").total
        if total is None or number <= math.ceil(total / check.size):
            raise error  # the page should still exist
    for _ in range(_ROUNDS):
        backwards = _Backwards(read, first, check.size, limit)
        yield check.new(backwards.rows(), appeared)
        if backwards.is_quiet:
            vanished = check.seen - backwards.keys if limit is None else set()
            if on_change is not None:
                on_change(Difference(tuple(appeared), frozenset(vanished), True))
            return
    if backwards.reason:
        raise check.error(check.reason or backwards.reason)
    if on_change is not None:
        on_change(Difference(tuple(appeared), frozenset(), False))


class _Backwards:
    """A read of all pages, the last page first."""

    def __init__(self, read: ReadPage, first: QueryPage, size: int, limit: int | None) -> None:
        self._read, self._link, self._size, self._limit = read, first.next_href, size, limit
        self.keys: set[int] = set()
        self.total = 0
        self.is_steady = True
        self.reason = ""

    @property
    def is_quiet(self) -> bool:
        """Return True if the read was complete, and the result did not change."""
        return self.is_steady and not self.reason

    def rows(self) -> list[Row]:
        """Read the pages backward, and return the rows in forward order."""
        head = self._read(1, "")
        self.total = head.total if head.total is not None else len(head.rows)
        self._check_page(1, head)
        if self.reason:
            return head.rows  # the total of this page is not reliable
        count = self.total if self._limit is None else min(self.total, self._limit)
        pages: list[list[Row]] = []
        refused = 0
        for number in range(math.ceil(count / self._size), 1, -1):
            try:
                page = self._read(number, self._link)
                pages.append(self._taken(number, page))
            except InvalidRequestError:
                self.is_steady, refused = False, refused + 1  # the page no longer exists
                if refused > _MAX_REFUSED:
                    self.reason = f"the server rejected page {number}"
            if self.reason:
                break
        # The first page must be read last. If other pages were read after it, read the first page again.
        pages.append(self._taken(1, self._read(1, "") if pages else head))
        if self._limit is None and self.is_quiet and len(self.keys) != self.total:
            self.reason = f"the server returned {len(self.keys)} records, not {self.total}"
        return [row for rows in reversed(pages) for row in rows]

    def _taken(self, number: int, page: QueryPage) -> list[Row]:
        if page.total is not None and page.total != self.total:
            self.is_steady = False
        self._check_page(number, page)
        self.keys.update(key_of(row) for row in page.rows)
        return page.rows

    def _check_page(self, number: int, page: QueryPage) -> None:
        """Set ``reason`` if a page has a wrong page number or number of records."""
        if page.number is not None and page.number != number:
            self.reason = f"the server returned page {page.number} instead of page {number}"
        if page.total is not None:
            expected = max(0, min(self._size, page.total - self._size * (number - 1)))
            if len(page.rows) != expected:
                self.reason = f"page {number} has {len(page.rows)} records, not {expected}"


class _Check:
    """A check that all pages belong to the same result."""

    def __init__(self, total: int, size: int, what: str) -> None:
        self._total = total
        self._what = what
        self.size = size
        self.seen: set[int] = set()
        self.reason = ""
        """The first reason to assume that the result changed, or an empty string."""
        self.refused: tuple[int, InvalidRequestError] | None = None
        self.is_contradicted = False

    @property
    def is_whole(self) -> bool:
        """Return True when the number of records equals the total."""
        return len(self.seen) == self._total

    def taken(self, waiting: deque[tuple[int, Future[QueryPage]]], last: int) -> list[Row]:
        """Wait for the next page, check the page, and return its new rows."""
        number, future = waiting.popleft()
        try:
            return self.passed(number, future.result())
        except VcloudAirError as exc:
            exc.add_context(
                f"The error occurred at page {number} of {last} of {self._what}. Incomplete results are not returned."
            )
            if not isinstance(exc, InvalidRequestError):
                raise
            # The page may no longer exist.
            self.refused = self.refused or (number, exc)
            self._note(f"the server rejected page {number}")
            self.is_contradicted = True
            return []

    def passed(self, number: int, page: QueryPage) -> list[Row]:
        """Check a page, and return the rows that are not on an earlier page."""
        if page.total is not None and page.total != self._total:
            self._note(f"page {number} has the total {page.total}, but page 1 had {self._total}")
        if page.number is not None and page.number != number:
            self._note(f"the server returned page {page.number} instead of page {number}")
        expected = min(self.size, self._total - self.size * (number - 1))
        if len(page.rows) != expected:
            self._note(f"page {number} has {len(page.rows)} records, not {expected}")
        if page.total is not None and number > 1:
            own = max(0, min(self.size, page.total - self.size * (number - 1)))
            self.is_contradicted = self.is_contradicted or len(page.rows) < own
        keys = [key_of(row) for row in page.rows]
        if len(set(keys)) == len(keys) and self.seen.isdisjoint(keys):  # nearly always
            self.seen.update(keys)
            return page.rows
        fresh: list[Row] = []
        for key, row in zip(keys, page.rows, strict=True):
            if key in self.seen:
                attributes = row[0]
                name = attributes.get("name") or attributes.get("href") or "a record"
                self._note(f"{name} is on page {number} and on an earlier page")
                continue
            self.seen.add(key)
            fresh.append(row)
        return fresh

    def new(self, rows: list[Row], names: list[str]) -> list[Row]:
        """Return the rows that were not read before. Add their names to ``names``."""
        fresh = {key: row for row in rows if (key := key_of(row)) not in self.seen}
        self.seen.update(fresh)
        names += [row[0].get("name", "") for row in fresh.values()]
        return list(fresh.values())

    def _note(self, reason: str) -> None:
        self.reason = self.reason or reason

    def error(self, reason: str) -> IncompleteResultError:
        """Return the error for pages that contradict each other."""
        return IncompleteResultError(
            f"Reading the result of {self._what} failed. The result changed during the read: {reason}.",
            hint="Run the query again. If the error persists, narrow the query with a filter.",
        )
