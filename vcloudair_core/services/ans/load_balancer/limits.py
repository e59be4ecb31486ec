"""Options of the load balancer that a backend does not support.

Source: protocol/ans.md §5, protocol/nsxt.md §9.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vcloudair_core.services.ans.edge.backend import NSXT, NSXV, VCLOUDAIR
from vcloudair_core.services.ans.edge.limits import Limit
from vcloudair_core.services.ans.load_balancer.profile_spec import MONITOR_TYPES
from vcloudair_core.services.ans.load_balancer.spec import CLASSIC_ALGORITHMS, NSXT_ALGORITHMS

Limits = Mapping[str, Sequence[Limit]]
_SHARED_ALGORITHMS = ("round-robin", "ip-hash", "leastconn")


def _outside(known: Sequence[str]) -> Callable[[Any], Any]:
    return lambda value: None if not value or value in known else value


def _members(reject: Callable[[Any], bool]) -> Callable[[Any], Any]:
    """Return a function that lists the addresses of the members ``reject`` rejects."""
    return lambda members: tuple(str(item.ip_address or item.name) for item in members if reject(item))


def _member_limit(values: str, reason: str, hint: str, reject: Callable[[Any], bool]) -> Limit:
    return Limit("members", reason, hint, values=values, refused=_members(reject))


MONITOR_LIMITS: Limits = {
    NSXT: (
        Limit(
            "name",
            "health monitors belong to pools",
            "Set monitor of the pool to tcp, http, https, udp or icmp.",
        ),
    )
}
PROFILE_LIMITS: Limits = {
    NSXT: (
        Limit(
            "name",
            "virtual servers have no application profiles",
            "Set protocol and certificate of the virtual server.",
        ),
    )
}
_POLICIES = "Configure HTTP policies of the virtual service in the portal."
RULE_LIMITS: Limits = {
    NSXT: (Limit("name", "virtual servers have HTTP policies in place of application rules", _POLICIES),)
}
POOL_LIMITS: Limits = {
    NSXT: (
        Limit(
            "algorithm",
            "the load balancer does not have the algorithm",
            "Use another algorithm.",
            values="`uri`, `url` and `httpheader`",
            refused=_outside((*_SHARED_ALGORITHMS, *NSXT_ALGORITHMS)),
        ),
        Limit("algorithm_parameters", "algorithms have no parameters", "Omit the option."),
        Limit(
            "monitor",
            "health monitors have no names",
            "Set monitor to tcp, http, https, udp or icmp.",
            values="names of monitors",
            refused=_outside(MONITOR_TYPES),
        ),
        Limit("transparent", "the provider sets the transparent mode", "Omit the option."),
        _member_limit(
            "`grouping_object`", "members are addresses", "Set ip_address.", lambda item: bool(item.grouping_object)
        ),
        _member_limit(
            "`condition=drain`",
            "members are enabled or disabled",
            "Set condition to disabled. The server ends connections after the graceful timeout of the pool.",
            lambda item: item.condition == "drain",
        ),
        _member_limit(
            "`monitor_port` other than `port`",
            "health monitors check the port of the member",
            "Omit monitor_port.",
            lambda item: item.monitor_port not in (None, item.port),
        ),
        _member_limit(
            "`min_connections`, `max_connections`",
            "members have no limits of connections",
            "Omit the options.",
            lambda item: bool(item.min_connections or item.max_connections),
        ),
        _member_limit(
            "`weight` outside `1` to `20`",
            "the weight is from 1 to 20",
            "Use smaller weights.",
            lambda item: item.weight is not None and not 1 <= item.weight <= 20,
        ),
    ),
    **dict.fromkeys(
        (NSXV, VCLOUDAIR),
        (
            Limit(
                "algorithm",
                "the load balancer does not have the algorithm",
                "Use another algorithm.",
                values="algorithms of NSX-T",
                refused=_outside(CLASSIC_ALGORITHMS),
            ),
            Limit("member_group", "pools have only members", "Set grouping_object of a member."),
            Limit("default_port", "each member has its own port", "Set port of the members."),
            *(
                Limit(
                    name,
                    "persistence belongs to application profiles",
                    "Set persistence of the application profile.",
                )
                for name in ("persistence", "persistence_value")
            ),
        ),
    ),
}
SERVER_LIMITS: Limits = {
    NSXT: (
        Limit(
            "application_profile",
            "virtual servers have no application profiles",
            "Set protocol and certificate of the virtual server.",
        ),
        Limit("application_rules", "virtual servers have HTTP policies in place of application rules", _POLICIES),
        Limit("acceleration", "the load balancer has only one engine", "Omit the option.", is_neutral=True),
        *(
            Limit(name, "virtual servers have no limits of connections", "Omit the option.")
            for name in ("connection_limit", "connection_rate_limit")
        ),
    ),
    **dict.fromkeys(
        (NSXV, VCLOUDAIR),
        (
            Limit(
                "protocol",
                "virtual servers do not have the protocol",
                "Set protocol to https, and ssl_passthrough of the application profile.",
                values="`tls`",
                refused=lambda value: value if value == "tls" else None,
            ),
            Limit(
                "certificate",
                "certificates belong to application profiles",
                "Set certificate of the application profile.",
            ),
            Limit("service_engine_group", "the edge gateway balances the load itself", "Omit the option."),
        ),
    ),
}
SETTING_LIMITS: Limits = {
    NSXT: (
        Limit(
            "enabled",
            "only the provider enables or disables the load balancer",
            "Omit the option, or ask the provider.",
            depends_on_edge=True,
        ),
        *(
            Limit(name, reason, "Omit the option.", is_neutral=True)
            for name, reason in (
                ("acceleration", "the load balancer has only one engine"),
                ("logging", "the load balancer has no log on the edge gateway"),
                ("log_level", "the load balancer has no log on the edge gateway"),
            )
        ),
    )
}
