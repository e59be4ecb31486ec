"""Mark test parameters so that most of them run only in exhaustive runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


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
    """Return all pairs of two lists as parameters, most of them marked exhaustive.

    Each value of both lists is in a pair without the mark.
    """
    seconds = list(second)
    return [
        pytest.param(one, other, marks=[pytest.mark.exhaustive] if (row + column) % every else [])
        for row, one in enumerate(first)
        for column, other in enumerate(seconds)
    ]
