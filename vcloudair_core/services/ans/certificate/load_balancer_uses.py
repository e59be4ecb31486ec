"""References to certificates in the load balancer of an NSX-V edge gateway.

Application profiles refer to certificates. Virtual servers use the profiles. Source: protocol/ans.md §5.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.edge.backend import BACKENDS, NSXV, XML
from vcloudair_core.services.ans.section.xml_elements import children, text_of
from vcloudair_core.util import xml
from vcloudair_core.util.xml import html_error, html_title

if TYPE_CHECKING:
    from lxml.etree import _Element

    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.session.session import Session

SERVICE, CA = "serviceCertificate", "caCertificate"
_FRESH = {"Cache-Control": "no-cache"}


def read_load_balancer(session: Session, edge: Edge) -> _Element:
    """Return the load balancer of an edge gateway. Makes one call.

    Raises: ApiError, TransportError, DecodeError.
    """
    response = session.call("GET", _path(edge), headers=_FRESH)
    root = xml.parse(response.body, what="the load balancer")
    if xml.local(root) != "loadBalancer":
        raise DecodeError(f"Reading the load balancer failed. <loadBalancer> was expected, not <{xml.local(root)}>.")
    return root


def references(root: _Element) -> Iterator[tuple[str, str, list[str], _Element]]:
    """Yield each reference to a certificate.

    Each item is a tuple: the name of the application profile, the type of the reference (``serviceCertificate`` or
    ``caCertificate``), the names of the virtual servers that use the profile, and the XML element of the reference.
    """
    for profile in children(root, "applicationProfile"):
        identifier = text_of(profile, "applicationProfileId")
        servers = [
            text_of(server, "name") or ""
            for server in children(root, "virtualServer")
            if text_of(server, "applicationProfileId") == identifier
        ]
        for element in profile.iter():
            if isinstance(element.tag, str) and xml.local(element) in (SERVICE, CA) and (element.text or "").strip():
                yield text_of(profile, "name") or "", xml.local(element), servers, element


def change_references(session: Session, edge: Edge, old: str, new: str) -> None:
    """Replace or remove references to the certificate ``old`` in the load balancer.

    The load balancer is read again, so that changes of other clients are kept. If ``new`` is empty, the references are
    removed.

    Raises: ConflictError, other ApiErrors, TransportError, DecodeError.
    """
    root = copy.deepcopy(read_load_balancer(session, edge))
    for *_, element in list(references(root)):
        if (element.text or "").strip() != old:
            continue
        if new:
            element.text = new
        else:
            holder = element.getparent()
            assert holder is not None
            holder.remove(element)
    response = session.call("PUT", _path(edge), content_type=XML, body=xml.to_bytes(root))
    if html_title(response.body):
        # A proxy has sent an HTML page, so the result of the write is unknown.
        raise html_error(response.body, "the response to the write of the load balancer", "a response of the server")


def _path(edge: Edge) -> str:
    return f"{BACKENDS[NSXV].edge_path.format(edge=quote(edge.edge_id, safe=''))}/loadbalancer/config"
