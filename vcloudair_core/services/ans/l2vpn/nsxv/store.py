"""The store of the L2 VPN of NSX-V edge gateways. Source: protocol/ans.md §5."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.validation import near
from vcloudair_core.errors import ConfigurationError, NotFoundError
from vcloudair_core.services.ans.edge.interfaces import read_interfaces
from vcloudair_core.services.ans.ipsec.fingerprints import KeyFingerprints
from vcloudair_core.services.ans.ipsec.model import KeyView
from vcloudair_core.services.ans.ipsec.nsxt.keys import is_same_key
from vcloudair_core.services.ans.l2vpn.model import L2VpnDocument
from vcloudair_core.services.ans.l2vpn.nsxt.tunnel_status import DISABLED, UNKNOWN, TunnelStatus
from vcloudair_core.services.ans.l2vpn.spec import StretchedNetworkSpec
from vcloudair_core.services.ans.section.document import state_of
from vcloudair_core.services.ans.section.store import SectionStore
from vcloudair_core.util.redaction import Secret


class PeerSitePasswords:
    """The passwords of peer sites.

    They are the passwords that the server returns, and fingerprints of the others.
    """

    def __init__(self, visible: Mapping[str, Secret], fingerprints: KeyView) -> None:
        self._visible = visible
        self._fingerprints = fingerprints

    def is_known(self, site_id: str | None, ends: str, key: Secret) -> bool:
        """Return True if ``key`` is the current password of the peer site."""
        if ends in self._visible:
            return is_same_key(self._visible[ends], key)
        return self._fingerprints.is_known(site_id, ends, key)

    def is_sent(self, site_id: str | None, ends: str, key: Secret) -> bool:
        """Return True if this process has sent ``key`` for the peer site."""
        return self._fingerprints.is_sent(site_id, ends, key)


@dataclass
class _KnownInterfaces:
    """The interfaces that a session has read, by the ID of the edge gateway."""

    by_edge: dict[str, Mapping[str, StretchedNetworkSpec]] = field(default_factory=dict)


class EdgeInterfaces:
    """The interfaces of an NSX-V edge gateway that are not uplinks.

    They are named like their networks. They are read once in a session, and again if a network or the number of an
    interface is missing.
    """

    def __init__(self, store: SectionStore) -> None:
        self._store = store
        self._known = store.session.state_of(_KnownInterfaces).by_edge

    def of(self, numbers: Collection[str]) -> Mapping[str, StretchedNetworkSpec]:
        """Return the network of each interface, by the number of the interface.

        ``numbers`` has the numbers that are needed. Without numbers, no call is made.
        """
        known = self._known.get(self._store.edge.edge_id, {})
        return known if set(numbers) <= set(known) else self._read()

    def find(self, name: str) -> Mapping[str, Any]:
        """Return the name of a network, as a mapping with the key ``name``.

        ``name`` is its name or the number of its interface. Raises: NotFoundError.
        """
        names: list[str] = []
        for known in (self._known.get(self._store.edge.edge_id, {}), None):
            networks = self._read() if known is None else known
            names = [str(network.network) for network in networks.values()]
            if name in networks:
                return {"name": networks[name].network}
            if name in names:
                return {"name": name}
        nearest = near(name, names)
        raise NotFoundError(
            f"Network not found: {name!r}. The edge gateway has no such routed network.",
            hint=f"{nearest[:1].upper()}{nearest[1:]}" if nearest else "Run `vca network list` to see the networks.",
        )

    def _read(self) -> Mapping[str, StretchedNetworkSpec]:
        edge = self._store.edge
        self._known[edge.edge_id] = {
            interface.vnic: StretchedNetworkSpec(
                interface.network_name or next(iter(interface.names), interface.vnic), interface.tunnel_id
            )
            for interface in read_interfaces(self._store.session, edge)
            if interface.type.lower() != "uplink"
        }
        return self._known[edge.edge_id]


class NsxvL2VpnStore(SectionStore):
    """The L2 VPN of an NSX-V edge gateway, which is read and written as a whole.

    A read makes one call. If peer sites or specs have networks, one more call reads the interfaces of the edge gateway,
    once in a session.
    Documents of this store must not be staged, because they contain passwords.

    Attributes:
        networks: The interfaces of the edge gateway, to find networks by name.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.networks = EdgeInterfaces(self)
        self._fingerprints = KeyFingerprints.of(self.session.settings, self.target_key)

    def _read(self) -> Document:
        """Return the section, with what is known about its passwords.

        Raises: the errors of a section store.
        """
        from vcloudair_core.services.ans.l2vpn.nsxv.codec import passwords_of

        document = super()._read()
        assert isinstance(document, L2VpnDocument)
        visible = passwords_of(document)
        self.session.learn(*visible.values())
        self._fingerprints.load()
        numbers = {str(item.network) for rule in state_of(document).rules for item in rule.spec.networks or ()}
        document = replace(document, interfaces=self.networks.of(numbers))
        return replace(document, known_keys=PeerSitePasswords(visible, self._fingerprints.known_keys()))

    def commit(self, base: Document, document: Document) -> None:
        """Write the section, then store the fingerprints of the passwords that were sent.

        If the response is lost, no fingerprint is stored, and the next run sends the passwords again. Raises: the
        errors of a section store.
        """
        assert isinstance(document, L2VpnDocument)
        passwords = dict(document.keys_to_send)
        self.session.learn(*passwords.values())
        super().commit(base, document)
        self._fingerprints.record(passwords)

    def read_status(self, tunnels: Sequence[Mapping[str, Any]]) -> list[TunnelStatus]:
        """Return ``disabled`` or ``unknown`` for each tunnel. Makes no call.

        No public source describes the statistics of the L2 VPN.
        """
        return [TunnelStatus(UNKNOWN if tunnel.get("enabled", True) else DISABLED) for tunnel in tunnels]

    def read_peer_code(self, tunnel_id: str) -> Secret:
        """Raise ConfigurationError, because only NSX-T has peer codes."""
        raise ConfigurationError(
            f"Reading the peer code failed on {self.target}. NSX-V edge gateways have no peer codes.",
            hint="The other site signs in with user_id and the password of the tunnel.",
        )
