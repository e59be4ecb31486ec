"""Names and IDs of certificates and revocation lists on NSX-V edge gateways.

The IPsec section refers to both. The load balancer refers to certificates.

Documents and plans contain names, and requests contain IDs. Source: protocol/ans.md §4.2, §5.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.validation import Problems, near
from vcloudair_core.errors import NotFoundError, PermissionDeniedError

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.services.ans.ipsec.spec import IpsecSpec, IpsecTunnelSpec
    from vcloudair_core.session.session import Session

CERTIFICATE, CRL = "certificate", "crl"
"""Types of objects: certificates and certificate revocation lists (CRLs)."""
CERTIFICATE_FIELDS = {
    "certificate": CERTIFICATE,
    "service_certificate": CERTIFICATE,
    "ca_certificates": CERTIFICATE,
    "crl_certificates": CRL,
}
"""Type of the objects in each field of IPsec tunnels and settings."""
_NOUNS = {CERTIFICATE: "certificate", CRL: "certificate revocation list"}
_ID = re.compile(r"(?:[0-9a-f-]{36}:)?(?:certificate|crl)-[0-9]+\Z", re.IGNORECASE)

CertificateNames = Mapping[str, Mapping[str, str]]
"""Unique names by type and ID of the object."""


class EdgeCertificates:
    """The certificates and revocation lists of an edge gateway.

    Each of the two lists is read at most once, with one call, and only if a section or spec needs it.
    """

    def __init__(self, session: Session, edge: Edge, target: str) -> None:
        self._session = session
        self._edge = edge
        self._target = target
        self._lists: dict[str, list[tuple[str, str]]] = {}

    def listed(self, kind: str) -> list[tuple[str, str]]:
        """Return the objects of a type. Shape: ``[(ID, name)]``.

        Raises: the errors of reading certificates.
        """
        if kind not in self._lists:
            from vcloudair_core.services.ans.certificate.truststore import ids_by_name

            ids = ids_by_name(self._session, self._edge, kind)
            self._lists[kind] = [(identifier, name) for name, of_name in ids.items() for identifier in of_name]
        return self._lists[kind]

    def names(self, specs: Iterable[Any]) -> CertificateNames:
        """Return the unique names of the objects that specs can refer to.

        Lists that no spec needs and that are not read yet are left out. If the user is not allowed to read a list, it
        is also left out.
        """
        needed = {kind for spec in specs for name, kind in CERTIFICATE_FIELDS.items() if getattr(spec, name, None)}
        names: dict[str, Mapping[str, str]] = {}
        for kind in sorted({*needed, *self._lists}):
            try:
                names[kind] = unique_names(self.listed(kind))
            except (NotFoundError, PermissionDeniedError):
                continue
        return names

    def checked(self, kind: str, text: str, path: str, problems: Problems) -> str:
        """Return the name of an object, or its ID if the name is not unique.

        ``text`` is its name or ID. If no object has the name, or several objects have it, add a problem at ``path``. An
        unknown ID is kept, because the list may not contain all certificates that the edge gateway can use.

        Raises: the errors of reading certificates, if ``text`` is a name.
        """
        is_id = bool(_ID.match(text))
        try:
            listed = self.listed(kind)
        except (NotFoundError, PermissionDeniedError):
            if is_id:
                return text.rpartition(":")[2]
            raise
        identifier = text.rpartition(":")[2] if is_id else text
        if is_id or identifier in dict(listed):
            return unique_names(listed).get(identifier, identifier)
        ids = [known for known, name in listed if name == text]
        if len(ids) > 1:
            reason = f"{len(ids)} {_NOUNS[kind]}s are named {text!r}; use an ID instead: {', '.join(ids)}"
            problems.add(path, reason)
        elif not ids:
            hint = near(text, sorted(name for _, name in listed))
            reason = f"{self._target} has no {_NOUNS[kind]} named {text!r}"
            problems.add(path, f"{reason}; {hint}" if hint else reason)
        return text


def unique_names(objects: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return a mapping from IDs to names. Objects that share a name are omitted."""
    names = [name for _, name in objects]
    return {identifier: name for identifier, name in objects if names.count(name) == 1}


def resolve_tunnel_certificates(
    certificates: EdgeCertificates, specs: Sequence[IpsecTunnelSpec], paths: Sequence[str]
) -> Sequence[IpsecTunnelSpec]:
    """Return IPsec tunnels with names of certificates in place of IDs.

    Makes one call if a tunnel has a certificate and the certificates have not been read yet.

    Raises: SpecError with all certificates that do not exist or are ambiguous.
    """
    problems = Problems()
    resolved = tuple(_checked(certificates, spec, path, problems) for spec, path in zip(specs, paths, strict=True))
    problems.raise_if_any()
    return resolved


def resolve_settings_certificates(certificates: EdgeCertificates, spec: IpsecSpec) -> IpsecSpec:
    """Return IPsec settings with names of certificates in place of IDs.

    Raises: SpecError with all certificates and revocation lists that do not exist or are ambiguous.
    """
    problems = Problems()
    resolved: IpsecSpec = _checked(certificates, spec, "", problems)
    problems.raise_if_any()
    return resolved


def _checked(certificates: EdgeCertificates, spec: Any, path: str, problems: Problems) -> Any:
    changes: dict[str, Any] = {}
    for name, kind in CERTIFICATE_FIELDS.items():
        value = getattr(spec, name, None)
        at = f"{path}.{name}".lstrip(".")
        if isinstance(value, str) and value:
            changes[name] = certificates.checked(kind, value, at, problems)
        elif value:
            changes[name] = tuple(
                certificates.checked(kind, text, f"{at}[{index}]", problems) for index, text in enumerate(value)
            )
    return replace(spec, **changes) if changes else spec


def with_names(spec: Any, names: CertificateNames) -> Any:
    """Return an IPsec tunnel or settings with names in place of IDs."""
    return _replaced(spec, lambda kind, text: names.get(kind, {}).get(text, text))


def with_ids(spec: Any, names: CertificateNames) -> Any:
    """Return an IPsec tunnel or settings with IDs in place of names."""
    ids = {kind: {name: identifier for identifier, name in known.items()} for kind, known in names.items()}
    return _replaced(spec, lambda kind, text: ids.get(kind, {}).get(text, text))


def _replaced(spec: Any, replacement: Callable[[str, str], str]) -> Any:
    changes: dict[str, Any] = {}
    for name, kind in CERTIFICATE_FIELDS.items():
        value = getattr(spec, name, None)
        if isinstance(value, str) and value:
            changes[name] = replacement(kind, value)
        elif value:
            changes[name] = tuple(replacement(kind, text) for text in value)
    return replace(spec, **changes) if changes else spec
