"""Specs of DHCP pools, static bindings and the whole DHCP section.

Source: protocol/ans.md §5.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from vcloudair_core.engine.canonical import address_range, fold
from vcloudair_core.engine.fields import spec_field
from vcloudair_core.engine.matching import Identities, RuleIdentity
from vcloudair_core.engine.rulelist import NamedSpec

DEFAULT_LEASE_S = "86400"
MAX_DNS_SERVERS = 2
LOG_LEVELS = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")

_MAC_ADDRESS = re.compile(r"[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}\Z", re.IGNORECASE)
_HOSTNAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\Z", re.IGNORECASE)
_LEASE = re.compile(r"infinite\Z|[1-9][0-9]{0,9}\Z", re.IGNORECASE)
_ADDRESSES = ("default_gateway", "subnet_mask", "ip_address")


def mac_key(text: str | None) -> str:
    """Return a MAC address in lower case with colons, for comparison."""
    return fold(text or "").replace("-", ":")


def _range(text: str) -> Hashable:
    return address_range(text) or fold(text)


def _addresses(texts: tuple[str, ...]) -> Hashable:
    return tuple(map(_range, texts))


def _lease_time() -> Any:
    return spec_field(
        "Lease time in seconds, or `infinite`.",
        canonical=fold,
        absent=DEFAULT_LEASE_S,
        unit="seconds",
    )


def _domain_name() -> Any:
    return spec_field("Domain name that clients get.", canonical=fold, absent="")


def _auto_configure_dns() -> Any:
    return spec_field(
        "Whether clients get the DNS servers of the edge gateway.",
        "If `dns_servers` is set, `auto_configure_dns` is ``false`` unless it is set too.",
        absent=True,
    )


def _dns_servers() -> Any:
    return spec_field(
        "Addresses of at most 2 DNS servers that clients get, the primary server first.", canonical=_addresses
    )


def _default_gateway() -> Any:
    return spec_field(
        "Default gateway that clients get. The server's default is the primary address of the interface.",
        canonical=_range,
    )


def _subnet_mask() -> Any:
    return spec_field(
        "Subnet mask that clients get. The server's default is the mask of the interface.", canonical=_range
    )


def _network() -> Any:
    return spec_field(
        "Name or URN of the network, only on NSX-T edge gateways.",
        "By default, it is the connected network whose subnet contains the addresses.",
    )


@dataclass(frozen=True)
class DhcpPoolSpec(NamedSpec):
    """A pool of addresses for clients. A field that is None keeps its value.

    Source: protocol/ans.md §5.
    """

    ip_range: str | None = spec_field(
        "First and last address of the pool, for example ``192.168.10.100-192.168.10.199``. It identifies the pool.",
        "A range outside the networks of all interfaces needs `default_gateway` and `subnet_mask`. On NSX-T edge "
        "gateways, the range must be in a connected network.",
        identity=True,
        required=True,
    )
    default_gateway: str | None = _default_gateway()
    subnet_mask: str | None = _subnet_mask()
    domain_name: str | None = _domain_name()
    auto_configure_dns: bool | None = _auto_configure_dns()
    dns_servers: tuple[str, ...] | None = _dns_servers()
    lease_time: str | None = _lease_time()
    network: str | None = _network()

    match_by = "ip_range"
    enabled = None

    @property
    def name(self) -> str:
        """The display name of the pool in plans: its range."""
        return self.ip_range or ""

    def complaints(self) -> list[tuple[str, str]]:
        """Return errors that the field declarations do not detect.

        Shape: ``[(field, reason)]``.
        """
        complaints = _common_complaints(self)
        if self.ip_range is not None and not _is_ipv4_range(self.ip_range):
            example = "192.168.10.100-192.168.10.199"
            complaints.append(("ip_range", f"{self.ip_range!r} is not a range of IPv4 addresses, such as {example}"))
        return complaints


@dataclass(frozen=True)
class DhcpBindingSpec(NamedSpec):
    """A fixed address for a MAC address. A field that is None keeps its value.

    Source: protocol/ans.md §5.
    """

    mac_address: str | None = spec_field(
        "MAC address of the client, for example ``00:50:56:01:02:03``. It identifies the static binding.",
        identity=True,
        required=True,
    )
    host_name: str | None = spec_field(
        "Host name of the client, which must be unique. Required for a new static binding.", canonical=fold
    )
    ip_address: str | None = spec_field(
        "IPv4 address that the client gets, outside of all pools. Required for a new static binding.",
        canonical=_range,
    )
    default_gateway: str | None = _default_gateway()
    subnet_mask: str | None = _subnet_mask()
    domain_name: str | None = _domain_name()
    auto_configure_dns: bool | None = _auto_configure_dns()
    dns_servers: tuple[str, ...] | None = _dns_servers()
    lease_time: str | None = _lease_time()
    network: str | None = _network()

    match_by = "mac_address"
    enabled = None

    @property
    def name(self) -> str:
        """The display name of the static binding in plans: its MAC address."""
        return self.mac_address or ""

    def complaints(self) -> list[tuple[str, str]]:
        """Return errors that the field declarations do not detect.

        Shape: ``[(field, reason)]``.
        """
        complaints = _common_complaints(self)
        if self.mac_address is not None and not _MAC_ADDRESS.match(self.mac_address):
            complaints.append(("mac_address", f"{self.mac_address!r} is not a MAC address, such as 00:50:56:01:02:03"))
        if self.host_name is not None and not _HOSTNAME.match(self.host_name):
            complaints.append(("host_name", f"{self.host_name!r} is not a host name"))
        return complaints


@dataclass(frozen=True)
class DhcpSpec:
    """A whole DHCP section. A field that is None keeps its value.

    Source: protocol/ans.md §5.
    """

    enabled: bool | None = spec_field("Whether the DHCP service is enabled.", absent=False)
    logging: bool | None = spec_field("Whether the DHCP service writes a log.", absent=False)
    log_level: str | None = spec_field(
        "Log level of the DHCP service.", canonical=fold, absent="info", choices=LOG_LEVELS
    )
    pools: tuple[DhcpPoolSpec, ...] | None = spec_field("Address pools. The order does not matter.", input_only=True)
    bindings: tuple[DhcpBindingSpec, ...] | None = spec_field(
        "Static bindings of MAC addresses. The order does not matter.",
        "Static bindings of the interface of a VM, which have no MAC address, are always kept.",
        input_only=True,
    )
    allow_empty: bool | None = spec_field(
        "Whether `pools` and `bindings` may be empty in a document that is applied with purge. This deletes all pools "
        "or static bindings.",
        input_only=True,
    )


def _common_complaints(spec: Any) -> list[tuple[str, str]]:
    """Return the errors in the fields that pools and static bindings share."""
    servers: tuple[str, ...] = spec.dns_servers or ()
    values = [(name, getattr(spec, name, None)) for name in _ADDRESSES]
    complaints = [
        (name, f"{text!r} is not an IPv4 address")
        for name, text in (*values, *(("dns_servers", server) for server in servers))
        if text is not None and not _is_ipv4(text)
    ]
    if len(servers) > MAX_DNS_SERVERS:
        complaints.append(("dns_servers", f"{len(servers)} were given; at most {MAX_DNS_SERVERS} are allowed"))
    if servers and spec.auto_configure_dns:
        complaints.append(("dns_servers", "cannot be given together with auto_configure_dns: true"))
    if spec.lease_time is not None and not _LEASE.match(spec.lease_time):
        complaints.append(("lease_time", f"{spec.lease_time!r} is not a number of seconds or infinite"))
    return complaints


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True


def _is_ipv4_range(text: str) -> bool:
    addresses = address_range(text)
    return addresses is not None and addresses[0] == 4 and "-" in text


POOL_IDENTITIES = Identities(
    {
        "ip_range": RuleIdentity(
            lambda spec: (_range(spec.ip_range or ""),), lambda spec: f"with the range {spec.ip_range}"
        )
    },
    shown=("ip_range",),
)


def _binding_keys(spec: DhcpBindingSpec) -> tuple[Hashable, ...]:
    """Return the keys of a static binding.

    If a network is named, only its static bindings match.
    """
    return ((mac_key(spec.mac_address), spec.network),)


def _live_keys(spec: DhcpBindingSpec) -> tuple[Hashable, ...]:
    key = mac_key(spec.mac_address)
    return ((key, spec.network), (key, None)) if spec.network is not None else ((key, None),)


BINDING_IDENTITIES = Identities(
    {
        "mac_address": RuleIdentity(
            _binding_keys, lambda spec: f"with the MAC address {spec.mac_address}", live_keys=_live_keys
        )
    },
    shown=("mac_address", "host_name", "ip_address", "network"),
    numbers=(),
    hint="Set network to the network of the static binding.",
)
