"""Routes of the VDCs, edge gateways, vApps and VMs of a vCloud Director.

Source: protocol/recorded-responses.md §4, §5, §9.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.api.entity_links import action_links
from vcloudair_core.simulator.api.snapshot_section import SINCE as SNAPSHOTS_SINCE
from vcloudair_core.simulator.api.snapshot_section import snapshot_section
from vcloudair_core.simulator.releases import is_at_least
from vcloudair_core.simulator.state import capacity
from vcloudair_core.simulator.state.entities import SimulatedEdge, VApp, Vdc, Vm
from vcloudair_core.simulator.state.world import World
from vcloudair_core.simulator.xml_builder import element, link
from vcloudair_core.transport.messages import Response

T = "application/vnd.vmware.vcloud."
ADMIN = "application/vnd.vmware.admin."
OVF = "http://schemas.dmtf.org/ovf/envelope/1"
BY_REFERENCE = ("vAppTemplate", "catalog", "catalogItem", "vdcStorageProfile", "network", "admin/role")
"""Kinds of entities that are not simulated. Reading one returns 403."""

STATUS_NUMBERS = {"POWERED_ON": 4, "POWERED_OFF": 8, "SUSPENDED": 3, "MIXED": 10, "RESOLVED": 1, "UNRESOLVED": 0}
"""Status of a VM in records, and its number in entities.

Source: protocol/query.md §11.
"""


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the routes to read VDCs and their contents."""
    calls = [
        ("/api/vdc/{vdc_id}", show_vdc),
        ("/api/admin/edgeGateway/{edge_id}", show_edge),
        ("/api/admin/network/{network_id}", show_network),
        ("/api/admin/user/{user_id}", show_user),
        *[(f"/api/{kind}/{{entity_id}}", _by_reference(kind.rpartition("/")[2])) for kind in BY_REFERENCE],
        ("/api/vApp/{entity_id}", show_vapp_or_vm),
        ("/api/vApp/{entity_id}/networkConnectionSection", show_network_connections),
        ("/api/vApp/{entity_id}/networkConnectionSection/", show_network_connections),
        ("/api/entity/{entity_id}", resolve),
    ]
    made = tuple(SimulatorRoute("GET", prefix + path, handler) for path, handler in calls)
    return SimulatorRoutes(f"vdc{prefix}", "VDCs and their contents", made, versions="all")


def _by_reference(kind: str) -> Callable[[Any], Response]:
    return lambda context: responses.no_access(kind, context.path_params["entity_id"], context.version)


def own_vdc(context: Any, vdc_id: str) -> Vdc | None:
    """Return a VDC of the user's org, or None."""
    vdc: Vdc | None = context.world.vdcs.get(vdc_id)
    return vdc if vdc is not None and vdc.org == context.user.org else None


def own_edge(context: Any, edge_id: str) -> SimulatedEdge | None:
    """Return an edge gateway of the user's org, or None."""
    edge: SimulatedEdge | None = context.world.edges.get(edge_id)
    return edge if edge is not None and own_vdc(context, edge.vdc_id) else None


def show_vdc(context: Any) -> Response:
    """Return a VDC.

    By default its limits are 0 (no limit), like those of pay-as-you-go VDCs.
    """
    root, vdc_id = context.root, context.path_params["vdc_id"]
    vdc = own_vdc(context, vdc_id)
    if vdc is None:
        return responses.no_access("vdc", vdc_id, context.version)
    vapps = {vapp.vapp_id: vapp.name for vapp in context.world.in_vdc(vdc.vdc_id, context.world.vapps)}
    resources = [
        element("ResourceEntity", {"href": f"{root}/api/vApp/vapp-{vapp_id}", "name": name, "type": f"{T}vApp+xml"})
        for vapp_id, name in vapps.items()
    ]
    owner = context.world.orgs[vdc.org]
    href = f"{root}/api/vdc/{vdc.vdc_id}"
    document = element(
        "Vdc",
        {"status": 1, "name": vdc.name, "id": f"urn:vcloud:vdc:{vdc.vdc_id}", "type": f"{T}vdc+xml", "href": href},
        link("up", f"{root}/api/org/{owner.org_id}", f"{T}org+xml"),
        link("edgeGateways", f"{root}/api/admin/vdc/{vdc.vdc_id}/edgeGateways", f"{T}query.records+xml"),
        link("down", f"{href}/recoveryDetails", "application/vnd.vmware.hcs.vrRecoveryDetails+xml")
        if context.simulator.config.dr_installed
        else None,
        element("Description"),
        element("AllocationModel", None, "AllocationVApp"),
        element("ComputeCapacity", None, *_capacities(context.world, vdc)),
        element("ResourceEntities", None, *resources),
        element("AvailableNetworks"),
        element("Capabilities", None, _nested("SupportedHardwareVersions", {"SupportedHardwareVersion": "vmx-10"})),
        *[
            element(name, None, value)
            for name, value in (
                ("NicQuota", 0),
                ("NetworkQuota", 20),
                ("UsedNetworkCount", 1),
                ("VmQuota", 100),
                ("IsEnabled", True),
            )
        ],
    )
    return responses.entity(document, f"{T}vdc+xml", context.version)


def _capacities(world: World, vdc: Vdc) -> list[Any]:
    return [
        _nested(name, {"Units": unit, "Allocated": limit, "Limit": limit, "Reserved": 0, "Used": used, "Overhead": 0})
        for name, unit, limit, used in (
            ("Cpu", "MHz", vdc.cpu_limit_mhz, capacity.cpu_used_mhz(world, vdc)),
            ("Memory", "MB", vdc.memory_limit_mb, capacity.memory_used_mb(world, vdc)),
        )
    ]


def _nested(name: str, values: dict[str, Any]) -> Any:
    return element(name, None, *[element(key, None, value) for key, value in values.items()])


def show_edge(context: Any) -> Response:
    """Return an edge gateway in the XML of vCloud Director.

    Clients read AdvancedNetworkingEnabled here. Source: protocol/ans.md §1.3.
    """
    root, edge_id = context.root, context.path_params["edge_id"]
    edge = own_edge(context, edge_id)
    if edge is None:
        return responses.no_access("gateway", edge_id, context.version)
    document = element(
        "EdgeGateway",
        {
            "status": 1,
            "name": edge.name,
            "id": f"urn:vcloud:gateway:{edge.edge_id}",
            "type": f"{ADMIN}edgeGateway+xml",
            "href": f"{root}/api/admin/edgeGateway/{edge.edge_id}",
        },
        link("up", f"{root}/api/vdc/{edge.vdc_id}", f"{T}vdc+xml"),
        element("Description"),
        element(
            "Configuration",
            None,
            element("GatewayBackingConfig", None, "compact"),
            element("GatewayInterfaces", None, _uplink(context, edge)),
            element("HaEnabled", None, False),
            element("UseDefaultRouteForDnsRelay", None, False),
            element("AdvancedNetworkingEnabled", None, edge.is_advanced),
        ),
    )
    return responses.entity(document, f"{ADMIN}edgeGateway+xml", context.version)


def _uplink(context: Any, edge: SimulatedEdge) -> Any:
    external = next(iter(context.world.external_networks.values()))
    network = f"{context.root}/api/admin/network/{external.network_id}"
    subnet = {"Gateway": external.gateway, "Netmask": "255.255.255.0", "IpAddress": edge.external_address}
    return element(
        "GatewayInterface",
        None,
        element("Name", None, external.name),
        element("DisplayName", None, external.name),
        element("Network", {"type": f"{ADMIN}network+xml", "name": external.name, "href": network}),
        element("InterfaceType", None, "uplink"),
        _nested("SubnetParticipation", subnet),
        element("ApplyRateLimit", None, False),
        element("UseForDefaultRoute", None, True),
    )


def show_network(context: Any) -> Response:
    """Return 403: a tenant sees references to external networks, but cannot read them."""
    return responses.no_access("network", context.path_params["network_id"], context.version)


def show_user(context: Any) -> Response:
    """Return 403: a tenant sees references to users, but cannot read them."""
    return responses.no_access("user", context.path_params["user_id"], context.version)


def show_vapp_or_vm(context: Any) -> Response:
    """Return a vApp (``vapp-<uuid>``) or a VM (``vm-<uuid>``), which share one path.

    Source: protocol/recorded-responses.md §4.
    """
    kind, _, identifier = context.path_params["entity_id"].partition("-")
    vapp = context.world.vapps.get(identifier) if kind == "vapp" else None
    if vapp is not None and own_vdc(context, vapp.vdc_id):
        return responses.entity(_vapp(context, vapp), f"{T}vApp+xml", context.version)
    own_vm = _own_vm(context) if kind == "vm" else None
    if own_vm is not None:
        return responses.entity(_vm(context, own_vm), f"{T}vm+xml", context.version)
    return responses.no_access("vm" if kind == "vm" else "vapp", identifier, context.version)


def show_network_connections(context: Any) -> Response:
    """Return the network interfaces of one VM."""
    vm = _own_vm(context)
    if vm is None:
        return responses.no_access("vm", context.path_params["entity_id"].partition("-")[2], context.version)
    return responses.entity(_network_connections(context, vm), f"{T}networkConnectionSection+xml", context.version)


def _own_vm(context: Any) -> Vm | None:
    vm: Vm | None = context.world.vms.get(context.path_params["entity_id"].partition("-")[2])
    return vm if vm is not None and own_vdc(context, vm.vdc_id) else None


def _vapp(context: Any, vapp: VApp) -> Any:
    root, vms = context.root, context.world.vms_of_vapp(vapp.vapp_id)
    href = f"{root}/api/vApp/vapp-{vapp.vapp_id}"
    return element(
        "VApp",
        {
            "deployed": any(vm.is_deployed for vm in vms),
            "status": STATUS_NUMBERS[context.world.vapp_status(vapp.vapp_id)],
            "name": vapp.name,
            "id": f"urn:vcloud:vapp:{vapp.vapp_id}",
            "type": f"{T}vApp+xml",
            "href": href,
        },
        link("up", f"{root}/api/vdc/{vapp.vdc_id}", f"{T}vdc+xml"),
        *action_links(context, href, f"{T}vApp+xml", vms),
        element("Description", None, vapp.description),
        snapshot_section(href, vms) if is_at_least(context.version, SNAPSHOTS_SINCE) else None,
        element("DateCreated", None, vapp.created),
        element("InMaintenanceMode", None, False),
        element("Children", None, *[_vm(context, vm) for vm in vms]),
    )


def _vm(context: Any, vm: Vm) -> Any:
    root = context.root
    href = f"{root}/api/vApp/vm-{vm.vm_id}"
    return element(
        "Vm",
        {
            "needsCustomization": False,
            "deployed": vm.is_deployed,
            "status": STATUS_NUMBERS.get(vm.status, 6),
            "name": vm.name,
            "id": f"urn:vcloud:vm:{vm.vm_id}",
            "type": f"{T}vm+xml",
            "href": href,
        },
        link("up", f"{root}/api/vApp/vapp-{vm.vapp_id}", f"{T}vApp+xml"),
        *action_links(context, href, f"{T}vm+xml", [vm]),
        *_metrics_links(context, vm),
        element("Description", None, vm.description),
        _network_connections(context, vm),
        snapshot_section(href, [vm]) if is_at_least(context.version, SNAPSHOTS_SINCE) else None,
        element("DateCreated", None, vm.created),
        element("VAppScopedLocalId", None, context.world.make_id("local", vm.name)),
    )


def _metrics_links(context: Any, vm: Vm) -> list[Any]:
    """Return the links to metrics: ``down`` for GET, ``metrics`` for POST.

    Only VMs that are powered on have current values.

    Source: protocol/metrics.md §B.3.
    """
    root = f"{context.root}/api/vApp/vm-{vm.vm_id}/metrics"
    kinds = ("current", "historic") if vm.status == "POWERED_ON" else ("historic",)
    return [
        link(rel, f"{root}/{kind}", f"{T}metrics.{kind}UsageSpec+xml") for kind in kinds for rel in ("down", "metrics")
    ]


def _network_connections(context: Any, vm: Vm) -> Any:
    """Return all network interfaces of a VM.

    Records of the query service have only the primary interface. Source: protocol/query.md §11.
    """
    nics = [{"network": vm.network or "none", "ip_address": vm.ip_address}, *vm.more_nics]
    connections = [
        element(
            "NetworkConnection",
            {"network": nic["network"], "needsCustomization": False},
            element("NetworkConnectionIndex", None, index),
            *([element("IpAddress", None, nic["ip_address"])] if nic.get("ip_address") else []),
            element("IsConnected", None, nic["network"] != "none"),
            element("MACAddress", None, _mac(context, vm, index)),
            element("IpAddressAllocationMode", None, "NONE" if nic["network"] == "none" else "POOL"),
        )
        for index, nic in enumerate(nics)
    ]
    return element(
        "NetworkConnectionSection",
        {
            "type": f"{T}networkConnectionSection+xml",
            "href": f"{context.root}/api/vApp/vm-{vm.vm_id}/networkConnectionSection/",
            f"{{{OVF}}}required": False,
        },
        element("Info", None, "Specifies the available VM network connections", namespace=OVF, prefixes={"ovf": OVF}),
        element("PrimaryNetworkConnectionIndex", None, 0),
        *connections,
    )


def _mac(context: Any, vm: Vm, index: int) -> str:
    digits = str(context.world.make_id("mac", f"{vm.vm_id}/{index}")).replace("-", "")[-6:]
    return f"00:50:56:{digits[:2]}:{digits[2:4]}:{digits[4:]}"


PATHS = {
    "org": ("/api/org/", f"{T}org+xml"),
    "vdc": ("/api/vdc/", f"{T}vdc+xml"),
    "gateway": ("/api/admin/edgeGateway/", f"{ADMIN}edgeGateway+xml"),
    "vapp": ("/api/vApp/vapp-", f"{T}vApp+xml"),
    "vm": ("/api/vApp/vm-", f"{T}vm+xml"),
    "task": ("/api/task/", f"{T}task+xml"),
}


def resolve(context: Any) -> Response:
    """Return the link of a URN. Access is checked when the client follows the link."""
    urn = context.path_params["entity_id"]
    kind, identifier = urn.split(":")[-2:] if urn.startswith("urn:vcloud:") else ("", urn)
    if kind not in PATHS:
        return responses.no_access("entity", identifier, context.version)
    path, media_type = PATHS[kind]
    document = element(
        "Entity",
        {"name": "", "id": urn, "type": f"{T}entity+xml", "href": f"{context.root}/api/entity/{urn}"},
        link("alternate", f"{context.root}{path}{identifier}", media_type),
    )
    return responses.entity(document, f"{T}entity+xml", context.version)
