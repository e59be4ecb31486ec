"""Requests to the query service for recovered VMs and VDCs.

Source: protocol/query.md §7.1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from vcloudair_core.errors import IncompleteResultError
from vcloudair_core.services.dr.vm_checks import VmRecord
from vcloudair_core.services.dr.vm_codec import (
    NetworkRecord,
    parse_addresses,
    parse_networks,
    parse_vdc_names,
    parse_vms,
)

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

_PAGE_SIZE = 128
_MAX_PAGES = 1000
_NAMES_PER_REQUEST = 25
"""Number of VM names in one URL. Servers and proxies limit the length of URLs."""
_RESERVED = re.compile(r"[,;()*\\]")


def incomplete_list(what: str, total: int | None, count: int) -> IncompleteResultError:
    """Return the error for a list that has fewer entries than the server announced."""
    reason = f"The server announced {total} entries and returned {count}."
    return IncompleteResultError(f"Reading the list of {what} failed. {reason}", hint="Run the command again.")


def read_addresses(session: Session, vm: VmRecord) -> list[str]:
    """Return the addresses of all interfaces of a VM.

    Raises: ApiError, TransportError, DecodeError.
    """
    response = session.call("GET", f"{vm.href.rstrip('/')}/networkConnectionSection/")
    return parse_addresses(response.body)


def read_vdc_names(session: Session) -> dict[str, str]:
    """Return the names of the VDCs of the org, by UUID.

    Raises: ApiError, TransportError, DecodeError.
    """
    response = session.call("GET", "/api/query", query=f"type=orgVdc&format=records&pageSize={_PAGE_SIZE}")
    return parse_vdc_names(response.body)


def find_vms(session: Session, names: Sequence[str]) -> list[VmRecord]:
    """Return the VMs with these names, without VMs of templates.

    One request covers 25 names.

    Raises: IncompleteResultError, ApiError, TransportError, DecodeError.
    """
    vms: dict[str, VmRecord] = {}
    unique = list(dict.fromkeys(names))
    for start in range(0, len(unique), _NAMES_PER_REQUEST):
        batch = unique[start : start + _NAMES_PER_REQUEST]
        vms.update({vm.id: vm for vm in _vms_of(session, batch)})
    return list(vms.values())


def find_networks(session: Session, name: str) -> list[NetworkRecord]:
    """Return the networks of the org that have the name ``name``.

    Raises: ApiError, TransportError, DecodeError.
    """
    query = f"type=orgVdcNetwork&format=records&pageSize={_PAGE_SIZE}"
    query += f"&filter=name=={quote(_RESERVED.sub('*', name), safe='*')}"
    networks = parse_networks(session.call("GET", "/api/query", query=query).body)
    return [network for network in networks if network.name == name]


def find_vms_by_id(session: Session, ids: Sequence[str]) -> list[VmRecord]:
    """Return the VMs with these UUIDs. A VM that does not exist is left out.

    One request covers 25 VMs.

    Raises: IncompleteResultError, ApiError, TransportError, DecodeError.
    """
    vms: list[VmRecord] = []
    for start in range(0, len(ids), _NAMES_PER_REQUEST):
        batch = ids[start : start + _NAMES_PER_REQUEST]
        conditions = ",".join(f"id==urn:vcloud:vm:{quote(identifier, safe='')}" for identifier in batch)
        vms += [vm for vm in _query_vms(session, f"({conditions})") if vm.id.casefold() in batch]
    return vms


def _vms_of(session: Session, names: Sequence[str]) -> list[VmRecord]:
    # Characters with a meaning in filters are sent as wildcards, so the names are compared again below.
    conditions = ",".join(f"name=={quote(_RESERVED.sub('*', name), safe='*')}" for name in names)
    records = _query_vms(session, f"(({conditions});isVAppTemplate==false)")
    return [vm for vm in records if vm.name in names]


def _query_vms(session: Session, vm_filter: str) -> list[VmRecord]:
    """Return the VMs that match a filter."""
    read: dict[str, VmRecord] = {}
    for number in range(1, _MAX_PAGES + 1):
        query = f"type=vm&format=records&page={number}&pageSize={_PAGE_SIZE}&filter={vm_filter}"
        page = parse_vms(session.call("GET", "/api/query", query=query).body)
        known = len(read)
        read.update({vm.id: vm for vm in page.vms})
        if len(read) >= (page.total or 0):
            return list(read.values())
        if len(read) == known:
            break
    raise incomplete_list("VMs", page.total, len(read))
