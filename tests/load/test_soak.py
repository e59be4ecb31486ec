"""A short soak test, and tests of its leak detection."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.load.books import Book
from tests.load.soak import Outcome, _differences, show, soak
from tests.load.watch import Trend, Watch


@pytest.mark.exhaustive
@pytest.mark.slow
def test_twenty_clients_for_twenty_seconds_have_no_leaks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = soak(20, 20, tmp_path)
    with capsys.disabled():
        print(f"\n{show(outcome)}")
    assert outcome.is_good, show(outcome)
    assert outcome.requests > 100
    # Status 0: the request was in progress when the log was read. Each client checks its own results.
    assert set(outcome.statuses) <= {0, 200, 201, 204}


def test_rising_trend_is_a_leak_and_varying_trend_is_not() -> None:
    leak = Trend("simulator rss_mb", [(second, 100 + second / 2) for second in range(120)])
    warming = Trend("simulator rss_mb", [(second, 100.0 + min(second, 30)) for second in range(120)])
    breathing = Trend("simulator fds", [(second, 20.0 + 15 * (second % 7 > 3)) for second in range(120)])
    assert leak.growth() == pytest.approx(41.5, abs=1)
    assert [leak.is_leak(), warming.is_leak(), breathing.is_leak()] == [True, False, False]


def test_process_that_keeps_files_open_is_detected(tmp_path: Path) -> None:
    watch = Watch({"this": os.getpid()}, tmp_path, 60)
    kept: list[Any] = []
    try:
        for number in range(20):
            kept += [(tmp_path / f"{number} {more}").open("w") for more in range(3)]
            watch.look()
    finally:
        for file in kept:
            file.close()
    # The memory of this process may grow for other reasons.
    assert {trend.name for trend in watch.leaks()} >= {"this fds", "all files"}


def test_failed_measurement_is_reported(tmp_path: Path) -> None:
    def broken() -> None:
        raise RuntimeError("no journal")

    watch = Watch({"this": os.getpid()}, tmp_path, 60, broken)
    watch.start()
    watch.join(10)
    assert str(watch.problem) == "no journal"
    assert not any(thread.name == "watch" for thread in threading.enumerate())


class FakeCloud:
    """A cloud with two edges. The second edge lacks a rule and has an unknown rule."""

    edges = [("one", "id-1"), ("two", "id-2")]

    def user_rules(self, edge_id: str) -> list[dict[str, str]]:
        names = {"id-1": ["c000-1"], "id-2": ["c000-3", "who"]}[edge_id]
        return [{"name": name, "action": "accept"} for name in names]


def test_differences_between_books_and_edges_are_reported() -> None:
    book = {"one": {"c000-1": "accept"}, "two": {"c000-2": "accept", "c000-3": "accept"}}
    cloud: Any = FakeCloud()
    found = _differences(cloud, {"c000": {"edges": book}})
    assert [text.partition(":")[0] for text in found] == ["two", "two"]
    assert "1 rules have no owner" in found[1]


def test_any_error_fails_the_outcome() -> None:
    from collections import Counter

    def outcome(**more: Any) -> Outcome:
        one = {"errors": [], "wrong": [], "done": {"query": 1}, "edges": {}, **more.pop("client", {})}
        fields = {"verdicts": Counter({"succeeded": 2}), "lost": [], "leaks": [], "trouble": [], **more}
        return Outcome(seconds=1.0, clients={"c000": one}, statuses=Counter({200: 5}), trends=[], **fields)

    assert outcome().is_good
    leak = Trend("simulator rss_mb", [(0, 1.0)])
    for bad in (
        {"client": {"errors": ["it broke"]}}, {"client": {"wrong": ["199, not 200"]}}, {"lost": ["two"]},
        {"leaks": [leak]}, {"trouble": ["it hangs"]}, {"verdicts": Counter({"succeeded": 1, "failed": 1})},
    ):  # fmt: skip
        assert not outcome(**bad).is_good
    assert "it broke" in show(outcome(client={"errors": ["it broke"]}))


def test_book_records_the_changes_of_its_steps() -> None:
    import random

    book, chance = Book("c007"), random.Random(1)
    for _ in range(200):
        before = dict(book.edges.get("one", {}))
        step = book.next_step("one", chance)
        book.note("one", step)
        assert (book.edges["one"] != before) is step.changes
        assert len(book.edges["one"]) <= 5
