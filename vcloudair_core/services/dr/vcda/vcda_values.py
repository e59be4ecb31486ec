"""Read values of VCDA's JSON documents.

Paired sites can have different versions, so fields can be missing, and empty values can be the text ``null``. Source:
protocol/vcda.md §1, §3.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from vcloudair_core.errors import DecodeError
from vcloudair_core.util.xml import parse_json


def json_value(body: bytes, what: str) -> Any:
    """Parse a JSON document, and replace the text ``null`` with None.

    Raises DecodeError.
    """
    return _without_null_texts(parse_json(body, what=what))


def json_mapping(value: Any, what: str) -> dict[str, Any]:
    """Return the value, or raise DecodeError if it is not a JSON object."""
    if not isinstance(value, dict):
        raise DecodeError(f"Reading {what} failed. The server sent {type(value).__name__} instead of an object.")
    return value


def inner(tree: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """Return the object at a path of keys, or an empty mapping."""
    for key in keys:
        value = tree.get(key)
        if not isinstance(value, Mapping):
            return {}
        tree = value
    return tree


def text_of(tree: Mapping[str, Any], key: str) -> str:
    """Return a value as text.

    Return an empty string for missing values, objects and lists.
    """
    value = tree.get(key)
    return "" if value is None or isinstance(value, (dict, list)) else str(value).strip()


def whole_of(tree: Mapping[str, Any], key: str) -> int | None:
    """Return a number as an integer. Return None for any other value."""
    value = tree.get(key)
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def time_of(tree: Mapping[str, Any], key: str) -> datetime | None:
    """Parse a time in milliseconds since 1970. Return None for 0 or less.

    Source: protocol/vcda.md §3.
    """
    milliseconds = whole_of(tree, key)
    if milliseconds is None or milliseconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None


def iso_of(tree: Mapping[str, Any], key: str) -> str:
    """Convert a time in milliseconds since 1970 to ISO 8601.

    Return an empty string if there is no time.
    """
    time = time_of(tree, key)
    return time.isoformat() if time is not None else ""


def uuid_of_vm(tree: Mapping[str, Any], key: str) -> str:
    """Return the UUID of a VM or vApp from its UUID or URN, or an empty string."""
    return text_of(tree, key)[-36:].lower()


def _without_null_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null_texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_null_texts(item) for item in value]
    return None if value == "null" else value
