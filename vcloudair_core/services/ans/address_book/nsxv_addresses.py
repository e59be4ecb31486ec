"""Read the uplink addresses of an NSX-V or vCloud Air edge gateway.

No call lists the used addresses, so they are collected from the services. Source: protocol/recorded-responses.md §9,
protocol/ans.md §3, §4, §5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vcloudair_core.engine.canonical import address_range
from vcloudair_core.errors import DecodeError
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
from vcloudair_core.services.ans.edge.backend import BACKENDS, JSON, media_type_of
from vcloudair_core.services.ans.section.json_values import items_of, mapping_of
from vcloudair_core.services.ans.section.kinds import SectionKind
from vcloudair_core.services.ans.section.xml_elements import child_of, children, text_of
from vcloudair_core.services.ans.sections import load_section
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.session.session import Session

_GATEWAY, _LOAD_BALANCER = "the edge gateway", "the load balancer"
_EVERY = ((4, 0, 2**32 - 1), (6, 0, 2**128 - 1))


def read_nsxv(session: Session, edge: Edge) -> tuple[list[Uplink], list[AddressUse]]:
    """Return the uplinks of an edge gateway, and the uses of their addresses.

    Makes four calls: the edge gateway, NAT, IPsec VPN and the load balancer.

    Raises: ApiError, TransportError, DecodeError.
    """
    path = f"/api/admin/edgeGateway/{quote(edge.edge_id, safe='')}"
    uplinks, uses = parse_uplinks(session.call("GET", path).body)
    target = {
        "edge": edge.edge_id,
        "edge_name": edge.name,
        "edge_backend": edge.backend,
        "edge_owner": edge.owner_id,
    }
    nat, ipsec = (_read_section(session, name, target) for name in ("nat", "ipsec"))
    uses += [*nat_uses(nat), *ipsec_uses(ipsec), *_read_virtual_servers(session, edge)]
    return uplinks, uses


def parse_uplinks(body: bytes) -> tuple[list[Uplink], list[AddressUse]]:
    """Return ``(uplinks, uses)``. The uses are the primary addresses of the uplinks.

    ``IpRanges`` of an uplink has the addresses that are suballocated to the edge gateway (inferred from the schema).

    Raises: DecodeError.
    """
    root = xml.parse(body, what=_GATEWAY)
    if xml.local(root) != "EdgeGateway":
        raise DecodeError(f"Reading {_GATEWAY} failed. EdgeGateway was expected, not {xml.local(root)}.")
    uplinks: list[Uplink] = []
    primary: list[AddressUse] = []
    for vnic in children(child_of(child_of(root, "Configuration"), "GatewayInterfaces"), "GatewayInterface"):
        if text_of(vnic, "InterfaceType") != "uplink":
            continue
        ranges = []
        for subnet in children(vnic, "SubnetParticipation"):
            for item in children(child_of(subnet, "IpRanges"), "IpRange"):
                ranges.append(range_of(f"{text_of(item, 'StartAddress')}-{text_of(item, 'EndAddress')}", _GATEWAY))
            address = text_of(subnet, "IpAddress")
            if address:
                ranges.append(range_of(address, _GATEWAY))
                primary.append(AddressUse(ranges[-1], PRIMARY))
        uplinks.append(Uplink(text_of(vnic, "Name") or "", tuple(ranges)))
    return uplinks, primary


def nat_uses(section: Mapping[str, Any]) -> Iterator[AddressUse]:
    """Yield the public addresses that NAT rules use.

    Disabled and internal rules are included. An SNAT rule uses its translated address, and a DNAT rule uses its
    original address. A DNAT rule for any address uses all addresses.
    """
    for rule in [*section["rules"], *section.get("internal_rules", ())]:
        is_snat = rule["action"] == "snat"
        text = str(rule.get("translated_address" if is_snat else "original_address") or "")
        service = SNAT if is_snat else DNAT
        if text.casefold() == "any":
            yield from (AddressUse(addresses, service) for addresses in _EVERY)
        elif (addresses := address_range(text)) is not None:
            yield AddressUse(addresses, service)


def ipsec_uses(section: Mapping[str, Any]) -> Iterator[AddressUse]:
    """Yield the public addresses that enabled and disabled IPsec tunnels use."""
    for tunnel in section["tunnels"]:
        addresses = address_range(str(tunnel.get("local_ip") or ""))
        if addresses is not None:
            yield AddressUse(addresses, IPSEC)


def _read_section(session: Session, name: str, target: Mapping[str, Any]) -> Mapping[str, Any]:
    kind = SectionKind(load_section(name))
    return kind.project(kind.open(session, target).read())


def _read_virtual_servers(session: Session, edge: Edge) -> list[AddressUse]:
    path = f"{BACKENDS[edge.backend].edge_path.format(edge=quote(edge.edge_id, safe=''))}/loadbalancer/config"
    is_json = media_type_of(edge.backend, session.settings) == JSON
    body = session.call("GET", path, accept=JSON if is_json else None).body
    return parse_json_servers(body) if is_json else parse_xml_servers(body)


def parse_json_servers(body: bytes) -> list[AddressUse]:
    """Return the addresses of virtual servers from JSON. Raises: DecodeError."""
    tree = xml.parse_json(body, what=_LOAD_BALANCER)
    if not isinstance(tree, dict):
        raise DecodeError(f"Reading {_LOAD_BALANCER} failed. A JSON object was expected.")
    servers = map(mapping_of, items_of(tree.get("virtualServer")))
    return _server_uses(str(server.get("ipAddress") or "") for server in servers)


def parse_xml_servers(body: bytes) -> list[AddressUse]:
    """Return the addresses of virtual servers from XML. Raises: DecodeError."""
    root = xml.parse(body, what=_LOAD_BALANCER)
    if xml.local(root) != "loadBalancer":
        raise DecodeError(f"Reading {_LOAD_BALANCER} failed. <loadBalancer> was expected, not <{xml.local(root)}>.")
    return _server_uses(text_of(server, "ipAddress") or "" for server in children(root, "virtualServer"))


def _server_uses(texts: Iterator[str]) -> list[AddressUse]:
    return [AddressUse(range_of(text, _LOAD_BALANCER), LOAD_BALANCER) for text in texts if text]
