"""The certificate library of an org.

Source: protocol/nsxt.md §7.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.edge_services.pem import InvalidPemError, check_upload
from vcloudair_core.simulator.nsxt.edge_tasks import refusing
from vcloudair_core.simulator.nsxt.json_bodies import JsonField, RefusedBodyError, checked, read_object
from vcloudair_core.simulator.releases import is_at_least
from vcloudair_core.simulator.state.entities import PROVIDER_ORG
from vcloudair_core.transport.messages import Response

GROUP = "cloudapi certificates"
LIBRARY = "/cloudapi/1.0.0/ssl/certificateLibrary"
VPN_CERTIFICATE, CA_CERTIFICATE = "vpn-gateway", "vpn-ca"
"""Aliases of the certificates that each org has.

Only the VPN certificate has a private key.
"""
_COUNT_SINCE = (39, 1)
_URN = "urn:vcloud:certificateLibraryItem:"
_FIELDS = {
    "id": JsonField(str),
    "alias": JsonField(str, length=128, is_required=True),
    "description": JsonField(str, length=1024),
    "certificate": JsonField(str, is_required=True),
    "privateKey": JsonField(str),
    "privateKeyPassphrase": JsonField(str),
    "consumerCount": JsonField(int, since=_COUNT_SINCE),
}
_CA_PEM = """\
-----BEGIN CERTIFICATE-----
MIIBOTCB4KADAgECAgEBMAoGCCqGSM49BAMCMBsxGTAXBgNVBAMMEFNpbXVsYXRl
ZCBWUE4gQ0EwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBsxGTAX
BgNVBAMMEFNpbXVsYXRlZCBWUE4gQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAQN9JW0ot/9jDmRDT34SpsdoGCkwx90uWf88dFInRwFFLIi37EEHLC677MzJ1Wa
FWJTaBgfaXnNKS9Kh9//GC1YoxMwETAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49
BAMCA0gAMEUCIQCla0nxQ/tjMRMW3Ik1UYQ/cnUShEp3P5fiTTUAfi6/ewIgVXkB
3iPcCLGLTcGfXcz+n2ZePp2jcg8LlJdkzN3OGw8=
-----END CERTIFICATE-----
"""
_VPN_PEM = """\
-----BEGIN CERTIFICATE-----
MIIBNzCB3aADAgECAgECMAoGCCqGSM49BAMCMBsxGTAXBgNVBAMMEFNpbXVsYXRl
ZCBWUE4gQ0EwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBsxGTAX
BgNVBAMMEHZwbi5leGFtcGxlLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AASXavj2yzut7+ZyOsbFYeRU0ZvZEEtdz3SozHJRjqtm7ljy8TDgYWYJjE6D7sYl
JqGNiv087dkr11xGmcE/NjL4oxAwDjAMBgNVHRMBAf8EAjAAMAoGCCqGSM49BAMC
A0kAMEYCIQCs6WIycRCTfrYI/sl6o8f9VBN+2wwfTIOig56jxGt3HQIhAKIZSf7o
fZDLBkEh+dW2zHeXf98jdZMyEztV7UAykolw
-----END CERTIFICATE-----
"""


def routes() -> SimulatorRoutes:
    """Return the routes of the certificate library."""
    paths = (
        SimulatorRoute("GET", LIBRARY, list_certificates),
        SimulatorRoute("POST", LIBRARY, _guarded(add_certificate)),
        SimulatorRoute("GET", f"{LIBRARY}/{{certificate_id}}", show_certificate),
        SimulatorRoute("PUT", f"{LIBRARY}/{{certificate_id}}", _guarded(update_certificate)),
        SimulatorRoute("DELETE", f"{LIBRARY}/{{certificate_id}}", _guarded(delete_certificate)),
    )
    return SimulatorRoutes(
        GROUP,
        "Certificate library",
        paths,
        seed=_seed,
        versions="35.0 and newer",
        simplifications="Each org has the same two certificates at the start.",
    )


def find_certificate(context: Any, identifier: str) -> dict[str, Any] | None:
    """Return the certificate with this ID in the library of the user's org, or None."""
    return next((item for item in _own(context) if item["id"] == identifier), None)


def list_certificates(context: Any) -> Response:
    """Return a page of the certificates of the org. The default order is by alias."""
    values = [_certificate_json(context, item) for item in _own(context)]
    return json_responses.page(context, values, "CertificateLibraryItems", searchable=("alias", "description"))


def show_certificate(context: Any) -> Response:
    """Return one certificate. Private keys cannot be read."""
    identifier = json_responses.uuid_of(context.path_params["certificate_id"])
    item = find_certificate(context, f"{_URN}{identifier}")
    if item is None:
        return json_responses.no_access("certificateLibraryItem", identifier)
    return json_responses.item(context, _certificate_json(context, item))


def add_certificate(context: Any) -> Response:
    """Add a certificate, and return it with its ID.

    The write is synchronous, so there is no task. Each alias is unique in the org (inferred).
    """
    body = checked(context, read_object(context), _FIELDS)
    key, passphrase = (str(body.get(name) or "") for name in ("privateKey", "privateKeyPassphrase"))
    try:
        check_upload(body["certificate"], key, passphrase)
    except InvalidPemError as exc:
        raise RefusedBodyError(str(exc)) from exc
    _refuse_alias(context, body["alias"], None)
    state = context.simulator.state[GROUP]
    state["count"] = state.get("count", 0) + 1
    item = {
        "id": _URN + context.world.make_id("certificate", f"{context.user.org}/new/{state['count']}"),
        "org": context.user.org,
        "alias": body["alias"],
        "description": body.get("description") or "",
        "certificate": body["certificate"],
        "has_key": bool(key),
    }
    state["items"].append(item)
    return json_responses.item(context, _certificate_json(context, item), 201)


def update_certificate(context: Any) -> Response:
    """Change the alias and the description of a certificate.

    The certificate itself cannot be changed. Source: protocol/nsxt.md §7.
    """
    body = checked(context, read_object(context), _FIELDS)
    known = _found(context)
    if body["certificate"].strip() != known["certificate"].strip():
        raise RefusedBodyError("The certificate of a library item cannot be changed.")
    _refuse_alias(context, body["alias"], known)
    known.update(alias=body["alias"], description=body.get("description") or "")
    return json_responses.item(context, _certificate_json(context, known))


def delete_certificate(context: Any) -> Response:
    """Delete a certificate that no IPsec tunnel and no load balancer uses."""
    known = _found(context)
    users = [item["name"] for item in _consumers(context) if _uses(item, known["id"])]
    if users:
        raise RefusedBodyError(f"The certificate is in use by {', '.join(users)}.")
    context.simulator.state[GROUP]["items"].remove(known)
    return Response(204)


def _guarded(handler: Callable[[Any], Response]) -> Callable[[Any], Response]:
    return lambda context: refusing(context, lambda: handler(context))


def _found(context: Any) -> dict[str, Any]:
    identifier = json_responses.uuid_of(context.path_params["certificate_id"])
    item = find_certificate(context, f"{_URN}{identifier}")
    if item is None:
        message = f'No access to entity "com.vmware.vcloud.entity.certificateLibraryItem:{identifier}".'
        raise RefusedBodyError(message, 403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN")
    return item


def _refuse_alias(context: Any, alias: str, known: dict[str, Any] | None) -> None:
    if any(item["alias"] == alias and item is not known for item in _own(context)):
        raise RefusedBodyError(f"The certificate alias {alias} is already in use.", code="DUPLICATE_NAME")


def _own(context: Any) -> list[dict[str, Any]]:
    items = context.simulator.state[GROUP]["items"]
    own = (item for item in items if item["org"] == context.user.org)
    return sorted(own, key=lambda item: str(item["alias"]))


def _certificate_json(context: Any, item: dict[str, Any]) -> dict[str, Any]:
    shown = {
        "id": item["id"],
        "alias": item["alias"],
        "privateKey": None,
        "privateKeyPassphrase": None,
        "certificate": item["certificate"],
        "description": item["description"],
    }
    if is_at_least(context.version, _COUNT_SINCE):
        shown["consumerCount"] = sum(_uses(consumer, item["id"]) for consumer in _consumers(context))
    return shown


def _consumers(context: Any) -> list[dict[str, Any]]:
    """Return the IPsec tunnels, virtual services and pools of the org."""
    edges = context.world.in_vdcs_of(context.user.org, context.world.edges)
    lists = (("ipsec", "tunnels"), ("loadBalancer", "virtualServices"), ("loadBalancer", "pools"))
    return [item for edge in edges for service, key in lists for item in edge.services.get(service, {}).get(key, ())]


def _uses(item: dict[str, Any], identifier: str) -> int:
    references = (item.get("certificateRef"), item.get("caCertificateRef"), *(item.get("caCertificateRefs") or ()))
    return sum(reference is not None and reference["id"] == identifier for reference in references)


def _seed(world: Any, state: dict[str, Any]) -> None:
    """Add a VPN certificate and a CA certificate to the library of each tenant."""
    state["items"] = [
        {
            "id": f"{_URN}{world.make_id('certificate', f'{org}/{alias}')}",
            "org": org,
            "alias": alias,
            "description": description,
            "certificate": certificate,
            "has_key": alias == VPN_CERTIFICATE,
        }
        for org in world.orgs
        if org != PROVIDER_ORG
        for alias, description, certificate in (
            (VPN_CERTIFICATE, "Certificate of the VPN gateway", _VPN_PEM),
            (CA_CERTIFICATE, "CA of the remote VPN gateways", _CA_PEM),
        )
    ]
