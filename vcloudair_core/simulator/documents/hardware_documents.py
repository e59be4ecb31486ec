"""Build the OVF section of a VM's virtual hardware, and its items.

Source: protocol/recorded-responses.md §5, and the schema of CIM_ResourceAllocationSettingData.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.documents.addresses import VCLOUD_MEDIA
from vcloudair_core.simulator.documents.document_parts import OVF, nested, ovf_section, section
from vcloudair_core.simulator.documents.entity_links import edit_link
from vcloudair_core.simulator.state import capacity
from vcloudair_core.simulator.state.entities import Vm
from vcloudair_core.simulator.state.hardware import ADAPTER_TYPE, HARDWARE_VERSION, TOOLS_VERSION, Nic, nics_of
from vcloudair_core.simulator.xml_builder import VCLOUD, element, link

_CIM = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
VERSION_NAME = f"vmx-{HARDWARE_VERSION:02}"
VERSION_MEDIA = f"{VCLOUD_MEDIA}virtualHardwareVersion+xml"
_VERSION_LIMITS = {
    "maxMemorySizeMb": 1011 * 1024,
    "maxCPUs": 64,
    "maxNICs": 10,
    "supportsNestedHV": True,
    "supportsHotPlugPCI": True,
    "supportsHotAdd": True,
    "supportedMemorySizeGb": 1011,
    "supportedCoresPerSocket": 1,
}
"""Limits of virtual hardware version 10, from the vSphere documentation."""
RASD = f"{_CIM}CIM_ResourceAllocationSettingData"
VSSD = f"{_CIM}CIM_VirtualSystemSettingData"
CPU, MEMORY, SCSI_CONTROLLER, NETWORK_ADAPTER, HARD_DISK = 3, 4, 6, 10, 17
"""ResourceType number of each kind of hardware item."""
_LISTS = {"disks": (SCSI_CONTROLLER, HARD_DISK), "networkCards": (NETWORK_ADAPTER,), "media": (), "serialPorts": ()}
_SINGLE = {"cpu": CPU, "memory": MEMORY}
PARTS = (*_SINGLE, *_LISTS)
"""Names of the resources under ``virtualHardwareSection``.

Each resource has its own URL.
"""


def virtual_hardware(context: Any, vm: Vm, base: str) -> Any:
    """Return the VirtualHardwareSection of a VM. ``base`` is the URL of the VM."""
    address = f"{base}/virtualHardwareSection/"
    system = {
        "ElementName": "Virtual Hardware Family",
        "InstanceID": 0,
        "VirtualSystemIdentifier": vm.name,
        "VirtualSystemType": VERSION_NAME,
    }
    prefixes: dict[str | None, str] = {"rasd": RASD, "vssd": VSSD}
    return ovf_section(
        "VirtualHardwareSection",
        "Virtual hardware requirements",
        address,
        "virtualHardwareSection",
        element("System", None, *_cim(VSSD, "vssd", system), namespace=OVF, prefixes={"ovf": OVF, "vssd": VSSD}),
        *[_item(fields, namespace=OVF) for fields in items(context, vm)],
        edit_link(context, address, f"{VCLOUD_MEDIA}virtualHardwareSection+xml"),
        *[link("down", address + part, media_of(part)) for part in PARTS],
        prefixes=prefixes,
    )


def hardware_part(context: Any, vm: Vm, part: str, base: str) -> Any:
    """Return the resource ``virtualHardwareSection/<part>`` of a VM.

    ``cpu`` and ``memory`` are single items. The other resources are lists of items.
    """
    address, media = f"{base}/virtualHardwareSection/{part}", media_of(part)
    edit = edit_link(context, address, media)
    if part in _SINGLE:
        fields = next(fields for fields in items(context, vm) if fields["ResourceType"] == _SINGLE[part])
        item = _item(fields, namespace=VCLOUD)
        item.set(f"{{{VCLOUD}}}type", media)
        item.set(f"{{{VCLOUD}}}href", address)
        if edit is not None:
            item.append(edit)
        return item
    shown = [_item(fields, namespace=VCLOUD) for fields in items(context, vm) if fields["ResourceType"] in _LISTS[part]]
    return element("RasdItemsList", {"type": media, "href": address}, edit, *shown)


def media_of(part: str) -> str:
    """Return the media type of a resource of ``virtualHardwareSection``."""
    return f"{VCLOUD_MEDIA}{'rasdItem' if part in _SINGLE else 'rasdItemsList'}+xml"


def items(context: Any, vm: Vm) -> list[dict[str, Any]]:
    """Return the fields of each hardware item of a VM.

    A field value is a string or number, or a pair of a string and its vCloud attributes.
    """
    controller = _fields(
        "SCSI Controller 0", 2, SCSI_CONTROLLER, "SCSI Controller", Address=0, ResourceSubType="lsilogic"
    )
    attributes = {"capacity": capacity.DISK_OF_A_VM_MB, "busSubType": "lsilogic", "busType": SCSI_CONTROLLER}
    disk = _fields(
        "Hard disk 1", 2000, HARD_DISK, "Hard disk", AddressOnParent=0, HostResource=("", attributes), Parent=2
    )
    cpu = _fields(f"{vm.cpus} virtual CPU(s)", 4, CPU, "Number of Virtual CPUs", AllocationUnits="hertz * 10^6")
    memory = _fields(f"{vm.memory_mb} MB of memory", 5, MEMORY, "Memory Size", AllocationUnits="byte * 2^20")
    for fields, quantity in ((cpu, vm.cpus), (memory, vm.memory_mb)):
        fields |= {"Reservation": 0, "VirtualQuantity": quantity, "Weight": 0}
    return [*[_adapter(nic) for nic in nics_of(context.world, vm)], controller, disk, cpu, memory]


def _fields(name: str, instance: int, kind: int, description: str, **more: Any) -> dict[str, Any]:
    return {"ElementName": name, "InstanceID": instance, "ResourceType": kind, "Description": description, **more}


def _adapter(nic: Nic) -> dict[str, Any]:
    attributes = {
        "ipAddress": nic.ip_address or None,
        "primaryNetworkConnection": nic.index == 0,
        "ipAddressingMode": nic.allocation_mode,
    }
    return _fields(
        f"Network adapter {nic.index}",
        nic.index + 6,
        NETWORK_ADAPTER,
        f'{ADAPTER_TYPE} ethernet adapter on "{nic.network}"',
        Address=nic.mac,
        AddressOnParent=nic.index,
        AutomaticAllocation=nic.is_connected,
        Connection=(nic.network, attributes),
        ResourceSubType=ADAPTER_TYPE,
    )


def _item(fields: dict[str, Any], *, namespace: str) -> Any:
    prefixes: dict[str | None, str] = {
        None if namespace == VCLOUD else "ovf": namespace,
        "rasd": RASD,
        "vcloud": VCLOUD,
    }
    return element("Item", None, *_cim(RASD, "rasd", fields), namespace=namespace, prefixes=prefixes)


def _cim(namespace: str, prefix: str, fields: dict[str, Any]) -> list[Any]:
    """Return CIM elements sorted by name, which is the order that the schema requires."""
    made = []
    for name in sorted(fields):
        text, attributes = fields[name] if isinstance(fields[name], tuple) else (fields[name], {})
        qualified = {f"{{{VCLOUD}}}{key}": value for key, value in attributes.items()}
        names: dict[str | None, str] = {prefix: namespace, "vcloud": VCLOUD}
        made.append(element(name, qualified, text, namespace=namespace, prefixes=names))
    return made


def version_address(context: Any, vdc_id: str) -> str:
    """Return the URL of the virtual hardware version of a VDC."""
    return f"{context.root}/api/vdc/{vdc_id}/hwv/{VERSION_NAME}"


def hardware_version(context: Any, vdc_id: str) -> Any:
    """Return the virtual hardware version of a VDC.

    The list of guest operating systems is omitted.
    """
    attributes = {"type": VERSION_MEDIA, "href": version_address(context, vdc_id)}
    return element(
        "VirtualHardwareVersion",
        attributes,
        element("name", None, VERSION_NAME),
        element("maxCoresPerSocket", None, 64),
        element("supportedOperatingSystems"),
        *[element(name, None, value) for name, value in _VERSION_LIMITS.items()],
    )


def vm_spec(context: Any, vm: Vm) -> Any:
    """Return the VmSpecSection, which describes the hardware in API 9.0 and later."""
    disk = {
        "DiskId": 2000,
        "SizeMb": capacity.DISK_OF_A_VM_MB,
        "UnitNumber": 0,
        "BusNumber": 0,
        "AdapterType": 3,
        "ThinProvisioned": True,
    }
    address = {"href": version_address(context, vm.vdc_id), "type": VERSION_MEDIA}
    made = section(
        "VmSpecSection",
        "Virtual Machine specification (simplified)",
        None,
        "",
        element("OsType", None, vm.guest_os),
        element("NumCpus", None, vm.cpus),
        element("NumCoresPerSocket", None, 1),
        nested("CpuResourceMhz", {"Configured": vm.cpus * capacity.MHZ_OF_A_CPU}),
        nested("MemoryResourceMb", {"Configured": vm.memory_mb}),
        element("DiskSection", None, nested("DiskSettings", disk)),
        element("HardwareVersion", address, VERSION_NAME),
        element("VmToolsVersion", None, TOOLS_VERSION),
    )
    made.set("Modified", "false")
    return made
