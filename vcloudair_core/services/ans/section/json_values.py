"""Read values of any type from JSON. The functions never raise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def mapping_of(value: Any) -> Mapping[str, Any]:
    """Return a JSON object as a mapping. For other values, return an empty mapping."""
    return value if isinstance(value, dict) else {}


def items_of(value: Any) -> list[Any]:
    """Return the items of a list. Return a single value as a list with one item."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def texts_of(value: Any) -> tuple[str, ...]:
    """Return a list or a single value as strings. Numbers are converted.

    Source: protocol/ans.md §2.6.
    """
    if value is None or value == []:
        return ()
    if type(value) is list and len(value) == 1 and type(value[0]) is str:
        return (value[0],)
    return tuple([item if type(item) is str else str(item) for item in items_of(value) if item is not None])


def text_of(value: Any) -> str | None:
    """Return a value as a string, or None for null."""
    if type(value) is str:
        return value
    return None if value is None else str(value)


def int_of(value: Any) -> int | None:
    """Return a number or a string of digits as an integer, or None for other values."""
    if isinstance(value, bool):
        return None
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def digits_of(value: Any) -> str | None:
    """Return an integer, such as an ID, as a string, or None for other values."""
    number = value if type(value) is int else int_of(value)
    return None if number is None else str(number)


def bool_of(value: Any, absent: bool | None = None) -> bool | None:
    """Return a bool from a bool or string, or ``absent`` for other values."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    return absent
