"""Read the expiry dates of certificates, without their uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vcloudair_core.services.ans.certificate.kind import CertificateKind
from vcloudair_core.services.ans.certificate.library import LibraryStore
from vcloudair_core.services.ans.certificate.pem import details_of

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session


def expiries(session: Session, edge: str) -> list[Mapping[str, Any]]:
    """Return the certificates of an edge gateway with their expiry.

    If ``edge`` is empty, return the certificates of the certificate library. Invalid certificates are left
    out.

    Shape: ``{"name", "certificate_id", "not_after"}``, with the expiry in seconds since 1970.

    Raises: ApiError, TransportError, DecodeError, ConfigurationError.
    """
    kind = CertificateKind()
    store = kind.open(session, {"edge": edge}) if edge else LibraryStore(session, None, kind)
    expiry: list[Mapping[str, Any]] = []
    for record in store.list_records():
        details = details_of(str(record["pem"]))
        if details is not None:
            values = {"name": record["name"], "certificate_id": record["id"]}
            expiry.append({**values, "not_after": details.not_after.timestamp()})
    return expiry
