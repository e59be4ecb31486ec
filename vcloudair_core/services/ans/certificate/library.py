"""The store of the certificate library of an organization.

Source: protocol/nsxt.md §7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vcloudair_core.errors import ConfigurationError, NotFoundError
from vcloudair_core.services.ans.certificate.pem import details_of, normalized
from vcloudair_core.services.ans.certificate.records import REPLACES, PrivateKey, Record, temporary_name
from vcloudair_core.services.ans.certificate.store import CertificateStore
from vcloudair_core.services.ans.certificate.uses import CertificateUse, uses_on_nsxt
from vcloudair_core.services.ans.edge.backend import NSXT, NSXT_SINCE, backend_in_version
from vcloudair_core.services.ans.edge.directory import EdgeDirectory
from vcloudair_core.services.ans.ipsec.nsxt.certificates import LIBRARY
from vcloudair_core.services.ans.nsxt.api import CloudApi
from vcloudair_core.services.ans.nsxt.store import tenant_context
from vcloudair_core.services.ans.section.json_values import mapping_of
from vcloudair_core.session.versions import is_at_least
from vcloudair_core.transport.messages import origin_of

if TYPE_CHECKING:
    from vcloudair_core.engine.kind import ResourceKind
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.session.session import Session

_OF_SERVER = "_of_server"
"""Key of the fields that the server sent, to return them in a change."""


class LibraryStore(CertificateStore):
    """The certificate library of an organization.

    A read takes one call for each 128 certificates. To read the uses, the store also lists the edge gateways once, and
    makes two calls for each NSX-T edge gateway. If its load balancer is enabled, the store makes two more calls, and
    one for each pool and each virtual service.

    A replaced certificate keeps its name until it is deleted, because names are unique. Until then, the new certificate
    has a temporary name.

    Raises: ConfigurationError if the API version has no certificate library.
    """

    is_library = True

    def __init__(self, session: Session, edge: Edge | None, kind: ResourceKind) -> None:
        super().__init__(session, kind)
        self.backend = backend_in_version(NSXT, session.identity.api_version)
        version = session.identity.api_version
        if session.settings.service_type != "vcd" or not is_at_least(version, NSXT_SINCE):
            raise ConfigurationError(
                f"Opening the certificate library failed. API version {version} of this cloud does not support it.",
                hint="Set api_version to {}.{} or newer. For an NSX-V edge gateway, set edge.".format(*NSXT_SINCE),
            )
        self.api = CloudApi(session, "" if edge is None else tenant_context(session, edge))

    @property
    def target(self) -> str:
        """The display name of the library: ``certificate library of org1``."""
        return f"certificate library of {self.session.identity.org_name}"

    @property
    def lock_key(self) -> str:
        """The lock key of the library: ``https://host:443/certificateLibrary/<org>``."""
        identity = self.session.identity
        return f"{origin_of(identity.base_url)}/certificateLibrary/{self.api.org_id or identity.org_name}"

    def list_records(self) -> list[Record]:
        """Return the certificates of the library."""
        return [_record(mapping_of(item)) for item in self.api.pages(LIBRARY)]

    def read_uses(self) -> Mapping[str, Sequence[CertificateUse]]:
        """Return the uses of certificates as ``{URN of the certificate: uses}``."""
        edges = [edge for edge in EdgeDirectory(self.session).list_edges() if edge.backend == NSXT]
        return uses_on_nsxt(self.api, edges)

    def add(self, record: Record, private_key: PrivateKey | None) -> str:
        """Add a certificate, and return its URN.

        A certificate that replaces another certificate gets a temporary name.
        """
        details = details_of(str(record["pem"]))
        name = str(record["name"])
        if record.get(REPLACES) and details is not None:
            name = temporary_name(name, details)
        key, passphrase = self.reveal(private_key)
        body = {
            "alias": name,
            "description": record["description"] or "",
            "certificate": record["pem"],
            "privateKey": key,
            "privateKeyPassphrase": passphrase,
        }
        item = mapping_of(self.api.add(LIBRARY, {field: value for field, value in body.items() if value is not None}))
        return str(item.get("id") or "") or self._id_of(name)

    def delete(self, key: str) -> None:
        """Delete a certificate by URN."""
        self.api.write("DELETE", f"{LIBRARY}/{quote(key, safe=':')}")

    def write_changes(self, records: Sequence[Record], run: Callable[..., Any]) -> None:
        """Write records whose name or description changed.

        ``run(write, *args)`` makes a write call.
        """
        for record in records:
            run(self._change, record)

    def _change(self, record: Record) -> None:
        """Write the name and description of a certificate. All other fields are kept."""
        body = {**record.get(_OF_SERVER, {}), "alias": record["name"], "description": record["description"]}
        self.api.write("PUT", f"{LIBRARY}/{quote(str(record['id']), safe=':')}", body)

    def finish_replacement(self, record: Record) -> None:
        """Replace the temporary name of a certificate with its final name."""
        path = f"{LIBRARY}/{quote(str(record['id']), safe=':')}"
        self._change({**record, _OF_SERVER: dict(mapping_of(self.api.get(path)))})

    def _id_of(self, name: str) -> str:
        for record in self.list_records():
            if record["name"] == name:
                return str(record["id"])
        raise NotFoundError(
            f"Finding the new certificate {name!r} failed. The server accepted it, but the library does not list it."
        )


def _record(item: Mapping[str, Any]) -> Record:
    return {
        "id": str(item.get("id") or ""),
        "name": str(item.get("alias") or item.get("name") or ""),
        "description": str(item.get("description") or ""),
        "pem": normalized(str(item.get("certificate") or "")),
        _OF_SERVER: dict(item),
    }
