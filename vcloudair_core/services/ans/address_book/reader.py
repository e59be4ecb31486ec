"""Read the public addresses of an edge gateway on any backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vcloudair_core.services.ans.address_book.segments import address_book
from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.edge.directory import EdgeDirectory

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.session.session import Session


def read_address_book(session: Session, edge: Edge) -> dict[str, Any]:
    """Return the allocated, used and free public addresses of an edge gateway.

    Makes two calls on NSX-T, plus one for every additional 128 used addresses. Makes four calls on other backends. For
    the format, see ``address_book``.

    Raises: ConfigurationError if an uplink uses IP spaces; ApiError, TransportError, DecodeError.
    """
    edge = edge if edge.backend else EdgeDirectory(session).with_backend(edge)
    if edge.backend == NSXT:
        from vcloudair_core.services.ans.address_book.nsxt_addresses import read_nsxt as read
    else:
        from vcloudair_core.services.ans.address_book.nsxv_addresses import read_nsxv as read
    return address_book(*read(session, edge))
