"""Convert KB and KBps to readable units for display: KiB, MiB, GiB or TiB.

A KB of the API is 1024 bytes.
"""

from __future__ import annotations

from collections.abc import Iterable

_PREFIXES = ("KiB", "MiB", "GiB", "TiB")
_SCALED = {"KB": "", "KBps": "/s"}
"""Units that are scaled, and the text to add after a unit such as MiB."""


def display_unit(unit: str | None, values: Iterable[float]) -> tuple[str, float]:
    """Return a readable unit for a group of values, and the conversion factor.

    The unit fits the largest value, and is the same for all values of a series, column or axis. Units other than
    ``KB`` and ``KBps`` do not change.
    """
    if unit not in _SCALED:
        return unit or "", 1.0
    largest, factor, prefix = max(map(abs, values), default=0.0), 1.0, _PREFIXES[0]
    for prefix in _PREFIXES:
        if largest * factor < 1024 or prefix == _PREFIXES[-1]:
            break
        factor /= 1024
    return prefix + _SCALED[unit], factor
