"""The store for IPsec tunnels of NSX-T edge gateways.

Source: protocol/nsxt.md §7, protocol/vcd-modern.md §5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from vcloudair_core.engine.kind import Document
from vcloudair_core.errors import ConflictError, DecodeError, VcloudAirError
from vcloudair_core.services.ans.ipsec.model import IpsecDocument
from vcloudair_core.services.ans.ipsec.nsxt.certificates import REFERENCES, CertificateLibrary
from vcloudair_core.services.ans.ipsec.nsxt.codec import KEY, PROPERTIES, NsxtIpsecCodec
from vcloudair_core.services.ans.ipsec.nsxt.keys import ServerKeys, visible_key
from vcloudair_core.services.ans.ipsec.nsxt.order import ends_of, in_free_order
from vcloudair_core.services.ans.ipsec.nsxt.tunnel_status import read_tunnel_status
from vcloudair_core.services.ans.ipsec.nsxt.tunnel_store import TunnelStore
from vcloudair_core.services.ans.ipsec.status import IpsecStatus
from vcloudair_core.services.ans.nsxt.api import gateway_path
from vcloudair_core.services.ans.nsxt.ignored_logging import IGNORED_LOGGING
from vcloudair_core.services.ans.nsxt.store import SingleWrites, changed_records
from vcloudair_core.services.ans.section.document import state_of
from vcloudair_core.services.ans.section.json_values import mapping_of
from vcloudair_core.util.redaction import Secret

_CUSTOM = "CUSTOM"
_SET_BY_SERVER = ("version", "status", "securityType")
"""Keys of a tunnel that change when its connection properties are written."""


class NsxtIpsecStore(TunnelStore):
    """The IPsec tunnels of an NSX-T edge gateway.

    A read of N tunnels makes one call for each page of the list, N calls for the tunnels, and one call for each custom
    profile. If a tunnel has a certificate, the certificate library is read once for each store.

    A write makes one call for each deleted tunnel, and one call for each changed tunnel or profile. If a tunnel and its
    profile both change, one more call reads the new version of the tunnel. A new tunnel takes one call. If new tunnels
    have custom profiles, the list of tunnels is also read once, because the server does not return the ID of a new
    tunnel.

    Documents of this store must not be staged, because they contain pre-shared keys.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.certificates = CertificateLibrary(self.api)

    # -- reading -------------------------------------------------------------------------------------------------

    def read_tree(self) -> dict[str, Any]:
        """Return the tunnels with their keys and custom profiles."""
        return {"ipsec": {"tunnels": self.read_tunnels()}, IGNORED_LOGGING: self._logging.are_ignored}

    def read_tunnel(self, tunnel_id: str) -> dict[str, Any]:
        """Return a tunnel with its key and its custom profile."""
        path = self.tunnel_path(tunnel_id)
        tunnel: dict[str, Any] = dict(mapping_of(self.api.get(path)))
        if "id" not in tunnel:
            raise DecodeError(f"Reading an IPsec tunnel of {self.target} failed. The response contains no tunnel.")
        key = tunnel.pop(KEY, None)
        if (secret := visible_key(key)) is not None:
            self.session.learn(secret)
            tunnel[KEY] = secret
        if tunnel.get("securityType") == _CUSTOM:
            tunnel[PROPERTIES] = self.api.get(f"{path}/connectionProperties")
        return tunnel

    def described(self, tunnel: dict[str, Any]) -> dict[str, Any]:
        """Return a tunnel with descriptions of its certificates."""
        self._logging.check(tunnel, ends_of(tunnel))
        return self.certificates.described(tunnel)

    def document_of(self, tree: dict[str, Any]) -> Document:
        """Return the document of a tree, with the known keys of its tunnels.

        If the user cannot read a key, its fingerprint is used instead.
        """
        codec = self._codec
        assert isinstance(codec, NsxtIpsecCodec)
        document = codec.document(tree)
        assert isinstance(document, IpsecDocument)
        return replace(document, known_keys=self._known_keys(document))

    def _known_keys(self, document: Document) -> ServerKeys:
        records = self.records_of(document)
        self._keys.decide(records, self._identity_of)
        keys = {str(record.get("id")): record[KEY] for record in records if isinstance(record.get(KEY), Secret)}
        specs = [rule.spec for rule in state_of(document).rules if rule.spec.authentication == "psk"]
        # The user cannot read the other keys, so fingerprints of the keys that this host sent are compared instead.
        return self._keys.known_keys(
            keys, {spec.site_id: spec.ends for spec in specs if spec.site_id and spec.site_id not in keys}
        )

    # -- writing -------------------------------------------------------------------------------------------------

    def commit(self, base: Document, document: Document) -> None:
        """Write the changed tunnels and profiles.

        Raises: the errors of :meth:`NsxtStore.commit`.
        """
        assert isinstance(document, IpsecDocument)
        # Register the keys for redaction before the write, because an error of the server may quote a key.
        self.session.learn(*document.keys_to_send.values())
        super().commit(base, document)

    def records_of(self, document: Document) -> list[dict[str, Any]]:
        """Return the raw tunnels of a document."""
        return list(mapping_of(document.tree.get("ipsec")).get("tunnels") or ())

    def write_changes(
        self, base: Document, document: Document, before: Sequence[dict[str, Any]], records: Sequence[dict[str, Any]]
    ) -> None:
        """Delete, change and create tunnels, in this order.

        Deletions come first, so that new tunnels can use the addresses of deleted tunnels.
        """
        assert isinstance(document, IpsecDocument)
        keys, writes = document.keys_to_send, SingleWrites(self.api)
        deleted, changed, new = changed_records(before, records)
        # With update_psk=always, a tunnel is written even if its key is unchanged.
        changed += [record for record in records if record.get("id") in keys and record not in changed]
        for tunnel_id in deleted:
            writes.write("DELETE", self.tunnel_path(tunnel_id))
        known = {str(record.get("id")): record for record in before if record.get("id") not in deleted}
        for record in in_free_order(known, changed):
            tunnel_id = str(record["id"])
            with self._keys.changing(keys, tunnel_id):
                self._update(writes, known[tunnel_id], record, sends_key=tunnel_id in keys)
        for record in new:
            # The profile is written after the tunnel.
            first = {**_without(record, PROPERTIES), "securityType": "DEFAULT"}
            with self._creating(keys, first, before):
                writes.write("POST", self.tunnel_path(), self._sent_form(first))
        self._set_profiles(writes, [record for record in new if PROPERTIES in record])
        self._logging.add(ends_of(record) for record in (*changed, *new) if record.get("logging"))

    def _update(self, writes: SingleWrites, old: Mapping[str, Any], new: dict[str, Any], *, sends_key: bool) -> None:
        """Write the changed profile, then the changed tunnel.

        ``securityType`` is always sent, because a PUT without it resets the profile. Source: protocol/nsxt.md §7.
        """
        path = self.tunnel_path(str(new["id"]))
        has_profile = PROPERTIES in new and new[PROPERTIES] != old.get(PROPERTIES)
        if has_profile:
            writes.write("PUT", f"{path}/connectionProperties", new[PROPERTIES])
        is_reset = PROPERTIES in old and PROPERTIES not in new
        if sends_key or is_reset or _own_values(new) != _own_values(old):
            body = self._sent_form(new)
            if has_profile:
                body |= self._current_version(path, old)
            writes.write("PUT", path, body)

    def _current_version(self, path: str, old: Mapping[str, Any]) -> dict[str, Any]:
        """Return the version of a tunnel after a write of its profile.

        Raises: ConflictError if another client has changed the tunnel since it was read.
        """
        try:
            current = dict(mapping_of(self.api.get(path)))
        except VcloudAirError as exc:
            exc.written = True
            raise
        current[KEY] = visible_key(current.get(KEY))
        known = self._sent_form(old, is_plain=False)
        if any(current.get(key) != value for key, value in known.items() if key not in _SET_BY_SERVER):
            error = ConflictError(
                f"Conflict on {self.target}: another client has changed the tunnel {old.get('name')!r}."
            )
            error.written = True
            raise error
        return {"version": current["version"]} if "version" in current else {}

    def _set_profiles(self, writes: SingleWrites, records: Sequence[Mapping[str, Any]]) -> None:
        """Write the profiles of new tunnels. The addresses identify the tunnels."""
        if not records:
            return
        try:
            ids = {ends_of(summary): str(summary.get("id")) for summary in self.list_tunnels()}
        except VcloudAirError as exc:
            exc.written = True
            raise
        for record in records:
            tunnel_id = ids.get(ends_of(record))
            if tunnel_id is not None:  # otherwise, another client has deleted the tunnel, and the next read shows this
                path = self.tunnel_path(tunnel_id)
                writes.write("PUT", f"{path}/connectionProperties", record[PROPERTIES])

    def _sent_form(self, record: Mapping[str, Any], *, is_plain: bool = True) -> dict[str, Any]:
        """Return a tunnel in the form to send.

        If ``is_plain`` is true, the key is in clear text.
        """
        body = _without(record, PROPERTIES)
        body["securityType"] = record.get("securityType") or (_CUSTOM if PROPERTIES in record else "DEFAULT")
        for key in REFERENCES:
            if isinstance(body.get(key), dict):
                body[key] = self.certificates.reference_to_send(body[key])
        key = body.pop(KEY, None)
        if key is not None:
            body[KEY] = key.reveal() if is_plain else key
        return body

    # -- status --------------------------------------------------------------------------------------------------

    def read_status(self, tunnels: Sequence[Mapping[str, Any]], *, has_statistics: bool = True) -> IpsecStatus:
        """Return the status of tunnels, with statistics if ``has_statistics`` is true.

        Makes two calls for each enabled tunnel, or one call without statistics.

        Raises: ApiError, TransportError, DecodeError.
        """
        return read_tunnel_status(self.api, self.tunnel_path, tunnels, has_statistics=has_statistics)

    def tunnel_path(self, tunnel_id: str = "") -> str:
        """Return the API path of a tunnel. Without an ID, return the path of the list."""
        tunnel = f"/{quote(tunnel_id, safe='')}" if tunnel_id else ""
        return gateway_path(self.edge.edge_id, f"ipsec/tunnels{tunnel}")


def _own_values(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tunnel without its profile and the values that the server sets."""
    return _without(record, PROPERTIES, *_SET_BY_SERVER)


def _without(record: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in keys}
