"""Specs of firewall rules and policies. Source: protocol/ans.md §2."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from vcloudair_core.engine.canonical import ANY, fold, port_set
from vcloudair_core.engine.fields import FieldInfo, fields_of, input_key, spec_field, spec_with
from vcloudair_core.engine.matching import BY_NAME
from vcloudair_core.engine.validation import Reader
from vcloudair_core.services.ans.section.rule_fields import (
    ID_PATTERN,
    NUMBER_PATTERN,
    TWO_PROTOCOLS_PATTERN,
    after_field,
    before_field,
    clear_key,
    description_field,
    enabled_field,
    index_field,
    logging_field,
    position_field,
)
from vcloudair_core.services.ans.section.rule_values import (
    PROTOCOLS,
    endpoint_meaning,
    is_any,
    read_applications,
    read_members,
)

ACTIONS = ("accept", "deny", "reject")
DEFAULT_ACTIONS = ("accept", "deny")
ACTION_SYNONYMS = {"allow": "accept", "drop": "deny"}
DIRECTIONS = ("in", "out", "inout")
IP_VERSIONS = (ANY, "4", "6")
MATCHES = ("name", "rule_id", "tag")
SIDES = ("source", "destination")
"""The fields with the two ends of the traffic."""

APPLICATIONS = "applications"
"""The field with the applications or port profiles."""

IDENTIFYING = ("rule_id", "tag", "source", "destination", "services", APPLICATIONS, "protocol")
"""Keys that identify a rule without a name, by ID, tag or traffic."""

LAST_TAG = 65536
"""Highest tag. Source: protocol/ans.md §2.4."""


@dataclass(frozen=True)
class ServiceSpec:
    """A service of a rule. If a port field is not set, the service matches any port.

    Source: protocol/ans.md §2.6.
    """

    protocol: str = spec_field(
        "Protocol, as `any`, `tcp`, `udp` or `icmp` (not case-sensitive). `tcp+udp` creates two services.",
        "Firewall rules support no other protocols. For ESP, AH or GRE, create an application in the portal and list "
        "its ID in `applications`.",
        default=ANY,
        required=True,
        suggestions=PROTOCOLS,
        pattern=TWO_PROTOCOLS_PATTERN,
    )
    port: tuple[str, ...] | None = spec_field(
        "Destination ports. Each entry is a port, a range such as `8000-8080`, or `any`. The default is any port.",
        ports=True,
    )
    source_port: tuple[str, ...] | None = spec_field(
        "Source ports, in the same formats as `port`. The default is any port.", ports=True
    )
    icmp_type: str | None = spec_field(
        "Name or number of an ICMP type, for example `echo-request`. Only for `protocol=icmp`."
    )


def services_meaning(services: Sequence[ServiceSpec]) -> frozenset[object]:
    """Return the combined traffic of services in canonical form.

    If one service is ``any`` on all ports, the result is ``any``. Services that differ only in ports are merged.
    """
    ports: dict[tuple[object, ...], list[str]] = {}
    for service in services:
        protocol = fold(service.protocol)
        if protocol == "icmp":
            key: tuple[object, ...] = (protocol, fold(service.icmp_type or ANY))
        else:
            key = (protocol, port_set(service.source_port or ()))
        ports.setdefault(key, []).extend((service.port if protocol != "icmp" else None) or (ANY,))
    merged = {(*key, port_set(numbers)) for key, numbers in ports.items()}
    return frozenset((ANY,)) if (ANY, (ANY,), (ANY,)) in merged else frozenset(merged)


def matches_any_traffic(services: Sequence[ServiceSpec]) -> bool:
    """Return True if one of the services matches any protocol and port."""
    return any(fold(service.protocol) == ANY for service in services) and services_meaning(services) == frozenset(
        (ANY,)
    )


@dataclass(frozen=True)
class FirewallRuleSpec:
    """A firewall rule. A field that is None keeps its value.

    In a new rule, a field that is None gets the default. Source: protocol/ans.md §2.4-2.7.
    """

    name: str | None = spec_field(
        "Name of the rule. It identifies the rule unless `match_by` is set.",
        "A rule without a name is identified by `rule_id`, `tag` or the traffic that it matches.",
        identity=True,
        read=Reader.text,
    )
    action: str | None = spec_field(
        "Action for traffic that matches the rule. The default for new rules is `accept`.",
        "`allow` is another name for `accept`, and `drop` for `deny`.",
        canonical=fold,
        choices=ACTIONS,
        synonyms=ACTION_SYNONYMS,
        aliases=("policy",),
    )
    enabled: bool | None = enabled_field()
    logging: bool | None = logging_field()
    description: str | None = description_field()
    source: tuple[str, ...] | None = spec_field(
        "Sources of the traffic. Each entry is `any`, `internal`, `external`, `vse` (the edge gateway itself), "
        "``vnic-N``, an IPv4 or IPv6 address, a CIDR, a range ``first-last``, the name of an object, or the ID of a "
        "grouping object such as ``ipset-2`` or ``urn:vcloud:network:...``. Use ``object:ID`` for an ID in any other "
        "format.",
        "Names are ``network:NAME``, ``ipset:NAME``, ``group:NAME`` (a security group), ``vm:NAME`` and ``vapp:NAME`` "
        "(the VMs of a vApp). A name without a prefix is accepted if only one object has it. A rule with an unknown or "
        "ambiguous name is refused before anything is written.",
        "The order does not matter. The default for new rules is `any`.",
        unordered=True,
        canonical=endpoint_meaning,
        absent=(ANY,),
        source="protocol/ans.md §2.5",
        aliases=("source_ip",),
        read=read_members,
    )
    destination: tuple[str, ...] | None = spec_field(
        "Destinations of the traffic, in the same formats as `source`.",
        unordered=True,
        canonical=endpoint_meaning,
        absent=(ANY,),
        source="protocol/ans.md §2.5",
        aliases=("dest_ip",),
        read=read_members,
    )
    source_exclude: bool | None = spec_field("Match traffic from everywhere except `source`.", absent=False)
    destination_exclude: bool | None = spec_field("Match traffic to everywhere except `destination`.", absent=False)
    services: tuple[ServiceSpec, ...] | None = spec_field(
        "Protocols and ports of the traffic. The default for new rules is any service. The order does not matter.",
        unordered=True,
        canonical=services_meaning,
        absent=(ServiceSpec(),),
        source="protocol/ans.md §2.6",
    )
    applications: tuple[str, ...] | None = spec_field(
        "Applications or application groups that the traffic must match, by name or ID. On NSX-T, names or URNs of "
        "application port profiles.",
        "A name can have the prefix ``app:``, ``appgroup:`` or ``service:`` (either of them).",
        "On NSX-T, profiles of NSX for TCP, UDP and ICMP are returned as `services`.",
        unordered=True,
        absent=(),
        read=read_applications,
    )
    match_translated: bool | None = spec_field(
        "Match the addresses after NAT instead of those before NAT.", absent=False
    )
    direction: str | None = spec_field(
        "Direction of the traffic. VMware advises against setting it.",
        canonical=fold,
        absent="inout",
        choices=DIRECTIONS,
    )
    ip_version: str | None = spec_field(
        "IP version of the traffic, only on NSX-T. New rules match both versions.",
        canonical=fold,
        absent=ANY,
        choices=IP_VERSIONS,
    )
    applied_to: str | None = spec_field(
        "Name or URN of the network whose traffic the rule matches, only on NSX-T edge gateways. The network must be "
        "connected as a service interface. New rules match the traffic of all networks.",
        absent="",
        read=Reader.clearable,
    )
    tag: str | None = spec_field(
        "Tag of the rule, 1 to 65536. By default the server uses the ID of the rule.",
        bounds=(1, None),
        pattern=NUMBER_PATTERN,
    )
    rule_id: str | None = spec_field(
        "ID of the rule, set by the server. It identifies the rule with `match_by=rule_id`. Otherwise it distinguishes "
        "rules that have the same name.",
        read_only=True,
        bounds=(1, None),
        pattern=ID_PATTERN,
        read=Reader.identifier,
    )
    position: str | None = position_field()
    before: str | None = before_field("Name or ID")
    after: str | None = after_field("Name or ID")
    index: int | None = index_field()
    match_by: str = spec_field(
        "Option that identifies an existing rule.",
        "Names need not be unique on an edge gateway. If several rules match, the task fails and lists them.",
        default="name",
        input_only=True,
        choices=MATCHES,
    )

    other_keys: ClassVar[Mapping[str, FieldInfo]] = {
        "clear": clear_key("description", "applied_to"),
        "protocol": input_key(
            "Protocol, for a rule with a single service. A short form of `services`, and mutually exclusive with it.",
            suggestions=PROTOCOLS,
            pattern=TWO_PROTOCOLS_PATTERN,
        ),
        "dest_port": input_key(
            "Destination ports, together with `protocol`. Mutually exclusive with `services`.", ports=True, is_list=True
        ),
        "source_port": input_key(
            "Source ports, together with `protocol`. Mutually exclusive with `services`.", ports=True, is_list=True
        ),
    }
    exclusive: ClassVar[Sequence[tuple[str, ...]]] = (
        ("position", "before", "after", "index"),
        ("services", "protocol"),
        ("services", "dest_port"),
        ("services", "source_port"),
    )
    """Mutually exclusive keys: positions, and the two forms of services."""

    def with_traffic(
        self,
        source: tuple[str, ...] | None,
        destination: tuple[str, ...] | None,
        services: tuple[ServiceSpec, ...] | None,
        applications: tuple[str, ...] | None,
    ) -> FirewallRuleSpec:
        """Return a copy of the rule with other values for the traffic fields."""
        return replace(self, source=source, destination=destination, services=services, applications=applications)

    def with_network(self, name: str) -> FirewallRuleSpec:
        """Return a copy that applies to the network with this name."""
        return replace(self, applied_to=name)


def completed_rule(spec: FirewallRuleSpec) -> FirewallRuleSpec:
    """Return the spec of a new rule with defaults for all fields that are not set.

    The default action is accept, as in vcloudair 0.5. The server's own default is deny.
    """
    values = {
        "action": spec.action or "accept",
        "enabled": True if spec.enabled is None else spec.enabled,
        "logging": False if spec.logging is None else spec.logging,
        "source": spec.source or (ANY,),
        "destination": spec.destination or (ANY,),
        "services": _services_of_new(spec),
        "rule_id": None,
    }
    return spec_with(type(spec), {**vars(spec), **values})


_CONTENT = (
    "action", "source", "destination", "source_exclude", "destination_exclude", "services", "applications",
    "match_translated", "direction", "ip_version", "applied_to",
)  # fmt: skip


def rule_content(spec: FirewallRuleSpec) -> Hashable:
    """Return the traffic and the action of a rule in canonical form.

    Fields that are not set count as their defaults.
    """
    complete, infos = completed_rule(spec), fields_of(FirewallRuleSpec)
    return tuple(infos[name].meaning(getattr(complete, name)) for name in _CONTENT)


IDENTITIES = replace(BY_NAME, content=rule_content)


def exact_rule(spec: FirewallRuleSpec, current: FirewallRuleSpec) -> FirewallRuleSpec:
    """Return the spec of a rule for ``state: exact``, with defaults.

    The name keeps its value, because it identifies the rule. The tag also keeps its value, because the server sets a
    tag if the user does not.
    """
    whole = completed_rule(spec)
    return replace(
        whole,
        description=whole.description or "",
        source_exclude=bool(whole.source_exclude),
        destination_exclude=bool(whole.destination_exclude),
        applications=whole.applications or (),
        match_translated=bool(whole.match_translated),
        direction=whole.direction or "inout",
        ip_version=whole.ip_version or ANY,
        applied_to=whole.applied_to or "",
        rule_id=spec.rule_id,
    )


def _services_of_new(spec: FirewallRuleSpec) -> tuple[ServiceSpec, ...]:
    if spec.services is not None:
        return spec.services
    return () if spec.applications else (ServiceSpec(),)


def effective_rule(spec: FirewallRuleSpec, current: FirewallRuleSpec) -> FirewallRuleSpec:
    """Return a spec that is adapted to ``current``, the rule that the spec updates.

    If ``source`` or ``destination`` becomes ``any``, its exclude flag is cleared, because "all except any" matches
    nothing. If the rule matches any service and applications are added, they replace ``any``. If the last application
    is removed, the rule matches any service, and the plan shows this change.
    """
    changes: dict[str, Any] = {}
    if spec.source is not None and spec.source_exclude is None and is_any(spec.source):
        changes["source_exclude"] = False
    if spec.destination is not None and spec.destination_exclude is None and is_any(spec.destination):
        changes["destination_exclude"] = False
    if spec.applications and spec.services is None and not current.applications and _matches_any(current.services):
        changes["services"] = ()
    if spec.applications == () and spec.services is None and not current.services:
        changes["services"] = (ServiceSpec(),)
    return spec_with(type(spec), {**vars(spec), **changes}) if changes else spec


def _matches_any(services: tuple[ServiceSpec, ...] | None) -> bool:
    return services is None or matches_any_traffic(services)


# -- policy ------------------------------------------------------------------------------------------------------

GLOBAL_SETTINGS: Mapping[str, tuple[str, type, bool | int | None]] = {
    "tcp_pick_ongoing_connections": ("tcpPickOngoingConnections", bool, False),
    "tcp_allow_out_of_window_packets": ("tcpAllowOutOfWindowPackets", bool, False),
    "tcp_send_reset_for_closed_vse_ports": ("tcpSendResetForClosedVsePorts", bool, True),
    "drop_invalid_traffic": ("dropInvalidTraffic", bool, True),
    "log_invalid_traffic": ("logInvalidTraffic", bool, False),
    "enable_syn_flood_protection": ("enableSynFloodProtection", bool, False),
    "log_icmp_errors": ("logIcmpErrors", bool, False),
    "drop_icmp_replays": ("dropIcmpReplays", bool, False),
    "tcp_timeout_open": ("tcpTimeoutOpen", int, 30),
    "tcp_timeout_established": ("tcpTimeoutEstablished", int, None),
    "tcp_timeout_close": ("tcpTimeoutClose", int, 30),
    "udp_timeout": ("udpTimeout", int, 60),
    "icmp_timeout": ("icmpTimeout", int, 10),
    "icmp6_timeout": ("icmp6Timeout", int, 10),
    "ip_generic_timeout": ("ipGenericTimeout", int, 120),
}
"""API key, type and default of each global setting.

The default is the value of a setting that the edge does not send.


Timeouts are in seconds. ``tcp_timeout_established`` has no default here, because the default differs between versions.
Source: protocol/ans.md §2.3.
"""

GLOBAL_INFOS = {
    word: FieldInfo(
        summary=f"NSX: {wire}, in seconds." if kind is int else f"NSX: {wire}.",
        absent=default,
        unit="s" if kind is int else "",
        kind=kind,
        bounds=(0, 2**31 - 1) if kind is int else None,
    )
    for word, (wire, kind, default) in GLOBAL_SETTINGS.items()
}


def _listed(kind: type) -> str:
    """Return the names of all global settings of a type as an English list."""
    *names, last = (f"``{word}``" for word, info in GLOBAL_INFOS.items() if info.kind is kind)
    return f"{', '.join(names)} and {last}"


@dataclass(frozen=True)
class FirewallPolicySpec:
    """A whole firewall. A field that is None keeps its value.

    Source: protocol/ans.md §2.2.
    """

    enabled: bool | None = spec_field(
        "Whether the firewall is enabled. NAT works only while the firewall is enabled.", absent=True
    )
    default_action: str | None = spec_field(
        "Action for traffic that matches no rule.",
        canonical=fold,
        absent="deny",
        choices=DEFAULT_ACTIONS,
        synonyms=ACTION_SYNONYMS,
    )
    default_logging: bool | None = spec_field("Whether to log traffic that matches no rule.", absent=False)
    global_settings: tuple[tuple[str, bool | int], ...] | None = spec_field(
        "Timeouts and packet checks of the firewall. Settings that are not listed are kept.",
        f"The settings in seconds are {_listed(int)}.",
        f"The settings that are true or false are {_listed(bool)}.",
        input_only=True,
        kind=dict,
        keys=GLOBAL_INFOS,
    )
    rules: tuple[FirewallRuleSpec, ...] | None = spec_field(
        "Firewall rules, in order.", input_only=True, aliases=("fw_rules",)
    )
    allow_empty: bool | None = spec_field(
        "Whether `rules` may be empty in a document that is applied with purge. This deletes all user-defined rules.",
        input_only=True,
    )


def exact_policy(spec: FirewallPolicySpec) -> FirewallPolicySpec:
    """Return the settings for ``state: exact``, with defaults for omitted fields."""
    settings = dict(spec.global_settings or ())
    known = {word: default for word, (_, _, default) in GLOBAL_SETTINGS.items() if default is not None}
    return replace(
        spec,
        enabled=True if spec.enabled is None else spec.enabled,
        default_action=spec.default_action or "deny",
        default_logging=bool(spec.default_logging),
        global_settings=tuple({**known, **settings}.items()),
    )
