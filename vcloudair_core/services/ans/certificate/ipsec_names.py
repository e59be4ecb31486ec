"""Replace certificate names in an NSX-V IPsec section with IDs.

Source: protocol/ans.md §4.2, §5.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.kind import Store
from vcloudair_core.engine.validation import Problems, near
from vcloudair_core.services.ans.edge.backend import NSXV, split_backend

if TYPE_CHECKING:
    from vcloudair_core.services.ans.ipsec.spec import IpsecSpec, IpsecTunnelSpec

_ID = re.compile(r"(?:[0-9a-f-]{36}:)?certificate-[0-9]+\Z", re.IGNORECASE)


class _Certificates:
    """The certificates of the edge gateway that ``store`` reads and writes.

    One call reads the list when the first name is resolved.
    """

    def __init__(self, store: Any, problems: Problems) -> None:
        self._store = store
        self._problems = problems
        self._ids: dict[str, list[str]] | None = None

    def id_of(self, text: str, path: str) -> str:
        """Return the ID of a certificate. ``text`` is its ID or its name.

        If the name is unknown or ambiguous, add a problem at ``path``.
        """
        if _ID.match(text):
            return text.rpartition(":")[2]
        if self._ids is None:
            from vcloudair_core.services.ans.certificate.truststore import ids_by_name

            self._ids = ids_by_name(self._store.session, self._store.edge)
        ids = self._ids.get(text, [])
        if len(ids) == 1:
            return ids[0]
        if ids:
            self._problems.add(path, f"{len(ids)} certificates are named {text!r}; use an ID instead: {', '.join(ids)}")
        else:
            hint = near(text, sorted(self._ids))
            reason = f"{self._store.target} has no certificate named {text!r}"
            self._problems.add(path, f"{reason}; {hint}" if hint else reason)
        return text


def tunnels_with_ids(store: Store, specs: Sequence[IpsecTunnelSpec], paths: Sequence[str]) -> Sequence[IpsecTunnelSpec]:
    """Return tunnels in which certificate names are replaced with IDs.

    Returns the ``specs`` object itself if no tunnel has a certificate name. On vCloud Air, names are not replaced,
    because its API for certificates is unknown.

    Raises: SpecError with all names that do not exist or are ambiguous.
    """
    if split_backend(store.backend)[0] != NSXV:
        return specs
    problems = Problems()
    certificates = _Certificates(store, problems)
    resolved = []
    for spec, path in zip(specs, paths, strict=True):
        text = spec.certificate
        item = None if text is None else certificates.id_of(text, f"{path}.certificate".lstrip("."))
        resolved.append(spec if item == text else replace(spec, certificate=item))
    problems.raise_if_any()
    is_same = all(new is old for new, old in zip(resolved, specs, strict=True))
    return specs if is_same else tuple(resolved)


def settings_with_ids(store: Store, spec: IpsecSpec) -> IpsecSpec:
    """Return the IPsec settings with certificate names replaced with IDs.

    On vCloud Air, names are not replaced. Raises: SpecError with all names that do not exist or are ambiguous.
    """
    if split_backend(store.backend)[0] != NSXV or not (spec.service_certificate or spec.ca_certificates):
        return spec
    problems = Problems()
    certificates = _Certificates(store, problems)
    service, authorities = spec.service_certificate, spec.ca_certificates
    if service:
        service = certificates.id_of(service, "service_certificate")
    if authorities:
        authorities = tuple(
            certificates.id_of(text, f"ca_certificates[{index}]") for index, text in enumerate(authorities)
        )
    problems.raise_if_any()
    is_same = (service, authorities) == (spec.service_certificate, spec.ca_certificates)
    return spec if is_same else replace(spec, service_certificate=service, ca_certificates=authorities)
