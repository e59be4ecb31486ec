"""Find, move and remove the references to certificates.

References of IPsec tunnels are changed through the resource kind of the IPsec VPN, which keeps pre-shared keys and
detects conflicts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.desired import Present
from vcloudair_core.engine.ensure import ensure
from vcloudair_core.services.ans.certificate.load_balancer_uses import (
    SERVICE,
    change_references,
    read_load_balancer,
    references,
)
from vcloudair_core.services.ans.certificate.nsxt_balancer_uses import (
    CERTIFICATE,
    POOLS,
    SERVICES,
    balancer_references,
    change_object,
)
from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.nsxt.api import CloudApi, gateway_path
from vcloudair_core.services.ans.nsxt.store import tenant_context
from vcloudair_core.services.ans.section.document import state_of
from vcloudair_core.services.ans.section.json_values import mapping_of
from vcloudair_core.services.ans.section.kinds import SectionKind, open_section
from vcloudair_core.services.ans.sections import load_section

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.session.session import Session

IPSEC, TUNNEL, SERVER, PROFILE = "ipsec", "ipsec_tunnel", "virtual_server", "application_profile"
POOL = "pool"
_BALANCER = (SERVER, PROFILE, POOL)
_NOUNS = {TUNNEL: "IPsec tunnel", SERVER: "virtual server", PROFILE: "application profile", POOL: "pool"}
_BALANCER_KINDS = {SERVER: SERVICES, POOL: POOLS}
_CERTIFICATE, _CA = "certificate", "ca_certificate"
_REFERENCES = {_CERTIFICATE: "certificateRef", _CA: "caCertificateRef"}


@dataclass(frozen=True)
class CertificateUse:
    """A reference to a certificate.

    Attributes:
        type: ``ipsec`` for the settings of the IPsec VPN, ``ipsec_tunnel`` for a tunnel, ``virtual_server`` for a
            virtual server of a load balancer, ``application_profile`` for an application profile without a virtual
            server, ``pool`` for a pool of an NSX-T edge gateway.
        name: The name of the object that uses the certificate, or an empty string for the IPsec VPN.
        edge: The edge gateway.
        field: The spec field that contains the reference. For the load balancer of NSX-V, the name of the
            application profile that contains the reference.
        object_id: The ID of the tunnel, or of the pool or virtual server of NSX-T, or an empty string.
        needs_key: True if the certificate must have a private key.
        is_removable: True if no active service needs the reference.
        needed_for: The reason why the object cannot lose the reference, if it is known.
    """

    type: str
    name: str
    edge: Edge
    field: str
    object_id: str = ""
    needs_key: bool = False
    is_removable: bool = False
    needed_for: str = ""

    def __str__(self) -> str:
        """Return the use for messages: ``IPsec tunnel 'branch' of edge gateway web-edge``."""
        place = f"edge gateway {self.edge.name or self.edge.edge_id}"
        return f"{_NOUNS[self.type]} {self.name!r} of {place}" if self.name else f"the IPsec VPN of {place}"

    def shown(self) -> dict[str, str]:
        """Return the use as plain data. Shape: ``{"type", "name", "edge"}``."""
        return {"type": self.type, "name": self.name, "edge": self.edge.name or self.edge.edge_id}


def uses_on_nsxv(session: Session, edge: Edge) -> dict[str, list[CertificateUse]]:
    """Return the uses of certificates on an NSX-V edge gateway.

    Shape: ``{certificate reference, such as "certificate-18": uses}``. Makes two calls.

    Raises: the errors of reading the IPsec VPN and the load balancer.
    """
    state = state_of(_ipsec_store(session, edge).read())
    tunnels = [rule.spec for rule in state.rules]
    is_needed = any(spec.authentication == "x.509" and spec.enabled is not False for spec in tunnels)
    uses: dict[str, list[CertificateUse]] = {}
    if state.settings.service_certificate:
        use = CertificateUse(IPSEC, "", edge, "service_certificate", needs_key=True)
        uses.setdefault(state.settings.service_certificate, []).append(use)
    for reference in state.settings.ca_certificates or ():
        uses.setdefault(reference, []).append(
            CertificateUse(IPSEC, "", edge, "ca_certificates", is_removable=not is_needed)
        )
    for spec in tunnels:
        if spec.certificate:
            use = CertificateUse(
                TUNNEL, str(spec.name or ""), edge, _CERTIFICATE, str(spec.site_id or ""), needs_key=True
            )
            uses.setdefault(spec.certificate, []).append(use)
    for reference, use in _load_balancer_uses(session, edge):
        uses.setdefault(reference, []).append(use)
    return uses


def _ipsec_store(session: Session, edge: Edge) -> Any:
    """Return the store of the IPsec VPN, which shows IDs of certificates."""
    store: Any = open_section(load_section(IPSEC), session, edge)
    store.certificates_by_name = None
    return store


def _load_balancer_uses(session: Session, edge: Edge) -> Iterator[tuple[str, CertificateUse]]:
    for profile, kind, servers, element in references(read_load_balancer(session, edge)):
        needs_key = kind == SERVICE
        reference = (element.text or "").strip()
        for server in servers:
            yield reference, CertificateUse(SERVER, server, edge, profile, needs_key=needs_key)
        if not servers:
            yield reference, CertificateUse(PROFILE, profile, edge, profile, needs_key=needs_key, is_removable=True)


def uses_on_nsxt(api: CloudApi, edges: Iterable[Edge]) -> dict[str, list[CertificateUse]]:
    """Return the uses of certificates on NSX-T edge gateways.

    Shape: ``{URN of the certificate: uses}``. For each edge gateway, makes one call for the tunnels, and one for the
    settings of the load balancer. If the load balancer is enabled, makes two more calls, and one for each pool and each
    virtual service.

    Raises: the errors of reading the tunnels and the load balancer.
    """
    uses: dict[str, list[CertificateUse]] = {}
    for edge in edges:
        tunnels = api.cursor_pages(gateway_path(edge.edge_id, "ipsec/tunnels"))
        for tunnel in map(mapping_of, tunnels):
            for field, key in _REFERENCES.items():
                urn = str(mapping_of(tunnel.get(key)).get("id") or "")
                use = CertificateUse(
                    TUNNEL,
                    str(tunnel.get("name") or ""),
                    edge,
                    field,
                    str(tunnel.get("id") or ""),
                    needs_key=field == _CERTIFICATE,
                )
                if urn:
                    uses.setdefault(urn, []).append(use)
        for reference in balancer_references(api, edge.edge_id):
            use = CertificateUse(
                SERVER if reference.kind == SERVICES else POOL,
                reference.name,
                edge,
                reference.field,
                reference.object_id,
                needs_key=reference.field == CERTIFICATE,
                is_removable=not reference.needed_for,
                needed_for=reference.needed_for,
            )
            uses.setdefault(reference.urn, []).append(use)
    return uses


def move_uses(session: Session, uses: Sequence[CertificateUse], old: str, new: str) -> None:
    """Replace the certificate reference ``old`` with ``new`` in all ``uses``.

    Raises: the errors of :func:`ensure`.
    """
    _change(session, uses, old, [new], new)


def remove_uses(session: Session, uses: Sequence[CertificateUse], old: str) -> None:
    """Remove the certificate reference ``old`` from all ``uses``.

    The caller must check that no active service needs the reference.

    Raises: the errors of :func:`ensure`.
    """
    _change(session, uses, old, [], "")


def _change(session: Session, uses: Sequence[CertificateUse], old: str, listed: list[str], new: str) -> None:
    for edge in {use.edge.edge_id: use.edge for use in uses}.values():
        of_edge = [use for use in uses if use.edge.edge_id == edge.edge_id]
        if edge.backend == NSXT:
            _change_objects(session, edge, of_edge, old, new)
        elif any(use.type in _BALANCER for use in of_edge):
            change_references(session, edge, old, new)
        if all(use.type in _BALANCER for use in of_edge):
            continue
        kind = SectionKind(load_section(IPSEC))
        store = _ipsec_store(session, edge)
        spec = _section_spec(of_edge, new, is_nsxt=edge.backend == NSXT)
        if any(use.field == "ca_certificates" for use in of_edge):
            current = state_of(store.read()).settings.ca_certificates or ()
            spec["ca_certificates"] = [item for value in current for item in (listed if value == old else [value])]
        ensure(kind, store, Present((kind.parse(spec),)))


def _change_objects(session: Session, edge: Edge, uses: Sequence[CertificateUse], old: str, new: str) -> None:
    """Replace or remove the certificate ``old`` in a load balancer of NSX-T."""
    objects = {use.object_id: _BALANCER_KINDS[use.type] for use in uses if use.type in _BALANCER_KINDS}
    if objects:
        api = CloudApi(session, tenant_context(session, edge))
        for object_id, kind in objects.items():
            change_object(api, kind, object_id, old, new)


def _section_spec(uses: Sequence[CertificateUse], new: str, *, is_nsxt: bool) -> dict[str, Any]:
    """Return an IPsec spec that sets the reference of each use to ``new``."""
    spec: dict[str, Any] = {}
    tunnels: dict[tuple[str, str], dict[str, Any]] = {}
    for use in uses:
        if use.type == IPSEC and use.field != "ca_certificates":
            spec[use.field] = new
        elif use.type == TUNNEL:
            identity: Mapping[str, Any] = {"name": use.name}
            if use.object_id and not is_nsxt:
                identity = {"site_id": use.object_id, "match_by": "site_id"}
            tunnels.setdefault((use.name, use.object_id), dict(identity))[use.field] = new
    return {**spec, "tunnels": list(tunnels.values())} if tunnels else spec
