"""IPsec tunnels of an NSX-T edge gateway: their fields, checks and JSON.

Source: protocol/nsxt.md §7, protocol/vcd-modern.md §5.
"""

from __future__ import annotations

import copy
from typing import Any

from vcloudair_core.simulator.nsxt.edges import is_allocated
from vcloudair_core.simulator.nsxt.field_checks import MAX_DESCRIPTION, ipv4_address, networks, not_blank
from vcloudair_core.simulator.nsxt.ipsec.certificate_library import find_certificate
from vcloudair_core.simulator.nsxt.ipsec.connection_properties import SECURITY_TYPES
from vcloudair_core.simulator.nsxt.json_bodies import REFERENCE, VERSION, JsonField, RefusedBodyError, checked
from vcloudair_core.simulator.releases import is_at_least, newest
from vcloudair_core.simulator.state.entities import SimulatedEdge

MAX_TUNNELS = 1000
INITIATION_MODES = ("INITIATOR", "RESPOND_ONLY", "ON_DEMAND")
_CUSTOM_NEEDS_PROFILE = (39, 0)
"""First server version that refuses CUSTOM without connection properties."""
_ROUTE_BASED_SINCE = (39, 0)
_LOCAL = {
    "localId": JsonField(str),
    "localAddress": JsonField(str, is_required=True, check=ipv4_address),
    "localNetworks": JsonField(list, is_required=True, check=networks(1, 128)),
}
_REMOTE = {
    "remoteId": JsonField(str),
    "remoteAddress": JsonField(str, is_required=True, check=ipv4_address),
    "remoteNetworks": JsonField(list, check=networks(0, 128)),
}
_COMMON = {
    "id": JsonField(str),
    "name": JsonField(str, is_required=True, check=not_blank),
    "description": JsonField(str, length=MAX_DESCRIPTION),
    "localEndpoint": JsonField(dict, is_required=True, items=_LOCAL),
    "remoteEndpoint": JsonField(dict, is_required=True, items=_REMOTE),
    "authenticationMode": JsonField(str, since=(35, 0), choices=("PSK", "CERTIFICATE")),
    "preSharedKey": JsonField(str),
    "certificateRef": JsonField(dict, since=(36, 0), items=REFERENCE),
    "caCertificateRef": JsonField(dict, since=(36, 0), items=REFERENCE),
    "connectorInitiationMode": JsonField(str, choices=INITIATION_MODES),
    "securityType": JsonField(str, choices=SECURITY_TYPES),
    "logging": JsonField(bool),
    "version": VERSION,
}
_FIRST = {"enabled": JsonField(bool)}
"""Fields of path version 1.0.0 only."""
_SECOND = {
    "active": JsonField(bool),
    "tunnelType": JsonField(str, since=_ROUTE_BASED_SINCE, choices=("POLICY_BASED",)),
    "tunnelInterfaces": JsonField(list, since=_ROUTE_BASED_SINCE, length=0),
    "connectivityStatus": JsonField(str, since=_ROUTE_BASED_SINCE),
}
"""Fields of path version 2.0.0 only. The simulator has no route-based tunnels."""
_NOT_SHOWN = ("active", "properties", "changed_at")


def read_tunnel(
    context: Any, edge: SimulatedEdge, body: dict[str, Any], known: dict[str, Any] | None, *, is_second: bool
) -> dict[str, Any]:
    """Return the tunnel that a request contains, with defaults for absent fields.

    ``known`` is the tunnel that a PUT request replaces. Its pre-shared key is kept if the request has none (inferred).
    ``is_second`` is true for path version 2.0.0. Raises RefusedBodyError for an invalid tunnel.
    """
    sent = checked(context, body, _COMMON | (_SECOND if is_second else _FIRST))
    sent = {name: value for name, value in sent.items() if value is not None}
    mode = sent.get("authenticationMode", "PSK")
    tunnel = {
        "name": sent["name"],
        "description": sent.get("description"),
        "active": sent.get("active" if is_second else "enabled", True),
        "localEndpoint": _local_endpoint(context, edge, sent["localEndpoint"]),
        "remoteEndpoint": _remote_endpoint(sent["remoteEndpoint"], mode),
        "authenticationMode": mode,
        "preSharedKey": sent.get("preSharedKey") or (known or {}).get("preSharedKey"),
        "certificateRef": _certificate(context, sent, "certificateRef", needs_key=True),
        "caCertificateRef": _certificate(context, sent, "caCertificateRef", needs_key=False),
        "connectorInitiationMode": sent.get("connectorInitiationMode", "INITIATOR"),
        "securityType": sent.get("securityType", "DEFAULT"),
        "logging": sent.get("logging", False) and context.simulator.config.logging_right,
    }
    _check_authentication(tunnel)
    _check_security_type(context, tunnel, known)
    return tunnel


def tunnel_json(context: Any, tunnel: dict[str, Any], status: str, *, has_key: bool, is_second: bool) -> dict[str, Any]:
    """Return a tunnel in the JSON format of a response.

    ``status`` is the connectivity status. ``has_key`` is true if the response contains the pre-shared key. Source:
    protocol/nsxt.md §7.
    """
    shown = {name: copy.deepcopy(value) for name, value in tunnel.items() if name not in _NOT_SHOWN}
    shown["version"] = {"version": tunnel["version"]}
    shown["active" if is_second else "enabled"] = tunnel["active"]
    if not has_key:
        shown["preSharedKey"] = None
    if is_second and is_at_least(context.version, _ROUTE_BASED_SINCE):
        shown |= {"tunnelType": "POLICY_BASED", "tunnelInterfaces": [], "connectivityStatus": status}
    return shown


def check_unique(tunnels: list[dict[str, Any]], tunnel: dict[str, Any], known: dict[str, Any] | None) -> None:
    """Refuse a second tunnel between the same two addresses, or too many tunnels.

    Several tunnels can have the same name. Source: protocol/nsxt.md §1.3, protocol/vcd-modern.md §5.
    """
    conflict = find_conflict(tunnels, tunnel, known)
    if conflict:
        raise RefusedBodyError(conflict)
    if known is None and len(tunnels) >= MAX_TUNNELS:
        raise RefusedBodyError(f"An edge gateway can have at most {MAX_TUNNELS} IPSec VPN tunnels")


def find_conflict(tunnels: list[dict[str, Any]], tunnel: dict[str, Any], known: dict[str, Any] | None) -> str:
    """Return the error for a duplicate tunnel, or an empty string."""
    ends = _addresses(tunnel)
    if all(_addresses(held) != ends for held in tunnels if held is not known):
        return ""
    local, remote = ends
    return f"IPSec VPN Tunnel with local address {local} and remote address {remote} is already in use"


def _addresses(tunnel: dict[str, Any]) -> tuple[str, str]:
    return tunnel["localEndpoint"]["localAddress"], tunnel["remoteEndpoint"]["remoteAddress"]


def _local_endpoint(context: Any, edge: SimulatedEdge, sent: dict[str, Any]) -> dict[str, Any]:
    address = sent["localAddress"]
    if context.simulator.config.external_address == "allocated" and not is_allocated(edge, address):
        raise RefusedBodyError(
            f"validation error on field 'localEndpoint.localAddress': {address} is not allocated to the edge gateway "
            f"{edge.name}"
        )
    return {"localId": sent.get("localId"), "localAddress": address, "localNetworks": list(sent["localNetworks"])}


def _remote_endpoint(sent: dict[str, Any], mode: str) -> dict[str, Any]:
    """Return the remote endpoint.

    If the tunnel uses a pre-shared key, the default ID of the endpoint is its address.
    """
    address = sent["remoteAddress"]
    identifier = sent.get("remoteId") or (address if mode == "PSK" else None)
    remote_networks = sent.get("remoteNetworks")
    shown = None if remote_networks is None else list(remote_networks)
    return {"remoteId": identifier, "remoteAddress": address, "remoteNetworks": shown}


def _certificate(context: Any, sent: dict[str, Any], field: str, *, needs_key: bool) -> dict[str, str] | None:
    """Return a reference to a certificate in the certificate library, or None."""
    if field not in sent:
        return None
    identifier = str(sent[field].get("id"))
    certificate = find_certificate(context, identifier)
    if certificate is None:
        raise RefusedBodyError(f"validation error on field '{field}': '{identifier}' does not exist")
    if needs_key and not certificate["has_key"]:
        raise RefusedBodyError(f"validation error on field '{field}': '{certificate['alias']}' has no private key")
    return {"name": certificate["alias"], "id": certificate["id"]}


def _check_authentication(tunnel: dict[str, Any]) -> None:
    """Refuse a tunnel without the key or certificate that its mode requires.

    The fields of the other authentication mode are set to None (inferred).
    """
    if tunnel["authenticationMode"] == "PSK":
        tunnel |= {"certificateRef": None, "caCertificateRef": None}
        if not tunnel["preSharedKey"]:
            raise RefusedBodyError("validation error on field 'preSharedKey': must not be empty")
        return
    tunnel["preSharedKey"] = None
    if tunnel["certificateRef"] is None:
        raise RefusedBodyError("validation error on field 'certificateRef': must not be null")


def _check_security_type(context: Any, tunnel: dict[str, Any], known: dict[str, Any] | None) -> None:
    """Refuse CUSTOM for a tunnel without connection properties.

    Only servers of release 10.6 and newer refuse such a request. Source: protocol/nsxt.md §7.
    """
    is_new_server = newest(context.simulator.config.api_versions) >= _CUSTOM_NEEDS_PROFILE
    has_properties = bool(known and known["properties"])
    if tunnel["securityType"] == "CUSTOM" and not has_properties and is_new_server:
        raise RefusedBodyError(
            "validation error on field 'securityType': the tunnel has no custom connection properties"
        )
