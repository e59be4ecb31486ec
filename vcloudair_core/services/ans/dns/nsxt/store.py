"""The store of DNS forwarding of NSX-T edge gateways.

Source: protocol/nsxt.md §10.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vcloudair_core.engine.kind import Document
from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.dns.nsxt.codec import DEFAULT_ZONE, ZONES
from vcloudair_core.services.ans.nsxt.api import gateway_path
from vcloudair_core.services.ans.nsxt.store import NsxtStore
from vcloudair_core.services.ans.section.json_values import int_of, mapping_of
from vcloudair_core.services.ans.section.store import StageableSectionStore

_CONTENT = ("enabled", "listenerIp", DEFAULT_ZONE, ZONES, "snatRuleEnabled", "snatRuleExternalIpAddress")


class NsxtDnsStore(NsxtStore, StageableSectionStore):
    """The DNS forwarding of an NSX-T edge gateway, which is one object.

    A write sends the whole object with its version. If the configuration becomes empty, the object is deleted.
    """

    def read_tree(self) -> dict[str, Any]:
        """Return the DNS configuration and its version. Makes one call."""
        dns = self.api.get(self._dns_path)
        if not isinstance(dns, dict) or "enabled" not in dns:
            raise DecodeError(
                f"Reading the DNS configuration of {self.target} failed. An object with enabled was expected."
            )
        version = int_of(mapping_of(dns.get("version")).get("version"))
        return {"dns": dns, **({} if version is None else {"version": version})}

    def records_of(self, document: Document) -> list[dict[str, Any]]:
        """Return the raw conditional zones of a document."""
        return list(mapping_of(document.tree.get("dns")).get(ZONES) or ())

    def write_changes(
        self, base: Document, document: Document, before: Sequence[dict[str, Any]], records: Sequence[dict[str, Any]]
    ) -> None:
        """Write the whole DNS configuration, or delete it if it is empty."""
        dns = {**mapping_of(document.tree.get("dns")), ZONES: list(records)}
        if any(dns.get(key) for key in _CONTENT):
            self.api.write("PUT", self._dns_path, dns)
        else:
            self.api.write("DELETE", self._dns_path)

    @property
    def _dns_path(self) -> str:
        return gateway_path(self.edge.edge_id, "dns")
