"""Units for people: KB of the APIs, which are 1024 bytes, as KiB, MiB, GiB or TiB, whichever suits the values."""

from __future__ import annotations

from collections.abc import Iterable

_PREFIXES = ("KiB", "MiB", "GiB", "TiB")
_SCALED = {"KB": "", "KBps": "/s"}
"""Units that are scaled, and what follows the prefix."""


def display_unit(unit: str | None, values: Iterable[float]) -> tuple[str, float]:
    """Return the unit that is easy to read for all of the values, and the factor that converts them.

    The largest value decides, so that the values of a series, a column or an axis have one unit. Units other than
    ``KB`` and ``KBps`` stay as they are.
    """
    if unit not in _SCALED:
        return unit or "", 1.0
    largest, factor, prefix = max(map(abs, values), default=0.0), 1.0, _PREFIXES[0]
    for prefix in _PREFIXES:
        if largest * factor < 1024 or prefix == _PREFIXES[-1]:
            break
        factor /= 1024
    return prefix + _SCALED[unit], factor
