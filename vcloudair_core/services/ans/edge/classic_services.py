"""Parse the vCloud Director XML of an edge gateway without advanced networking.

Source: protocol/recorded-responses.md §9.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import DecodeError
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from lxml.etree import _Element

IGNORED = (
    "GatewayDhcpService", "LoadBalancerService", "StaticRoutingService",
    "FirewallRule/DestinationVm", "FirewallRule/SourceVm", "FirewallRule/Direction",
    "GatewayIpsecVpnService/Endpoint", "Tunnel/IpsecVpnPeer", "Tunnel/SharedSecret",
)  # fmt: skip
"""Elements that the result does not include.

These elements are for services that this project does not manage, VMs as a source or destination, and secrets.
"""
_SERVICES = {"FirewallService": "firewall", "NatService": "nat", "GatewayIpsecVpnService": "ipsec"}


def parse_classic_edge(body: bytes) -> dict[str, Any]:
    """Parse an edge gateway and its services. Raises: DecodeError.

    Shape: ``{"name", "is_advanced", "interfaces": [{"name", "type", "gateway", "netmask", "ip_address"}], "firewall",
    "nat", "ipsec"}``. A service that was never configured is None. ``firewall`` is ``{"enabled", "default_action",
    "log_default_action", "rules"}``, ``nat`` is ``{"enabled", "rules"}``, ``ipsec`` is ``{"enabled", "tunnels"}``.
    """
    root = xml.parse(body, what="the edge gateway")
    if xml.local(root) != "EdgeGateway":
        raise DecodeError(f"Reading the edge gateway failed. EdgeGateway was expected, not {xml.local(root)}.")
    configuration = _child(root, "Configuration")
    services = _child(configuration, "EdgeGatewayServiceConfiguration")
    parsed: dict[str, Any] = dict.fromkeys(_SERVICES.values())
    parsers = {"firewall": _firewall, "nat": _nat, "ipsec": _ipsec}
    for service in services if services is not None else ():
        name = _SERVICES.get(xml.local(service))
        if name is not None:
            parsed[name] = {"enabled": _flag(service, "IsEnabled"), **parsers[name](service)}
    return {
        "name": root.get("name") or "",
        "is_advanced": _flag(configuration, "AdvancedNetworkingEnabled"),
        "interfaces": [_interface(vnic) for vnic in _children(_child(configuration, "GatewayInterfaces"))],
        **parsed,
    }


def parse_size(body: bytes) -> str:
    """Return the size of an edge gateway from its document.

    Source: type GatewayConfigurationType of the schema. Raises: DecodeError.
    """
    root = xml.parse(body, what="the edge gateway")
    if xml.local(root) != "EdgeGateway":
        raise DecodeError(f"Reading the edge gateway failed. EdgeGateway was expected, not {xml.local(root)}.")
    return _text(_child(root, "Configuration"), "GatewayBackingConfig") or ""


def _interface(vnic: _Element) -> dict[str, Any]:
    subnet = _child(vnic, "SubnetParticipation")
    return {
        "name": _text(vnic, "Name"),
        "type": _text(vnic, "InterfaceType"),
        "gateway": _text(subnet, "Gateway"),
        "netmask": _text(subnet, "Netmask"),
        "ip_address": _text(subnet, "IpAddress"),
    }


def _firewall(service: _Element) -> dict[str, Any]:
    rules = [
        {
            "id": _text(rule, "Id"),
            "name": _text(rule, "Description"),
            "enabled": _flag(rule, "IsEnabled"),
            "action": _text(rule, "Policy"),
            "protocols": [xml.local(protocol).lower() for protocol in _children(_child(rule, "Protocols"))],
            "icmp_type": _text(rule, "IcmpSubType"),
            "source": _text(rule, "SourceIp"),
            "source_ports": _port(rule, "SourcePortRange", "SourcePort"),
            "destination": _text(rule, "DestinationIp"),
            "destination_ports": _port(rule, "DestinationPortRange", "Port"),
            "matches_translated": _flag(rule, "MatchOnTranslate"),
            "logging": _flag(rule, "EnableLogging"),
        }
        for rule in _children(service, "FirewallRule")
    ]
    return {
        "default_action": _text(service, "DefaultAction"),
        "log_default_action": _flag(service, "LogDefaultAction"),
        "rules": rules,
    }


def _port(rule: _Element, name: str, older_name: str) -> str:
    """Return the ports of a rule as text. ``any`` means all ports.

    Older rules have a port number in the element ``older_name``, where -1 means all ports.
    """
    text = _text(rule, name) or _text(rule, older_name)
    return "any" if text.lower() in ("any", "-1", "") else text


def _nat(service: _Element) -> dict[str, Any]:
    rules = []
    for rule in _children(service, "NatRule"):
        inner = _child(rule, "GatewayNatRule")
        interface = _child(inner, "Interface")
        rules.append(
            {
                "id": _text(rule, "Id"),
                "description": _text(rule, "Description"),
                "action": _text(rule, "RuleType").lower(),
                "enabled": _flag(rule, "IsEnabled"),
                "interface": "" if interface is None else interface.get("name") or "",
                "original_address": _text(inner, "OriginalIp"),
                "original_port": _text(inner, "OriginalPort"),
                "translated_address": _text(inner, "TranslatedIp"),
                "translated_port": _text(inner, "TranslatedPort"),
                "protocol": _text(inner, "Protocol").lower(),
                "icmp_type": _text(inner, "IcmpSubType"),
            }
        )
    return {"rules": rules}


def _ipsec(service: _Element) -> dict[str, Any]:
    tunnels = [
        {
            "name": _text(tunnel, "Name"),
            "description": _text(tunnel, "Description"),
            "enabled": _flag(tunnel, "IsEnabled"),
            "is_operational": _flag(tunnel, "IsOperational"),
            "error": _text(tunnel, "ErrorDetails"),
            "local_id": _text(tunnel, "LocalId"),
            "local_ip": _text(tunnel, "LocalIpAddress"),
            "local_subnets": [_subnet(subnet) for subnet in _children(tunnel, "LocalSubnet")],
            "peer_id": _text(tunnel, "PeerId"),
            "peer_ip": _text(tunnel, "PeerIpAddress"),
            "peer_subnets": [_subnet(subnet) for subnet in _children(tunnel, "PeerSubnet")],
            "encryption": _text(tunnel, "EncryptionProtocol"),
            "mtu": xml.count(_text(tunnel, "Mtu")),
        }
        for tunnel in _children(service, "Tunnel")
    ]
    return {"tunnels": tunnels}


def _subnet(subnet: _Element) -> dict[str, str]:
    return {"gateway": _text(subnet, "Gateway"), "netmask": _text(subnet, "Netmask")}


def _children(node: _Element | None, name: str = "") -> Iterator[_Element]:
    return (child for child in (() if node is None else node) if not name or xml.local(child) == name)


def _child(node: _Element | None, name: str) -> _Element | None:
    return next(_children(node, name), None)


def _text(node: _Element | None, name: str) -> str:
    child = _child(node, name)
    return "" if child is None else (child.text or "").strip()


def _flag(node: _Element | None, name: str) -> bool | None:
    """Return the Boolean value of a child element, or None if the element is absent."""
    text = _text(node, name).lower()
    return text in ("true", "1") if text else None
