"""Options of firewall rules that a backend does not support.

Source: protocol/nsxt.md §13.1.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache

from vcloudair_core.engine.canonical import ANY
from vcloudair_core.services.ans.edge.backend import NSXT, NSXV, VCLOUDAIR
from vcloudair_core.services.ans.edge.limits import Limit
from vcloudair_core.services.ans.firewall.spec import SIDES, ServiceSpec
from vcloudair_core.services.ans.nsxt.members import INTERNAL
from vcloudair_core.services.ans.section.rule_values import (
    INTERFACE,
    INTERFACES,
    NAME,
    OBJECT,
    is_application_id,
    member,
    split_name,
)

_INTERFACE_HINT = "Use networks (network:NAME), groups (group:NAME) or addresses, or set direction."


DEFAULT_RULE_PREFIX = "Default_VdcGroup_"
"""Prefix of the name that the server gives to the default rule.

Distributed firewalls have such a rule.

Source: protocol/nsxt.md §8.
"""


def is_default_name(name: str) -> bool:
    """Return True if a rule with this name is the default rule of a VDC group."""
    return name.casefold().startswith(DEFAULT_RULE_PREFIX.casefold())


@lru_cache(maxsize=65536)
def _kinds_of(members: tuple[str, ...]) -> frozenset[str]:
    """Return the kinds of members.

    Most sources and destinations contain only addresses.
    """
    return frozenset(parsed.kind for text in members if (parsed := member(text)) is not None)


def _interface_limits(names: Collection[str], hint: str) -> Iterator[Limit]:
    """Yield the limits of interfaces in sources and destinations.

    Interfaces with a number, such as ``vnic-0``, are always unsupported. ``names`` are other unsupported interfaces.
    """

    def interfaces(members: tuple[str, ...]) -> tuple[str, ...]:
        if INTERFACE not in _kinds_of(members):
            return ()
        return tuple(
            text
            for text in members
            if (parsed := member(text)) is not None
            and parsed.kind == INTERFACE
            and (parsed.text in names or parsed.text not in INTERFACES)
        )

    values = f"{', '.join(f'`{name}`' for name in names)} or `vnic-N`"
    for side in SIDES:
        yield Limit(side, "rules have no interfaces", hint, values=values, refused=interfaces)


def _grouping_objects(members: tuple[str, ...]) -> tuple[str, ...]:
    """Return the members that are IDs of NSX-V objects, such as ``ipset-2``."""
    if OBJECT not in _kinds_of(members):
        return ()
    return tuple(
        text
        for text in members
        if (parsed := member(text)) is not None
        and parsed.kind == OBJECT
        and not parsed.text.startswith(("urn:vcloud:firewallGroup:", "urn:vcloud:network:"))
    )


def _names(members: tuple[str, ...]) -> tuple[str, ...]:
    if NAME not in _kinds_of(members):
        return ()
    return tuple(text for text in members if (parsed := member(text)) is not None and parsed.kind == NAME)


def _vm_names(members: tuple[str, ...]) -> tuple[str, ...]:
    if NAME not in _kinds_of(members):
        return ()
    return tuple(text for text in members if split_name(text)[0] in ("vm", "vapp"))


def _source_ports(services: Sequence[ServiceSpec]) -> bool:
    """Return True if a service has source ports."""
    return any(service.source_port and ANY not in service.source_port for service in services)


def _ports_of_any(services: Sequence[ServiceSpec]) -> bool:
    return any(
        service.protocol == ANY and any(ports and ANY not in ports for ports in (service.port, service.source_port))
        for service in services
    )


def _icmp_numbers(services: Sequence[ServiceSpec]) -> tuple[str, ...]:
    return tuple(service.icmp_type for service in services if service.icmp_type and service.icmp_type.isdecimal())


def _nsxv_applications(applications: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in applications if is_application_id(name))


def _named_applications(applications: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in applications if not is_application_id(name))


def _profile_urns(applications: Iterable[str]) -> tuple[str, ...]:
    return tuple(text for text in applications if text.startswith("urn:"))


_COMMON = (
    *(
        Limit(
            side,
            "the object exists only on NSX-V",
            "Use the name of the object, such as ipset:NAME or group:NAME.",
            values="IDs of NSX-V grouping objects, such as `ipset-2`",
            refused=_grouping_objects,
        )
        for side in SIDES
    ),
    *(
        Limit(
            side,
            "rules contain networks and groups, not VMs",
            "Use the network of the VM, its address, or a security group whose criteria select the VM (group:NAME).",
            values="`vm:NAME` and `vapp:NAME`",
            refused=_vm_names,
        )
        for side in SIDES
    ),
    Limit(
        "services",
        "ports need a protocol",
        "Set protocol to tcp or udp.",
        values="ports of protocol `any`",
        refused=_ports_of_any,
    ),
    Limit(
        "services",
        "ICMP types are identified by names",
        "Write the name of the type, such as echo-request.",
        values="ICMP types as numbers",
        refused=_icmp_numbers,
    ),
    Limit(
        "applications",
        "the application exists only on NSX-V",
        "Use the name or URN of an application port profile, or list the ports in services.",
        values="IDs of NSX-V applications, such as `application-155`",
        refused=_nsxv_applications,
    ),
    Limit("match_translated", "rules always match the addresses inside NAT", "Omit match_translated."),
    Limit("tag", "rules have no tags", "Identify the rule by name or rule_id.", is_neutral=True),
)
"""The limits of rules of edge gateways and of distributed firewalls on NSX-T."""

_NSXT = (
    *_interface_limits(INTERFACES, _INTERFACE_HINT),
    *(
        Limit(f"{side}_exclude", "rules cannot exclude groups or addresses", f"List the other networks in {side}.")
        for side in SIDES
    ),
    Limit(
        "services",
        "port profiles have no source ports",
        "Omit source_port, or use a cloud with a newer version.",
        since=(38, 1),
        values="`source_port`",
        refused=_source_ports,
    ),
    *_COMMON,
    Limit("applied_to", "rules apply to the whole edge gateway", "Omit applied_to.", since=(37, 1)),
)
_DISTRIBUTED = (
    Limit(
        "name",
        "the name belongs to the default rule",
        "Use another name.",
        values=f"names that start with `{DEFAULT_RULE_PREFIX}`",
        refused=is_default_name,
    ),
    *_interface_limits(
        [name for name in INTERFACES if name != INTERNAL],
        "Use networks (network:NAME), groups (group:NAME), addresses or internal.",
    ),
    Limit(
        "services",
        "port profiles have no source ports",
        "Omit source_port.",
        values="`source_port`",
        refused=_source_ports,
    ),
    *_COMMON,
    Limit("applied_to", "rules apply to the whole VDC group", "Set the network in source or destination."),
)
_OLDER = (
    Limit("ip_version", "rules match both IP versions", "List addresses of one IP version in source or destination."),
    Limit("applied_to", "rules apply to the whole edge gateway", "Set the interface in source or destination."),
)
_NSXV = (
    Limit(
        "applications",
        "port profiles exist only on NSX-T",
        "Use the name or ID of an application.",
        values="URNs of application port profiles",
        refused=_profile_urns,
    ),
    *_OLDER,
)
_VCLOUDAIR = (
    *(
        Limit(
            side,
            "vCloud Air does not list objects by name",
            "Use addresses, or the ID of a grouping object, such as ipset-2 or object:vm-43.",
            values="names of objects",
            refused=_names,
        )
        for side in SIDES
    ),
    Limit(
        "applications",
        "applications are identified by IDs",
        "Write the ID of an application, such as application-155.",
        values="names and URNs of applications and port profiles",
        refused=_named_applications,
    ),
    *_OLDER,
)

RULE_LIMITS = {NSXT: _NSXT, NSXV: _NSXV, VCLOUDAIR: _VCLOUDAIR}
"""The limits of options of a rule, by backend."""

DISTRIBUTED_RULE_LIMITS = {NSXT: _DISTRIBUTED}
"""The limits of distributed firewall rules. Source: protocol/nsxt.md §8."""

SETTING_LIMITS = {
    NSXT: (
        Limit(
            "enabled",
            "the firewall cannot be disabled",
            "Omit enabled, or use a cloud with a newer version.",
            since=(38, 1),
            values="`false`",
            refused=lambda enabled: enabled is False,
        ),
        *(
            Limit(
                name,
                "the default rule is read-only",
                f"Omit {name}, or add a rule for all other traffic at the bottom.",
                depends_on_edge=True,
            )
            for name in ("default_action", "default_logging")
        ),
        Limit("global_settings", "only the provider can set timeouts and packet checks", "Omit global_settings."),
    )
}
"""The limits of firewall settings, by backend."""
