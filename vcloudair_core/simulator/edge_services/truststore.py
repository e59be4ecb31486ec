"""The certificates of an NSX-V edge.

An ID is ``<edge UUID>:certificate-<number>``. Other sections refer to a certificate by the part after the colon.

Source: protocol/ans.md §5. Error codes are placeholders, because no source states them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.edge.firewall_section import RefusedError
from vcloudair_core.simulator.edge.section_coverage import section_versions
from vcloudair_core.simulator.edge.section_routes import guarded, xml_answer
from vcloudair_core.simulator.edge.section_xml import _root, to_xml
from vcloudair_core.simulator.edge_services.pem import InvalidPemError, check_upload, common_name
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Headers, Response

NAME = "truststore"
"""Name of the section in the edge.

Format of the section: ``{"certificates": [{"number", "name", "description", "pem", "has_key"}], "crls": [{"number",
"name", "description"}], "last": int}``. Tests set the revocation lists, because no route adds them.
"""
TRUST_ROOTS = {"certificate": "certificates", "crl": "crls", "csr": "csrs"}
"""Root element in XML, by type of certificate list. Inferred for CSRs."""
_INVALID, _MISSING, _USED = 15100, 202, 15101
_DAY_S = 86_400


def routes(services: str, prefix: str) -> SimulatorRoutes:
    """Return the routes of certificates.

    ``services`` is the path that ends with ``/network/services``.
    """
    trust = f"{services}/truststore"
    calls = (
        ("GET", f"{trust}/{{kind}}/scope/{{edge_id}}", list_objects),
        ("POST", f"{trust}/certificate/{{edge_id}}", add_certificate),
        ("GET", f"{trust}/certificate/{{object_id}}", show_certificate),
        ("DELETE", f"{trust}/certificate/{{object_id}}", delete_certificate),
    )
    made = tuple(
        SimulatorRoute(method, path, _with_edge(guarded(handler, is_hybridity=False)))
        for method, path, handler in calls
    )
    return SimulatorRoutes(
        f"edge-certificates{prefix}",
        "Certificates of an edge",
        made,
        versions=section_versions("network"),
        simplifications="CRLs and signing requests cannot be added, so their lists are empty.",
    )


def list_objects(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Return the certificates, revocation lists or signing requests of an edge."""
    kind = context.path_params["kind"]
    if kind not in TRUST_ROOTS:
        raise RefusedError(f"The requested object {kind} could not be found.", code=_MISSING, status=404)
    listed = [_shown(context, edge, item) for item in _items(edge)] if kind == "certificate" else []
    if kind == "crl":
        listed = [_crl(edge, item) for item in edge.sections.get(NAME, {}).get("crls", ())]
    root = TRUST_ROOTS[kind]
    return responses.json_body({root: listed}) if as_json else xml_answer(to_xml(root, {kind: listed}))


def add_certificate(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Add a certificate, and return it.

    The server derives the name from the subject of the certificate (inferred).
    """
    root = _root(context.request.body, "trustObject")
    pem, key, passphrase, description = (
        (root.findtext(name) or "").strip() for name in ("pemEncoding", "privateKey", "passphrase", "description")
    )
    try:
        certificate = check_upload(pem, key, passphrase)
    except InvalidPemError as exc:
        raise RefusedError(f"[Truststore] {exc}", code=_INVALID) from exc
    state = edge.sections.setdefault(NAME, {"certificates": [], "last": 0})
    state["last"] += 1
    item = {
        "number": state["last"],
        "name": common_name(certificate),
        "description": description,
        "pem": pem,
        "has_key": bool(key),
    }
    state["certificates"].append(item)
    body = to_xml("certificates", {"certificate": [_shown(context, edge, item)]})
    return Response(201, Headers({"Content-Type": "application/xml"}), body)


def show_certificate(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Return one certificate. Private keys cannot be read."""
    return xml_answer(to_xml("certificate", _shown(context, edge, _find(context, edge))))


def delete_certificate(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Delete a certificate that no section of the edge uses, and return 204."""
    item = _find(context, edge)
    users = list(users_of(edge, f"certificate-{item['number']}"))
    if users:
        raise RefusedError(f"[Truststore] The certificate is in use by {', '.join(users)}.", code=_USED)
    edge.sections[NAME]["certificates"].remove(item)
    return responses.empty(204)


def users_of(edge: SimulatedEdge, reference: str) -> Iterator[str]:
    """Yield the names of the sections and objects that use a certificate."""
    ipsec = edge.sections.get("ipsec") or {}
    shared = ipsec.get("global") or {}
    listed = (shared.get("caCertificates") or {}).get("caCertificate") or []
    if reference == shared.get("serviceCertificate") or reference in listed:
        yield "IPsec VPN"
    for site in ipsec.get("sites", ()):
        if site.get("certificate") == reference:
            yield f"IPsec site {site.get('name') or site.get('siteId')}"
    for profile in (edge.sections.get("loadbalancer") or {}).get("applicationProfile", ()):
        sides = [profile.get(side) or {} for side in ("clientSsl", "serverSsl")]
        if any(reference in (side.get(key) or ()) for side in sides for key in ("serviceCertificate", "caCertificate")):
            yield f"application profile {profile['name']}"


def certificate_ids(edge: SimulatedEdge) -> set[str]:
    """Return the certificate IDs without the edge UUID, such as ``certificate-1``."""
    return {f"certificate-{item['number']}" for item in _items(edge)}


def _with_edge(handler: Any) -> Any:
    """Wrap a handler to add the ID of the edge to the path parameters.

    The ID of the edge is taken from the ID of the certificate.
    """

    def run(context: Any) -> Response:
        if "object_id" in context.path_params:
            edge_id = context.path_params["object_id"].partition(":")[0]
            context = replace(context, path_params={**context.path_params, "edge_id": edge_id})
        response: Response = handler(context)
        return response

    return run


def _items(edge: SimulatedEdge) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = edge.sections.get(NAME, {"certificates": []})["certificates"]
    return items


def _find(context: Any, edge: SimulatedEdge) -> dict[str, Any]:
    object_id = context.path_params["object_id"]
    for item in _items(edge):
        if object_id == f"{edge.edge_id}:certificate-{item['number']}":
            return item
    raise RefusedError(f"The requested object : {object_id} could not be found.", code=_MISSING, status=404)


def _crl(edge: SimulatedEdge, item: dict[str, Any]) -> dict[str, Any]:
    """Return a revocation list. The form of its ID is inferred."""
    return {
        "objectId": f"{edge.edge_id}:crl-{item['number']}",
        "name": item["name"],
        "description": item["description"],
    }


def _shown(context: Any, edge: SimulatedEdge, item: dict[str, Any]) -> dict[str, Any]:
    left_s = check_upload(item["pem"], "", "").not_valid_after_utc.timestamp() - context.simulator.clock.now()
    return {
        "objectId": f"{edge.edge_id}:certificate-{item['number']}",
        "objectTypeName": "Certificate",
        "revision": 1,
        "name": item["name"],
        "description": item["description"],
        "pemEncoding": item["pem"],
        "daysLeftToExpiry": math.floor(left_s / _DAY_S),
    }
