"""Build documents of org VDC networks and storage profiles.

Source: protocol/recorded-responses.md §4.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.documents.addresses import ADMIN_MEDIA, VCLOUD_MEDIA, href
from vcloudair_core.simulator.documents.document_parts import entity, link_to, nested, reference
from vcloudair_core.simulator.inventory_objects.network_usage import Allocation, allocations, ends_of, static_pools
from vcloudair_core.simulator.releases import is_at_least
from vcloudair_core.simulator.state import capacity
from vcloudair_core.simulator.state.entities import OrgVdcNetwork, StorageProfile
from vcloudair_core.simulator.xml_builder import element, link

ALLOCATED_MEDIA = f"{VCLOUD_MEDIA}allocatedNetworkAddress+xml"
ORG_VDC_NETWORKS = (5, 1)
"""First API version in which networks belong to VDCs.

In older versions, networks belong to orgs.
"""


def network_document(context: Any, network: OrgVdcNetwork, kind: str = "network") -> Any:
    """Return the document of a network of a VDC.

    ``kind`` is ``network``, or ``admin-network`` for the administrator's view.
    """
    is_of_vdc = is_at_least(context.version, ORG_VDC_NETWORKS)
    edge = context.world.edges.get(network.edge_id)
    configuration = element(
        "Configuration",
        None,
        *ip_scopes(context, network, is_inherited=False),
        element("FenceMode", None, "natRouted" if edge else "isolated"),
        element("RetainNetInfoAcrossDeployments", None, False),
    )
    parts = [
        reference(context, "EdgeGateway", "edge", edge.edge_id, edge.name) if edge else None,
        _dhcp_service(context, network) if not edge and network.dhcp_pools else None,
        element("IsShared", None, network.is_shared),
    ]
    allocated = link("down", f"{href(context.root, kind, network.network_id)}/allocatedAddresses/", ALLOCATED_MEDIA)
    made = entity(
        context,
        "OrgVdcNetwork" if is_of_vdc else "OrgNetwork",
        kind,
        network.network_id,
        network.name,
        link_to(context, "up", "vdc", network.vdc_id),
        link("down", f"{href(context.root, kind, network.network_id)}/metadata", f"{VCLOUD_MEDIA}metadata+xml"),
        allocated if is_of_vdc else None,
        element("Description", None, network.description),
        configuration,
        *(parts if is_of_vdc else ()),
        status=1 if is_of_vdc else None,
    )
    made.set("type", f"{VCLOUD_MEDIA}orgVdcNetwork+xml" if is_of_vdc else f"{ADMIN_MEDIA}network+xml")
    return made


def ip_scopes(context: Any, network: OrgVdcNetwork, *, is_inherited: bool) -> list[Any]:
    """Return the element that describes the subnet of a network.

    Since API 5.1, the element is IpScopes. Older versions have a single IpScope.
    """
    values = {
        "IsInherited": is_inherited,
        "Gateway": network.gateway,
        "Netmask": network.netmask,
        "Dns1": network.dns1 or None,
        "Dns2": network.dns2 or None,
        "IsEnabled": True,
    }
    scope = nested("IpScope", values)
    ranges = [nested("IpRange", {"StartAddress": first, "EndAddress": last}) for first, last in static_pools(network)]
    if ranges:
        scope.append(element("IpRanges", None, *ranges))
    return [element("IpScopes", None, scope) if is_at_least(context.version, ORG_VDC_NETWORKS) else scope]


def _dhcp_service(context: Any, network: OrgVdcNetwork) -> Any:
    """Return the DHCP service of an isolated network.

    Source: network.xsd, DhcpPoolServiceType.
    """
    pools = [
        element(
            "Pool",
            None,
            element("IsEnabled", None, True),
            reference(context, "Network", "network", network.network_id, network.name),
            element("DefaultLeaseTime", None, 3600),
            element("MaxLeaseTime", None, 7200),
            element("LowIpAddress", None, first),
            element("HighIpAddress", None, last),
        )
        for first, last in map(ends_of, network.dhcp_pools)
    ]
    return element("ServiceConfig", None, element("GatewayDhcpService", None, element("IsEnabled", None, True), *pools))


def allocated_addresses_document(context: Any, network: OrgVdcNetwork, kind: str = "network") -> Any:
    """Return the document of used addresses of a network, with links to their VMs.

    Source: network.xsd, AllocatedIpAddressesType. The links are those that a client in Go reads.
    """
    address = f"{href(context.root, kind, network.network_id)}/allocatedAddresses/"
    items = [_allocated(context, allocation) for allocation in allocations(context.world, network)]
    return element("AllocatedIpAddresses", {"href": address, "type": ALLOCATED_MEDIA}, *items)


def _allocated(context: Any, allocation: Allocation) -> Any:
    links = []
    if allocation.vm is not None:
        vapp = context.world.vapps.get(allocation.vm.vapp_id)
        links = [
            link_to(context, "down", "vapp", vapp.vapp_id, vapp.name) if vapp else None,
            link_to(context, "down", "vm", allocation.vm.vm_id, allocation.vm.name),
        ]
    attributes = {"allocationType": allocation.xml_type, "isDeployed": allocation.is_deployed}
    return element("IpAddress", attributes, *links, element("IpAddress", None, allocation.address))


def storage_profile_document(context: Any, profile: StorageProfile) -> Any:
    """Return the document of a storage profile of a VDC."""
    vdc = context.world.vdcs[profile.vdc_id]
    address = href(context.root, "storage-profile", profile.profile_id)
    values = {
        "Enabled": True,
        "Units": "MB",
        "Limit": profile.limit_mb,
        "Default": profile.is_default,
        "StorageUsedMB": capacity.storage_used_mb(context.world, vdc, profile.name),
    }
    return entity(
        context,
        "VdcStorageProfile",
        "storage-profile",
        profile.profile_id,
        profile.name,
        link_to(context, "up", "vdc", profile.vdc_id),
        link("down", f"{address}/metadata", f"{VCLOUD_MEDIA}metadata+xml"),
        *[element(name, None, value) for name, value in values.items()],
    )
