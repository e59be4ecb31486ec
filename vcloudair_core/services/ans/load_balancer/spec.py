"""Specs of virtual servers, pools and the whole load balancer.

Objects refer to each other by name. Source: protocol/ans.md §5.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import ClassVar

from vcloudair_core.engine.canonical import address_range, fold
from vcloudair_core.engine.fields import FieldInfo, spec_field
from vcloudair_core.engine.rulelist import NamedSpec
from vcloudair_core.engine.validation import Reader
from vcloudair_core.services.ans.load_balancer.profile_spec import (
    PROTOCOLS,
    LbApplicationProfileSpec,
    LbApplicationRuleSpec,
    MonitorSpec,
    name_field,
    text_field,
)
from vcloudair_core.services.ans.section.rule_fields import clear_key, description_field, enabled_field

CLASSIC_ALGORITHMS = ("round-robin", "ip-hash", "leastconn", "uri", "url", "httpheader")
NSXT_ALGORITHMS = ("least-load", "fastest-response", "random")
ALGORITHMS = (*CLASSIC_ALGORITHMS, *NSXT_ALGORITHMS)
POOL_PERSISTENCE = ("client-ip", "http-cookie", "custom-http-header", "app-cookie", "tls")
VALUE_PERSISTENCE = ("http-cookie", "custom-http-header", "app-cookie")
"""Types of persistence that need the name of a cookie or header."""
SERVER_PROTOCOLS = (*PROTOCOLS, "tls")
CONDITIONS = ("enabled", "disabled", "drain")
LOG_LEVELS = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
_PORT = (1, 65535)


def address_meaning(text: str) -> Hashable:
    """Return an address in canonical form, for comparison."""
    return address_range(text) or fold(text)


@dataclass(frozen=True)
class MemberSpec:
    """A member of a pool: a server with its port."""

    name: str | None = spec_field(
        "Name of the member. The default is `ip_address`.", "On NSX-T edge gateways, members have no names."
    )
    ip_address: str | None = spec_field(
        "IP address of the member. Required, unless `grouping_object` is set.", canonical=address_meaning
    )
    grouping_object: str | None = spec_field(
        "ID of a VM, a network or an IP set whose addresses are the members, instead of `ip_address`."
    )
    port: int | None = spec_field("Port on which the member accepts traffic.", required=True, bounds=_PORT)
    monitor_port: int | None = spec_field("Port that the monitor checks. The default is `port`.", bounds=_PORT)
    weight: int | None = spec_field(
        "Share of the traffic, relative to the other members. The default is `1`.", absent=1, bounds=(0, 256)
    )
    condition: str | None = spec_field(
        "State of the member. A member in the state `drain` accepts only connections of existing sessions. The default "
        "is `enabled`.",
        canonical=fold,
        absent="enabled",
        choices=CONDITIONS,
    )
    min_connections: int | None = spec_field(
        "Minimum number of connections. The default is `0`, which means no minimum.", absent=0
    )
    max_connections: int | None = spec_field(
        "Maximum number of connections. The default is `0`, which means no maximum.", absent=0
    )

    def complaints(self) -> list[tuple[str, str]]:
        """Return errors that the field declarations do not detect.

        Shape: ``[(field, reason)]``.
        """
        if self.ip_address is None:
            if not self.grouping_object:
                return [("ip_address", "is required")]
            return [] if self.name else [("name", "is required with grouping_object")]
        if self.grouping_object:
            return [("grouping_object", "cannot be combined with ip_address")]
        return address_complaints("ip_address", self.ip_address)


def members_meaning(members: Iterable[MemberSpec]) -> Hashable:
    """Return members in canonical form, for comparison. Order does not matter."""
    return frozenset(
        (
            member.name,
            address_meaning(member.ip_address or ""),
            member.grouping_object or "",
            member.port,
            member.monitor_port or member.port,
            1 if member.weight is None else member.weight,
            fold(member.condition or "enabled"),
            member.min_connections or 0,
            member.max_connections or 0,
        )
        for member in members
    )


@dataclass(frozen=True)
class PoolSpec(NamedSpec):
    """A pool of servers. A field that is None keeps its value."""

    name: str | None = name_field("pool")
    description: str | None = description_field()
    algorithm: str | None = spec_field(
        "Method that selects a member for each connection. New pools use `round-robin` by default.",
        canonical=fold,
        absent="round-robin",
        choices=ALGORITHMS,
    )
    algorithm_parameters: str | None = text_field("Parameters of the algorithms `uri`, `url` and `httpheader`.")
    monitor: str | None = spec_field(
        "Name of the service monitor that checks the members.",
        "On NSX-T edge gateways, the type of the health monitor, one of `tcp`, `http`, `https`, `udp` and `icmp`.",
        absent="",
        read=Reader.clearable,
    )
    transparent: bool | None = spec_field(
        "Whether members see the IP addresses of clients instead of the address of the edge gateway.", absent=False
    )
    members: tuple[MemberSpec, ...] | None = spec_field(
        "Members of the pool. The list replaces all members of an existing pool. The order does not matter.",
        absent=(),
        canonical=members_meaning,
    )
    member_group: str | None = spec_field(
        "Name or ID of an IP set or security group whose addresses are the members, instead of `members`.",
        "Only on NSX-T edge gateways.",
        absent="",
        read=Reader.clearable,
    )
    default_port: int | None = spec_field(
        "Port of the members of `member_group`. Only on NSX-T edge gateways. The default is `80`.",
        absent=80,
        bounds=_PORT,
    )
    persistence: str | None = spec_field(
        "Method that keeps the connections of a client on one member. By default, there is none.",
        "Only on NSX-T edge gateways. On NSX-V edge gateways, application profiles have this option. "
        "`custom-http-header`, `app-cookie` and `tls` need the feature set `PREMIUM`, which the provider sets.",
        canonical=fold,
        absent="",
        suggestions=POOL_PERSISTENCE,
        read=Reader.clearable,
    )
    persistence_value: str | None = spec_field(
        "Name of the cookie or header. Required with `persistence=http-cookie`, `custom-http-header` and `app-cookie`.",
        absent="",
    )

    enabled = None
    other_keys: ClassVar[Mapping[str, FieldInfo]] = {
        "clear": clear_key("description", "algorithm_parameters", "monitor", "member_group", "persistence")
    }

    def complaints(self) -> list[tuple[str, str]]:
        """Return errors that the field declarations do not detect.

        Shape: ``[(field, reason)]``.
        """
        names = [member.name for member in self.members or ()]
        repeated = sorted({str(name) for name in names if name and names.count(name) > 1})
        complaints = [("members", f"{name!r} is the name of several members") for name in repeated]
        if self.member_group and self.members:
            complaints.append(("member_group", "cannot be combined with members"))
        if self.persistence and fold(self.persistence) not in POOL_PERSISTENCE:
            reason = f"{self.persistence!r} is unknown; use one of {', '.join(POOL_PERSISTENCE)}"
            complaints.append(("persistence", reason))
        if self.persistence and self.persistence_value and fold(self.persistence) not in VALUE_PERSISTENCE:
            complaints.append(("persistence_value", f"needs persistence: {', '.join(VALUE_PERSISTENCE)}"))
        return complaints


@dataclass(frozen=True)
class VirtualServerSpec(NamedSpec):
    """A virtual server, which forwards traffic from an address and port to a pool.

    A field that is None keeps its value.
    """

    name: str | None = name_field("virtual server")
    description: str | None = description_field()
    enabled: bool | None = enabled_field("virtual server")
    ip_address: str | None = spec_field(
        "Address of the edge gateway at which clients connect. Required for a new virtual server.",
        canonical=address_meaning,
    )
    protocol: str | None = spec_field(
        "Protocol of the clients. Required for a new virtual server.", canonical=fold, choices=SERVER_PROTOCOLS
    )
    port: int | None = spec_field("Port at which clients connect. Required for a new virtual server.", bounds=_PORT)
    pool: str | None = spec_field("Name of the pool that gets the traffic.", absent="", read=Reader.clearable)
    application_profile: str | None = spec_field("Name of the application profile.", absent="", read=Reader.clearable)
    application_rules: tuple[str, ...] | None = spec_field(
        "Names of the application rules, in the order in which they are applied. The list replaces all rules of the "
        "virtual server. Only on NSX-V edge gateways.",
        absent=(),
    )
    acceleration: bool | None = spec_field(
        "Whether to use the faster layer 4 engine. It has an effect only on protocols without HTTP features.",
        absent=False,
    )
    connection_limit: int | None = spec_field(
        "Maximum number of connections. The default is `0`, which means no maximum.", absent=0
    )
    connection_rate_limit: int | None = spec_field(
        "Maximum number of new connections per second. The default is `0`, which means no maximum.", absent=0
    )

    certificate: str | None = spec_field(
        "Name or ID of the certificate for the protocols `https` and `tls`. Only on NSX-T edge gateways.",
        absent="",
        read=Reader.clearable,
    )
    service_engine_group: str | None = spec_field(
        "Name of the service engine group. Only on NSX-T edge gateways. The default is the only group that the "
        "provider has assigned to the edge gateway."
    )

    other_keys: ClassVar[Mapping[str, FieldInfo]] = {
        "clear": clear_key("description", "pool", "application_profile", "certificate")
    }

    def complaints(self) -> list[tuple[str, str]]:
        """Return errors that the field declarations do not detect.

        Shape: ``[(field, reason)]``.
        """
        names = self.application_rules or ()
        repeated = sorted({name for name in names if names.count(name) > 1})
        complaints = [("application_rules", f"{name!r} is in the list more than once") for name in repeated]
        return [*complaints, *address_complaints("ip_address", self.ip_address)]


def address_complaints(field: str, text: str | None) -> list[tuple[str, str]]:
    """Return ``[(field, reason)]`` if a text is not an IP address, or ``[]``."""
    if text is None:
        return []
    try:
        ip_address(text)
    except ValueError:
        return [(field, f"{text!r} is not an IP address")]
    return []


@dataclass(frozen=True)
class LoadBalancerSpec:
    """A whole load balancer. A field that is None keeps its value."""

    enabled: bool | None = spec_field("Whether the load balancer is enabled.", absent=False)
    acceleration: bool | None = spec_field("Whether virtual servers can use the faster layer 4 engine.", absent=False)
    logging: bool | None = spec_field("Whether the load balancer writes a log.", absent=False)
    log_level: str | None = spec_field(
        "Log level of the load balancer.", canonical=fold, absent="info", choices=LOG_LEVELS
    )
    virtual_servers: tuple[VirtualServerSpec, ...] | None = spec_field(
        "Virtual servers. The order does not matter.", input_only=True
    )
    pools: tuple[PoolSpec, ...] | None = spec_field("Pools of servers. The order does not matter.", input_only=True)
    monitors: tuple[MonitorSpec, ...] | None = spec_field(
        "Service monitors. The order does not matter.", input_only=True
    )
    application_profiles: tuple[LbApplicationProfileSpec, ...] | None = spec_field(
        "Application profiles. The order does not matter.", input_only=True
    )
    application_rules: tuple[LbApplicationRuleSpec, ...] | None = spec_field(
        "Application rules. The order does not matter. Only on NSX-V edge gateways.", input_only=True
    )
    allow_empty: bool | None = spec_field(
        "Whether lists may be empty in a document that is applied with purge. This deletes all objects of the list.",
        input_only=True,
    )
