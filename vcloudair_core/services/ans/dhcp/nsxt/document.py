"""The document of the DHCP services of all networks of an NSX-T edge gateway.

A tree is ``{"dhcp": {"networks": {URN: network}, "pools": [record], "bindings": [record]}}``. The key ``config`` of a
network is the response of the server without its pools, or None if its DHCP service is to be deleted. A record has the
object of the server in ``pool`` or ``binding``, and values of its network. Source: protocol/nsxt.md §10.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_interface
from typing import Any

from vcloudair_core.engine.canonical import address_range
from vcloudair_core.services.ans.section.json_values import items_of, mapping_of

DHCP, NETWORKS, POOLS, BINDINGS = "dhcp", "networks", "pools", "bindings"
POOL, BINDING = "pool", "binding"
EDGE_MODE, RELAY_MODE = "EDGE", "RELAY"
DEFAULT_LEASE = 86400
_CONTENT = {"enabled", "leaseTime", "mode", "ipAddress", "dnsServers"}
_PLAIN_MODES = (None, "", EDGE_MODE)


def networks_of(tree: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the networks of a tree, by URN."""
    return dict(mapping_of(mapping_of(tree.get(DHCP)).get(NETWORKS)))


def records_of(tree: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return the records of a list: ``pools`` or ``bindings``."""
    return [record for record in items_of(mapping_of(tree.get(DHCP)).get(kind)) if isinstance(record, dict)]


def described(networks: list[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the networks of a response, by URN, without DHCP services.

    ``name`` is the URN if several networks have the same name.
    """
    names = [network.get("name") for network in networks]
    return {str(network.get("id")): _described(network, names.count(network.get("name")) == 1) for network in networks}


def _described(network: Mapping[str, Any], is_unique: bool) -> dict[str, Any]:
    subnets, pools = [], []
    for subnet in map(mapping_of, items_of(mapping_of(network.get("subnets")).get("values"))):
        subnets.append(f"{subnet.get('gateway')}/{subnet.get('prefixLength')}")
        pools += [_range_text(mapping_of(item)) for item in items_of(mapping_of(subnet.get("ipRanges")).get("values"))]
    return {
        "name": str(network.get("name") if is_unique else network.get("id")),
        "subnets": subnets,
        "static_pools": pools,
    }


def _range_text(item: Mapping[str, Any]) -> str:
    return f"{item.get('startAddress')}-{item.get('endAddress')}"


def ipv4_of(network: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the gateway and the subnet mask of the first IPv4 subnet of a network.

    Both are None if there is no such subnet.
    """
    for text in network.get("subnets") or ():
        interface = _interface(text)
        if interface is not None and interface.version == 4:
            return str(interface.ip), str(interface.netmask)
    return None, None


def holds(network: Mapping[str, Any], *addresses: str) -> bool:
    """Return True if one subnet of a network contains all addresses."""
    interfaces = filter(None, map(_interface, network.get("subnets") or ()))
    return any(all(ip_address(address) in interface.network for address in addresses) for interface in interfaces)


def ends_of(spec: Any) -> tuple[str, ...]:
    """Return the first and last address of a pool, or the address of a static binding."""
    text = getattr(spec, "ip_range", None) or getattr(spec, "ip_address", None) or ""
    ends = tuple(end.strip() for end in text.split("-"))
    return ends if address_range(text) is not None else ()


def is_used_by(spec: Any, urn: str, network: Mapping[str, Any]) -> bool:
    """Return True if a spec names a network, or if the network contains its addresses."""
    addresses = ends_of(spec)
    return spec.network in (urn, network.get("name")) or (bool(addresses) and holds(network, *addresses))


def _interface(text: str) -> Any:
    try:
        return ip_interface(text)
    except ValueError:
        return None


def is_configured(network: Mapping[str, Any], tree: Mapping[str, Any], urn: str) -> bool:
    """Return True if the DHCP service of a network is enabled, or has pools."""
    has_pools = any(record.get("networkId") == urn for record in records_of(tree, POOLS))
    return bool(mapping_of(network.get("config")).get("enabled")) or has_pools


def enabled_flags(tree: Mapping[str, Any]) -> set[bool]:
    """Return the values of ``enabled`` of all networks that have a DHCP service."""
    return {
        bool(mapping_of(network.get("config")).get("enabled"))
        for urn, network in networks_of(tree).items()
        if is_configured(network, tree, urn)
    }


def with_enabled(tree: Mapping[str, Any], is_enabled: bool) -> dict[str, Any]:
    """Return a copy of a tree with all DHCP services enabled or disabled.

    Networks without a DHCP service are not changed.
    """
    networks = {
        urn: {**network, "config": {**mapping_of(network.get("config")), "enabled": is_enabled}}
        if is_configured(network, tree, urn)
        else network
        for urn, network in networks_of(tree).items()
    }
    return {**tree, DHCP: {**mapping_of(tree.get(DHCP)), NETWORKS: networks}}


def record_values(urn: str, network: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a network that its records have."""
    gateway, netmask = ipv4_of(network)
    return {"network": network.get("name"), "networkId": urn, "gateway": gateway, "netmask": netmask}


def shared_values(config: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the values of a DHCP service that all its pools share."""
    values = mapping_of(config)
    return {"leaseTime": values.get("leaseTime"), "dnsServers": list(items_of(values.get("dnsServers")))}


def linked(before: Mapping[str, Any], tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tree after an edit, with consistent records and networks.

    Records get the values of their network. The lease time and the DNS servers of a changed pool become those of its
    network, and of all its pools. The first pool of a network enables its DHCP service. If the last pool is deleted,
    and the service has no other content, the service is deleted too.
    """
    networks = networks_of(tree)
    urns = {network["name"]: urn for urn, network in networks.items()}
    lists = {kind: [_placed(record, networks, urns) for record in records_of(tree, kind)] for kind in (POOLS, BINDINGS)}
    for urn, network in networks.items():
        pools = [record for record in lists[POOLS] if record.get("networkId") == urn]
        had_pools = any(record.get("networkId") == urn for record in records_of(before, POOLS))
        has_bindings = any(record.get("networkId") == urn for record in lists[BINDINGS])
        config = network.get("config")
        if pools:
            config = _with_shared(mapping_of(config), pools)
            if not had_pools and not config.get("enabled"):
                config |= {
                    "enabled": True,
                    "mode": config.get("mode") or EDGE_MODE,
                    "leaseTime": config.get("leaseTime") or DEFAULT_LEASE,
                }
        elif had_pools and not has_bindings and _is_plain(mapping_of(config)):
            config = None
        networks[urn] = {**network, "config": config}
        for record in pools:
            record |= shared_values(config)
    return {**tree, DHCP: {**mapping_of(tree.get(DHCP)), NETWORKS: networks, **lists}}


def _placed(
    record: Mapping[str, Any], networks: Mapping[str, Mapping[str, Any]], urns: Mapping[str, str]
) -> dict[str, Any]:
    """Return a copy of a record with the values of the network that it names."""
    urn = urns.get(str(record.get("network")))
    return {**record, **(record_values(urn, networks[urn]) if urn is not None else {})}


def _with_shared(config: Mapping[str, Any], pools: list[dict[str, Any]]) -> dict[str, Any]:
    changed = dict(config)
    shared = shared_values(config)
    for record in pools:
        changed |= {key: record[key] for key, value in shared.items() if record.get(key) not in (None, value)}
    return changed


def _is_plain(config: Mapping[str, Any]) -> bool:
    """Return True if the deletion of a DHCP service without pools loses no content."""
    others = any(value for key, value in config.items() if key not in _CONTENT)
    is_default = config.get("leaseTime") in (None, DEFAULT_LEASE) and config.get("mode") in _PLAIN_MODES
    return is_default and not (others or config.get("dnsServers") or config.get("ipAddress"))
