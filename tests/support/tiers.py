"""Parameters of which a part is tried by every run of the tests, and the others by the exhaustive ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def sampled(values: Iterable[Any], every: int) -> list[Any]:
    """Return parameters: the first and each ``every``-th after it without a mark, the others marked exhaustive.

    A tuple is one parameter for each of its items.
    """
    return [
        pytest.param(
            *(value if isinstance(value, tuple) else (value,)),
            marks=[pytest.mark.exhaustive] if number % every else [],
        )
        for number, value in enumerate(values)
    ]


def sampled_pairs(first: Iterable[Any], second: Iterable[Any], every: int) -> list[Any]:
    """Return all pairs of two lists as parameters: each value of both is in a pair without the mark exhaustive."""
    seconds = list(second)
    return [
        pytest.param(one, other, marks=[pytest.mark.exhaustive] if (row + column) % every else [])
        for row, one in enumerate(first)
        for column, other in enumerate(seconds)
    ]
