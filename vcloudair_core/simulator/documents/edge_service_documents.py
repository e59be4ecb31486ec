"""Build vCloud Director's XML for the services of an edge gateway.

The services are converted from the NSX sections. NAT and IPsec are absent until they are configured. Source:
protocol/recorded-responses.md §9.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

from vcloudair_core.simulator.documents.document_parts import nested, reference
from vcloudair_core.simulator.edge.edge_interfaces import interfaces
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.simulator.xml_builder import element

ANY = "Any"
FIRST_NAT_ID = 65537
POLICIES = {"accept": "allow", "deny": "drop", "reject": "drop"}
PROTOCOLS = {"tcp": "Tcp", "udp": "Udp", "icmp": "Icmp", "any": "Any"}
DEFAULT_MTU = 1500
ENCRYPTIONS = {"aes": "AES", "aes256": "AES256", "3des": "TRIPLEDES", "aes-gcm": "AES-GCM"}


def edge_services(context: Any, edge: SimulatedEdge) -> Any:
    """Return the EdgeGatewayServiceConfiguration element of an edge gateway."""
    return element(
        "EdgeGatewayServiceConfiguration",
        None,
        _firewall(edge),
        _nat(context, edge) if is_configured(edge, "nat") else None,
        _ipsec(context, edge) if is_configured(edge, "ipsec") else None,
    )


def is_configured(edge: SimulatedEdge, section: str) -> bool:
    """Return True if a section has been changed.

    A section has version 1 until its first change.
    """
    return bool(edge.sections.get(section, {}).get("version", 1) > 1)


def _firewall(edge: SimulatedEdge) -> Any:
    state, policy = edge.firewall, edge.firewall.get("defaultPolicy") or {}
    services = [(rule, service) for rule in state["user"] for service in _services(rule)]
    return element(
        "FirewallService",
        None,
        element("IsEnabled", None, state["enabled"]),
        element("DefaultAction", None, POLICIES[policy.get("action", "deny")]),
        element("LogDefaultAction", None, policy.get("loggingEnabled", False)),
        *[_firewall_rule(number, rule, service) for number, (rule, service) in enumerate(services, 1)],
    )


def _services(rule: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the services of an NSX firewall rule.

    A vCloud Director rule has only one service. An NSX rule becomes one vCloud Director rule for each service.
    """
    services: list[dict[str, Any]] = (rule.get("application") or {}).get("service") or []
    return services or [{"protocol": "any"}]


def _firewall_rule(number: int, rule: dict[str, Any], service: dict[str, Any]) -> Any:
    protocol = PROTOCOLS[str(service.get("protocol") or ANY).lower()]
    port, source_port = _ports(service, "port"), _ports(service, "sourcePort")
    values = {
        "Id": number,
        "IsEnabled": rule.get("enabled", True),
        "MatchOnTranslate": rule.get("matchTranslated", False),
        "Description": rule.get("name", ""),
        "Policy": POLICIES[str(rule["action"]).lower()],
    }
    addresses = {
        "IcmpSubType": service.get("icmpType"),
        "Port": _single_port(port),
        "DestinationPortRange": port,
        "DestinationIp": _addresses(rule.get("destination")),
        "SourcePort": _single_port(source_port),
        "SourcePortRange": source_port,
        "SourceIp": _addresses(rule.get("source")),
        "EnableLogging": rule.get("loggingEnabled", False),
    }
    made = nested("FirewallRule", values)
    made.append(nested("Protocols", {protocol: True}))
    made.extend(list(nested("FirewallRule", addresses)))
    return made


def _ports(service: dict[str, Any], key: str) -> str:
    ports = [str(port) for port in service.get(key) or ["any"]]
    return ANY if "any" in [port.lower() for port in ports] else ",".join(ports)


def _single_port(ports: str) -> int:
    """Return a port as a number, or -1 for any port and for a port range."""
    return int(ports) if ports.isdigit() else -1


def _addresses(side: dict[str, Any] | None) -> str:
    """Return the source or destination of a rule as text.

    The text contains addresses and groups, separated by commas.
    """
    keys = ("ipAddress", "vnicGroupId", "groupingObjectId")
    return ",".join(str(value) for key in keys for value in (side or {}).get(key) or ()) or ANY


def _nat(context: Any, edge: SimulatedEdge) -> Any:
    state = edge.sections["nat"]
    rules = [_nat_rule(context, edge, rule) for rule in state["user"]]
    return element("NatService", None, element("IsEnabled", None, state["enabled"]), *rules)


def _nat_rule(context: Any, edge: SimulatedEdge, rule: dict[str, Any]) -> Any:
    """Return the NatRule element of a rule. SNAT rules have no ports and no protocol."""
    vnics = {str(vnic["index"]): vnic for vnic in interfaces(context.world, edge)}
    network = vnics.get(str(rule.get("vnic") or 0), vnics["0"])["networkReference"]
    is_dnat = rule["action"].lower() == "dnat"
    protocol = str(rule.get("protocol") or ANY).lower()
    values = {
        "OriginalIp": rule["originalAddress"],
        "OriginalPort": rule.get("originalPort", "any") if is_dnat else None,
        "TranslatedIp": rule["translatedAddress"],
        "TranslatedPort": rule.get("translatedPort", "any") if is_dnat else None,
        "Protocol": ("any" if protocol == "any" else PROTOCOLS[protocol]) if is_dnat else None,
        "IcmpSubType": rule.get("icmpType") if is_dnat else None,
    }
    made = nested("GatewayNatRule", values)
    made.insert(0, reference(context, "Interface", "admin-network", network["id"], network["name"]))
    return element(
        "NatRule",
        None,
        element("Description", None, rule.get("description") or ""),
        element("RuleType", None, rule["action"].upper()),
        element("IsEnabled", None, rule.get("enabled", True)),
        element("Id", None, rule.get("ruleTag", rule["ruleId"])),
        made,
    )


def _ipsec(context: Any, edge: SimulatedEdge) -> Any:
    """Return the GatewayIpsecVpnService element of an edge gateway.

    Shared secrets are plain text, as in the responses of real servers.
    """
    state = edge.sections["ipsec"]
    uplink = interfaces(context.world, edge)[0]
    network = uplink["networkReference"]
    endpoint = element(
        "Endpoint",
        None,
        reference(context, "Network", "admin-network", network["id"], network["name"]),
        element("PublicIp", None, edge.external_address),
    )
    tunnels = [_tunnel(site, state.get("down", {}).get(site.get("name", ""), "")) for site in state["sites"]]
    is_enabled = element("IsEnabled", None, state["enabled"])
    return element("GatewayIpsecVpnService", None, is_enabled, endpoint, *tunnels)


def _tunnel(site: dict[str, Any], problem: str) -> Any:
    local_ip, peer_id = site.get("localIp", ""), site.get("peerId", site.get("peerIp", ""))
    values = {
        "PeerIpAddress": _only_address(site.get("peerIp")),
        "PeerId": peer_id,
        "LocalIpAddress": local_ip,
        "LocalId": site.get("localId", local_ip),
    }
    more = {
        "SharedSecret": site.get("psk", ""),
        "SharedSecretEncrypted": False,
        "EncryptionProtocol": ENCRYPTIONS.get(str(site.get("encryptionAlgorithm") or "aes256").lower()),
        "Mtu": site.get("mtu", DEFAULT_MTU),
        "IsEnabled": site.get("enabled", True),
        "IsOperational": not problem,
        "ErrorDetails": problem,
    }
    return element(
        "Tunnel",
        None,
        element("Name", None, site.get("name", "")),
        element("Description", None, site.get("description", "")),
        element("IpsecVpnThirdPartyPeer", None, element("PeerId", None, peer_id)),
        *nested("Tunnel", values),
        *[_subnet("LocalSubnet", subnet) for subnet in _subnets(site, "localSubnets")],
        *[_subnet("PeerSubnet", subnet) for subnet in _subnets(site, "peerSubnets")],
        *nested("Tunnel", more),
    )


def _only_address(text: Any) -> str | None:
    try:
        return str(ip_address(str(text)))
    except ValueError:
        return None


def _subnets(site: dict[str, Any], key: str) -> list[str]:
    return list((site.get(key) or {}).get("subnets") or ())


def _subnet(tag: str, text: str) -> Any:
    subnet = ip_network(text, strict=False)
    gateway = text.partition("/")[0]
    return nested(tag, {"Name": text, "Gateway": gateway, "Netmask": str(subnet.netmask)})
