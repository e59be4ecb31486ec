"""Send requests to the query service. Source: protocol/query.md §1, §8."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from vcloudair_core.services.query.codec import QueryPage, parse_page, parse_query_list
from vcloudair_core.services.query.filters import quoted

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

_PATH = "/api/query"
_PAGE_NUMBER = re.compile(r"([?&]page=)\d+")
LARGEST_PAGE = 128
"""The largest page size that every API version allows.

Source: protocol/query.md §1.
"""


@dataclass(frozen=True)
class PageRequest:
    """Parameters of a query request.

    ``filter_text`` is URL-encoded. If ``sort`` is empty, the server chooses the order.
    """

    type_name: str
    form: str = "records"
    fields: Sequence[str] = ()
    filter_text: str = ""
    sort: str = ""
    is_descending: bool = False
    page_size: int = LARGEST_PAGE

    def text(self, page: int) -> str:
        """Return the URL-encoded query string for a page."""
        parts = [f"type={quote(self.type_name, safe='')}", f"page={page}", f"pageSize={self.page_size}"]
        parts.append(f"format={self.form}")
        if self.fields:
            parts.append(f"fields={quoted(self.fields)}")
        if self.sort:
            parts.append(f"{'sortDesc' if self.is_descending else 'sortAsc'}={quote(self.sort, safe='')}")
        if self.filter_text:
            parts.append(f"filter={self.filter_text}")
        return "&".join(parts)


def read_page(session: Session, request: PageRequest, page: int, link: str = "") -> QueryPage:
    """Read and return one page of a query.

    ``link`` is the server's link to another page. If ``link`` is set, ``page`` replaces the page number in the link.

    Raises: ApiError, TransportError, DecodeError.
    """
    what = f"page {page} of the query for {request.type_name}"
    if link and _PAGE_NUMBER.search(link):
        # The server's link may already have parameters.
        return parse_page(session.call("GET", _PAGE_NUMBER.sub(rf"\g<1>{page}", link)).body, what)
    return parse_page(session.call("GET", _PATH, query=request.text(page)).body, what)


def read_types(session: Session) -> list[str]:
    """Return the names of the record types that the server offers.

    Raises: ApiError, TransportError, DecodeError.
    """
    return parse_query_list(session.call("GET", _PATH).body)


def read_vapp(session: Session, href: str) -> bytes:
    """Return the XML of a vApp with its VMs. Raises: ApiError, TransportError."""
    return session.call("GET", href).body


def read_vm(session: Session, identifier: str) -> bytes:
    """Return the XML of a VM by its UUID. Raises: ApiError, TransportError."""
    return session.call("GET", f"/api/vApp/vm-{quote(identifier, safe='')}").body
