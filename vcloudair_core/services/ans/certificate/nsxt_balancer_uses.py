"""References to certificates in the load balancer of NSX-T edge gateways.

A virtual service refers to its certificate, and a pool to the CA certificates that verify its members.
Source: protocol/nsxt.md §9.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from vcloudair_core.errors import DecodeError, NotFoundError, PermissionDeniedError
from vcloudair_core.services.ans.nsxt.api import CloudApi, gateway_path
from vcloudair_core.services.ans.section.json_values import items_of, mapping_of

SERVICES, POOLS = "virtualServices", "pools"
CERTIFICATE, CA_CERTIFICATES = "certificateRef", "caCertificateRefs"
_SUMMARIES = {SERVICES: "virtualServiceSummaries", POOLS: "poolSummaries"}
_ENCRYPTED = {"HTTPS": "https", "L4_TLS": "tls"}


@dataclass(frozen=True)
class BalancerReference:
    """A reference to a certificate in a pool or virtual service.

    Attributes:
        kind: ``virtualServices`` or ``pools``.
        object_id: The URN of the object.
        name: The name of the object.
        field: ``certificateRef`` or ``caCertificateRefs``.
        urn: The URN of the certificate.
        needed_for: The reason why the object needs the certificate, or an empty string.
    """

    kind: str
    object_id: str
    name: str
    field: str
    urn: str
    needed_for: str


def balancer_references(api: CloudApi, edge_id: str) -> Iterator[BalancerReference]:
    """Yield the references to certificates in the load balancer of an edge gateway.

    Makes one call if the load balancer is disabled. Otherwise makes three calls, and one for each pool and each
    virtual service, because the lists do not contain all fields. Objects that another client deletes meanwhile
    are left out.

    Raises: ApiError, TransportError, DecodeError.
    """
    if mapping_of(api.get(gateway_path(edge_id, "loadBalancer"))).get("enabled") is not True:
        return
    for kind in (SERVICES, POOLS):
        for identifier in _ids(api, edge_id, kind):
            try:
                record = mapping_of(api.get(_path(kind, identifier)))
            except (NotFoundError, PermissionDeniedError):
                if identifier in _ids(api, edge_id, kind):
                    raise
                continue
            if record.get("id") != identifier:
                raise DecodeError(
                    f"Reading the certificates of a load balancer failed. The response does not contain {identifier}."
                )
            yield from _references(kind, record)


def change_object(api: CloudApi, kind: str, object_id: str, old: str, new: str) -> None:
    """Replace or remove the certificate ``old`` in a pool or virtual service.

    Makes two calls. The object is read again, so that changes of other clients are kept. If ``new`` is empty, the
    reference is removed.

    Raises: ApiError, TransportError, DecodeError.
    """
    record = dict(mapping_of(api.get(_path(kind, object_id))))
    if record.get("id") != object_id:
        raise DecodeError(
            f"Changing the certificate of a load balancer failed. The response does not contain {object_id}."
        )
    if mapping_of(record.get(CERTIFICATE)).get("id") == old:
        record[CERTIFICATE] = {"id": new} if new else None
    if isinstance(record.get(CA_CERTIFICATES), list):
        kept = [item for item in record[CA_CERTIFICATES] if mapping_of(item).get("id") not in (old, new)]
        is_used = len(kept) < len(record[CA_CERTIFICATES])
        record[CA_CERTIFICATES] = [*kept, {"id": new}] if new and is_used else kept
    api.write("PUT", _path(kind, object_id), record)


def _ids(api: CloudApi, edge_id: str, kind: str) -> list[str]:
    summaries = api.pages(gateway_path(edge_id, f"loadBalancer/{_SUMMARIES[kind]}"))
    return [str(mapping_of(summary).get("id") or "") for summary in summaries]


def _references(kind: str, record: Mapping[str, Any]) -> Iterator[BalancerReference]:
    identifier, name = str(record["id"]), str(record.get("name") or "")
    urn = str(mapping_of(record.get(CERTIFICATE)).get("id") or "")
    if urn:
        protocol = _ENCRYPTED.get(str(mapping_of(record.get("applicationProfile")).get("type") or ""))
        needed_for = f"its protocol is {protocol}" if protocol else ""
        yield BalancerReference(kind, identifier, name, CERTIFICATE, urn, needed_for)
    authorities = [str(mapping_of(item).get("id") or "") for item in items_of(record.get(CA_CERTIFICATES))]
    is_active = record.get("sslEnabled") is not False and bool(items_of(record.get("virtualServiceRefs")))
    needed_for = "it verifies its members with this CA certificate" if is_active and len(authorities) == 1 else ""
    for urn in filter(None, authorities):
        yield BalancerReference(kind, identifier, name, CA_CERTIFICATES, urn, needed_for)


def _path(kind: str, identifier: str) -> str:
    return f"/1.0.0/loadBalancer/{kind}/{quote(identifier, safe=':')}"
