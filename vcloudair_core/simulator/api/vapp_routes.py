"""Routes that read vApps, VMs and vApp templates, with their sections.

The paths of VMs have the same prefix as the paths of vApps. The paths of VMs in templates have the same prefix as the
paths of templates. Source: protocol/recorded-responses.md §4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.api.own_objects import own_in_vdc
from vcloudair_core.simulator.documents import document_parts, hardware_documents, vapp_documents, vm_documents
from vcloudair_core.simulator.documents.addresses import VCLOUD_MEDIA
from vcloudair_core.simulator.state.catalog_entities import Template
from vcloudair_core.simulator.state.entities import VApp, Vm
from vcloudair_core.simulator.xml_builder import element
from vcloudair_core.transport.messages import Response

Document = Callable[[Any, Any], Any]
"""Function that takes a context and an object, and returns an XML element."""

_VM_SECTIONS: dict[str, tuple[Document, str]] = {
    "virtualHardwareSection": (
        lambda context, vm: hardware_documents.virtual_hardware(context, vm, vm_documents.base_of(context, vm)),
        "virtualHardwareSection",
    ),
    "operatingSystemSection": (vm_documents.operating_system, "operatingSystemSection"),
    "networkConnectionSection": (vm_documents.network_connections, "networkConnectionSection"),
    "guestCustomizationSection": (vm_documents.guest_customization, "guestCustomizationSection"),
    "runtimeInfoSection": (vm_documents.runtime_info, "runtimeInfoSection"),
    "vmCapabilities": (vm_documents.vm_capabilities, "vmCapabilitiesSection"),
    "complianceResult": (lambda context, vm: _compliance(), "complianceResult"),
}
_VAPP_SECTIONS: dict[str, tuple[Document, str]] = {
    "leaseSettingsSection": (vapp_documents.lease_settings, "leaseSettingsSection"),
    "startupSection": (vapp_documents.startup, "startupSection"),
    "networkConfigSection": (vapp_documents.network_config, "networkConfigSection"),
    "controlAccess": (vapp_documents.access, "controlAccess"),
    "owner": (vapp_documents.owner, "owner"),
}
_TEMPLATE_SECTIONS = {
    name: _VAPP_SECTIONS[name] for name in ("leaseSettingsSection", "networkConfigSection", "owner", "controlAccess")
}
_KINDS = {"vapp": "vapp", "vm": "vm", "vappTemplate": "template"}
"""Kind of object, by the prefix of the ID in the path."""


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the routes of vApps, VMs and templates, and of their sections."""
    made = []
    for folder in ("vApp", "vAppTemplate"):
        base = f"{prefix}/api/{folder}/{{entity_id}}"
        made.append(SimulatorRoute("GET", base, show))
        made += [
            SimulatorRoute("GET", f"{base}/virtualHardwareSection/{part}", _hardware_route(part))
            for part in hardware_documents.PARTS
        ]
        made += [
            SimulatorRoute("GET", f"{base}/{name}", _section_route(name))
            for name in dict.fromkeys([*_VM_SECTIONS, *_VAPP_SECTIONS])
        ]
        made.append(SimulatorRoute("GET", f"{base}/productSections", product_sections))
    return SimulatorRoutes(f"vapps{prefix}", "vApps, VMs and vApp templates", tuple(made), versions="all")


def find_own(context: Any) -> VApp | Vm | Template | None:
    """Return the object that the path names if it belongs to the user's org, or None."""
    is_template = "/vAppTemplate/" in context.request.path
    prefix, _, identifier = context.path_params["entity_id"].partition("-")
    kind = _KINDS.get(prefix, "")
    if is_template:
        kind = {"template": "template", "vm": "template-vm"}.get(kind, "")
    elif kind == "template":
        kind = ""
    item: VApp | Vm | Template | None = own_in_vdc(context, kind, identifier) if kind else None
    return item


def refuse_path(context: Any) -> Response:
    """Return the error for a path whose object the user cannot read."""
    prefix, _, identifier = context.path_params["entity_id"].partition("-")
    kind = {"vm": "vm", "vappTemplate": "vAppTemplate"}.get(prefix, "vapp")
    return responses.no_access(kind, identifier, context.version)


def show(context: Any) -> Response:
    """Return a vApp, a VM, a template or a VM of a template."""
    item = find_own(context)
    if item is None:
        return refuse_path(context)
    if isinstance(item, VApp):
        return document_parts.respond(context, vapp_documents.vapp_document(context, item))
    if isinstance(item, Template):
        return document_parts.respond(context, vapp_documents.template_document(context, item))
    make = vm_documents.template_vm_document if item.is_template else vm_documents.vm_document
    return document_parts.respond(context, make(context, item))


def _section_route(name: str) -> Callable[[Any], Response]:
    def show_section(context: Any) -> Response:
        item = find_own(context)
        sections = {VApp: _VAPP_SECTIONS, Template: _TEMPLATE_SECTIONS, Vm: _VM_SECTIONS}.get(type(item), {})
        if item is None or name not in sections:
            return refuse_path(context)
        make, media = sections[name]
        return document_parts.respond(context, make(context, item), f"{VCLOUD_MEDIA}{media}+xml")

    return show_section


def _hardware_route(part: str) -> Callable[[Any], Response]:
    def show_part(context: Any) -> Response:
        vm = find_own(context)
        if not isinstance(vm, Vm):
            return refuse_path(context)
        document = hardware_documents.hardware_part(context, vm, part, vm_documents.base_of(context, vm))
        return document_parts.respond(context, document, hardware_documents.media_of(part))

    return show_part


def product_sections(context: Any) -> Response:
    """Return the product sections of an object. The list is always empty."""
    if find_own(context) is None:
        return refuse_path(context)
    media = f"{VCLOUD_MEDIA}productSections+xml"
    address = context.base_url + context.request.path
    return document_parts.respond(context, element("ProductSectionList", {"type": media, "href": address}), media)


def _compliance() -> Any:
    """Return the storage profile compliance of a VM."""
    return element("ComplianceResult", None, element("ComplianceStatus", None, "COMPLIANT"))
