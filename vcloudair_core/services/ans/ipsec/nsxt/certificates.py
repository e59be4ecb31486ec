"""Find certificates of IPsec tunnels in the certificate library, by name or URN.

Source: protocol/nsxt.md §7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.validation import Problems, near
from vcloudair_core.errors import ApiError, NotFoundError
from vcloudair_core.services.ans.ipsec.spec import IpsecTunnelSpec
from vcloudair_core.services.ans.nsxt.api import CloudApi

LIBRARY = "/1.0.0/ssl/certificateLibrary"
_URN = "urn:"
_SHOWN = "_shown"
"""Key that adds the current name of a certificate to its reference.

The key is never sent to the server.
"""

_FIELDS = ("certificate", "ca_certificate")
REFERENCES = ("certificateRef", "caCertificateRef")


class CertificateLibrary:
    """The certificates of the organization.

    The list is read at most once, in pages of 128.
    """

    def __init__(self, api: CloudApi) -> None:
        self._api = api
        self._names: dict[str, str] | None = None

    def names(self) -> dict[str, str]:
        """Return the names of all certificates by URN.

        Raises: the errors of :meth:`CloudApi.pages`.
        """
        if self._names is None:
            items = self._api.pages(LIBRARY)
            self._names = {str(item.get("id")): str(item.get("alias") or item.get("name") or "") for item in items}
        return self._names

    def ids(self, name: str) -> list[str]:
        """Return the URNs of all certificates with this name."""
        return [urn for urn, known in self.names().items() if known == name]

    def shown(self, urn: str) -> str:
        """Return the name of a certificate.

        If the name is unknown or ambiguous, return the URN.
        """
        name = self.names().get(urn, "")
        return name if name and len(self.ids(name)) == 1 else urn

    def described(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return a tunnel with the current names of its certificates.

        If the user is not allowed to read the library, the tunnel keeps the names that the server returned with it.
        """
        changes: dict[str, Any] = {}
        for key in REFERENCES:
            reference = record.get(key)
            if isinstance(reference, dict) and reference.get("id"):
                try:
                    changes[key] = {**reference, _SHOWN: self.shown(str(reference["id"]))}
                except ApiError:
                    self._names = {}
        return {**record, **changes}

    def reference_to_send(self, reference: Mapping[str, Any]) -> dict[str, Any]:
        """Return the reference to send, with the URN of the certificate.

        Raises: NotFoundError if the certificate no longer exists; the errors of :meth:`names`.
        """
        name = str(reference.get("name") or "")
        if reference.get("id"):
            return {key: value for key, value in reference.items() if key != _SHOWN}
        ids = self.ids(name)
        if not ids:
            raise NotFoundError(f"Writing the tunnel failed. The certificate {name!r} no longer exists.")
        return {"name": name, "id": ids[0]}


def reference_to(text: str | None) -> dict[str, Any] | None:
    """Return a reference to a certificate by name or URN."""
    if not text:
        return None
    return {"id": text} if text.startswith(_URN) else {"name": text}


def shown_reference(reference: Any) -> str | None:
    """Return the name of a certificate, or its URN if the name is not known."""
    if not isinstance(reference, dict):
        return None
    return str(reference.get(_SHOWN) or reference.get("name") or reference.get("id") or "") or None


def resolve_certificates(
    library: CertificateLibrary, specs: Sequence[IpsecTunnelSpec], paths: Sequence[str]
) -> Sequence[IpsecTunnelSpec]:
    """Replace certificates in specs with the form that decoded tunnels use.

    The certificate library is read only if a spec has a certificate.

    Raises: SpecError with all certificates that do not exist or are ambiguous.
    """
    problems = Problems()
    resolved: list[IpsecTunnelSpec] = []
    for spec, path in zip(specs, paths, strict=True):
        names = {name: text for name in _FIELDS if (text := getattr(spec, name)) is not None}
        shown: dict[str, Any] = {
            name: checked_certificate(library, text, f"{path}.{name}".lstrip("."), problems)
            for name, text in names.items()
        }
        resolved.append(replace(spec, **shown) if shown != names else spec)
    problems.raise_if_any()
    is_same = all(new is old for new, old in zip(resolved, specs, strict=True))
    return specs if is_same else tuple(resolved)


def checked_certificate(library: CertificateLibrary, text: str, path: str, problems: Problems) -> str:
    """Return the name of a certificate, or its URN if the name is not unique.

    If the certificate does not exist or is ambiguous, add a problem at ``path``.
    """
    names = library.names()
    if text.startswith(_URN):
        if text not in names:
            problems.add(path, f"the certificate library has no certificate with the ID {text!r}")
        return library.shown(text)
    ids = library.ids(text)
    if len(ids) > 1:
        problems.add(path, f"{len(ids)} certificates are named {text!r}; use an ID instead: {', '.join(ids)}")
    elif not ids:
        hint = near(text, sorted(set(names.values())))
        problems.add(path, f"the certificate library has no certificate named {text!r}{'; ' + hint if hint else ''}")
    return text
