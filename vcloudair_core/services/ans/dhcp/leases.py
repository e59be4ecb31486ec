"""Read the DHCP leases that an edge gateway reports.

Source: protocol/ans.md §5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError, DecodeError
from vcloudair_core.services.ans.dhcp.section import SECTION
from vcloudair_core.services.ans.edge.backend import BACKENDS, JSON, NSXT, XML, media_type_of
from vcloudair_core.services.ans.edge.directory import EdgeDirectory
from vcloudair_core.services.ans.section.backends import refuse_unsupported
from vcloudair_core.services.ans.section.json_values import items_of, mapping_of
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.session.session import Session

_WHAT = "the list of DHCP leases"
_KEYS = {
    "ip_address": "ipAddress",
    "mac_address": "macAddress",
    "host_name": "clientHostname",
    "state": "bindingState",
    "starts": "starts",
    "ends": "ends",
}


def read_leases(session: Session, edge: Edge) -> list[dict[str, Any]]:
    """Return the DHCP leases of an edge gateway. Makes one API call.

    Shape: ``[{"ip_address", "mac_address", "host_name", "state", "starts", "ends"}]``. The values are strings from the
    server. Values that the server does not send are None.

    Raises: ConfigurationError if the backend of the edge has no DHCP section; ApiError, DecodeError.
    """
    edge = edge if edge.backend else EdgeDirectory(session).with_backend(edge)
    if edge.backend == NSXT:
        raise ConfigurationError(
            f"Reading {_WHAT} of edge gateway {edge.name or edge.edge_id} failed. The API of NSX-T edge gateways has "
            "no DHCP leases.",
            hint="Read the addresses of VMs instead, for example with vca vm list.",
        )
    refuse_unsupported(edge, SECTION)
    media_type = media_type_of(edge.backend, session.settings)
    path = f"{BACKENDS[edge.backend].edge_path.format(edge=edge.edge_id)}/dhcp/leaseInfo"
    body = session.call("GET", path, accept=JSON if media_type == JSON else None).body
    return parse_xml_leases(body) if media_type == XML else parse_json_leases(body)


def parse_json_leases(body: bytes) -> list[dict[str, Any]]:
    """Return the leases in a JSON response. Raises: DecodeError."""
    tree = xml.parse_json(body, what=_WHAT)
    if not isinstance(tree, dict):
        raise DecodeError(f"Reading {_WHAT} failed. A JSON object was expected.")
    return _leases(
        mapping_of(item) for item in items_of(mapping_of(tree.get("hostLeaseInfosDto")).get("hostLeaseInfoDtos"))
    )


def parse_xml_leases(body: bytes) -> list[dict[str, Any]]:
    """Return the leases in an XML response. Raises: DecodeError."""
    from vcloudair_core.services.ans.section.xml_codec import leaf_texts
    from vcloudair_core.services.ans.section.xml_elements import child_of, children

    root = xml.parse(body, what=_WHAT)
    if xml.local(root) != "dhcpLeases":
        raise DecodeError(f"Reading {_WHAT} failed. <dhcpLeases> was expected, not <{xml.local(root)}>.")
    return _leases(map(leaf_texts, children(child_of(root, "dhcpLeaseInfo"), "leaseInfo")))


def _leases(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{name: record.get(key) or None for name, key in _KEYS.items()} for record in records]
