"""The certificate library of an org, with certificates for IPsec tunnels.

Source: protocol/nsxt.md §7.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.cloudapi import json_responses
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
        SimulatorRoute("GET", f"{LIBRARY}/{{certificate_id}}", show_certificate),
    )
    return SimulatorRoutes(
        GROUP,
        "Certificate library",
        paths,
        seed=_seed,
        versions="35.0 and newer",
        simplifications="Each org has the same two certificates. They cannot be changed.",
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
    item = find_certificate(context, f"urn:vcloud:certificateLibraryItem:{identifier}")
    if item is None:
        return json_responses.no_access("certificateLibraryItem", identifier)
    return json_responses.item(context, _certificate_json(context, item))


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
        shown["consumerCount"] = sum(_uses(tunnel, item["id"]) for tunnel in _tunnels(context))
    return shown


def _tunnels(context: Any) -> list[dict[str, Any]]:
    edges = context.world.in_vdcs_of(context.user.org, context.world.edges)
    return [tunnel for edge in edges for tunnel in edge.services.get("ipsec", {}).get("tunnels", ())]


def _uses(tunnel: dict[str, Any], identifier: str) -> int:
    references = (tunnel["certificateRef"], tunnel["caCertificateRef"])
    return sum(reference is not None and reference["id"] == identifier for reference in references)


def _seed(world: Any, state: dict[str, Any]) -> None:
    """Add a VPN certificate and a CA certificate to the library of each tenant."""
    state["items"] = [
        {
            "id": f"urn:vcloud:certificateLibraryItem:{world.make_id('certificate', f'{org}/{alias}')}",
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
