"""L2 VPN tunnels of an NSX-T edge gateway: their fields, checks and JSON.

Source: protocol/nsxt.md §10.
"""

from __future__ import annotations

import base64
import binascii
import copy
import json
from typing import Any

from vcloudair_core.simulator.nsxt.edges import is_allocated
from vcloudair_core.simulator.nsxt.field_checks import (
    MAX_DESCRIPTION,
    cidr_network,
    ipv4_address,
    not_blank,
    number_from,
)
from vcloudair_core.simulator.nsxt.json_bodies import REFERENCE, VERSION, JsonField, RefusedBodyError, checked
from vcloudair_core.simulator.releases import newest
from vcloudair_core.simulator.state.entities import SimulatedEdge

SERVER, CLIENT = "SERVER", "CLIENT"
MASK = "******"
"""Mask of pre-shared keys in responses of release 10.5.1.1 and newer."""

MASKS_SINCE = (38, 1)
"""Newest API version of the first release that masks keys."""

_INITIATION_MODES = ("INITIATOR", "RESPOND_ONLY", "ON_DEMAND")
_NETWORK = {
    "networkRef": JsonField(dict, items=REFERENCE, is_required=True),
    "tunnelId": JsonField(int, check=number_from(1, 4093)),
}
_FIELDS = {
    "id": JsonField(str),
    "name": JsonField(str, is_required=True, check=not_blank),
    "description": JsonField(str, length=MAX_DESCRIPTION),
    "sessionMode": JsonField(str, is_required=True, choices=(SERVER, CLIENT)),
    "enabled": JsonField(bool),
    "localEndpointIP": JsonField(str, is_required=True, check=ipv4_address),
    "remoteEndpointIP": JsonField(str, is_required=True, check=ipv4_address),
    "tunnelInterface": JsonField(str, check=lambda value: cidr_network(value) if value else None),
    "connectorInitiationMode": JsonField(str, choices=_INITIATION_MODES),
    "preSharedKey": JsonField(str),
    "peerCode": JsonField(str),
    "attachedNetworks": JsonField(list),
    "stretchedNetworks": JsonField(list, since=(36, 0), items=_NETWORK),
    "logging": JsonField(bool),
    "version": VERSION,
}
_NOT_SHOWN = ("changed_at", "updates")


def l2vpn_state(edge: SimulatedEdge) -> dict[str, Any]:
    """Return the L2 VPN state of an edge gateway.

    Format: ``{"tunnels": [...], "count": 0, "down": {}}``. ``count`` is the number of tunnels ever created. ``down``
    contains the reason of each tunnel that a request to the control plane took down, by name.
    """
    return edge.services.setdefault("l2vpn", {"tunnels": [], "count": 0, "down": {}})


def read_tunnel(
    context: Any, edge: SimulatedEdge, body: dict[str, Any], known: dict[str, Any] | None
) -> dict[str, Any]:
    """Return the tunnel that a request contains, with defaults for absent fields.

    ``known`` is the tunnel that a PUT request replaces. Its key is kept if the request has none, or has the mask
    (inferred). Raises RefusedBodyError for an invalid tunnel.
    """
    sent = checked(context, body, _FIELDS)
    sent = {name: value for name, value in sent.items() if value is not None}
    mode = sent["sessionMode"]
    _check_role(edge, mode, known)
    local = sent["localEndpointIP"]
    if context.simulator.config.external_address == "allocated" and not is_allocated(edge, local):
        raise RefusedBodyError(
            f"validation error on field 'localEndpointIP': {local} is not allocated to the edge gateway {edge.name}"
        )
    is_server = mode == SERVER
    _check_client_switch(context, sent, is_server=is_server)
    return {
        "name": sent["name"],
        "description": sent.get("description"),
        "sessionMode": mode,
        "enabled": sent.get("enabled", True),
        "localEndpointIP": local,
        "remoteEndpointIP": sent["remoteEndpointIP"],
        "tunnelInterface": (sent.get("tunnelInterface") or _free_interface(edge, known)) if is_server else None,
        "connectorInitiationMode": sent.get("connectorInitiationMode", "INITIATOR") if is_server else None,
        "preSharedKey": _key(context, sent, known) if is_server else _key_in_code(context, sent, known),
        "stretchedNetworks": _networks(context, edge, sent.get("stretchedNetworks", []), known, is_server=is_server),
        "logging": sent.get("logging", False) and context.simulator.config.logging_right,
    }


def tunnel_json(context: Any, tunnel: dict[str, Any], *, has_secrets: bool) -> dict[str, Any]:
    """Return a tunnel in the JSON format of a response.

    ``has_secrets`` is true if the response contains the pre-shared key and the peer code. Only server tunnels have a
    peer code in responses.
    """
    shown = {name: copy.deepcopy(value) for name, value in tunnel.items() if name not in _NOT_SHOWN}
    shown["version"] = {"version": tunnel["version"]}
    shown["attachedNetworks"] = [dict(item["networkRef"]) for item in tunnel["stretchedNetworks"]]
    is_server = tunnel["sessionMode"] == SERVER
    shown["peerCode"] = peer_code(tunnel) if has_secrets and is_server else None
    if not has_secrets:
        shown["preSharedKey"] = None
    elif masks_keys(context):
        shown["preSharedKey"] = MASK
    return shown


def masks_keys(context: Any) -> bool:
    """Return True if responses contain six asterisks instead of pre-shared keys."""
    mode = context.simulator.config.l2vpn_keys
    return mode == "masked" or (mode == "by-release" and newest(context.simulator.config.api_versions) >= MASKS_SINCE)


def peer_code(tunnel: dict[str, Any]) -> str:
    """Return the peer code of a server tunnel: its configuration in base64.

    The peer code changes with the configuration, and contains the pre-shared key. The format of the configuration is
    inferred.
    """
    names = ("localEndpointIP", "remoteEndpointIP", "tunnelInterface", "connectorInitiationMode", "preSharedKey")
    return base64.b64encode(json.dumps({name: tunnel[name] for name in names}).encode()).decode()


def _key(context: Any, sent: dict[str, Any], known: dict[str, Any] | None) -> str:
    """Return the pre-shared key of a server tunnel.

    A server tunnel ignores a peer code.
    """
    key = sent.get("preSharedKey")
    if key and (key != MASK or known is None):
        return str(key)
    if known is None or (not key and context.simulator.config.l2vpn_key_in_put == "required"):
        raise RefusedBodyError("validation error on field 'preSharedKey': must not be empty for a SERVER session")
    return str(known["preSharedKey"])


def _key_in_code(context: Any, sent: dict[str, Any], known: dict[str, Any] | None) -> str:
    """Return the pre-shared key in the peer code of a client tunnel."""
    code = sent.get("peerCode")
    if not code:
        if known is None or context.simulator.config.l2vpn_key_in_put == "required":
            raise RefusedBodyError("validation error on field 'peerCode': must not be empty for a CLIENT session")
        return str(known["preSharedKey"])
    try:
        return str(json.loads(base64.b64decode(code, validate=True))["preSharedKey"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise RefusedBodyError("validation error on field 'peerCode': the peer code is invalid") from None


def _check_role(edge: SimulatedEdge, mode: str, known: dict[str, Any] | None) -> None:
    """Refuse a change of the session mode, and tunnels of both modes."""
    if known is not None and known["sessionMode"] != mode:
        raise RefusedBodyError("validation error on field 'sessionMode': the session mode cannot be changed")
    opposite = next((tunnel for tunnel in l2vpn_state(edge)["tunnels"] if tunnel["sessionMode"] != mode), None)
    if opposite is not None:
        raise RefusedBodyError(
            f"validation error on field 'sessionMode': the edge gateway {edge.name} has tunnels in "
            f"{opposite['sessionMode']} mode"
        )


def _check_client_switch(context: Any, sent: dict[str, Any], *, is_server: bool) -> None:
    """Refuse to disable a client tunnel on releases before 10.5.1."""
    is_old = newest(context.simulator.config.api_versions) < MASKS_SINCE
    if not is_server and sent.get("enabled") is False and is_old:
        raise RefusedBodyError("validation error on field 'enabled': a CLIENT session cannot be disabled")


def _networks(
    context: Any,
    edge: SimulatedEdge,
    sent: list[dict[str, Any]],
    known: dict[str, Any] | None,
    *,
    is_server: bool,
) -> list[dict[str, Any]]:
    """Return the stretched networks with their tunnel IDs.

    A server assigns the IDs and ignores those of a request.
    """
    assigned = {item["networkRef"]["id"]: item["tunnelId"] for item in (known or {}).get("stretchedNetworks", ())}
    used = set(assigned.values()) if is_server else set()
    made: list[dict[str, Any]] = []
    for item in sent:
        urn = str(item["networkRef"].get("id"))
        network = context.world.networks.get(urn.rpartition(":")[2])
        if network is None or network.edge_id != edge.edge_id:
            raise RefusedBodyError(
                f"validation error on field 'stretchedNetworks.networkRef.id': '{urn}' is not a network of the edge "
                f"gateway {edge.name}"
            )
        if any(stretched["networkRef"]["id"] == urn for stretched in made):
            raise RefusedBodyError(f"validation error on field 'stretchedNetworks': '{urn}' is listed twice")
        if is_server:
            tunnel_id = assigned.get(urn) or next(number for number in range(1, 4094) if number not in used)
        else:
            tunnel_id = item.get("tunnelId")
            if tunnel_id is None or tunnel_id in used:
                reason = "must not be null" if tunnel_id is None else f"{tunnel_id} is used twice"
                raise RefusedBodyError(f"validation error on field 'stretchedNetworks.tunnelId': {reason}")
        used.add(tunnel_id)
        made.append({"networkRef": {"name": network.name, "id": urn}, "tunnelId": tunnel_id})
    return made


def _free_interface(edge: SimulatedEdge, known: dict[str, Any] | None) -> str:
    """Return a tunnel interface that no other tunnel of the edge gateway has."""
    if known is not None:
        return str(known["tunnelInterface"])
    return f"169.254.{64 + l2vpn_state(edge)['count'] % 128}.1/28"
