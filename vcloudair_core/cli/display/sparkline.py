"""Sparklines, which are small charts of numbers in tables."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

_LEVELS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float | None], width: int = 24) -> str:
    """Return a sparkline with ``width`` characters at most.

    A missing value is a blank.
    """
    if len(values) > width:
        edges = [round(place * len(values) / width) for place in range(width + 1)]
        chunks = [[v for v in values[low:high] if v is not None] for low, high in itertools.pairwise(edges)]
        values = [sum(chunk) / len(chunk) if chunk else None for chunk in chunks]
    present = [value for value in values if value is not None]
    if not present:
        return ""
    low, span = min(present), max(present) - min(present)
    steps = len(_LEVELS) - 1
    return "".join(
        " " if value is None else _LEVELS[round((value - low) / span * steps) if span else 0] for value in values
    )
