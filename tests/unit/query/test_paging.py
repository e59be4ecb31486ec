"""Pages that do not fit together end in an error or a second look, never in a result that is not whole."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from vcloudair_core.errors import IncompleteResultError, ServerError
from vcloudair_core.services.query.codec import Page, Row
from vcloudair_core.services.query.paging import pages


def rows(first: int, last: int) -> list[Row]:
    return [({"name": f"vm {number}", "href": f"/vm-{number}"}, {}) for number in range(first, last)]


class Server:
    """Answers pages of ``size``; ``odd`` gives other answers for some. Counts what is under way."""

    def __init__(self, total: int, size: int = 10, odd: Callable[[int, Page], Page] | None = None) -> None:
        self.total, self.size, self.odd = total, size, odd
        self.asked: list[int] = []
        self.under_way = self.most_under_way = 0
        self._lock = threading.Lock()

    def read(self, number: int, link: str = "next") -> Page:
        with self._lock:
            self.asked.append(number)
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        time.sleep(0.001)
        with self._lock:
            self.under_way -= 1
        start = (number - 1) * self.size
        page = Page(rows(start, min(start + self.size, self.total)), self.total, number, self.size, "next")
        return self.odd(number, page) if self.odd else page

    def names(self, *, parallel: int = 4, most: int | None = None) -> list[str]:
        taken = pages(self.read, self.read(1), "the query for vm", parallel=parallel, most=most)
        return [attributes["name"] for part in taken for attributes, _ in part]


@pytest.mark.parametrize("total", [0, 1, 9, 10, 11, 99, 100, 101])
@pytest.mark.parametrize("parallel", [1, 4, 50])
def test_everything_in_order(total: int, parallel: int) -> None:
    server = Server(total)
    assert server.names(parallel=parallel) == [f"vm {number}" for number in range(total)]
    assert sorted(server.asked) == list(range(1, max(1, -(-total // 10)) + 1))
    assert server.most_under_way <= parallel


def test_no_more_pages_are_read_than_are_wanted() -> None:
    server = Server(1000)
    assert len(server.names(most=25)) == 30
    assert sorted(server.asked) == [1, 2, 3]


def test_a_slow_taker_is_not_run_ahead_of() -> None:
    server = Server(1000)
    taken = pages(server.read, server.read(1), "it", parallel=4)
    for _ in range(3):
        next(taken)
    time.sleep(0.05)
    assert max(server.asked) <= 3 + 3 * 4


def test_a_server_with_smaller_pages_than_were_asked_for() -> None:
    server = Server(95, size=7)
    assert len(server.names()) == 95


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        (lambda number, page: replace(page, total=96) if number == 3 else page, "page 3 says that there are 96"),
        (lambda number, page: replace(page, number=2, rows=rows(10, 20)) if number == 4 else page, "page 2 came"),
        (lambda number, page: replace(page, rows=page.rows[:-1]) if number == 2 else page, "page 2 has 9 records"),
        (lambda number, page: replace(page, rows=rows(9, 19)) if number == 2 else page, "vm 9 is on page 2 and on one"),
        (lambda number, page: replace(page, rows=[]) if number == 5 else page, "page 5 has 0 records, not 10"),
        (
            lambda number, page: replace(page, rows=rows(0, 10), number=None) if number == 3 else page,
            "vm 0 is on page 3",
        ),
    ],
)
def test_pages_that_do_not_fit(odd: Callable[[int, Page], Page], said: str) -> None:
    with pytest.raises(IncompleteResultError, match="changed while it was read") as met:
        Server(95, odd=odd).names()
    assert said in str(met.value)


def test_a_page_that_fails_says_how_far_it_got() -> None:
    def fail(number: int, page: Page) -> Page:
        if number == 7:
            raise ServerError("The server failed.", status=503)
        return page

    with pytest.raises(ServerError, match="It was page 7 of 10 of the query for vm"):
        Server(95, odd=fail).names()
