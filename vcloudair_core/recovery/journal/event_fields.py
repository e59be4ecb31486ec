"""Words of events, read by somebody who has not written them: what is missing or of another kind is empty."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

_FIRST_YEAR, _LAST_YEAR = 1000, 5000
_NOTHING: Mapping[str, Any] = {}


def text(words: Mapping[str, Any], key: str) -> str:
    """A string; numbers are written out."""
    value = words.get(key)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def number(words: Mapping[str, Any], key: str) -> float | None:
    """A number that is not negative and not infinite."""
    value = words.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < float("inf") else None


def whole(words: Mapping[str, Any], key: str) -> int | None:
    """A whole number that is not negative."""
    value = words.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def moment(words: Mapping[str, Any], key: str = "at") -> datetime | None:
    """A time of ISO 8601; without an offset it is UTC. None, too, for one so far off that nothing can be reckoned
    with it."""
    given = text(words, key)
    try:
        at = datetime.fromisoformat(f"{given[:-1]}+00:00" if given[-1:] in ("Z", "z") else given)
        at = at.astimezone(timezone.utc) if at.tzinfo else at.replace(tzinfo=timezone.utc)
    except (ValueError, OverflowError):
        return None
    return at if _FIRST_YEAR <= at.year <= _LAST_YEAR else None


def mapping(words: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = words.get(key)
    return value if isinstance(value, Mapping) else _NOTHING


def mappings(words: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The mappings of a list."""
    value = words.get(key)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []


def texts(words: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """The strings of a list."""
    value = words.get(key)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list | tuple) else ()
