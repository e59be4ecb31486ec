"""The codec of L2 VPN tunnels of NSX-T edge gateways.

Source: protocol/nsxt.md §10.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.l2vpn.model import L2VpnDocument
from vcloudair_core.services.ans.l2vpn.spec import (
    CLIENT,
    INITIATOR,
    SERVER,
    L2VpnSpec,
    L2VpnTunnelSpec,
    StretchedNetworkSpec,
)
from vcloudair_core.services.ans.section.json_codec import JsonCodec
from vcloudair_core.services.ans.section.json_values import bool_of, int_of, items_of, mapping_of, text_of

TUNNELS = "tunnels"
KEY, PEER_CODE = "preSharedKey", "peerCode"
NETWORKS = "stretchedNetworks"
CLIENT_SWITCH = "can_disable_clients"
"""Key in the tree of a document: True if client tunnels can be disabled."""

_LOCAL, _REMOTE = ("localEndpointIP", "localEndpointIp"), ("remoteEndpointIP", "remoteEndpointIp")
"""Spellings of the endpoints.

The vendor's reference has the first spelling, which new tunnels use. A change keeps the spelling of the server.
"""


class NsxtL2VpnCodec(JsonCodec[L2VpnSpec]):
    """A codec for the L2 VPN tunnels of an NSX-T edge gateway.

    In a record, the pre-shared key and the peer code are ``Secret`` objects. A network whose reference has no ID is
    identified by its name. The store adds the ID.
    """

    section = "l2vpn"
    what = "the L2 VPN tunnels"
    records_path = ("l2vpn", TUNNELS)
    has_secrets = True
    document_type = L2VpnDocument

    def __init__(self) -> None:
        super().__init__(NSXT)

    def settings_of(self, tree: Mapping[str, Any]) -> L2VpnSpec:
        """Return settings without values, because the service has no settings."""
        return L2VpnSpec()

    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        """Do nothing, because the service has no settings."""

    def rule_of(self, record: Mapping[str, Any]) -> L2VpnTunnelSpec:
        """Decode the tunnel in a record, without its secrets."""
        mode = (text_of(record.get("sessionMode")) or "").lower()
        is_server = mode == SERVER
        initiation = (text_of(record.get("connectorInitiationMode")) or INITIATOR).lower()
        return L2VpnTunnelSpec(
            name=text_of(record.get("name")) or "",
            session_mode=mode or None,
            enabled=bool_of(record.get("enabled"), True),
            description=text_of(record.get("description")) or "",
            local_ip=text_of(record.get(_spelling(record, _LOCAL))),
            peer_ip=text_of(record.get(_spelling(record, _REMOTE))),
            tunnel_interface=(text_of(record.get("tunnelInterface")) or None) if is_server else None,
            initiation_mode=initiation if is_server else None,
            networks=tuple(_network_of(item) for item in items_of(record.get(NETWORKS)) if isinstance(item, dict)),
            logging=bool_of(record.get("logging"), False),
            rule_id=text_of(record.get("id")),
        )

    def new_record(self, spec: L2VpnTunnelSpec) -> dict[str, Any]:
        """Return the record of a new tunnel, without its ID."""
        names = tuple(name for name in spec.__dataclass_fields__ if getattr(spec, name) is not None)
        return self.changed_record({"sessionMode": (spec.session_mode or "").upper()}, spec, names)

    def changed_record(
        self, record: Mapping[str, Any], spec: L2VpnTunnelSpec, changed: tuple[str, ...]
    ) -> dict[str, Any]:
        """Return a copy of a record with the values of ``spec`` for fields in ``changed``.

        The record also has the secret of the spec, if there is one.
        """
        values = {
            "name": ("name", spec.name),
            "enabled": ("enabled", spec.enabled),
            "description": ("description", spec.description),
            "local_ip": (_spelling(record, _LOCAL), spec.local_ip),
            "peer_ip": (_spelling(record, _REMOTE), spec.peer_ip),
            "tunnel_interface": ("tunnelInterface", spec.tunnel_interface),
            "initiation_mode": ("connectorInitiationMode", (spec.initiation_mode or "").upper()),
            "logging": ("logging", spec.logging),
        }
        raw = {**record, **dict(value for name, value in values.items() if name in changed)}
        if "networks" in changed:
            raw[NETWORKS] = _networks(record, spec)
        for key, secret in ((KEY, spec.psk), (PEER_CODE, spec.peer_code)):
            if secret is not None:
                raw[key] = secret
        return raw


def is_client(record: Mapping[str, Any]) -> bool:
    """Return True if a record is a client tunnel."""
    return str(record.get("sessionMode") or "").lower() == CLIENT


def ends_of(record: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return the addresses and the name of a raw tunnel.

    They identify a tunnel that has no ID yet.
    """
    local, remote = (str(record.get(_spelling(record, names)) or "") for names in (_LOCAL, _REMOTE))
    return local, remote, str(record.get("name") or "")


def _spelling(record: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Return the spelling of a key that a record has.

    The default is the first spelling.
    """
    return next((name for name in names if name in record), names[0])


def _network_of(item: Mapping[str, Any]) -> StretchedNetworkSpec:
    reference = mapping_of(item.get("networkRef"))
    return StretchedNetworkSpec(text_of(reference.get("name") or reference.get("id")), int_of(item.get("tunnelId")))


def _networks(record: Mapping[str, Any], spec: L2VpnTunnelSpec) -> list[dict[str, Any]]:
    """Return the stretched networks of a tunnel.

    Networks that the tunnel already has keep their references. Only client tunnels set tunnel IDs.
    """
    known = {_network_of(item).network: item for item in items_of(record.get(NETWORKS)) if isinstance(item, dict)}
    networks: list[dict[str, Any]] = []
    for network in spec.networks or ():
        item = dict(known.get(network.network) or {"networkRef": {"name": network.network}})
        if is_client(record):
            item["tunnelId"] = network.tunnel_id
        networks.append(item)
    return networks
