"""Documents of edge gateways in vCloud Director's XML format.

Source: protocol/recorded-responses.md §9, protocol/ans.md §1.3.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from vcloudair_core.simulator.access import rights
from vcloudair_core.simulator.documents.addresses import ADMIN_MEDIA, href
from vcloudair_core.simulator.documents.document_parts import entity, link_to, nested, reference
from vcloudair_core.simulator.documents.edge_service_documents import edge_services
from vcloudair_core.simulator.edge.edge_interfaces import interfaces
from vcloudair_core.simulator.nsxt.edges import address_range_of, gateway_type, is_nsxt
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.simulator.xml_builder import element, link


def edge_document(context: Any, edge: SimulatedEdge) -> Any:
    """Return the document of an edge gateway, with all interfaces.

    Clients read AdvancedNetworkingEnabled and EdgeGatewayType from this document. The document of an NSX-T edge gateway
    has no services. Source: protocol/ans.md §1.3, protocol/nsxt.md §2.
    """
    return entity(
        context,
        "EdgeGateway",
        "edge",
        edge.edge_id,
        edge.name,
        link_to(context, "up", "vdc", edge.vdc_id),
        _configure_link(context, edge),
        element("Description", None, edge.description),
        element(
            "Configuration",
            None,
            element("GatewayBackingConfig", None, "compact"),
            element("GatewayInterfaces", None, *gateway_interfaces(context, edge)),
            None if is_nsxt(edge) else edge_services(context, edge),
            element("HaEnabled", None, False),
            element("UseDefaultRouteForDnsRelay", None, False),
            element("AdvancedNetworkingEnabled", None, edge.is_advanced),
        ),
        element("EdgeGatewayType", None, gateway_type(edge)),
        status=1,
    )


def _configure_link(context: Any, edge: SimulatedEdge) -> Any:
    """Return the link to configure services, or None if there is no such link.

    An NSX-T edge gateway never has the link. For other edge gateways, the user needs the right to configure services.
    """
    if is_nsxt(edge) or not context.may(rights.configure_section("SERVICES")):
        return None
    address = f"{href(context.root, 'edge', edge.edge_id)}/action/configureServices"
    return link("edgeGateway:configureServices", address, f"{ADMIN_MEDIA}edgeGatewayServiceConfiguration+xml")


def gateway_interfaces(context: Any, edge: SimulatedEdge) -> list[Any]:
    """Return the GatewayInterface elements: the uplink, then the edge's networks.

    NSX responses contain the same interfaces in the same order.
    """
    return [_interface(context, edge, vnic) for vnic in interfaces(context.world, edge)]


def _interface(context: Any, edge: SimulatedEdge, vnic: dict[str, Any]) -> Any:
    is_uplink = vnic["type"] == "uplink"
    network = vnic["networkReference"]
    return element(
        "GatewayInterface",
        None,
        element("Name", None, network["name"]),
        element("DisplayName", None, network["name"]),
        reference(context, "Network", "admin-network", network["id"], network["name"]),
        element("InterfaceType", None, vnic["type"]),
        _subnet(context, edge, vnic),
        element("ApplyRateLimit", None, False),
        element("UseForDefaultRoute", None, is_uplink),
    )


def _subnet(context: Any, edge: SimulatedEdge, vnic: dict[str, Any]) -> Any:
    """Return the subnet of an interface.

    The subnet of the uplink has the suballocated addresses.
    """
    is_uplink = vnic["type"] == "uplink"
    group = vnic["addressGroups"]["addressGroup"]
    external = context.world.external_networks.get(vnic["networkReference"]["id"])
    mask = group.get("subnetMask") or str(ip_network(f"0.0.0.0/{group['subnetPrefixLength']}").netmask)
    first, last = address_range_of(edge)
    ranges = element("IpRanges", None, nested("IpRange", {"StartAddress": first, "EndAddress": last}))
    return element(
        "SubnetParticipation",
        None,
        element("Gateway", None, external.gateway if external else group["primaryAddress"]),
        element("Netmask", None, mask),
        element("IpAddress", None, group["primaryAddress"]),
        ranges if is_uplink else None,
        element("UseForDefaultRoute", None, is_uplink),
    )
