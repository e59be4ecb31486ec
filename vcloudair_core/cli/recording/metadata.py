"""Parse the metadata of an object. Source: protocol/vm-writes.md §3."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from vcloudair_core.util import xml

_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_VALUES: dict[str, Callable[[str], Any]] = {
    "MetadataNumberValue": int,
    "MetadataBooleanValue": lambda text: text.strip().lower() in ("true", "1"),
    "MetadataDateTimeValue": lambda text: datetime.fromisoformat(text.strip().replace("Z", "+00:00")),
}


def parse_metadata(body: bytes) -> dict[str, Any]:
    """Return the metadata values by key.

    Values of unknown types are strings. Raises DecodeError if the body is not valid XML.
    """
    entries: dict[str, Any] = {}
    for entry in xml.parse(body, what="metadata"):
        if xml.local(entry) != "MetadataEntry":
            continue
        key = value = kind = ""
        for element in entry.iter():
            name = xml.local(element)
            if name == "Key":
                key = element.text or ""
            elif name == "TypedValue":
                kind = (element.get(_TYPE) or "").rpartition(":")[2]
            elif name == "Value":
                value = element.text or ""
        entries[key] = _typed(kind, value)
    return entries


def _typed(kind: str, text: str) -> Any:
    try:
        return _VALUES.get(kind, str)(text)
    except ValueError:
        return text
