"""The store of the certificates of an NSX-V edge gateway.

Source: protocol/ans.md §5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from lxml import etree

from vcloudair_core.errors import DecodeError, NotFoundError
from vcloudair_core.services.ans.certificate.pem import normalized
from vcloudair_core.services.ans.certificate.records import PrivateKey, Record
from vcloudair_core.services.ans.certificate.store import CertificateStore
from vcloudair_core.services.ans.certificate.uses import CertificateUse, uses_on_nsxv
from vcloudair_core.services.ans.edge.backend import NSXV, XML
from vcloudair_core.services.ans.edge.model import lock_path
from vcloudair_core.services.ans.section.xml_elements import child_of, children, text_of
from vcloudair_core.transport.messages import origin_of
from vcloudair_core.util import xml
from vcloudair_core.util.xml import html_error, html_title

if TYPE_CHECKING:
    from lxml.etree import _Element

    from vcloudair_core.engine.kind import ResourceKind
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.session.session import Session
    from vcloudair_core.transport.messages import Response

_ROOT = "/network/services/truststore"
_PATH = f"{_ROOT}/certificate"
_FRESH = {"Cache-Control": "no-cache"}


class TruststoreStore(CertificateStore):
    """The certificates of an NSX-V edge gateway.

    A read takes one call, and two more calls if it includes the uses. The name of a certificate is stored in its
    description, because clients can set no other field.
    """

    backend = NSXV

    def __init__(self, session: Session, edge: Edge, kind: ResourceKind) -> None:
        super().__init__(session, kind)
        self.edge = edge

    @property
    def target(self) -> str:
        """The display name of the edge: ``edge gateway web-edge``."""
        return f"edge gateway {self.edge.name or self.edge.edge_id}"

    @property
    def lock_key(self) -> str:
        """The lock key of the edge: ``https://host:443/edge/<uuid>``."""
        return f"{origin_of(self.session.identity.base_url)}/{lock_path(self.edge)}"

    def reference_of(self, key: str) -> str:
        """Return the certificate reference in sections, such as ``certificate-18``."""
        return key.rpartition(":")[2]

    def list_records(self) -> list[Record]:
        """Return the certificates of the edge.

        Raises: NotFoundError if the edge does not exist.
        """
        edge_id = quote(self.edge.edge_id, safe="")
        try:
            response = self.session.call("GET", f"{_PATH}/scope/{edge_id}", headers=_FRESH)
        except NotFoundError as exc:
            raise NotFoundError(
                f"Reading the certificates of {self.target} failed. The edge gateway does not exist.",
                status=exc.status,
                code=exc.code,
                request_id=exc.request_id,
                method=exc.method,
                path=exc.path,
                hint="Check the name or UUID of the edge gateway.",
            ) from exc
        return [_record(element) for element in _certificates(response)]

    def read_uses(self) -> Mapping[str, Sequence[CertificateUse]]:
        """Return the uses of certificates as ``{certificate reference: uses}``."""
        return uses_on_nsxv(self.session, self.edge)

    def add(self, record: Record, private_key: PrivateKey | None) -> str:
        """Add a certificate, and return its ID.

        Raises: DecodeError, with ``written`` True, if the response does not contain the ID.
        """
        root = etree.Element("trustObject")
        key, passphrase = self.reveal(private_key)
        texts: dict[str, object] = {
            "pemEncoding": record["pem"],
            "privateKey": key,
            "passphrase": passphrase,
            "description": record["name"],
        }
        for name, text in texts.items():
            if text:
                etree.SubElement(root, name).text = str(text)
        path = f"{_PATH}/{quote(self.edge.edge_id, safe='')}"
        response = self.session.call("POST", path, content_type=XML, body=xml.to_bytes(root))
        try:
            return str(_record(_certificates(response)[0])["id"])
        except (DecodeError, IndexError) as exc:
            error = DecodeError(f"Adding certificate {record['name']!r} failed. The response contains no certificate.")
            error.written = True
            raise error from exc

    def delete(self, key: str) -> None:
        """Delete a certificate by ID."""
        response = self.session.call("DELETE", f"{_PATH}/{quote(key, safe=':')}")
        if html_title(response.body):
            # A proxy has sent an HTML page, so the result of the write is unknown.
            raise html_error(response.body, f"the response to the write of {self.target}", "a response of the server")


def ids_by_name(session: Session, edge: Edge, kind: str = "certificate") -> dict[str, list[str]]:
    """Return the certificates of an edge as ``{name: [ID]}``. Makes one API call.

    If ``kind`` is ``crl``, return the certificate revocation lists instead. The IDs have no edge prefix, as in
    references from other sections.
    """
    path = f"{_ROOT}/{kind}/scope/{quote(edge.edge_id, safe='')}"
    ids: dict[str, list[str]] = {}
    for element in _certificates(session.call("GET", path, headers=_FRESH), kind):
        identifier, name = _identity(element)
        if not identifier:
            raise DecodeError("Reading the certificates failed. The response contains no ID.")
        ids.setdefault(name, []).append(identifier.rpartition(":")[2])
    return ids


def _certificates(response: Response, kind: str = "certificate") -> list[_Element]:
    root = xml.parse(response.body, what="the certificates")
    if xml.local(root) != f"{kind}s":
        raise DecodeError(f"Reading the certificates failed. <{kind}s> was expected, not <{xml.local(root)}>.")
    return children(root, kind)


def _identity(element: _Element) -> tuple[str, str]:
    """Return the ID and the name of a certificate or revocation list."""
    identifier = text_of(element, "objectId") or ""
    description = (text_of(element, "description") or "").strip()
    return identifier, description or text_of(element, "name") or identifier.rpartition(":")[2]


def _record(element: _Element) -> Record:
    description = text_of(element, "description") or ""
    identifier, name = _identity(element)
    if child_of(element, "pemEncoding") is None or not identifier:
        raise DecodeError("Reading a certificate failed. The response contains no ID or no certificate.")
    return {
        "id": identifier,
        "name": name,
        "description": description.strip(),
        "pem": normalized(text_of(element, "pemEncoding") or ""),
    }
