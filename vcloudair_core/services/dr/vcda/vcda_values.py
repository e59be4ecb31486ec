"""Read values of VCDA's JSON documents.

Pairs of sites can have different versions, so fields can be missing, and empty values can be the text ``null``.
Source: protocol/vcda.md §1, §3.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from vcloudair_core.errors import DecodeError
from vcloudair_core.util.xml import parse_json


def json_value(body: bytes, what: str) -> Any:
    """Return the value of a document, with None for the text ``null``.

    Raises DecodeError.
    """
    return _without_null_texts(parse_json(body, what=what))


def json_mapping(value: Any, what: str) -> dict[str, Any]:
    """Return a value that must be a JSON object. Raises DecodeError for another type."""
    if not isinstance(value, dict):
        raise DecodeError(f"Reading {what} failed. The server sent {type(value).__name__} instead of an object.")
    return value


def inner(tree: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """Return the object at a path of keys, or an empty one."""
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
    """Return a time in milliseconds since 1970. Values of 0 and less mean no time.

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
    """Return a time in ISO 8601, or an empty string."""
    time = time_of(tree, key)
    return time.isoformat() if time is not None else ""


def uuid_of_vm(tree: Mapping[str, Any], key: str) -> str:
    """Return the UUID of a VM from its UUID or URN, or an empty string."""
    return text_of(tree, key)[-36:].lower()


def _without_null_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null_texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_null_texts(item) for item in value]
    return None if value == "null" else value
