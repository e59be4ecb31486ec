"""The codec and the store for the DHCP forwarder of NSX-T edge gateways.

Source: protocol/nsxt.md §10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.kind import Document
from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.dhcp_relay.spec import DhcpRelayAgentSpec, DhcpRelaySpec
from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.nsxt.api import gateway_path
from vcloudair_core.services.ans.nsxt.store import NsxtStore
from vcloudair_core.services.ans.section.document import SectionDocument
from vcloudair_core.services.ans.section.json_codec import JsonCodec
from vcloudair_core.services.ans.section.json_values import bool_of, int_of, mapping_of, texts_of
from vcloudair_core.services.ans.section.store import StageableSectionStore

_SERVERS = "dhcpServers"
_AGENTS = "agents"


class NsxtDhcpForwarderCodec(JsonCodec[DhcpRelaySpec]):
    """A codec for the DHCP forwarder. A forwarder has no agents.

    A disabled forwarder forwards nothing, so it is decoded as a relay without DHCP servers.
    """

    section = "dhcp_relay"
    what = "the DHCP forwarder"
    records_path = (_AGENTS, _AGENTS)
    signs = (_SERVERS, "enabled")

    def __init__(self) -> None:
        super().__init__(NSXT)

    def document(self, tree: Any) -> SectionDocument[DhcpRelaySpec]:
        """Return a document, with the version of the forwarder. Raises: DecodeError."""
        document = super().document(tree)
        return replace(document, version=int_of(mapping_of(mapping_of(tree).get("version")).get("version")))

    def settings_of(self, tree: Mapping[str, Any]) -> DhcpRelaySpec:
        """Return the addresses of the DHCP servers."""
        servers = texts_of(tree.get(_SERVERS)) if bool_of(tree.get("enabled")) else ()
        return DhcpRelaySpec(servers, (), ())

    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        """Set the DHCP servers. The forwarder is enabled if it has a server."""
        if "ip_addresses" in settings:
            servers = list(settings["ip_addresses"])
            tree |= {_SERVERS: servers, "enabled": bool(servers)}

    def rule_of(self, record: Mapping[str, Any]) -> DhcpRelayAgentSpec:
        """Return an empty agent. Not used, because a forwarder has no agents."""
        return DhcpRelayAgentSpec()

    def new_record(self, spec: Any) -> dict[str, Any]:
        """Raise DecodeError. Not used, because the limits refuse agents earlier."""
        raise DecodeError("Changing the DHCP forwarder failed. It has no agents.")

    def changed_record(self, record: Mapping[str, Any], spec: Any, changed: tuple[str, ...]) -> dict[str, Any]:
        """Return a copy of the record. Not used, because a forwarder has no agents."""
        return dict(record)


class NsxtDhcpForwarderStore(NsxtStore, StageableSectionStore):
    """The DHCP forwarder of an NSX-T edge gateway.

    A read is one call, and a write is one call.
    """

    def read_tree(self) -> dict[str, Any]:
        """Return the forwarder. Raises: ApiError, TransportError, DecodeError."""
        return dict(mapping_of(self.api.get(self._forwarder_path())))

    def records_of(self, document: Document) -> list[dict[str, Any]]:
        """Return an empty list, because the forwarder has no rules."""
        return []

    def write_changes(
        self, base: Document, document: Document, before: Sequence[dict[str, Any]], records: Sequence[dict[str, Any]]
    ) -> None:
        """Replace the forwarder. The server rejects a write of an outdated version.

        Raises: the errors of :meth:`CloudApi.write`.
        """
        body = {key: value for key, value in document.tree.items() if key != _AGENTS}
        self.api.write("PUT", self._forwarder_path(), body)

    def _forwarder_path(self) -> str:
        return gateway_path(self.edge.edge_id, "dhcpForwarder")
