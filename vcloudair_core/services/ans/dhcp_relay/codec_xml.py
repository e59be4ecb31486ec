"""The XML codec of DHCP relays for ``/network/edges``.

Source: protocol/ans.md §5, §9.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.kind import Document
from vcloudair_core.services.ans.dhcp_relay.spec import DhcpRelayAgentSpec, DhcpRelaySpec
from vcloudair_core.services.ans.section.document import SectionEdit
from vcloudair_core.services.ans.section.xml_codec import XmlCodec
from vcloudair_core.services.ans.section.xml_elements import (
    child_of,
    ensure_child,
    int_of,
    remove,
    set_repeated,
    set_texts,
    text_of,
    texts_of,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

_SERVER = "relayServer"
_ELEMENTS = {"ip_sets": "groupingObjectId", "ip_addresses": "ipAddress", "domain_names": "fqdn"}
"""XML element of each setting, in the documented order.

Source: protocol/ans.md §5.
"""


class XmlDhcpRelayCodec(XmlCodec[DhcpRelaySpec]):
    """A codec for DHCP relays in XML.

    A relay that is not configured is an empty ``<relay/>``. Source: protocol/ans.md §5.
    """

    section = "dhcp_relay"
    what = "the DHCP relay configuration"
    root = "relay"
    records_path = ("relayAgents", "relayAgent")

    def settings_of(self, root: _Element) -> DhcpRelaySpec:
        """Return the addresses, domain names and IP sets of the DHCP servers."""
        server = child_of(root, _SERVER)
        servers = {field: texts_of(server, name) for field, name in _ELEMENTS.items()}
        return DhcpRelaySpec(servers["ip_addresses"], servers["domain_names"], servers["ip_sets"])

    def rule_of(self, record: _Element) -> DhcpRelayAgentSpec:
        """Decode the relay agent in a record."""
        return DhcpRelayAgentSpec(int_of(text_of(record, "vnicIndex")), text_of(record, "giAddress") or None)

    def set_settings(self, root: _Element, settings: Mapping[str, Any]) -> None:
        """Set the DHCP servers in ``root``, in the documented order."""
        if not settings:
            return
        server = ensure_child(root, _SERVER)
        for field, name in _ELEMENTS.items():
            set_repeated(server, name, settings.get(field, texts_of(server, name)))

    def fill(self, record: _Element, spec: DhcpRelayAgentSpec) -> None:
        """Fill the empty record of a new agent."""
        set_texts(record, {"vnicIndex": spec.vnic, "giAddress": spec.gateway_address})

    def set_fields(self, record: _Element, spec: DhcpRelayAgentSpec, changed: tuple[str, ...]) -> None:
        """Set the gateway address of an agent, the only field that can change."""
        set_texts(record, {"giAddress": spec.gateway_address})

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return a document with the edit applied.

        If a list becomes empty, its XML element is removed. Source: protocol/ans.md §9.
        """
        merged = super().merge(document, edit)
        for name in (_SERVER, self.records_path[0]):
            holder = child_of(merged.tree, name)
            if holder is not None and len(holder) == 0:
                remove(holder)
        return merged
