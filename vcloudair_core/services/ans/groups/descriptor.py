"""The types of objects that rules can use: their names, specs and limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vcloudair_core.services.ans.edge.backend import NSXT, NSXV, VCLOUDAIR
from vcloudair_core.services.ans.edge.limits import Limit
from vcloudair_core.services.ans.groups.spec import (
    ApplicationProfileSpec,
    IpSetSpec,
    ProfileServiceSpec,
    SecurityGroupSpec,
)

IP_SET, SECURITY_GROUP, APPLICATION_PROFILE = "ip_set", "security_group", "application_profile"


@dataclass(frozen=True, eq=False)
class GroupType:
    """A type of object that rules can use.

    Attributes:
        name: The name of the type. The resource kind is ``ans.<name>``.
        noun: The word for one object in messages.
        plural: The word for several objects in messages.
        spec_type: The type of the specs.
        required: The field that a new object needs. Empty if it needs none.
        sections: The sections of an edge gateway whose rules can refer to the objects, by backend.
        limits: The options that a backend does not support, by backend.
        way_out: The hint of the error if a backend does not have this type, by backend.
    """

    name: str
    noun: str
    plural: str
    spec_type: type
    sections: Mapping[str, tuple[str, ...]]
    required: str = ""
    limits: Mapping[str, Sequence[Limit]] = field(default_factory=dict)
    way_out: Mapping[str, str] = field(default_factory=dict)


def _with_source_port(services: Sequence[ProfileServiceSpec]) -> tuple[str, ...]:
    return tuple(f"source_port: {', '.join(service.source_port)}" for service in services if service.source_port)


def _with_icmp_type(services: Sequence[ProfileServiceSpec]) -> tuple[str, ...]:
    return tuple(f"icmp_type: {service.icmp_type}" for service in services if service.icmp_type)


TYPES = {
    group_type.name: group_type
    for group_type in (
        GroupType(
            IP_SET,
            "IP set",
            "IP sets",
            IpSetSpec,
            {NSXT: ("firewall",), NSXV: ("firewall", "dhcp_relay")},
            required="addresses",
            way_out={VCLOUDAIR: "Put the addresses in the firewall rule, or the ID of an IP set that exists."},
        ),
        GroupType(
            SECURITY_GROUP,
            "security group",
            "security groups",
            SecurityGroupSpec,
            {NSXT: ("firewall",)},
            way_out={
                NSXV: "Put the addresses of the VMs in an IP set (vca_ip_set), or name VMs and networks in the rule, "
                "such as vm:db1 or network:web. A rule can also name a security group that exists, such as group:db.",
                VCLOUDAIR: "Put the addresses of the VMs in the firewall rule, or the ID of a group that exists.",
            },
        ),
        GroupType(
            APPLICATION_PROFILE,
            "application profile",
            "application profiles",
            ApplicationProfileSpec,
            {NSXT: ("firewall", "nat"), NSXV: ("firewall",)},
            required="services",
            limits={
                NSXT: (
                    Limit(
                        "services",
                        "application port profiles have no source ports",
                        "Set source_port in the services of the firewall rule.",
                        values="`source_port`",
                        refused=_with_source_port,
                    ),
                    Limit(
                        "services",
                        "application port profiles have no ICMP types",
                        "Omit icmp_type, or use a system profile such as 'ICMP Echo Request' in the rule.",
                        values="`icmp_type`",
                        refused=_with_icmp_type,
                    ),
                ),
                NSXV: (
                    Limit(
                        "services",
                        "an application has one protocol",
                        "Create an application profile for each protocol.",
                        values="several services",
                        refused=lambda services: len(services) > 1,
                    ),
                ),
            },
            way_out={VCLOUDAIR: "Put the protocol and ports in the firewall rule, or the ID of an application."},
        ),
    )
}
"""All types by name."""

ANY_TYPE = GroupType(
    APPLICATION_PROFILE,
    "object",
    "objects",
    ApplicationProfileSpec,
    {NSXT: ("firewall", "nat"), NSXV: ("firewall", "dhcp_relay")},
)
"""A type with the sections of all types, to search all uses at once."""
