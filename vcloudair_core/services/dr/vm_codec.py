"""Parse the documents of the query service that describe recovered VMs.

Source: protocol/query.md §7.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vcloudair_core.errors import DecodeError
from vcloudair_core.services.dr.vm_checks import VmRecord
from vcloudair_core.util.xml import count, local, parse

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(frozen=True)
class NetworkRecord:
    """A network in query results. ``vdc_id`` is empty if the network has no VDC."""

    id: str
    name: str
    vdc_id: str


@dataclass(frozen=True)
class VmPage:
    """A page of VM query results.

    ``total`` is the number of VMs on all pages, or None if the server does not return the number.
    """

    vms: list[VmRecord]
    total: int | None


def parse_vms(body: bytes) -> VmPage:
    """Parse a page of VM query results. Raises DecodeError."""
    root = document_root(body, "QueryResultRecords", "the VMs")
    rows = [child for child in root if local(child) in ("VMRecord", "AdminVMRecord")]
    vms = [
        VmRecord(
            row.get("href", "").rstrip("/")[-36:],
            row.get("name", ""),
            row.get("status", ""),
            row.get("container", ""),
            href=row.get("href", ""),
            vapp_name=row.get("containerName", "").strip(),
            vdc_href=row.get("vdc", ""),
            vdc_name=row.get("vdcName", "").strip(),
            address=row.get("ipAddress", "").strip(),
        )
        for row in rows
    ]
    return VmPage(vms, count(root.get("total")))


def parse_networks(body: bytes) -> list[NetworkRecord]:
    """Return the networks in a query response. Raises DecodeError."""
    root = document_root(body, "QueryResultRecords", "the networks")
    rows = [child for child in root if local(child) in ("OrgVdcNetworkRecord", "AdminOrgVdcNetworkRecord")]
    return [
        NetworkRecord(row.get("href", "").rstrip("/")[-36:], row.get("name", ""), row.get("vdc", "").rstrip("/")[-36:])
        for row in rows
    ]


def parse_addresses(body: bytes) -> list[str]:
    """Return the addresses of the interfaces in a NetworkConnectionSection, in order.

    Raises DecodeError.
    """
    root = document_root(body, "NetworkConnectionSection", "the network connections of the VM")
    texts = [
        (child.text or "").strip()
        for connection in root
        if local(connection) == "NetworkConnection"
        for child in connection
        if local(child) in ("IpAddress", "SecondaryIpAddress")
    ]
    return list(dict.fromkeys(text for text in texts if text))


def parse_vdc_names(body: bytes) -> dict[str, str]:
    """Return a mapping from VDC UUIDs to names, from a query response.

    Raises DecodeError.
    """
    root = document_root(body, "QueryResultRecords", "the VDCs")
    rows = [child for child in root if local(child) in ("OrgVdcRecord", "AdminOrgVdcRecord", "AdminVdcRecord")]
    return {row.get("href", "").rstrip("/")[-36:]: row.get("name", "") for row in rows}


def document_root(body: bytes, name: str, what: str) -> _Element:
    """Return the root of a document. Raises DecodeError if the root has another name."""
    root = parse(body, what=what)
    if local(root) != name:
        raise DecodeError(f"Reading {what} failed. The server sent {local(root)} instead of {name}.")
    return root
