"""Pages of the query service: from XML to values. Source: api/query.md §2-3, api/real-world-notes.md §3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vcloudair_core import xmltree
from vcloudair_core.errors import DecodeError
from vcloudair_core.services.query.record import typed

if TYPE_CHECKING:
    from lxml.etree import _Element

_NOT_RECORDS = ("Link", "Description", "Tasks", "Metadata")
_METADATA_KINDS = {
    "MetadataBooleanValue": "bool",
    "MetadataNumberValue": "float",
    "MetadataDateTimeValue": "datetime",
    "MetadataStringValue": "str",
}
_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"

Row = tuple[dict[str, str], dict[str, Any]]
"""Attributes of a record, and its metadata."""


@dataclass(frozen=True)
class Page:
    """One page. ``total``, ``number`` and ``size`` are None where the server did not say."""

    rows: list[Row]
    total: int | None
    number: int | None
    size: int | None
    next_href: str = ""


def parse_page(body: bytes, what: str) -> Page:
    """A page in any of the three formats. Raises DecodeError when it is none."""
    root = xmltree.parse(body, what=what)
    name = xmltree.local(root)
    if name != "QueryResultRecords" and not name.endswith("References"):
        raise DecodeError(f"{what[:1].upper()}{what[1:]} is not what was expected: records or references, not {name}.")
    rows = [_row(child) for child in root if xmltree.local(child) not in _NOT_RECORDS]
    links = [
        child.get("href") or "" for child in root if xmltree.local(child) == "Link" and child.get("rel") == "nextPage"
    ]
    return Page(
        rows, _number(root, "total"), _number(root, "page"), _number(root, "pageSize"), links[0] if links else ""
    )


def parse_query_list(body: bytes) -> list[str]:
    """Names of the types that a server offers, in its order. Source: api/query.md §8. Raises DecodeError."""
    root = xmltree.parse(body, what="the list of query types")
    if xmltree.local(root) != "QueryList":
        raise DecodeError(f"The list of query types is not what was expected: QueryList, not {xmltree.local(root)}.")
    names = [child.get("name") or "" for child in root if xmltree.local(child) == "Link"]
    return list(dict.fromkeys(name for name in names if name))


def _row(element: _Element) -> Row:
    attributes = {str(name): str(value) for name, value in element.attrib.items() if not str(name).startswith("{")}
    return attributes, _metadata(element) if len(element) else {}


def _metadata(element: _Element) -> dict[str, Any]:
    """Source: api/query.md §4.3."""
    found: dict[str, Any] = {}
    for holder in element:
        for entry in holder if xmltree.local(holder) == "Metadata" else ():
            parts = {xmltree.local(child): child for child in entry}
            value = parts.get("TypedValue")
            if "Key" not in parts or value is None:
                continue
            kind = _METADATA_KINDS.get((value.get(_XSI_TYPE) or "").rpartition(":")[2], "str")
            text = next((child.text or "" for child in value if xmltree.local(child) == "Value"), "")
            given = typed(text, kind)
            found[parts["Key"].text or ""] = int(given) if isinstance(given, float) and given.is_integer() else given
    return found


def _number(root: _Element, name: str) -> int | None:
    text = (root.get(name) or "").strip()
    return int(text) if text.isdecimal() else None
