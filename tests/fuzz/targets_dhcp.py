"""Fuzz target: the responses of the DHCP services of NSX-T networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.fuzz.target import Target, plain
from vcloudair_core.engine.desired import Desired, ExactLists, Present
from vcloudair_core.services.ans.dhcp.nsxt.codec import NsxtDhcpPoolCodec
from vcloudair_core.services.ans.dhcp.nsxt.document import networks_of
from vcloudair_core.services.ans.dhcp.nsxt.store import NsxtDhcpStore, config_in
from vcloudair_core.services.ans.dhcp.section import SECTION
from vcloudair_core.services.ans.edge.model import Edge
from vcloudair_core.services.ans.section.json_values import items_of, mapping_of
from vcloudair_core.services.ans.section.kinds import SectionKind
from vcloudair_core.util.xml import parse_json

_KIND = SectionKind(SECTION)
_NETWORK = {
    "id": "urn:vcloud:network:0b9d3f52-7f5a-4a2e-9d0e-3a7b51b0c111",
    "name": "web",
    "subnets": {
        "values": [
            {
                "gateway": "192.168.10.1",
                "prefixLength": 24,
                "ipRanges": {"values": [{"startAddress": "192.168.10.2", "endAddress": "192.168.10.9"}]},
            }
        ]
    },
}
_SERVICE = {
    "enabled": True,
    "leaseTime": 86400,
    "mode": "EDGE",
    "ipAddress": None,
    "dnsServers": ["10.0.0.53"],
    "dhcpPools": [
        {"enabled": True, "ipRange": {"startAddress": "192.168.10.100", "endAddress": "192.168.10.149"}},
        {"enabled": True, "ipRange": {"startAddress": "2001:db8::10", "endAddress": "2001:db8::19"}},
    ],
}
_BINDING = {
    "id": "3f1c",
    "name": "web1",
    "macAddress": "00:50:56:01:02:03",
    "ipAddress": "192.168.10.20",
    "leaseTime": 4294967295,
    "dnsServers": [],
    "bindingType": "IPV4",
    "dhcpV4BindingConfig": {"gatewayIpAddress": None, "hostName": "web1"},
    "version": {"version": 0},
}
_POOL = {"ip_range": "192.168.10.150-192.168.10.159", "lease_time": "3600"}
_DESIRED = {"mac_address": "00:50:56:01:02:03", "host_name": "web2", "ip_address": "192.168.10.21"}


class _Responses:
    """An API whose responses are parts of one tree."""

    def __init__(self, tree: Any) -> None:
        self._tree = mapping_of(tree)

    def get(self, path: str) -> Any:
        return self._tree.get("dhcp")

    def pages(self, path: str, *, filter_text: str = "") -> list[Any]:
        return list(items_of(self._tree.get("networks" if filter_text else "bindings")))


class _Store(NsxtDhcpStore):
    """A store that reads its document from a tree, and makes no calls."""

    def __init__(self, tree: Any) -> None:
        self.api: Any = _Responses(tree)
        self.edge = Edge("8b1e9c2a-4d0f-4d2e-9f6b-2a1c3d4e5f60", "web-edge")
        self._codec = NsxtDhcpPoolCodec()


def _read(body: bytes) -> object:
    """Parse, project and plan the DHCP services of the networks of an edge gateway."""
    store = _Store(parse_json(body, what="the responses"))
    document = store.document_of(store.read_tree())
    return _KIND.project(document), *(_written(document, make) for make in (Present, ExactLists))


def _written(document: Any, make: Callable[..., Desired]) -> list[Mapping[str, Any] | None]:
    """Return the DHCP service of each network after a plan is applied."""
    plan = _KIND.plan(document, make((_KIND.parse({"pools": [_POOL], "bindings": [_DESIRED]}),)))
    merged = _KIND.merge(document, plan)
    return [config_in(merged.tree, urn) for urn in networks_of(merged.tree)]


DHCP_TARGETS = (
    Target(
        "dhcp_nsxt",
        _read,
        plain(
            {"networks": [_NETWORK], "dhcp": _SERVICE, "bindings": [_BINDING]},
            {"networks": [_NETWORK], "dhcp": {"enabled": False, "dhcpPools": None}, "bindings": []},
        ),
    ),
)
