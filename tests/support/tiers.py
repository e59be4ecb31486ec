"""Select the variants of a test that a run includes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest


def one_in(number: int, items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the tests of a run that includes one in ``number`` exhaustive tests.

    Tests without the exhaustive mark are all included. The selection is the same in every run of the same tests.
    """
    exhaustive = [item for item in items if item.get_closest_marker("exhaustive") is not None]
    left_out = set(map(id, exhaustive)) - set(map(id, exhaustive[::number]))
    return [item for item in items if id(item) not in left_out]


def sampled(values: Iterable[Any], every: int) -> list[Any]:
    """Return parameters, most of them marked exhaustive.

    The first value and each ``every``-th value after it have no mark. The items of a tuple are passed as separate
    arguments.
    """
    return [
        pytest.param(
            *(value if isinstance(value, tuple) else (value,)),
            marks=[pytest.mark.exhaustive] if number % every else [],
        )
        for number, value in enumerate(values)
    ]


def sampled_pairs(first: Iterable[Any], second: Iterable[Any], every: int) -> list[Any]:
    """Return the Cartesian product of two lists as pytest parameters.

    Most pairs are marked ``exhaustive``. Each value of either list is in at least one unmarked pair.
    """
    seconds = list(second)
    return [
        pytest.param(one, other, marks=[pytest.mark.exhaustive] if (row + column) % every else [])
        for row, one in enumerate(first)
        for column, other in enumerate(seconds)
    ]
