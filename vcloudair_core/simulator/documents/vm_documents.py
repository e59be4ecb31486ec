"""Build documents of VMs in vApps and in templates, with their sections.

Source: protocol/recorded-responses.md §4, §5.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.documents.addresses import VCLOUD_MEDIA, href
from vcloudair_core.simulator.documents.document_parts import OVF, entity, link_to, ovf, ovf_section, reference, section
from vcloudair_core.simulator.documents.entity_links import action_links, edit_link
from vcloudair_core.simulator.documents.hardware_documents import virtual_hardware, vm_spec
from vcloudair_core.simulator.documents.snapshot_section import snapshot_section
from vcloudair_core.simulator.state.entities import Vm
from vcloudair_core.simulator.state.hardware import ADAPTER_TYPE, TOOLS_VERSION, nics_of
from vcloudair_core.simulator.xml_builder import VCLOUD, element, link

VMW = "http://www.vmware.com/schema/ovf"
STATUS_NUMBERS = {"POWERED_ON": 4, "POWERED_OFF": 8, "SUSPENDED": 3, "MIXED": 10, "RESOLVED": 1, "UNRESOLVED": 0}
"""Status number in documents, by the status in query records.

Source: protocol/query.md §11.
"""
UNKNOWN_STATUS = 6
_LINUX_64, _WINDOWS_64, _OTHER = 101, 103, 1
"""OVF numbers of operating systems: values of CIM_OperatingSystem."""


def kind_of(vm: Vm) -> str:
    """Return ``template-vm`` for a VM in a template, and ``vm`` for any other VM."""
    return "template-vm" if vm.is_template else "vm"


def base_of(context: Any, vm: Vm) -> str:
    """Return the URL of a VM. URLs of its sections begin with this URL."""
    return href(context.root, kind_of(vm), vm.vm_id)


def vm_document(context: Any, vm: Vm) -> Any:
    """Return the document of a VM, with all its sections."""
    return entity(
        context,
        "Vm",
        "vm",
        vm.vm_id,
        vm.name,
        *_links(context, vm),
        element("Description", None, vm.description),
        vm_spec(context, vm),
        *_sections(context, vm),
        element("DateCreated", None, vm.created),
        element("VAppScopedLocalId", None, context.world.make_id("local", vm.vm_id)),
        vm_capabilities(context, vm),
        storage_profile(context, vm),
        needsCustomization=False,
        deployed=vm.is_deployed,
        status=STATUS_NUMBERS.get(vm.status, UNKNOWN_STATUS),
    )


def _links(context: Any, vm: Vm) -> list[Any]:
    base = base_of(context, vm)
    return [
        link_to(context, "up", "vapp", vm.vapp_id),
        *action_links(context, base, f"{VCLOUD_MEDIA}vm+xml", [vm]),
        *_metrics_links(base, vm),
        link("down", f"{base}/productSections/", f"{VCLOUD_MEDIA}productSections+xml"),
        link("down", f"{base}/complianceResult", f"{VCLOUD_MEDIA}complianceResult+xml"),
    ]


def _metrics_links(base: str, vm: Vm) -> list[Any]:
    """Return the links to metrics.

    The ``rel`` attribute is ``down`` for GET requests and ``metrics`` for POST requests. Links to current metrics
    exist only if the VM is powered on. Source: protocol/metrics.md §B.3.
    """
    kinds = ("current", "historic") if vm.status == "POWERED_ON" else ("historic",)
    return [
        link(rel, f"{base}/metrics/{kind}", f"{VCLOUD_MEDIA}metrics.{kind}UsageSpec+xml")
        for kind in kinds
        for rel in ("down", "metrics")
    ]


def _sections(context: Any, vm: Vm) -> list[Any]:
    return [
        virtual_hardware(context, vm, base_of(context, vm)),
        *[make(context, vm) for make in (operating_system, network_connections, guest_customization)],
        *([] if vm.is_template else [runtime_info(context, vm), snapshot_section(base_of(context, vm), [vm])]),
    ]


def template_vm_document(context: Any, vm: Vm, tag: str = "VAppTemplate") -> Any:
    """Return the document of a VM in a template.

    If ``tag`` is ``Vm``, the document is a child of the template's document. Otherwise, the document is a root element.
    """
    return entity(
        context,
        tag,
        "template-vm",
        vm.vm_id,
        vm.name,
        link_to(context, "up", "template", vm.vapp_id),
        element("Description", None, vm.description),
        *_sections(context, vm),
        element("VAppScopedLocalId", None, context.world.make_id("local", vm.vm_id)),
        element("DateCreated", None, vm.created),
        goldMaster=False,
        status=STATUS_NUMBERS.get(vm.status, UNKNOWN_STATUS),
    )


def storage_profile(context: Any, vm: Vm) -> Any:
    """Return a reference to the storage profile of a VM, or None."""
    profiles = context.world.in_vdc(vm.vdc_id, context.world.storage_profiles)
    profile = next((profile for profile in profiles if profile.name == vm.storage_profile), None)
    if profile is None:
        return None
    return reference(context, "StorageProfile", "storage-profile", profile.profile_id, profile.name)


def vm_capabilities(context: Any, vm: Vm) -> Any:
    """Return VmCapabilities. CPUs and memory cannot be added to a running VM."""
    address = f"{base_of(context, vm)}/vmCapabilities/"
    media = f"{VCLOUD_MEDIA}vmCapabilitiesSection+xml"
    flags = [element(name, None, False) for name in ("MemoryHotAddEnabled", "CpuHotAddEnabled")]
    return element("VmCapabilities", {"type": media, "href": address}, edit_link(context, address, media), *flags)


def operating_system(context: Any, vm: Vm) -> Any:
    """Return the OperatingSystemSection of a VM."""
    address, media = f"{base_of(context, vm)}/operatingSystemSection/", "operatingSystemSection"
    made = ovf_section(
        "OperatingSystemSection",
        "Specifies the operating system installed",
        address,
        media,
        ovf("Description", vm.guest_os),
        edit_link(context, address, f"{VCLOUD_MEDIA}{media}+xml"),
        prefixes={"vmw": VMW},
    )
    made.set(f"{{{OVF}}}id", str(_operating_system_number(vm.guest_os)))
    return made


def _operating_system_number(guest_os: str) -> int:
    if "windows" in guest_os.lower():
        return _WINDOWS_64
    return _LINUX_64 if "linux" in guest_os.lower() else _OTHER


def network_connections(context: Any, vm: Vm) -> Any:
    """Return the NetworkConnectionSection with all network interfaces of a VM.

    Query records show only the primary interface. Source: protocol/query.md §11.
    """
    nics = nics_of(context.world, vm)
    address, media = f"{base_of(context, vm)}/networkConnectionSection/", "networkConnectionSection"
    connections = [
        element(
            "NetworkConnection",
            {"network": nic.network, "needsCustomization": False},
            element("NetworkConnectionIndex", None, nic.index),
            element("IpAddress", None, nic.ip_address) if nic.ip_address else None,
            element("IsConnected", None, nic.is_connected),
            element("MACAddress", None, nic.mac),
            element("IpAddressAllocationMode", None, nic.allocation_mode),
            element("NetworkAdapterType", None, ADAPTER_TYPE),
        )
        for nic in nics
    ]
    return section(
        "NetworkConnectionSection",
        "Specifies the available VM network connections",
        address,
        media,
        element("PrimaryNetworkConnectionIndex", None, 0) if nics else None,
        *connections,
        edit_link(context, address, f"{VCLOUD_MEDIA}{media}+xml"),
    )


def guest_customization(context: Any, vm: Vm) -> Any:
    """Return the GuestCustomizationSection. Customization is turned off.

    The default values are placeholders, because no source states them.
    """
    address, media = f"{base_of(context, vm)}/guestCustomizationSection/", "guestCustomizationSection"
    values = {
        "Enabled": False,
        "ChangeSid": False,
        "VirtualMachineId": vm.vm_id,
        "JoinDomainEnabled": False,
        "UseOrgSettings": False,
        "AdminPasswordEnabled": False,
        "AdminPasswordAuto": True,
        "AdminAutoLogonEnabled": False,
        "AdminAutoLogonCount": 0,
        "ResetPasswordRequired": False,
        "ComputerName": "".join(letter if letter.isalnum() else "-" for letter in vm.name)[:63],
    }
    return section(
        "GuestCustomizationSection",
        "Specifies Guest OS Customization Settings",
        address,
        media,
        *[element(name, None, value) for name, value in values.items()],
        edit_link(context, address, f"{VCLOUD_MEDIA}{media}+xml"),
    )


def runtime_info(context: Any, vm: Vm) -> Any:
    """Return the RuntimeInfoSection, which contains the version of VMware Tools."""
    # Its attributes have a prefix in recorded documents, like those of OVF sections.
    attributes = {
        f"{{{VCLOUD}}}type": f"{VCLOUD_MEDIA}virtualHardwareSection+xml",
        f"{{{VCLOUD}}}href": f"{base_of(context, vm)}/runtimeInfoSection",
    }
    tools = element("VMWareTools", {"version": TOOLS_VERSION})
    names: dict[str | None, str] = {None: VCLOUD, "vcloud": VCLOUD, "ovf": OVF}
    return element("RuntimeInfoSection", attributes, ovf("Info", "Specifies Runtime info"), tools, prefixes=names)
