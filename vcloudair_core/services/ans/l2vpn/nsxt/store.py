"""The store of L2 VPN tunnels of NSX-T edge gateways.

Source: protocol/nsxt.md §10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from vcloudair_core.engine.kind import Document
from vcloudair_core.errors import ConfigurationError, DecodeError
from vcloudair_core.services.ans.edge.backend import split_backend
from vcloudair_core.services.ans.ipsec.nsxt.keys import ServerKeys, visible_key
from vcloudair_core.services.ans.ipsec.nsxt.tunnel_store import TunnelStore
from vcloudair_core.services.ans.l2vpn.model import L2VpnDocument
from vcloudair_core.services.ans.l2vpn.nsxt.codec import (
    CLIENT_SWITCH,
    KEY,
    NETWORKS,
    PEER_CODE,
    TUNNELS,
    NsxtL2VpnCodec,
    ends_of,
    is_client,
)
from vcloudair_core.services.ans.l2vpn.nsxt.networks import EdgeNetworks
from vcloudair_core.services.ans.l2vpn.nsxt.tunnel_status import TunnelStatus, read_tunnel_status
from vcloudair_core.services.ans.nsxt.api import gateway_path
from vcloudair_core.services.ans.nsxt.ignored_logging import IGNORED_LOGGING
from vcloudair_core.services.ans.nsxt.store import SingleWrites, changed_records
from vcloudair_core.services.ans.section.document import state_of
from vcloudair_core.services.ans.section.json_values import items_of, mapping_of
from vcloudair_core.util.redaction import Secret

_FIXED_CLIENTS_SINCE = (38, 1)
"""First API version that can disable client tunnels.

It can also delete a client tunnel with networks after a change.

Source: protocol/nsxt.md §10.
"""
_NOT_SENT = ("attachedNetworks",)
"""Keys of a tunnel that only the server sets."""


class NsxtL2VpnStore(TunnelStore):
    """The L2 VPN tunnels of an NSX-T edge gateway.

    A read of N tunnels makes one call for each page of the list, and N calls for the tunnels, because the list has no
    secrets. A write makes one call for each changed tunnel. Before API version 38.1, the deletion of a client tunnel
    with networks makes two calls.

    Documents of this store must not be staged, because they contain secrets.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.networks = EdgeNetworks(self.objects, self.edge.edge_id)

    @property
    def _has_fixed_clients(self) -> bool:
        return split_backend(self.backend)[1] >= _FIXED_CLIENTS_SINCE

    # -- reading -------------------------------------------------------------------------------------------------

    def read_tree(self) -> dict[str, Any]:
        """Return the tunnels with their keys (see :meth:`TunnelStore.read_tunnels`)."""
        return {
            "l2vpn": {TUNNELS: self.read_tunnels()},
            CLIENT_SWITCH: self._has_fixed_clients,
            IGNORED_LOGGING: self._logging.are_ignored,
        }

    def read_tunnel(self, tunnel_id: str) -> dict[str, Any]:
        """Return a tunnel with its key, without its peer code."""
        return self._read_tunnel(tunnel_id)[0]

    def described(self, tunnel: dict[str, Any]) -> dict[str, Any]:
        """Return a tunnel unchanged, because it has no references."""
        self._logging.check(tunnel, ends_of(tunnel))
        return tunnel

    def _read_tunnel(self, tunnel_id: str) -> tuple[dict[str, Any], Secret | None]:
        """Return a tunnel without its peer code, and the peer code."""
        tunnel: dict[str, Any] = dict(mapping_of(self.api.get(self.tunnel_path(tunnel_id))))
        if "id" not in tunnel:
            raise DecodeError(f"Reading an L2 VPN tunnel of {self.target} failed. The response contains no tunnel.")
        key, peer_code = visible_key(tunnel.pop(KEY, None)), visible_key(tunnel.pop(PEER_CODE, None))
        self.session.learn(*(secret for secret in (key, peer_code) if secret is not None))
        return {**tunnel, **({KEY: key} if key is not None else {})}, peer_code

    def read_peer_code(self, tunnel_id: str) -> Secret:
        """Return the peer code of a server tunnel.

        Raises: ConfigurationError if the server returns no peer code; the errors of a read.
        """
        tunnel, peer_code = self._read_tunnel(tunnel_id)
        if is_client(tunnel):
            raise ConfigurationError(
                f"Reading the peer code failed: L2 VPN tunnel {tunnel.get('name')!r} of {self.target}. Only server "
                "tunnels have a peer code, and this is a client tunnel.",
                hint="Read the peer code from the tunnel at the other site.",
            )
        if peer_code is None:
            raise ConfigurationError(
                f"Reading the peer code failed: L2 VPN tunnel {tunnel.get('name')!r} of {self.target}. The server did "
                "not return it.",
                hint="Use a user with the right to configure the L2 VPN of the edge gateway.",
            )
        return peer_code

    def document_of(self, tree: dict[str, Any]) -> Document:
        """Return the document of a tree, with the known secrets of its tunnels.

        If the server does not return a secret, its fingerprint is used instead.
        """
        codec = self._codec
        assert isinstance(codec, NsxtL2VpnCodec)
        document = codec.document(tree)
        assert isinstance(document, L2VpnDocument)
        return replace(document, known_keys=self._known_keys(document))

    def _known_keys(self, document: Document) -> ServerKeys:
        records = self.records_of(document)
        self._keys.decide(records, self._identity_of)
        # The key of a client is part of its peer code, which the server does not return.
        keys = {
            str(record.get("id")): record[KEY]
            for record in records
            if isinstance(record.get(KEY), Secret) and not is_client(record)
        }
        specs = [rule.spec for rule in state_of(document).rules]
        return self._keys.known_keys(
            keys, {spec.rule_id: spec.ends for spec in specs if spec.rule_id and spec.rule_id not in keys}
        )

    # -- writing -------------------------------------------------------------------------------------------------

    def commit(self, base: Document, document: Document) -> None:
        """Write the changed tunnels. Raises: the errors of :meth:`NsxtStore.commit`."""
        assert isinstance(document, L2VpnDocument)
        # Register the secrets for redaction before the write, because an error of the server may quote them.
        self.session.learn(*document.keys_to_send.values())
        super().commit(base, document)

    def records_of(self, document: Document) -> list[dict[str, Any]]:
        """Return the raw tunnels of a document."""
        return list(mapping_of(document.tree.get("l2vpn")).get(TUNNELS) or ())

    def write_changes(
        self, base: Document, document: Document, before: Sequence[dict[str, Any]], records: Sequence[dict[str, Any]]
    ) -> None:
        """Delete, change and create tunnels, in this order.

        Deletions come first, so that new tunnels can use the networks and the role of deleted tunnels.
        """
        assert isinstance(document, L2VpnDocument)
        keys = document.keys_to_send
        deleted, changed, new = changed_records(before, records)
        # With update_psk=always, a tunnel is written even if its secret is unchanged.
        changed += [record for record in records if record.get("id") in keys and record not in changed]
        bodies = [self._sent_form(record) for record in (*changed, *new)]
        writes = SingleWrites(self.api)
        known = {str(record.get("id")): record for record in before}
        for tunnel_id in deleted:
            self._delete(writes, tunnel_id, known[tunnel_id])
        for body in bodies[: len(changed)]:
            with self._keys.changing(keys, str(body["id"])):
                writes.write("PUT", self.tunnel_path(str(body["id"])), body)
        for record, body in zip(new, bodies[len(changed) :], strict=True):
            with self._creating(keys, record, before):
                writes.write("POST", self.tunnel_path(), body)
        self._logging.add(ends_of(record) for record in (*changed, *new) if record.get("logging"))

    def _delete(self, writes: SingleWrites, tunnel_id: str, record: Mapping[str, Any]) -> None:
        """Delete a tunnel. Detach its networks first if necessary.

        Older servers refuse to delete a client tunnel with networks after it was changed. Source: protocol/nsxt.md §10.
        """
        if is_client(record) and record.get(NETWORKS) and not self._has_fixed_clients:
            writes.write("PUT", self.tunnel_path(tunnel_id), self._sent_form({**record, NETWORKS: []}))
        writes.write("DELETE", self.tunnel_path(tunnel_id))

    def _sent_form(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return a tunnel to send, with clear secrets and the IDs of networks."""
        body = {name: value for name, value in record.items() if name not in _NOT_SENT}
        for key in (KEY, PEER_CODE):
            if isinstance(body.get(key), Secret):
                body[key] = body[key].reveal()
        if NETWORKS in body:
            body[NETWORKS] = [self._with_id(mapping_of(item)) for item in items_of(body[NETWORKS])]
        return body

    def _with_id(self, item: Mapping[str, Any]) -> dict[str, Any]:
        reference = mapping_of(item.get("networkRef"))
        if reference.get("id"):
            return dict(item)
        return {**item, "networkRef": {**reference, "id": self.networks.id_of(str(reference.get("name")))}}

    # -- status --------------------------------------------------------------------------------------------------

    def read_status(self, tunnels: Sequence[Mapping[str, Any]], *, has_statistics: bool = True) -> list[TunnelStatus]:
        """Return the status of each tunnel, with statistics if ``has_statistics`` is true.

        Makes two calls for each enabled tunnel, or one call without statistics.

        Raises: ApiError, TransportError, DecodeError.
        """
        return [
            read_tunnel_status(
                self.api, self.tunnel_path(str(tunnel["rule_id"])), tunnel, has_statistics=has_statistics
            )
            for tunnel in tunnels
        ]

    def tunnel_path(self, tunnel_id: str = "") -> str:
        """Return the API path of a tunnel. Without an ID, return the path of the list."""
        tunnel = f"/{quote(tunnel_id, safe='')}" if tunnel_id else ""
        return gateway_path(self.edge.edge_id, f"l2vpn/tunnels{tunnel}")
