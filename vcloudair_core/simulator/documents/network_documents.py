"""Build documents of org VDC networks and storage profiles.

Source: protocol/recorded-responses.md §4.
"""

from __future__ import annotations

from ipaddress import ip_interface
from typing import Any

from vcloudair_core.simulator.documents.addresses import ADMIN_MEDIA, VCLOUD_MEDIA, href
from vcloudair_core.simulator.documents.document_parts import entity, link_to, nested, reference
from vcloudair_core.simulator.releases import is_at_least
from vcloudair_core.simulator.state import capacity
from vcloudair_core.simulator.state.entities import OrgVdcNetwork, StorageProfile
from vcloudair_core.simulator.xml_builder import element, link

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
        element("IsShared", None, network.is_shared),
    ]
    made = entity(
        context,
        "OrgVdcNetwork" if is_of_vdc else "OrgNetwork",
        kind,
        network.network_id,
        network.name,
        link_to(context, "up", "vdc", network.vdc_id),
        link("down", f"{href(context.root, kind, network.network_id)}/metadata", f"{VCLOUD_MEDIA}metadata+xml"),
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
    first, last = address_range(network)
    if first:
        scope.append(element("IpRanges", None, nested("IpRange", {"StartAddress": first, "EndAddress": last})))
    return [element("IpScopes", None, scope) if is_at_least(context.version, ORG_VDC_NETWORKS) else scope]


def address_range(network: OrgVdcNetwork) -> tuple[str, str]:
    """Return the first and the last address that VMs in a network can get.

    Both are empty strings if the subnet has fewer than 8 addresses.
    """
    subnet = ip_interface(f"{network.gateway}/{network.prefix_length}").network
    if subnet.num_addresses < 8:
        return "", ""
    return str(subnet[2]), str(subnet[-2])


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
