"""The codecs of DHCP pools and static bindings of NSX-T networks.

Source: protocol/nsxt.md §10.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from vcloudair_core.engine.canonical import fold
from vcloudair_core.services.ans.dhcp.nsxt.document import (
    BINDING,
    BINDINGS,
    DHCP,
    POOL,
    POOLS,
    enabled_flags,
    with_enabled,
)
from vcloudair_core.services.ans.dhcp.spec import DhcpBindingSpec, DhcpPoolSpec, DhcpSpec
from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.section.json_codec import JsonCodec
from vcloudair_core.services.ans.section.json_values import int_of, mapping_of, text_of, texts_of

INFINITE = 4294967295
"""The largest lease time, which means an infinite lease.

Source: RFC 2131, section 3.3.
"""
_INFINITE_TEXT = "infinite"
_V4 = "dhcpV4BindingConfig"


class NsxtDhcpPoolCodec(JsonCodec[DhcpSpec]):
    """A codec for the pools of all networks of an NSX-T edge gateway.

    Pools of IPv6 addresses are kept, but not decoded as user rules.
    """

    section = DHCP
    what = "the DHCP services of the networks"
    records_path = (DHCP, POOLS)

    def __init__(self) -> None:
        super().__init__(NSXT)

    def settings_of(self, tree: Mapping[str, Any]) -> DhcpSpec:
        """Return the settings.

        ``enabled`` is None if DHCP is enabled in some networks and disabled in others.
        """
        flags = enabled_flags(tree)
        return DhcpSpec(enabled=None if len(flags) > 1 else flags == {True})

    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        """Enable or disable DHCP in all networks that have it."""
        if "enabled" in settings:
            tree[DHCP] = with_enabled(tree, bool(settings["enabled"]))[DHCP]

    def rule_type_of(self, record: Mapping[str, Any]) -> str:
        """Return ``user`` for a pool of IPv4 addresses, otherwise ``ipv6``."""
        start = mapping_of(mapping_of(record.get(POOL)).get("ipRange")).get("startAddress")
        return "user" if _is_ipv4(start) else "ipv6"

    def rule_of(self, record: Mapping[str, Any]) -> DhcpPoolSpec:
        """Decode the pool in a record. Values of the network are values of the pool."""
        ends = mapping_of(mapping_of(record.get(POOL)).get("ipRange"))
        return DhcpPoolSpec(
            ip_range=f"{ends.get('startAddress')}-{ends.get('endAddress')}",
            default_gateway=text_of(record.get("gateway")),
            subnet_mask=text_of(record.get("netmask")),
            **_dns_of(record.get("dnsServers")),
            lease_time=_lease_text(record.get("leaseTime")),
            network=text_of(record.get("network")),
        )

    def new_record(self, spec: Any) -> dict[str, Any]:
        """Return the record of a new pool. ``linked`` adds the values of its network."""
        start, _, end = (spec.ip_range or "").partition("-")
        pool = {"enabled": True, "ipRange": {"startAddress": start.strip(), "endAddress": end.strip()}}
        return self.changed_record({POOL: pool}, spec, ("network", "lease_time", "dns_servers"))

    def changed_record(self, record: Mapping[str, Any], spec: Any, changed: tuple[str, ...]) -> dict[str, Any]:
        """Return a copy of a record with the fields ``changed`` set from ``spec``."""
        values: dict[str, Any] = {}
        if "network" in changed:
            values["network"] = spec.network
        if "lease_time" in changed and spec.lease_time:
            values["leaseTime"] = _lease_number(spec.lease_time)
        if "dns_servers" in changed or "auto_configure_dns" in changed:
            values["dnsServers"] = list(spec.dns_servers or ())
        return {**record, **values}


class NsxtBindingCodec(NsxtDhcpPoolCodec):
    """A codec for the static bindings of all networks of an NSX-T edge gateway.

    Static bindings of IPv6 addresses are kept, but not decoded as user rules.
    """

    records_path = (DHCP, BINDINGS)

    def rule_type_of(self, record: Mapping[str, Any]) -> str:
        """Return ``user`` for a static binding of an IPv4 address, otherwise ``ipv6``."""
        return "ipv6" if mapping_of(record.get(BINDING)).get("bindingType") == "IPV6" else "user"

    def rule_of(self, record: Mapping[str, Any]) -> Any:
        """Decode the static binding in a record."""
        binding = mapping_of(record.get(BINDING))
        options = mapping_of(binding.get(_V4))
        return DhcpBindingSpec(
            mac_address=text_of(binding.get("macAddress")),
            host_name=text_of(options.get("hostName")),
            ip_address=text_of(binding.get("ipAddress")),
            default_gateway=text_of(options.get("gatewayIpAddress")) or text_of(record.get("gateway")),
            subnet_mask=text_of(record.get("netmask")),
            **_dns_of(binding.get("dnsServers")),
            lease_time=_lease_text(binding.get("leaseTime")),
            network=text_of(record.get("network")),
        )

    def new_record(self, spec: Any) -> dict[str, Any]:
        """Return the record of a new static binding. The server requires a name."""
        names = ("network", "mac_address", "ip_address", "host_name", "default_gateway", "lease_time", "dns_servers")
        binding = {"name": spec.host_name or spec.mac_address, "bindingType": "IPV4"}
        return self.changed_record({BINDING: binding}, spec, names)

    def changed_record(self, record: Mapping[str, Any], spec: Any, changed: tuple[str, ...]) -> dict[str, Any]:
        """Return a copy of a record with the fields ``changed`` set from ``spec``."""
        binding = dict(mapping_of(record.get(BINDING)))
        if "mac_address" in changed:
            binding["macAddress"] = (spec.mac_address or "").replace("-", ":").lower()
        if "ip_address" in changed:
            binding["ipAddress"] = spec.ip_address
        if "lease_time" in changed and spec.lease_time:
            binding["leaseTime"] = _lease_number(spec.lease_time)
        if "dns_servers" in changed or "auto_configure_dns" in changed:
            binding["dnsServers"] = list(spec.dns_servers or ())
        keys = {"host_name": "hostName", "default_gateway": "gatewayIpAddress"}
        options = {key: getattr(spec, name) for name, key in keys.items() if name in changed and getattr(spec, name)}
        if options:
            binding[_V4] = {**mapping_of(binding.get(_V4)), **options}
        network = {"network": spec.network} if "network" in changed else {}
        return {**record, **network, BINDING: binding}


def _dns_of(servers: Any) -> dict[str, Any]:
    texts = texts_of(servers)
    return {"auto_configure_dns": not texts, "dns_servers": texts}


def _lease_text(value: Any) -> str | None:
    number = int_of(value)
    if number is None:
        return None
    return _INFINITE_TEXT if number == INFINITE else str(number)


def _lease_number(text: str) -> int:
    return INFINITE if fold(text) == _INFINITE_TEXT else int(text)


def _is_ipv4(text: Any) -> bool:
    try:
        return ip_address(str(text)).version == 4
    except ValueError:
        return False
