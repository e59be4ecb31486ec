"""Read fields of possibly damaged events.

A field that is missing or has an unexpected type is read as an empty string, an empty list or None.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

_FIRST_YEAR, _LAST_YEAR = 1000, 5000
_EMPTY: Mapping[str, Any] = {}


def text(event: Mapping[str, Any], key: str) -> str:
    """Return the value of ``key`` as a string. Numbers are converted to strings."""
    value = event.get(key)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def number(event: Mapping[str, Any], key: str) -> float | None:
    """Return the value of ``key`` if it is a finite number of at least 0, or None."""
    value = event.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < float("inf") else None


def whole(event: Mapping[str, Any], key: str) -> int | None:
    """Return the value of ``key`` if it is an integer of at least 0, or None."""
    value = event.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def moment(event: Mapping[str, Any], key: str = "at") -> datetime | None:
    """Return the value of ``key`` as a time, or None. The format is ISO 8601.

    A time without an offset is UTC. If the year is not between 1000 and 5000, return None.
    """
    stamp = text(event, key)
    try:
        at = datetime.fromisoformat(f"{stamp[:-1]}+00:00" if stamp[-1:] in ("Z", "z") else stamp)
        at = at.astimezone(timezone.utc) if at.tzinfo else at.replace(tzinfo=timezone.utc)
    except (ValueError, OverflowError):
        return None
    return at if _FIRST_YEAR <= at.year <= _LAST_YEAR else None


def mapping(event: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = event.get(key)
    return value if isinstance(value, Mapping) else _EMPTY


def mappings(event: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Return the mappings in the list at ``key``. Other items are left out."""
    value = event.get(key)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else []


def texts(event: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return the strings in the list at ``key``. Other items are left out."""
    value = event.get(key)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()
