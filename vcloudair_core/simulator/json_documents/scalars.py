"""Convert values of elements and attributes between JSON and XML text."""

from __future__ import annotations

import re
from typing import Any

_ZONE = re.compile(r"(T[\d:.]+)(?:Z|([+-]\d\d):(\d\d))\Z")
_COMPACT_ZONE = re.compile(r"(T[\d:.]+)([+-]\d\d)(\d\d)\Z")
_INTEGER = re.compile(r"[+-]?\d+\Z")
_NUMBER = re.compile(r"[+-]?\d*\.?\d+(?:[eE][+-]?\d+)?\Z")


def to_json(kind: str, text: str) -> Any:
    """Return the JSON value of an XML text.

    If the text is not a valid value of ``kind``, return the text.
    """
    bare = text.strip()
    if kind in ("integer", "number") and _INTEGER.match(bare):
        return int(bare)
    if kind == "number" and _NUMBER.match(bare):
        return float(bare)
    if kind == "boolean" and bare in ("true", "false", "1", "0"):
        return bare in ("true", "1")
    if kind == "dateTime":
        return _ZONE.sub(lambda match: f"{match[1]}{match[2] or '+00'}{match[3] or '00'}", bare)
    return text


def guess(text: str) -> Any:
    """Return the JSON value of a string whose kind is unknown."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if _INTEGER.match(text) and str(int(text)) == text else text


def to_text(kind: str, value: Any) -> str:
    """Return the XML text of a JSON value. Raises TypeError for an object or an array."""
    if isinstance(value, (dict, list)):
        raise TypeError(f"expected a value, not {'an object' if isinstance(value, dict) else 'an array'}")
    if isinstance(value, bool):
        return str(value).lower()
    if kind == "dateTime":
        return _COMPACT_ZONE.sub(r"\1\2:\3", str(value))
    return str(value)
