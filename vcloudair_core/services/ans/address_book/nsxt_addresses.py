"""Read the uplink addresses of an NSX-T edge gateway.

Source: protocol/nsxt.md §2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError, DecodeError
from vcloudair_core.services.ans.address_book.segments import (
    DNAT,
    IPSEC,
    LOAD_BALANCER,
    PRIMARY,
    SNAT,
    AddressUse,
    Uplink,
    range_of,
)
from vcloudair_core.services.ans.nsxt.api import CloudApi, gateway_path
from vcloudair_core.services.ans.section.json_values import items_of, mapping_of

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.session.session import Session

_GATEWAY, _USED = "the edge gateway", "the used addresses"
_SERVICES = {
    "primary_ip": PRIMARY,
    "snat": SNAT,
    "dnat": DNAT,
    "ipsec_vpn": IPSEC,
    "load_balancer": LOAD_BALANCER,
}
"""Service by category in lower case.

Other categories keep their name, such as ``ssl_vpn``.
"""


def read_nsxt(session: Session, edge: Edge) -> tuple[list[Uplink], list[AddressUse]]:
    """Return the uplinks of an edge gateway, and the uses of their addresses.

    Makes one call, plus one call for every 128 used addresses.

    Raises: ConfigurationError if an uplink uses IP spaces; ApiError, TransportError, DecodeError.
    """
    api = CloudApi(session)
    uplinks, primary = parse_uplinks(api.get(gateway_path(edge.edge_id)))
    return uplinks, [*primary, *parse_used(api.pages(gateway_path(edge.edge_id, "usedIpAddresses")))]


def parse_uplinks(tree: Any) -> tuple[list[Uplink], list[AddressUse]]:
    """Return ``(uplinks, uses)``. The uses are the primary addresses of the uplinks.

    Raises: ConfigurationError if an uplink uses IP spaces; DecodeError.
    """
    if not isinstance(tree, Mapping) or "edgeGatewayUplinks" not in tree:
        raise DecodeError(f"Reading {_GATEWAY} failed. A JSON object with edgeGatewayUplinks was expected.")
    uplinks: list[Uplink] = []
    primary: list[AddressUse] = []
    for uplink in map(mapping_of, items_of(tree.get("edgeGatewayUplinks"))):
        name = str(uplink.get("uplinkName") or "")
        if uplink.get("usingIpSpace"):
            raise ConfigurationError(
                f"Reading the addresses of edge gateway {tree.get('name')!r} failed. The uplink {name!r} uses IP "
                f"spaces, and the edge gateway does not list the addresses of IP spaces.",
                hint="Open the IP spaces in the tenant portal to see the allocated addresses.",
            )
        subnets = [mapping_of(item) for item in items_of(mapping_of(uplink.get("subnets")).get("values"))]
        uses = [
            AddressUse(range_of(str(subnet["primaryIp"]), _GATEWAY), PRIMARY)
            for subnet in subnets
            if subnet.get("primaryIp")
        ]
        primary += uses
        ranges = [*(addresses for subnet in subnets for addresses in _ranges(subnet)), *(use.addresses for use in uses)]
        uplinks.append(Uplink(name, tuple(ranges)))
    return uplinks, primary


def _ranges(subnet: Mapping[str, Any]) -> Iterator[tuple[int, int, int]]:
    for item in map(mapping_of, items_of(mapping_of(subnet.get("ipRanges")).get("values"))):
        yield range_of(f"{item.get('startAddress')}-{item.get('endAddress')}", _GATEWAY)


def parse_used(values: Iterable[Any]) -> list[AddressUse]:
    """Return each used address with the service that uses it. Raises: DecodeError."""
    uses = []
    for value in map(mapping_of, values):
        category = str(value.get("category") or "unknown").lower()
        uses.append(AddressUse(range_of(str(value.get("ipAddress")), _USED), _SERVICES.get(category, category)))
    return uses
