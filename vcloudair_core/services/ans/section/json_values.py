"""Values out of JSON that need not be what they should be. None of these ever raises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def mapping_of(value: Any) -> Mapping[str, Any]:
    """An object; anything else is an empty one."""
    return value if isinstance(value, dict) else {}


def items_of(value: Any) -> list[Any]:
    """The items of a list; a single value is a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def texts_of(value: Any) -> tuple[str, ...]:
    """A list of texts; numbers and single values happen. Source: protocol/ans.md §2.6."""
    return tuple(str(item) for item in items_of(value) if item is not None)


def text_of(value: Any) -> str | None:
    """Any value as text; None for null."""
    return None if value is None else str(value)


def int_of(value: Any) -> int | None:
    """A whole number, also as digits in text; None for anything else."""
    if isinstance(value, bool):
        return None
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def digits_of(value: Any) -> str | None:
    """A whole number as text, also when it is text already; None for anything else. Ids are text but on the wire."""
    number = int_of(value)
    return None if number is None else str(number)


def bool_of(value: Any, absent: bool | None = None) -> bool | None:
    """True or false, also as text; ``absent`` for anything else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    return absent
