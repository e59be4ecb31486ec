"""Build and parse metadata documents.

Values have types since API 5.1, and are plain text in older versions. Source: protocol/vm-writes.md §3.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from lxml import etree

from vcloudair_core.simulator.releases import is_at_least
from vcloudair_core.simulator.writes import metadata_values
from vcloudair_core.simulator.xml_builder import element, link

T = "application/vnd.vmware.vcloud."
MEDIA, VALUE_MEDIA = f"{T}metadata+xml", f"{T}metadata.value+xml"
TYPED_SINCE = (5, 1)
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def metadata_document(href: str, up_type: str, metadata: dict[str, Any], version: str, *, is_editable: bool) -> Any:
    """Return the document with all metadata of the object at the URL ``href``."""
    base = f"{href}/metadata"
    entries = [
        element(
            "MetadataEntry",
            {"type": VALUE_MEDIA, "href": f"{base}/{quote(key, safe='')}"},
            element("Key", None, key),
            _value(value, version),
        )
        for key, value in metadata.items()
    ]
    links = [link("up", href, up_type), link("add", base, MEDIA) if is_editable else None]
    return element("Metadata", {"type": MEDIA, "href": base}, *links, *entries)


def value_document(href: str, key: str, value: Any, version: str) -> Any:
    """Return the document of one metadata value of the object at ``href``."""
    base = f"{href}/metadata"
    attributes = {"type": VALUE_MEDIA, "href": f"{base}/{quote(key, safe='')}"}
    return element("MetadataValue", attributes, link("up", base, MEDIA), _value(value, version))


def _value(value: Any, version: str) -> Any:
    text = metadata_values.text_of(value)
    if not is_at_least(version, TYPED_SINCE):
        return element("Value", None, text)
    typed = element("TypedValue", None, element("Value", None, text))
    typed.set(XSI_TYPE, metadata_values.type_of(value))
    return typed


def parse_entries(root: Any) -> Iterator[tuple[str, Any]]:
    """Yield the key and value of each entry in a Metadata document.

    Raises ValueError for an invalid document.
    """
    for entry in root:
        if etree.QName(entry).localname == "MetadataEntry":
            key = next((child.text or "" for child in entry if etree.QName(child).localname == "Key"), "")
            yield check_key(key), parse_value(entry)


def check_key(key: str) -> str:
    """Return ``key``. Raises ValueError if the key is empty or too long."""
    if not 0 < len(key) <= metadata_values.MAX_KEY_LENGTH:
        message = f"validation error on field 'key': must have 1 to {metadata_values.MAX_KEY_LENGTH} characters"
        raise ValueError(message)
    return key


def parse_value(root: Any) -> Any:
    """Return the value in a MetadataEntry or MetadataValue element.

    Raises ValueError for an invalid value.
    """
    for child in root:
        if etree.QName(child).localname == "TypedValue":
            type_name = (child.get(XSI_TYPE) or metadata_values.STRING).rpartition(":")[2]
            text = next((inner.text or "" for inner in child if etree.QName(inner).localname == "Value"), None)
            if text is None:
                break
            return metadata_values.parse(type_name, text)
        if etree.QName(child).localname == "Value":
            return child.text or ""
    message = "the value is missing"
    raise ValueError(message)
