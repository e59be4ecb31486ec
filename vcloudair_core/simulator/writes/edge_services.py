"""Convert the body of a configureServices request to NSX sections.

Source: protocol/recorded-responses.md §9.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from lxml import etree

from vcloudair_core.simulator.documents.edge_service_documents import ANY, ENCRYPTIONS, FIRST_NAT_ID
from vcloudair_core.simulator.edge import firewall_section
from vcloudair_core.simulator.edge.edge_interfaces import interfaces
from vcloudair_core.simulator.edge.ipsec_section import SimulatedIpsec
from vcloudair_core.simulator.edge.nat_section import SimulatedNat
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.simulator.state.world import World

NAMES = ("FirewallService", "NatService", "GatewayIpsecVpnService")
"""Services that a request can replace.

Other services are accepted, but not stored.
"""
_ACTIONS = {"allow": "accept", "drop": "deny"}
_LAST_RULE_TAG = 131072


def replace_services(world: World, edge: SimulatedEdge, root: Any, config: Any) -> None:
    """Replace the services that ``root`` contains. Other services stay unchanged.

    Raises RefusedError, ValueError or KeyError for an invalid service.
    """
    for service in root.iterchildren("{*}FirewallService"):
        _replace_firewall(edge, service, config)
    for service in root.iterchildren("{*}NatService"):
        data = {"enabled": _flag(service, "IsEnabled"), "rules": {"natRulesDtos": _nat_rules(world, edge, service)}}
        SimulatedNat().replace(edge, data, config=config, needs_feature_type=False)
    for service in root.iterchildren("{*}GatewayIpsecVpnService"):
        sites = [_site(tunnel) for tunnel in service.iterchildren("{*}Tunnel")]
        data = {"enabled": _flag(service, "IsEnabled"), "sites": {"sites": sites}}
        SimulatedIpsec().replace(edge, data, config=config, needs_feature_type=False)


def _replace_firewall(edge: SimulatedEdge, service: Any, config: Any) -> None:
    policy = {
        "action": _ACTIONS[_text(service, "DefaultAction", "drop")],
        "loggingEnabled": _flag(service, "LogDefaultAction", default=False),
    }
    rules = [_firewall_rule(rule) for rule in service.iterchildren("{*}FirewallRule")]
    body = {
        "enabled": _flag(service, "IsEnabled"),
        "defaultPolicy": policy,
        "globalConfig": edge.firewall["globalConfig"],
        "firewallRules": {"firewallRules": rules},
    }
    firewall_section.replace(
        edge,
        body,
        needs_feature_type=False,
        strict_version=config.strict_version,
        regenerate=config.regenerate_internal_ids,
        established=edge.firewall["globalConfig"]["tcpTimeoutEstablished"],
    )


def _firewall_rule(rule: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": _text(rule, "Description"),
        "enabled": _flag(rule, "IsEnabled"),
        "action": _ACTIONS[_text(rule, "Policy", "allow")],
        "loggingEnabled": _flag(rule, "EnableLogging", default=False),
        "matchTranslated": _flag(rule, "MatchOnTranslate", default=False),
        "source": _side(_text(rule, "SourceIp", ANY)),
        "destination": _side(_text(rule, "DestinationIp", ANY)),
    }
    services = [_service(rule, protocol) for protocol in _protocols(rule)]
    if services:
        made["application"] = {"service": services}
    return made


def _protocols(rule: Any) -> list[str]:
    """Return the protocols of a rule. An empty list means that any protocol matches."""
    protocols = rule.find("{*}Protocols")
    names = [
        etree.QName(protocol).localname.lower()
        for protocol in (protocols if protocols is not None else ())
        if (protocol.text or "").strip() in ("true", "1")
    ]
    return [] if "any" in names else names


def _service(rule: Any, protocol: str) -> dict[str, Any]:
    if protocol == "icmp":
        return {"protocol": protocol, "icmpType": _text(rule, "IcmpSubType", "any")}
    return {
        "protocol": protocol,
        "port": _ports(rule, "DestinationPortRange", "Port"),
        "sourcePort": _ports(rule, "SourcePortRange", "SourcePort"),
    }


def _ports(rule: Any, name: str, number_name: str) -> list[str]:
    """Return the ports of a rule.

    ``name`` is the element with ports or a range. ``number_name`` is the older element with one number. -1 means any
    port.
    """
    text = _text(rule, name) or _text(rule, number_name, "-1")
    return ["any"] if text.lower() in ("any", "-1") else [port.strip() for port in text.split(",")]


def _side(text: str) -> dict[str, Any] | None:
    side: dict[str, Any] = {}
    for value in (value.strip() for value in text.split(",")):
        if value.lower() == "any":
            continue
        if value.lower() in ("internal", "external") or value.startswith(("vnic-", "vse")):
            side.setdefault("vnicGroupId", []).append(value.lower())
        elif value.startswith("urn:"):
            side.setdefault("groupingObjectId", []).append(value)
        else:
            side.setdefault("ipAddress", []).append(value)
    return side or None


def _nat_rules(world: World, edge: SimulatedEdge, service: Any) -> list[dict[str, Any]]:
    """Return the NAT rules of a service, in the JSON format of NSX.

    A rule without an ID gets the next unused ID. The first ID is 65537.
    """
    rules = list(service.iterchildren("{*}NatRule"))
    taken = {int(_text(rule, "Id")) for rule in rules if _text(rule, "Id").isdigit()}
    free = (number for number in range(FIRST_NAT_ID, _LAST_RULE_TAG + 1) if number not in taken)
    return [_nat_rule(world, edge, rule, int(_text(rule, "Id") or next(free))) for rule in rules]


def _nat_rule(world: World, edge: SimulatedEdge, rule: Any, number: int) -> dict[str, Any]:
    gateway_rule = rule.find("{*}GatewayNatRule")
    if gateway_rule is None:
        raise ValueError("GatewayNatRule is missing")
    interface = gateway_rule.find("{*}Interface")
    address = "" if interface is None else interface.get("href", "")
    vnic = next(
        (vnic["index"] for vnic in interfaces(world, edge) if address.endswith(vnic["networkReference"]["id"])), 0
    )
    protocol = _text(gateway_rule, "Protocol", "any").lower()
    made = {
        "ruleTag": number,
        "action": _text(rule, "RuleType").lower(),
        "enabled": _flag(rule, "IsEnabled"),
        "description": _text(rule, "Description"),
        "vnic": str(vnic),
        "originalAddress": _text(gateway_rule, "OriginalIp"),
        "translatedAddress": _text(gateway_rule, "TranslatedIp"),
        "originalPort": _text(gateway_rule, "OriginalPort", "any").lower(),
        "translatedPort": _text(gateway_rule, "TranslatedPort", "any").lower(),
        "protocol": protocol,
    }
    return made | ({"icmpType": _text(gateway_rule, "IcmpSubType", "any")} if protocol == "icmp" else {})


def _site(tunnel: Any) -> dict[str, Any]:
    encryptions = {value: key for key, value in ENCRYPTIONS.items()}
    return {
        "name": _text(tunnel, "Name"),
        "description": _text(tunnel, "Description"),
        "enabled": _flag(tunnel, "IsEnabled"),
        "localId": _text(tunnel, "LocalId"),
        "localIp": _text(tunnel, "LocalIpAddress"),
        "peerId": _text(tunnel, "PeerId"),
        "peerIp": _text(tunnel, "PeerIpAddress"),
        "psk": _text(tunnel, "SharedSecret"),
        "mtu": int(_text(tunnel, "Mtu", "1500")),
        "encryptionAlgorithm": encryptions.get(_text(tunnel, "EncryptionProtocol", "AES256").upper(), "aes256"),
        "localSubnets": {"subnets": _subnets(tunnel, "LocalSubnet")},
        "peerSubnets": {"subnets": _subnets(tunnel, "PeerSubnet")},
    }


def _subnets(tunnel: Any, name: str) -> list[str]:
    subnets = []
    for subnet in tunnel.iterchildren(f"{{*}}{name}"):
        subnets.append(str(ip_network(f"{_text(subnet, 'Gateway')}/{_text(subnet, 'Netmask')}", strict=False)))
    return subnets


def _text(node: Any, name: str, default: str = "") -> str:
    return (node.findtext(f"{{*}}{name}") or "").strip() or default


def _flag(node: Any, name: str, *, default: bool = True) -> bool:
    return _text(node, name, str(default)).lower() in ("true", "1")
