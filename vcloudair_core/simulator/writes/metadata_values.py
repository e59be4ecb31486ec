"""Convert typed metadata values to and from text.

Source: protocol/vm-writes.md §3.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

MAX_KEY_LENGTH = 256
_TRUE, _FALSE = ("true", "1"), ("false", "0")
STRING, NUMBER, BOOLEAN, DATE_TIME = (
    "MetadataStringValue", "MetadataNumberValue", "MetadataBooleanValue", "MetadataDateTimeValue",
)  # fmt: skip


def type_of(value: Any) -> str:
    """Return the name of a value's type, for the attribute ``xsi:type``."""
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, (int, float)):
        return NUMBER
    return DATE_TIME if isinstance(value, dt.date) else STRING


def text_of(value: Any) -> str:
    """Return a metadata value as text, for an XML document."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def parse(type_name: str, text: str) -> Any:
    """Convert text to a metadata value of the type ``type_name``.

    Raises ValueError for an unknown type, or for text that does not match the type.
    """
    if type_name == STRING:
        return text
    if type_name == NUMBER:
        return int(text)
    if type_name == BOOLEAN and text.lower() in (*_TRUE, *_FALSE):
        return text.lower() in _TRUE
    if type_name == DATE_TIME:
        return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    message = f"{text!r} is not a {type_name}"
    raise ValueError(message)
