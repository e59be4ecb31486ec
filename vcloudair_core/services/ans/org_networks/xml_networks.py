"""Read networks with the XML API of vCloud Director before API version 33.

Source: protocol/query.md §7.1, protocol/recorded-responses.md §3, §4; types OrgVdcNetworkType and
AllocatedIpAddressesType of the schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.edge.backend import default_backend
from vcloudair_core.services.ans.edge.model import VDC, last_part, uuid_in
from vcloudair_core.services.ans.edge.record_pages import read_records
from vcloudair_core.services.ans.org_networks.model import (
    DIRECT,
    EDGE_USE,
    ISOLATED,
    NAT_USE,
    ROUTED,
    VM_USE,
    AllocatedAddress,
    NetworkSubnet,
    VdcNetwork,
    pool_of,
    pool_texts,
    subnet_of,
)
from vcloudair_core.services.ans.section.xml_elements import child_of, children, text_of
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from lxml.etree import _Element

    from vcloudair_core.session.session import Session

_LINK_TYPES = {"0": DIRECT, "1": ROUTED, "2": ISOLATED}
"""Values of ``linkType``. Source: protocol/query.md §7."""
_USES = {"vmAllocated": VM_USE, "vsmAllocated": EDGE_USE, "natRouted": NAT_USE}
_ADDRESSES = "the used addresses"


def read_records_of_networks(session: Session) -> list[VdcNetwork]:
    """Return the networks from the query service, without static pools.

    Makes one call for every 128 networks. Raises: ApiError, TransportError, DecodeError.
    """
    backend = default_backend(session.settings)

    def read(body: bytes) -> tuple[dict[str, VdcNetwork], str, int | None]:
        root = xml.parse(body, what="the list of networks")
        if xml.local(root) != "QueryResultRecords":
            raise DecodeError(f"Reading the list of networks failed. The server sent {xml.local(root)}.")
        records = [child for child in root if xml.local(child).endswith("OrgVdcNetworkRecord")]
        networks = [parse_record(record, backend) for record in records]
        links = [child for child in root if xml.local(child) == "Link" and child.get("rel") == "nextPage"]
        next_href = (links[0].get("href") or "") if links else ""
        return {network.network_id: network for network in networks}, next_href, xml.count(root.get("total"))

    return list(read_records(session, "orgVdcNetwork", read).values())


def read_document(session: Session, network: VdcNetwork) -> tuple[VdcNetwork, list[str]]:
    """Return a network with its static pools, and a list of its DHCP pools.

    The list is empty unless the network is isolated. Makes one call. Raises: ApiError, TransportError, DecodeError.
    """
    return parse_document(session.call("GET", network.href).body, network)


def read_allocated(session: Session, network: VdcNetwork) -> list[AllocatedAddress]:
    """Return the used addresses of a network. Makes one call.

    Raises: ApiError, TransportError, DecodeError.
    """
    return parse_allocated(session.call("GET", f"{network.href.rstrip('/')}/allocatedAddresses/").body)


def parse_record(record: _Element, backend: str) -> VdcNetwork:
    """Return a network from a query record.

    Servers send a blank string for a missing value.
    """

    def value(name: str) -> str:
        return (record.get(name) or "").strip()

    vdc_id = uuid_in(last_part(value("vdc")))
    gateway, servers = value("defaultGateway"), (value("dns1"), value("dns2"))
    subnet = NetworkSubnet(
        subnet_of(gateway, value("netmask")), gateway, (), tuple(filter(None, servers)), value("dnsSuffix")
    )
    href = value("href")
    return VdcNetwork(
        uuid_in(last_part(href)) or last_part(href),
        value("name"),
        _LINK_TYPES.get(value("linkType"), ""),
        backend,
        (subnet,) if gateway else (),
        vdc_id=vdc_id,
        vdc_name=value("vdcName"),
        owner_id=f"{VDC}{vdc_id}" if vdc_id else "",
        edge_name=value("connectedTo") if value("linkType") == "1" else "",
        is_shared={"true": True, "false": False}.get(value("isShared").lower()),
        href=href,
    )


def parse_document(body: bytes, network: VdcNetwork) -> tuple[VdcNetwork, list[str]]:
    """Return a network with the values of its document, and its DHCP pools.

    The document of a routed network contains no DHCP pools. Raises: DecodeError.
    """
    from dataclasses import replace

    root = xml.parse(body, what=f"network {network.name!r}")
    if not xml.local(root).endswith("Network"):
        raise DecodeError(f"Reading network {network.name!r} failed. A network was expected, not {xml.local(root)}.")
    configuration = child_of(root, "Configuration")
    scopes = [*children(child_of(configuration, "IpScopes"), "IpScope"), *children(configuration, "IpScope")]
    edge = child_of(root, "EdgeGateway")
    complete = replace(
        network,
        subnets=tuple(_subnet(scope, network.name) for scope in scopes),
        description=text_of(root, "Description") or "",
        edge_id="" if edge is None else uuid_in(last_part(edge.get("href") or "")),
        edge_name=network.edge_name or ("" if edge is None else edge.get("name") or ""),
    )
    return complete, _dhcp_pools(child_of(child_of(root, "ServiceConfig"), "GatewayDhcpService"), network.name)


def _subnet(scope: _Element, network: str) -> NetworkSubnet:
    gateway = text_of(scope, "Gateway") or ""
    ranges = children(child_of(scope, "IpRanges"), "IpRange")
    servers = (text_of(scope, name) or "" for name in ("Dns1", "Dns2"))
    return NetworkSubnet(
        subnet_of(gateway, text_of(scope, "Netmask") or ""),
        gateway,
        tuple(
            pool_of(text_of(item, "StartAddress") or "", text_of(item, "EndAddress") or "", network) for item in ranges
        ),
        tuple(filter(None, servers)),
        text_of(scope, "DnsSuffix") or "",
    )


def _dhcp_pools(service: _Element | None, network: str) -> list[str]:
    if service is None or text_of(service, "IsEnabled") == "false":
        return []
    pools = [pool for pool in children(service, "Pool") if text_of(pool, "IsEnabled") != "false"]
    return pool_texts(
        pool_of(text_of(pool, "LowIpAddress") or "", text_of(pool, "HighIpAddress") or "", network) for pool in pools
    )


def parse_allocated(body: bytes) -> list[AllocatedAddress]:
    """Return the used addresses of a network. Raises: DecodeError."""
    root = xml.parse(body, what=_ADDRESSES)
    if xml.local(root) != "AllocatedIpAddresses":
        raise DecodeError(f"Reading {_ADDRESSES} failed. AllocatedIpAddresses was expected, not {xml.local(root)}.")
    return [_allocated(item) for item in children(root, "IpAddress")]


def _allocated(item: _Element) -> AllocatedAddress:
    address = text_of(item, "IpAddress")
    if not address:
        raise DecodeError(f"Reading {_ADDRESSES} failed. An entry has no address.")
    names = {
        (link.get("type") or "").rpartition(".")[2]: link.get("name") or ""
        for link in children(item, "Link")
        if link.get("rel") == "down"
    }
    kind = item.get("allocationType") or ""
    return AllocatedAddress(
        address,
        _USES.get(kind, kind.lower()),
        names.get("vm+xml", ""),
        names.get("vApp+xml", ""),
        {"true": True, "false": False}.get(item.get("isDeployed") or ""),
    )
