"""Parse pages of the query service.

Source: protocol/query.md §2-3, protocol/recorded-responses.md §3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from vcloudair_core.errors import DecodeError
from vcloudair_core.services.query.flat_page import flat_elements
from vcloudair_core.services.query.record import typed
from vcloudair_core.util import xml

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
"""The attributes of a record, and the metadata of the object."""


@dataclass(frozen=True)
class QueryPage:
    """A page of query results.

    ``total`` is the number of records on all pages, ``number`` is the page number, and ``size`` is the page size. A
    number that the server does not return is None.
    """

    rows: list[Row]
    total: int | None
    number: int | None
    size: int | None
    next_href: str = ""


def parse_page(body: bytes, what: str) -> QueryPage:
    """Parse a page of records, ID records or references. Raises DecodeError."""
    elements = flat_elements(body)
    if elements is None or not _is_page(elements[0][0]):
        return parse_root(xml.parse(body, what=what), what)
    root = elements[0][1]
    rows: list[Row] = [(attributes, {}) for name, attributes in elements[1:] if name not in _NOT_RECORDS]
    links = [link for name, link in elements[1:] if name == "Link" and link.get("rel") == "nextPage"]
    total, number, size = (xml.count(root.get(name)) for name in ("total", "page", "pageSize"))
    return QueryPage(rows, total, number, size, links[0].get("href", "") if links else "")


def _is_page(name: str) -> bool:
    return name == "QueryResultRecords" or name.endswith("References")


def parse_root(root: _Element, what: str) -> QueryPage:
    """Return the page of a parsed XML document. Raises DecodeError."""
    name = xml.local(root)
    if not _is_page(name):
        raise DecodeError(f"Reading {what} failed. The server sent {name} instead of records or references.")
    rows = [_row(child) for child in root if xml.local(child) not in _NOT_RECORDS]
    links = [child.get("href") or "" for child in root if xml.local(child) == "Link" and child.get("rel") == "nextPage"]
    return QueryPage(
        rows, _number(root, "total"), _number(root, "page"), _number(root, "pageSize"), links[0] if links else ""
    )


def record_elements(root: _Element) -> list[str]:
    """Return the element names of the records on a page, in order."""
    return [name for name in map(xml.local, root) if name not in _NOT_RECORDS]


def parse_query_list(body: bytes) -> list[str]:
    """Return the names of the record types that the server offers, in order.

    Source: protocol/query.md §8. Raises DecodeError.
    """
    root = xml.parse(body, what="the list of query types")
    if xml.local(root) != "QueryList":
        raise DecodeError(
            f"Reading the list of query types failed. The server sent {xml.local(root)} instead of QueryList."
        )
    names = [child.get("name") or "" for child in root if xml.local(child) == "Link"]
    return list(dict.fromkeys(name for name in names if name))


def _row(element: _Element) -> Row:
    attributes = cast("dict[str, str]", dict(element.items()))
    if "{" in "".join(attributes):
        attributes = {name: value for name, value in attributes.items() if not name.startswith("{")}
    return attributes, _metadata(element) if len(element) else {}


def _metadata(element: _Element) -> dict[str, Any]:
    """Return the metadata of a record. Source: protocol/query.md §4.3."""
    metadata: dict[str, Any] = {}
    for holder in element:
        for entry in holder if xml.local(holder) == "Metadata" else ():
            parts = {xml.local(child): child for child in entry}
            value = parts.get("TypedValue")
            if "Key" not in parts or value is None:
                continue
            kind = _METADATA_KINDS.get((value.get(_XSI_TYPE) or "").rpartition(":")[2], "str")
            text = next((child.text or "" for child in value if xml.local(child) == "Value"), "")
            decoded = typed(text, kind)
            metadata[parts["Key"].text or ""] = (
                int(decoded) if isinstance(decoded, float) and decoded.is_integer() else decoded
            )
    return metadata


def _number(root: _Element, name: str) -> int | None:
    return xml.count(root.get(name))


def parse_nics(body: bytes) -> dict[str, list[dict[str, Any]]]:
    """Return a mapping from VM UUIDs to the network interfaces, sorted by index.

    Source: NetworkConnectionSection of the vCloud API. Raises DecodeError.
    """
    root = xml.parse(body, what="a vApp")
    nics_of_vms: dict[str, list[dict[str, Any]]] = {}
    for vm in root.iter():
        if xml.local(vm) != "Vm":
            continue
        identifier = (vm.get("id") or vm.get("href") or "").rstrip("/")[-36:].lower()
        sections = [child for child in vm if xml.local(child) == "NetworkConnectionSection"]
        nics = [nic for section in sections for nic in _nics(section)]
        nics_of_vms[identifier] = sorted(nics, key=lambda nic: int(nic["index"]))
    return nics_of_vms


def _nics(section: _Element) -> list[dict[str, Any]]:
    primary = [child.text for child in section if xml.local(child) == "PrimaryNetworkConnectionIndex"]
    index = xml.count(primary[0]) if primary else None
    nics = [_nic(child) for child in section if xml.local(child) == "NetworkConnection"]
    return [nic | {"is_primary": nic["index"] == index} for nic in nics]


def _nic(element: _Element) -> dict[str, Any]:
    text = {xml.local(child): (child.text or "").strip() for child in element}
    return {
        "index": xml.count(text.get("NetworkConnectionIndex")) or 0,
        "network": (element.get("network") or "").strip(),
        "ip_address": text.get("IpAddress", ""),
        "external_ip_address": text.get("ExternalIpAddress", ""),
        "mac_address": text.get("MACAddress", ""),
        "is_connected": text.get("IsConnected", "").lower() == "true",
        "mode": text.get("IpAddressAllocationMode", ""),
        "adapter_type": text.get("NetworkAdapterType", ""),
        "needs_customization": (element.get("needsCustomization") or "").strip().lower() in ("true", "1"),
    }


def parse_name(body: bytes) -> str:
    """Return the name of a VM. Raises DecodeError."""
    return xml.parse(body, what="a VM").get("name") or ""


def parse_created(body: bytes) -> str:
    """Return the creation time of a VM, or an empty string.

    Raises DecodeError. Source: vApp.xsd, since 5.1.
    """
    root = xml.parse(body, what="a VM")
    return next((child.text or "" for child in root if xml.local(child) == "DateCreated"), "")
