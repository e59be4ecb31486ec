"""Build documents of VDCs, for tenants and for administrators.

Source: protocol/recorded-responses.md §4, §5.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.access.visibility import can_see
from vcloudair_core.simulator.documents.addresses import VCLOUD_MEDIA, href
from vcloudair_core.simulator.documents.document_parts import entity, link_to, nested, reference
from vcloudair_core.simulator.documents.hardware_documents import VERSION_MEDIA, VERSION_NAME, version_address
from vcloudair_core.simulator.state import capacity
from vcloudair_core.simulator.state.entities import Vdc
from vcloudair_core.simulator.xml_builder import element, link

RECORDS = f"{VCLOUD_MEDIA}query.records+xml"
NETWORK_QUOTA = 20


def vdc_document(context: Any, vdc: Vdc) -> Any:
    """Return the document of a VDC.

    By default, CPU and memory limits are 0 (no limit), as in a pay-as-you-go VDC.
    """
    return _document(context, vdc, "Vdc", "vdc", ())


def admin_vdc_document(context: Any, vdc: Vdc) -> Any:
    """Return the administrator's view of a VDC.

    Since API 33, the document contains the default compute policy.
    """
    policy = f"urn:vcloud:vdcComputePolicy:{context.world.make_id('compute-policy', vdc.vdc_id)}"
    policy_address = f"{context.root}/cloudapi/1.0.0/vdcComputePolicies/{policy}"
    more = (
        element("ResourceGuaranteedMemory", None, 1.0),
        element("ResourceGuaranteedCpu", None, 1.0),
        element("VCpuInMhz", None, capacity.MHZ_OF_A_CPU),
        element("IsThinProvision", None, True),
        element("UsesFastProvisioning", None, False),
        element(
            "DefaultComputePolicy",
            {"href": policy_address, "id": policy, "type": "application/json", "name": "System Default"},
        ),
    )
    return _document(context, vdc, "AdminVdc", "admin-vdc", more)


def _document(context: Any, vdc: Vdc, tag: str, kind: str, more: tuple[Any, ...]) -> Any:
    world = context.world
    networks = world.networks_for(vdc)
    values = {
        "NicQuota": 0,
        "NetworkQuota": NETWORK_QUOTA,
        "UsedNetworkCount": len(world.in_vdc(vdc.vdc_id, world.networks)),
        "VmQuota": 0,
        "IsEnabled": True,
    }
    available = [reference(context, "Network", "network", network.network_id, network.name) for network in networks]
    profiles = [
        reference(context, "VdcStorageProfile", "storage-profile", profile.profile_id, profile.name)
        for profile in world.in_vdc(vdc.vdc_id, world.storage_profiles)
    ]
    version = {"name": VERSION_NAME, "href": version_address(context, vdc.vdc_id), "type": VERSION_MEDIA}
    supported = element("SupportedHardwareVersion", version, VERSION_NAME)
    versions = element("SupportedHardwareVersions", None, supported)
    return entity(
        context,
        tag,
        kind,
        vdc.vdc_id,
        vdc.name,
        *_links(context, vdc, kind),
        element("Description", None, vdc.description),
        element("AllocationModel", None, "AllocationVApp"),
        element("ComputeCapacity", None, *_capacities(context, vdc)),
        element("ResourceEntities", None, *_resources(context, vdc)),
        element("AvailableNetworks", None, *available),
        element("Capabilities", None, versions),
        *[element(name, None, value) for name, value in values.items()],
        element("VdcStorageProfiles", None, *profiles),
        *more,
        status=1,
    )


def _links(context: Any, vdc: Vdc, kind: str) -> list[Any]:
    org = context.world.orgs[vdc.org]
    address = href(context.root, "vdc", vdc.vdc_id)
    admin = href(context.root, "admin-vdc", vdc.vdc_id)
    is_admin = kind == "admin-vdc"
    return [
        link_to(context, "up", "admin-org" if is_admin else "org", org.org_id),
        link_to(context, "alternate", "vdc", vdc.vdc_id) if is_admin else None,
        link("down", f"{admin if is_admin else address}/metadata", f"{VCLOUD_MEDIA}metadata+xml"),
        link("edgeGateways", f"{admin}/edgeGateways", RECORDS),
        link("orgVdcNetworks", f"{admin}/networks", RECORDS),
        link("down", f"{address}/recoveryDetails", "application/vnd.vmware.hcs.vrRecoveryDetails+xml")
        if context.simulator.config.dr_installed and not is_admin
        else None,
    ]


def _resources(context: Any, vdc: Vdc) -> list[Any]:
    world = context.world
    vapps = [
        ("vapp", vapp.vapp_id, vapp.name) for vapp in world.in_vdc(vdc.vdc_id, world.vapps) if can_see(context, vapp)
    ]
    templates = [("template", item.template_id, item.name) for item in world.in_vdc(vdc.vdc_id, world.templates)]
    media = [("media", item.media_id, item.name) for item in world.in_vdc(vdc.vdc_id, world.media)]
    resources = [*vapps, *templates, *media]
    return [reference(context, "ResourceEntity", kind, identifier, name) for kind, identifier, name in resources]


def _capacities(context: Any, vdc: Vdc) -> list[Any]:
    world = context.world
    return [
        nested(name, {"Units": unit, "Allocated": limit, "Limit": limit, "Reserved": 0, "Used": used, "Overhead": 0})
        for name, unit, limit, used in (
            ("Cpu", "MHz", vdc.cpu_limit_mhz, capacity.cpu_used_mhz(world, vdc)),
            ("Memory", "MB", vdc.memory_limit_mb, capacity.memory_used_mb(world, vdc)),
        )
    ]
