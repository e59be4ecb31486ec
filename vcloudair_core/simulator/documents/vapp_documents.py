"""Documents of vApps and vApp templates, with their sections.

Source: protocol/tasks.md §5, protocol/recorded-responses.md §5.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.documents.addresses import VCLOUD_MEDIA, href
from vcloudair_core.simulator.documents.catalog_documents import control_access
from vcloudair_core.simulator.documents.document_parts import (
    OVF,
    entity,
    link_to,
    ovf_section,
    owner_element,
    reference,
    section,
)
from vcloudair_core.simulator.documents.entity_links import action_links, edit_link
from vcloudair_core.simulator.documents.network_documents import ip_scopes
from vcloudair_core.simulator.documents.snapshot_section import snapshot_section
from vcloudair_core.simulator.documents.vm_documents import (
    STATUS_NUMBERS,
    template_vm_document,
    vm_document,
)
from vcloudair_core.simulator.state.catalog_entities import Template
from vcloudair_core.simulator.state.entities import OrgVdcNetwork, VApp
from vcloudair_core.simulator.state.hardware import nics_of
from vcloudair_core.simulator.xml_builder import element, link

TEMPLATE_STATUS = 8
"""Status number of a usable template. Query records show this status as RESOLVED.

Source: protocol/query.md §11.
"""


def base_of(context: Any, item: VApp | Template) -> str:
    """Return the URL of a vApp or template."""
    if isinstance(item, Template):
        return href(context.root, "template", item.template_id)
    return href(context.root, "vapp", item.vapp_id)


def vapp_document(context: Any, vapp: VApp) -> Any:
    """Return the document of a vApp, with its VMs."""
    world, base = context.world, base_of(context, vapp)
    vms = world.vms_of_vapp(vapp.vapp_id)
    return entity(
        context,
        "VApp",
        "vapp",
        vapp.vapp_id,
        vapp.name,
        link_to(context, "up", "vdc", vapp.vdc_id),
        link("down", f"{base}/controlAccess/", f"{VCLOUD_MEDIA}controlAccess+xml"),
        *_common_links(base),
        *action_links(context, base, f"{VCLOUD_MEDIA}vApp+xml", vms),
        element("Description", None, vapp.description),
        *[make(context, vapp) for make in (lease_settings, startup, network_config)],
        snapshot_section(base, vms),
        element("DateCreated", None, vapp.created),
        owner(context, vapp),
        element("InMaintenanceMode", None, False),
        element("Children", None, *[vm_document(context, vm) for vm in vms]),
        deployed=any(vm.is_deployed for vm in vms),
        status=STATUS_NUMBERS[world.vapp_status(vapp.vapp_id)],
        ovfDescriptorUploaded=True,
    )


def _common_links(base: str) -> list[Any]:
    return [
        link("down", f"{base}/owner", f"{VCLOUD_MEDIA}owner+xml"),
        link("down", f"{base}/productSections/", f"{VCLOUD_MEDIA}productSections+xml"),
    ]


def template_document(context: Any, template: Template) -> Any:
    """Return the document of a vApp template, with its VMs."""
    world, base = context.world, base_of(context, template)
    vms = world.vms_of_template(template.template_id)
    profile = vms[0].storage_profile if vms else None
    return entity(
        context,
        "VAppTemplate",
        "template",
        template.template_id,
        template.name,
        link_to(context, "up", "vdc", template.vdc_id),
        link_to(context, "catalogItem", "catalog-item", template.item_id),
        *_common_links(base),
        link("down", f"{base}/metadata", f"{VCLOUD_MEDIA}metadata+xml"),
        element("Description", None, template.description),
        owner_element(context, world.vdcs[template.vdc_id].org),
        element("Children", None, *[template_vm_document(context, vm, "Vm") for vm in vms]),
        *[make(context, template) for make in (lease_settings, network_config)],
        element("DefaultStorageProfile", None, profile) if profile else None,
        element("DateCreated", None, template.created),
        goldMaster=False,
        ovfDescriptorUploaded=True,
        status=TEMPLATE_STATUS,
    )


def owner(context: Any, item: VApp | Template) -> Any:
    """Return the owner of a vApp or template."""
    return owner_element(context, context.world.vdcs[item.vdc_id].org, item)


def access(context: Any, item: VApp | Template) -> Any:
    """Return the access settings of a vApp or template.

    A template has the access settings of its catalog.
    """
    if isinstance(item, Template):
        return control_access(context, is_shared=False)
    org = context.world.vdcs[item.vdc_id].org
    users = [user for user in context.world.users if user.org == org and user.name in item.shared_with]
    return control_access(context, is_shared=item.is_shared, users=users)


def lease_settings(context: Any, item: VApp | Template) -> Any:
    """Return the LeaseSettingsSection. All leases are 0, which means no expiry."""
    address, media = f"{base_of(context, item)}/leaseSettingsSection/", "leaseSettingsSection"
    runtime = element("DeploymentLeaseInSeconds", None, 0) if isinstance(item, VApp) else None
    return section(
        "LeaseSettingsSection",
        "Lease settings section",
        address,
        media,
        edit_link(context, address, f"{VCLOUD_MEDIA}{media}+xml"),
        runtime,
        element("StorageLeaseInSeconds", None, 0),
    )


def startup(context: Any, vapp: VApp) -> Any:
    """Return the StartupSection with the VMs in startup order."""
    address, media = f"{base_of(context, vapp)}/startupSection/", "startupSection"
    actions = {"order": 0, "startAction": "powerOn", "startDelay": 0, "stopAction": "powerOff", "stopDelay": 0}
    items = [
        element("Item", _in_ovf({**actions, "id": vm.name}), namespace=OVF, prefixes={"ovf": OVF})
        for vm in context.world.vms_of_vapp(vapp.vapp_id)
    ]
    edit = edit_link(context, address, f"{VCLOUD_MEDIA}{media}+xml")
    return ovf_section("StartupSection", "VApp startup section", address, media, *items, edit)


def _in_ovf(attributes: dict[str, Any]) -> dict[str, Any]:
    return {f"{{{OVF}}}{name}": value for name, value in attributes.items()}


def network_config(context: Any, item: VApp | Template) -> Any:
    """Return the NetworkConfigSection of a vApp or template.

    The section contains the networks of the VMs. Each network is bridged to the VDC network with the same name.
    """
    address, media = f"{base_of(context, item)}/networkConfigSection/", "networkConfigSection"
    networks = networks_of_vapp(context, item) if isinstance(item, VApp) else []
    edit = edit_link(context, address, f"{VCLOUD_MEDIA}{media}+xml") if isinstance(item, VApp) else None
    configured = [_network_config(context, network) for network in networks]
    return section(
        "NetworkConfigSection",
        "The configuration parameters for logical networks",
        address,
        media,
        edit,
        *configured,
    )


def networks_of_vapp(context: Any, vapp: VApp) -> list[OrgVdcNetwork]:
    """Return the VDC networks to which the VMs of a vApp are connected."""
    world = context.world
    nics = (nic for vm in world.vms_of_vapp(vapp.vapp_id) for nic in nics_of(world, vm))
    names = dict.fromkeys(nic.network for nic in nics if nic.is_connected)
    networks = (world.network_named(vapp.vdc_id, name) for name in names)
    return [network for network in networks if network is not None]


def _network_config(context: Any, network: OrgVdcNetwork) -> Any:
    return element(
        "NetworkConfig",
        {"networkName": network.name},
        element("Description", None, network.description),
        element(
            "Configuration",
            None,
            *ip_scopes(context, network, is_inherited=True),
            reference(context, "ParentNetwork", "network", network.network_id, network.name),
            element("FenceMode", None, "bridged"),
            element("RetainNetInfoAcrossDeployments", None, False),
        ),
        element("IsDeployed", None, False),
    )
