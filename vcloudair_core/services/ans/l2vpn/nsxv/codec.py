"""The XML codec of L2 VPN servers of NSX-V edge gateways.

Source: protocol/ans.md §5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.services.ans.ipsec.nsxt.keys import visible_key
from vcloudair_core.services.ans.l2vpn.model import L2Vpn, L2VpnDocument
from vcloudair_core.services.ans.l2vpn.spec import CLIENT, SERVER, L2VpnSpec, L2VpnTunnelSpec, StretchedNetworkSpec
from vcloudair_core.services.ans.section.document import SectionEdit
from vcloudair_core.services.ans.section.xml_codec import XmlCodec
from vcloudair_core.services.ans.section.xml_elements import (
    bool_of,
    child_of,
    children,
    ensure_child,
    int_of,
    remove,
    set_repeated,
    set_text,
    text_of,
    texts_of,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

    from vcloudair_core.util.redaction import Secret

_SITES, _SITE, _CONFIGURATION = "l2VpnSites", "l2VpnSite", "configuration"
_PEERS, _USER = "peerSites", "l2VpnUser"
_SETTINGS = {
    "listener_ip": "listenerIp",
    "listener_port": "listenerPort",
    "encryption_algorithms": "encryptionAlgorithm",
    "server_certificate": "serverCertificate",
}
"""Element of each setting of the server, in the documented order."""


class NsxvL2VpnCodec(XmlCodec[L2VpnSpec]):
    """A codec for the L2 VPN of an NSX-V edge gateway.

    Its tunnels are the peer sites of the server. A client is decoded as a tunnel named ``client``, which is never
    changed.
    """

    section = "l2vpn"
    what = "the L2 VPN configuration"
    root = "l2Vpn"
    records_path = (_PEERS, "peerSite")
    has_secrets = True
    document_type = L2VpnDocument

    def decode(self, document: Document) -> L2Vpn:
        """Return the decoded section, with the names of networks."""
        assert isinstance(document, L2VpnDocument)
        state, client = super().decode(document), client_of(document.tree)
        rules = (*state.rules, *([LiveRule(len(state.rules), client)] if client is not None else ()))
        return replace(state, rules=tuple(_with_names(rule, document.interfaces) for rule in rules))

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return a document with an edit applied, and with the numbers of interfaces."""
        assert isinstance(document, L2VpnDocument)
        numbers = {known.network: number for number, known in document.interfaces.items()}
        if edit.steps is not None:
            steps = [
                step
                if step.spec is None or step.spec.networks is None
                else replace(step, spec=_with_numbers(step.spec, numbers))
                for step in edit.steps
            ]
            edit = replace(edit, steps=tuple(steps))
        return super().merge(document, edit)

    def record_list(self, root: _Element, *, is_needed: bool = False) -> _Element | None:
        """Return the element with the peer sites. Create it if it is needed."""
        server = _ensured_server(root) if is_needed else server_of(root)
        if server is None or not is_needed:
            return child_of(server, _PEERS)
        return ensure_child(server, _PEERS)

    def settings_of(self, root: _Element) -> L2VpnSpec:
        """Return the settings of the service and its server."""
        server, logging = server_of(root), child_of(root, "logging")
        return L2VpnSpec(
            enabled=bool_of(text_of(root, "enabled"), False),
            listener_ip=text_of(server, "listenerIp") or None,
            listener_port=int_of(text_of(server, "listenerPort")),
            encryption_algorithms=texts_of(server, "encryptionAlgorithm") or None,
            server_certificate=text_of(server, "serverCertificate") or None,
            logging=bool_of(text_of(logging, "enable")),
            log_level=(text_of(logging, "logLevel") or "").lower() or None,
        )

    def rule_of(self, record: _Element) -> L2VpnTunnelSpec:
        """Decode a peer site, without its password."""
        return L2VpnTunnelSpec(
            name=text_of(record, "name") or "",
            session_mode=SERVER,
            enabled=bool_of(text_of(record, "enabled"), True),
            description=text_of(record, "description") or "",
            user_id=text_of(child_of(record, _USER), "userId"),
            networks=tuple(StretchedNetworkSpec(number) for number in texts_of(child_of(record, "vnics"), "index")),
            egress_gateways=texts_of(child_of(record, "egressOptimization"), "gatewayIpAddress"),
        )

    def set_settings(self, root: _Element, settings: Mapping[str, Any]) -> None:
        """Set ``settings`` in ``root``, a copy that the caller has made."""
        if "enabled" in settings:
            set_text(root, "enabled", settings["enabled"])
        for name, element in (("logging", "enable"), ("log_level", "logLevel")):
            if name in settings:
                set_text(ensure_child(root, "logging"), element, settings[name])
        elements = {name: element for name, element in _SETTINGS.items() if name in settings}
        if not elements:
            return
        server = _ensured_server(root)
        for name, element in elements.items():
            value = settings[name]
            set_repeated(server, element, value if isinstance(value, tuple) else (str(value),))
        peers = child_of(server, _PEERS)
        if peers is not None:
            server.append(peers)

    def fill(self, record: _Element, spec: L2VpnTunnelSpec) -> None:
        """Fill the empty record of a new peer site, in the documented order."""
        self.set_fields(
            record, spec, ("name", "description", "user_id", "psk", "networks", "egress_gateways", "enabled")
        )

    def set_fields(self, record: _Element, spec: L2VpnTunnelSpec, changed: tuple[str, ...]) -> None:
        """Set the ``changed`` fields of a peer site from ``spec``.

        If the spec has a password, the password is set too.
        """
        for name in ("name", "description"):
            if name in changed:
                set_text(record, name, getattr(spec, name))
        if "user_id" in changed:
            set_text(ensure_child(record, _USER), "userId", spec.user_id)
        if spec.psk is not None:
            set_text(ensure_child(record, _USER), "password", spec.psk.reveal())
        if "networks" in changed:
            numbers = [network.network or "" for network in spec.networks or ()]
            set_repeated(ensure_child(record, "vnics"), "index", numbers)
        if "egress_gateways" in changed:
            _set_egress(record, spec.egress_gateways or ())
        if "enabled" in changed:
            set_text(record, "enabled", spec.enabled)


def server_of(root: _Element) -> _Element | None:
    """Return the configuration of the server, or None if there is no server."""
    for site in children(child_of(root, _SITES), _SITE):
        server = child_of(child_of(site, SERVER), _CONFIGURATION)
        if server is not None:
            return server
    return None


def client_of(root: _Element) -> L2VpnTunnelSpec | None:
    """Return the client as a tunnel, or None if the edge gateway is not a client."""
    for site in children(child_of(root, _SITES), _SITE):
        client = child_of(site, CLIENT)
        if client is not None:
            configuration = child_of(client, _CONFIGURATION)
            return L2VpnTunnelSpec(
                name=CLIENT,
                session_mode=CLIENT,
                enabled=bool_of(text_of(root, "enabled"), False),
                description="",
                peer_ip=text_of(configuration, "serverAddress") or None,
                user_id=text_of(child_of(client, _USER), "userId") or None,
                networks=tuple(StretchedNetworkSpec(number) for number in texts_of(configuration, "vnic")),
                egress_gateways=texts_of(child_of(configuration, "egressOptimization"), "gatewayIpAddress"),
            )
    return None


def passwords_of(document: Document) -> dict[str, Secret]:
    """Return the visible passwords of the peer sites, by the ends of the tunnel."""
    codec = document.codec if isinstance(document, L2VpnDocument) else None
    assert isinstance(codec, NsxvL2VpnCodec)
    passwords = {
        codec.rule_of(record).ends: visible_key(text_of(child_of(record, _USER), "password"))
        for record in codec.records(document.tree)
    }
    return {ends: secret for ends, secret in passwords.items() if secret is not None}


def _ensured_server(root: _Element) -> _Element:
    server = server_of(root)
    if server is None:
        site = ensure_child(ensure_child(root, _SITES), _SITE)
        server = ensure_child(ensure_child(site, SERVER), _CONFIGURATION)
    return server


def _set_egress(record: _Element, addresses: tuple[str, ...]) -> None:
    if addresses:
        set_repeated(ensure_child(record, "egressOptimization"), "gatewayIpAddress", addresses)
        return
    holder = child_of(record, "egressOptimization")
    if holder is not None:
        remove(holder)


def _with_names(rule: LiveRule, known: Mapping[str, StretchedNetworkSpec]) -> LiveRule:
    networks = tuple(known.get(network.network or "", network) for network in rule.spec.networks or ())
    return replace(rule, spec=replace(rule.spec, networks=networks))


def _with_numbers(spec: L2VpnTunnelSpec, numbers: Mapping[str | None, str]) -> L2VpnTunnelSpec:
    networks = spec.networks or ()
    return replace(
        spec, networks=tuple(StretchedNetworkSpec(numbers.get(item.network, item.network)) for item in networks)
    )
