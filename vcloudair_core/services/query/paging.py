"""All pages of a query, several at a time, in order, also while objects come and go.

The first page tells the total; the rest are fetched by ``parallel`` threads over the session's pooled connections,
never more than a few pages ahead of what was taken, so that memory does not grow with the result. Every page is
checked against the first: the same total, its own number, its full size, nothing that was there before. Source:
protocol/query.md §2.

Where they do not fit, something came or went, and what stood behind it moved. Reading forwards loses nothing that moves
back, reading backwards nothing that moves forward, so the pages are then read backwards, until nothing moves.
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
"""Pages for each thread that may be there before they are taken, so that one that is late does not stop the others."""

_ROUNDS = 3
"""So many times the pages are read backwards while they go on changing."""

_MOST_REFUSED = 3
"""So many pages may have gone since the total was told."""

ReadPage = Callable[[int, str], QueryPage]
"""(number of the page, a link of the server or nothing) -> the page."""


@dataclass(frozen=True)
class Difference:
    """Changes of a result while it was read. ``vanished`` holds keys, see :func:`key_of`; ``appeared`` names.

    ``is_settled`` is false when it went on changing until the end: then nobody can tell what vanished.
    """

    appeared: tuple[str, ...]
    vanished: frozenset[int]
    is_settled: bool


def key_of(row: Row) -> int:
    """Return what tells a record from others. Numbers, not texts: 100,000 of them are some megabytes this way."""
    attributes = row[0]
    key = attributes.get("href") or attributes.get("id")
    return hash(key) if key else hash(frozenset(attributes.items()))


def pages(
    read: ReadPage,
    first: QueryPage,
    what: str,
    *,
    parallel: int,
    most: int | None = None,
    tell: Callable[[Difference], None] | None = None,
) -> Iterator[list[Row]]:
    """Yield the rows of every page, the first one's included, each record once.

    ``most``: how many rows are wanted at all. ``tell`` is called at the end of a result that changed.

    Raises: IncompleteResultError when the server contradicts itself; what reading a page raises, with how far it got.
    """
    total = first.total if first.total is not None else len(first.rows)
    size = max(1, min(first.size or len(first.rows) or 1, max(len(first.rows), 1)))
    last = math.ceil((total if most is None else min(total, most)) / size)
    check = _Check(total, size, what)
    yield check.passed(1, first)
    if last > 1:
        with ThreadPoolExecutor(max_workers=max(1, min(parallel, last - 1)), thread_name_prefix="vca-query") as pool:
            waiting: deque[tuple[int, Future[QueryPage]]] = deque()
            try:
                for number in range(2, last + 1):
                    if check.is_contradicted:
                        break  # what the server says of further pages is worth nothing
                    waiting.append((number, pool.submit(read, number, first.next_href)))
                    if len(waiting) >= _AHEAD * parallel:
                        yield check.taken(waiting, last)
                while waiting and not check.is_contradicted:
                    yield check.taken(waiting, last)
            finally:
                for _, future in waiting:
                    future.cancel()
    if check.reason or (most is None and not check.is_whole):
        yield from _settled(read, first, check, most, tell)


def _settled(
    read: ReadPage, first: QueryPage, check: _Check, most: int | None, tell: Callable[[Difference], None] | None
) -> Iterator[list[Row]]:
    """Yield what reading forwards has missed."""
    appeared: list[str] = []
    if check.refused is not None:
        number, error = check.refused
        total = read(1, "").total
        if total is None or number <= math.ceil(total / check.size):
            raise error  # the page is still there
    for _ in range(_ROUNDS):
        backwards = _Backwards(read, first, check.size, most)
        yield check.new(backwards.rows(), appeared)
        if backwards.is_quiet:
            vanished = check.seen - backwards.keys if most is None else set()
            if tell is not None:
                tell(Difference(tuple(appeared), frozenset(vanished), True))
            return
    if backwards.reason:
        raise check.error(check.reason or backwards.reason)
    if tell is not None:
        tell(Difference(tuple(appeared), frozenset(), False))


class _Backwards:
    """One reading of all pages, the last one first."""

    def __init__(self, read: ReadPage, first: QueryPage, size: int, most: int | None) -> None:
        self._read, self._link, self._size, self._most = read, first.next_href, size, most
        self.keys: set[int] = set()
        self.total = 0
        self.is_steady = True
        self.reason = ""

    @property
    def is_quiet(self) -> bool:
        """True when nothing changed while it was read, and everything came."""
        return self.is_steady and not self.reason

    def rows(self) -> list[Row]:
        """Return the rows, those of the first page first."""
        head = self._read(1, "")
        self.total = head.total if head.total is not None else len(head.rows)
        self._judge(1, head)
        if self.reason:
            return head.rows  # its word on how many pages there are is worth nothing
        count = self.total if self._most is None else min(self.total, self._most)
        pages: list[list[Row]] = []
        refused = 0
        for number in range(math.ceil(count / self._size), 1, -1):
            try:
                page = self._read(number, self._link)
                pages.append(self._taken(number, page))
            except InvalidRequestError:
                self.is_steady, refused = False, refused + 1  # there is no such page any more
                if refused > _MOST_REFUSED:
                    self.reason = f"page {number} is refused"
            if self.reason:
                break
        # Once more when others were read since; then it is the last one of all.
        pages.append(self._taken(1, self._read(1, "") if pages else head))
        if self._most is None and self.is_quiet and len(self.keys) != self.total:
            self.reason = f"{len(self.keys)} records came, not {self.total}"
        return [row for rows in reversed(pages) for row in rows]

    def _taken(self, number: int, page: QueryPage) -> list[Row]:
        if page.total is not None and page.total != self.total:
            self.is_steady = False
        self._judge(number, page)
        self.keys.update(key_of(row) for row in page.rows)
        return page.rows

    def _judge(self, number: int, page: QueryPage) -> None:
        """Note a page that contradicts itself."""
        if page.number is not None and page.number != number:
            self.reason = f"page {page.number} came in place of page {number}"
        if page.total is not None:
            expected = max(0, min(self._size, page.total - self._size * (number - 1)))
            if len(page.rows) != expected:
                self.reason = f"page {number} has {len(page.rows)} records, not {expected}"


class _Check:
    """Check that pages belong to one and the same result."""

    def __init__(self, total: int, size: int, what: str) -> None:
        self._total = total
        self._what = what
        self.size = size
        self.seen: set[int] = set()
        self.reason = ""
        """The first sign of a change."""
        self.refused: tuple[int, InvalidRequestError] | None = None
        self.is_contradicted = False

    @property
    def is_whole(self) -> bool:
        """True when as many records came as there are."""
        return len(self.seen) == self._total

    def taken(self, waiting: deque[tuple[int, Future[QueryPage]]], last: int) -> list[Row]:
        """Return the rows of the next page that is waited for."""
        number, future = waiting.popleft()
        try:
            return self.passed(number, future.result())
        except VcloudAirError as exc:
            exc.add_context(
                f"It was page {number} of {last} of {self._what}; nothing of an incomplete result is given out."
            )
            if not isinstance(exc, InvalidRequestError):
                raise
            # There may be no such page any more.
            self.refused = self.refused or (number, exc)
            self._note(f"page {number} is refused")
            self.is_contradicted = True
            return []

    def passed(self, number: int, page: QueryPage) -> list[Row]:
        """Return the rows of a page that were not there before."""
        if page.total is not None and page.total != self._total:
            self._note(f"page {number} says that there are {page.total}, page 1 said {self._total}")
        if page.number is not None and page.number != number:
            self._note(f"page {page.number} came in place of page {number}")
        expected = min(self.size, self._total - self.size * (number - 1))
        if len(page.rows) != expected:
            self._note(f"page {number} has {len(page.rows)} records, not {expected}")
        if page.total is not None and number > 1:
            own = max(0, min(self.size, page.total - self.size * (number - 1)))
            self.is_contradicted = self.is_contradicted or len(page.rows) < own
        fresh: list[Row] = []
        for row in page.rows:
            key = key_of(row)
            if key in self.seen:
                attributes = row[0]
                name = attributes.get("name") or attributes.get("href") or "a record"
                self._note(f"{name} is on page {number} and on one before it")
                continue
            self.seen.add(key)
            fresh.append(row)
        return fresh

    def new(self, rows: list[Row], names: list[str]) -> list[Row]:
        """Return the rows that were not there before, and add their names to a list."""
        fresh = {key: row for row in rows if (key := key_of(row)) not in self.seen}
        self.seen.update(fresh)
        names += [row[0].get("name", "") for row in fresh.values()]
        return list(fresh.values())

    def _note(self, reason: str) -> None:
        self.reason = self.reason or reason

    def error(self, reason: str) -> IncompleteResultError:
        """Return the error for a server that contradicts itself."""
        return IncompleteResultError(
            f"The result of {self._what} changed while it was read: {reason}.",
            hint="Ask again; if that does not help, narrow the query with a filter.",
        )
