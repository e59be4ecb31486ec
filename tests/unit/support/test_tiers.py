"""Tests of the selection of exhaustive test variants in a test run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tests.support.tiers import one_in


def item(nodeid: str, *, exhaustive: bool = True) -> Any:
    return SimpleNamespace(nodeid=nodeid, get_closest_marker=lambda name: "mark" if exhaustive else None)


def test_one_in_four_exhaustive_tests_is_included() -> None:
    items = [item(f"a.py::test[{number}]") for number in range(9)] + [item("a.py::other[x]"), item("b.py::test[0]")]
    expected = ["a.py::test[0]", "a.py::test[4]", "a.py::test[8]"]
    assert [one.nodeid for one in one_in(4, items)] == expected
    assert one_in(1, items) == items


def test_tests_without_the_exhaustive_mark_are_always_included() -> None:
    items = [item(f"a.py::test[{number}]", exhaustive=False) for number in range(9)]
    assert one_in(4, items) == items
