"""Read networks with ``/cloudapi``, which lists the networks of NSX-V and NSX-T.

Source: protocol/nsxt.md §2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.edge.backend import NSXT, NSXV
from vcloudair_core.services.ans.edge.model import VDC, uuid_in
from vcloudair_core.services.ans.nsxt.api import CloudApi
from vcloudair_core.services.ans.org_networks.model import (
    DIRECT,
    EDGE_USE,
    IMPORTED,
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
from vcloudair_core.services.ans.section.json_values import items_of, mapping_of

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

_PATH = "/1.0.0/orgVdcNetworks"
_TYPES = {"NAT_ROUTED": ROUTED, "ISOLATED": ISOLATED, "DIRECT": DIRECT, "OPAQUE": IMPORTED}
_USES = {"VM_ALLOCATED": VM_USE, "VSM_ALLOCATED": EDGE_USE, "NAT_ROUTED": NAT_USE}
"""Values of ``allocationType``, by the names of the XML schema (inferred)."""


def read_networks(session: Session) -> list[VdcNetwork]:
    """Return all networks of the organization, with one call for every 128 networks.

    Raises: ApiError, TransportError, DecodeError.
    """
    return [parse_network(value) for value in CloudApi(session).pages(_PATH)]


def read_allocated(session: Session, network: VdcNetwork) -> list[AllocatedAddress]:
    """Return the used addresses of a network, with one call for every 128 addresses.

    Raises: ApiError, TransportError, DecodeError.
    """
    return [parse_allocated(value) for value in CloudApi(session).pages(_path(network, "allocatedIpAddresses"))]


def read_dhcp_pools(session: Session, network: VdcNetwork) -> list[str]:
    """Return the enabled DHCP pools of a network. Makes one call.

    Raises: ApiError, TransportError, DecodeError.
    """
    return parse_dhcp_pools(CloudApi(session).get(_path(network, "dhcp")), network.name)


def _path(network: VdcNetwork, rest: str) -> str:
    return f"{_PATH}/{quote(f'urn:vcloud:network:{network.network_id}', safe=':')}/{rest}"


def parse_network(value: Any) -> VdcNetwork:
    """Parse an entry in the list of networks. Raises: DecodeError."""
    if not isinstance(value, Mapping):
        raise DecodeError("Reading the networks failed. A list of JSON objects was expected.")
    name = str(value.get("name") or "")
    vdc, owner = mapping_of(value.get("orgVdc")), mapping_of(value.get("ownerRef"))
    router = mapping_of(mapping_of(value.get("connection")).get("routerRef"))
    owner_id = str(owner.get("id") or vdc.get("id") or "")
    is_vdc_owner = owner_id.startswith(VDC)
    kind = str(value.get("networkType") or "")
    is_nsxt = bool(value.get("orgVdcIsNsxTBacked")) or str(value.get("backingNetworkType")).startswith("NSXT")
    return VdcNetwork(
        uuid_in(str(value.get("id") or "")),
        name,
        _TYPES.get(kind, kind.lower()),
        NSXT if is_nsxt else NSXV,
        tuple(_subnet(mapping_of(item), name) for item in items_of(mapping_of(value.get("subnets")).get("values"))),
        description=str(value.get("description") or ""),
        vdc_id=uuid_in(str(vdc.get("id") or "")) or (uuid_in(owner_id) if is_vdc_owner else ""),
        vdc_name=str(vdc.get("name") or (owner.get("name") if is_vdc_owner else "") or ""),
        owner_id=owner_id,
        owner_name=str(owner.get("name") or ""),
        edge_id=uuid_in(str(router.get("id") or "")),
        edge_name=str(router.get("name") or ""),
        is_shared=value["shared"] if isinstance(value.get("shared"), bool) else None,
    )


def _subnet(value: Mapping[str, Any], network: str) -> NetworkSubnet:
    gateway, used = str(value.get("gateway") or ""), value.get("usedIpCount")
    ranges = map(mapping_of, items_of(mapping_of(value.get("ipRanges")).get("values")))
    servers = (str(value.get(key) or "").strip() for key in ("dnsServer1", "dnsServer2"))
    return NetworkSubnet(
        subnet_of(gateway, str(value.get("prefixLength"))),
        gateway,
        tuple(_pool(item, network) for item in ranges),
        tuple(filter(None, servers)),
        str(value.get("dnsSuffix") or "").strip(),
        used if isinstance(used, int) and not isinstance(used, bool) else None,
    )


def _pool(value: Mapping[str, Any], network: str) -> tuple[int, int, int]:
    return pool_of(str(value.get("startAddress")), str(value.get("endAddress")), network)


def parse_allocated(value: Any) -> AllocatedAddress:
    """Parse an entry in the list of used addresses.

    Older versions send ``allocationType``, and newer versions also ``allocationTypeValue``. Raises: DecodeError.
    """
    if not isinstance(value, Mapping) or not value.get("ipAddress"):
        raise DecodeError("Reading the used addresses failed. JSON objects with ipAddress were expected.")
    sent = value.get("allocationTypeValue") or value.get("allocationType") or ""
    is_vm = bool(value.get("vAppName")) or str(value.get("entityId") or "").startswith("urn:vcloud:vm:")
    kind = sent if isinstance(sent, str) else ""
    deployed = value.get("deployed")
    return AllocatedAddress(
        str(value["ipAddress"]),
        _USES.get(kind, kind.lower()) or (VM_USE if is_vm else EDGE_USE),
        str(value.get("entityName") or "") if is_vm else "",
        str(value.get("vAppName") or ""),
        deployed if isinstance(deployed, bool) else None,
    )


def parse_dhcp_pools(tree: Any, network: str) -> list[str]:
    """Return the enabled DHCP pools of a DHCP service. Raises: DecodeError."""
    if not isinstance(tree, Mapping):
        raise DecodeError(f"Reading the DHCP service of network {network!r} failed. A JSON object was expected.")
    if tree.get("enabled") is False:
        return []
    pools = map(mapping_of, items_of(tree.get("dhcpPools")))
    ranges = [mapping_of(pool.get("ipRange")) for pool in pools if pool.get("enabled") is not False]
    return pool_texts(_pool(item, network) for item in ranges)
