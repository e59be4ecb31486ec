"""Tests of reading pages. A result is complete, or an error is raised.

Inconsistent pages are read again before the error is raised.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from vcloudair_core.errors import IncompleteResultError, InvalidRequestError, ServerError
from vcloudair_core.services.query.codec import QueryPage, Row
from vcloudair_core.services.query.paging import Difference, key_of, pages


def rows(first: int, last: int) -> list[Row]:
    return [({"name": f"vm {number}", "href": f"/vm-{number}"}, {}) for number in range(first, last)]


class Server:
    """A server with pages of ``size`` records.

    ``odd`` is called with the number and content of each page, and returns the page to send. ``max_in_progress`` is the
    highest number of parallel requests.
    """

    def __init__(self, total: int, size: int = 10, odd: Callable[[int, QueryPage], QueryPage] | None = None) -> None:
        self.total, self.size, self.odd = total, size, odd
        self.asked: list[int] = []
        self.in_progress = self.max_in_progress = 0
        self._lock = threading.Lock()

    def read(self, number: int, link: str = "next") -> QueryPage:
        with self._lock:
            self.asked.append(number)
            self.in_progress += 1
            self.max_in_progress = max(self.max_in_progress, self.in_progress)
        time.sleep(0.001)
        with self._lock:
            self.in_progress -= 1
        start = (number - 1) * self.size
        page = QueryPage(rows(start, min(start + self.size, self.total)), self.total, number, self.size, "next")
        return self.odd(number, page) if self.odd else page

    def names(self, *, parallel: int = 4, limit: int | None = None) -> list[str]:
        results = pages(self.read, self.read(1), "the query for vm", parallel=parallel, limit=limit)
        return [attributes["name"] for page_rows in results for attributes, _ in page_rows]


@pytest.mark.parametrize("total", [0, 1, 9, 10, 11, 99, 100, 101])
@pytest.mark.parametrize("parallel", [1, 4, 50])
def test_all_records_are_read_in_order(total: int, parallel: int) -> None:
    server = Server(total)
    assert server.names(parallel=parallel) == [f"vm {number}" for number in range(total)]
    assert sorted(server.asked) == list(range(1, max(1, -(-total // 10)) + 1))
    assert server.max_in_progress <= parallel


def test_only_needed_pages_are_read() -> None:
    server = Server(1000)
    assert len(server.names(limit=25)) == 30
    assert sorted(server.asked) == [1, 2, 3]


def test_pages_are_read_only_a_little_ahead_of_the_consumer() -> None:
    server = Server(1000)
    results = pages(server.read, server.read(1), "it", parallel=4)
    for _ in range(3):
        next(results)
    time.sleep(0.05)
    assert max(server.asked) <= 3 + 3 * 4


def test_a_server_with_smaller_pages_than_requested() -> None:
    server = Server(95, size=7)
    assert len(server.names()) == 95


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (
            lambda number, page: replace(page, number=2, rows=rows(10, 20)) if number == 4 else page,
            "page 2 instead",
        ),
        (lambda number, page: replace(page, rows=page.rows[:-1]) if number == 2 else page, "page 2 has 9 records"),
        (
            lambda number, page: replace(page, rows=rows(9, 19)) if number == 2 else page,
            "vm 9 is on page 2 and on",
        ),
        (lambda number, page: replace(page, rows=[]) if number == 5 else page, "page 5 has 0 records, not 10"),
        (
            lambda number, page: replace(page, rows=rows(0, 10), number=None) if number == 3 else page,
            "vm 0 is on page 3",
        ),
    ],
)
def test_inconsistent_pages_raise_an_error(odd: Callable[[int, QueryPage], QueryPage], reason: str) -> None:
    with pytest.raises(IncompleteResultError, match="changed during the read") as caught:
        Server(95, odd=odd).names()
    assert reason in str(caught.value)


class Changing(Server):
    """A server where objects appear or vanish before some requests.

    ``numbers`` has the numbers of the current objects, sorted.
    """

    def __init__(self, total: int, change: Callable[[int, list[int]], object]) -> None:
        super().__init__(total)
        self.numbers = list(range(0, total * 10, 10))
        self.change = change

    def read(self, number: int, link: str = "next") -> QueryPage:
        with self._lock:
            self.asked.append(number)
            self.change(len(self.asked), self.numbers)
            start = (number - 1) * self.size
            shown: list[Row] = [
                ({"name": f"vm {at}", "href": f"/vm-{at}"}, {}) for at in self.numbers[start : start + self.size]
            ]
            return QueryPage(shown, len(self.numbers), number, self.size, "next")


def _remove(*requests: int, at: int = 3) -> Callable[[int, list[int]], object]:
    return lambda request, numbers: numbers.pop(at) if request in requests else None


def _insert(*requests: int, value: int = 5) -> Callable[[int, list[int]], object]:
    return lambda request, numbers: numbers.insert(1, value) if request in requests else None


@pytest.mark.parametrize("parallel", [1, 4])
@pytest.mark.parametrize(
    ("change", "is_settled"),
    [
        (_remove(2), True),
        (_remove(3, 4), True),
        (_remove(*range(2, 9)), True),
        (_insert(3), True),
        (_remove(*range(1000)), False),
        (lambda request, numbers: numbers.insert(1, 5 + request), False),
        (lambda request, numbers: (numbers.pop(30), numbers.insert(1, 5 + request)) if request == 4 else None, True),
    ],
)  # fmt: skip
def test_no_record_is_lost_while_other_objects_appear_and_vanish(
    change: Callable[[int, list[int]], object], is_settled: bool, parallel: int
) -> None:
    server, differences = Changing(95, change), list[Difference]()
    before = set(server.numbers)
    results = pages(server.read, server.read(1), "it", parallel=parallel, on_change=differences.append)
    read = [row for page_rows in results for row in page_rows]
    names = [attributes["name"] for attributes, _ in read]
    stable = {f"vm {number}" for number in before & set(server.numbers)}
    assert stable <= set(names)
    assert len(names) == len(set(names)), "no record twice"
    if differences:
        (difference,) = differences
        assert difference.is_settled is is_settled
        left = {attributes["name"] for attributes, _ in read if key_of((attributes, {})) not in difference.vanished}
        assert not is_settled or left == {f"vm {number}" for number in server.numbers}


def test_a_change_costs_one_more_read_of_all_pages() -> None:
    server = Changing(95, _remove(5))
    list(pages(server.read, server.read(1), "it", parallel=1))
    assert len(server.asked) == 10 + 1 + 10


def test_a_vanished_page_is_not_an_error() -> None:
    def refuse(number: int, page: QueryPage) -> QueryPage:
        if number > -(-server.total // 10):
            raise InvalidRequestError("There is no such page.", status=400)
        return page

    server = Server(91, odd=refuse)
    first = server.read(1)
    server.total = 90
    results = pages(server.read, first, "it", parallel=1)
    names = [attributes["name"] for page_rows in results for attributes, _ in page_rows]
    assert names == [f"vm {number}" for number in range(90)]


def test_the_error_of_a_page_has_its_number() -> None:
    def fail(number: int, page: QueryPage) -> QueryPage:
        if number == 7:
            raise ServerError("The server failed.", status=503)
        return page

    with pytest.raises(ServerError, match="at page 7 of 10 of the query for vm"):
        Server(95, odd=fail).names()
