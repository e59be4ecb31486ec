"""Specs of IP sets, security groups and application profiles.

Source: protocol/nsxt.md §3, §4; protocol/ans.md §5.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from vcloudair_core.engine.canonical import ANY, address_range, address_set, fold, port_set
from vcloudair_core.engine.fields import FieldInfo, spec_field
from vcloudair_core.engine.rulelist import NamedSpec
from vcloudair_core.services.ans.nsxt.references import is_managed
from vcloudair_core.services.ans.section.rule_fields import clear_key, description_field
from vcloudair_core.services.ans.section.rule_values import read_ports

MAX_ADDRESSES = 4000
"""Maximum number of addresses of an IP set.

Source: protocol/nsxt.md §3 (inferred).
"""

MAX_CRITERIA, MAX_CRITERION_RULES = 3, 4
"""Maximum number of criteria, and of rules in a criterion.

Source: protocol/nsxt.md §3.
"""

OPERATORS: Mapping[str, tuple[str, ...]] = {
    "vm_name": ("contains", "starts_with"),
    "vm_tag": ("equals", "contains", "starts_with", "ends_with"),
}
"""Operators of each attribute of a VM. Source: protocol/nsxt.md §3."""

PROTOCOLS = ("tcp", "udp", "icmp", "icmpv6")
_ICMP = ("icmp", "icmpv6")
_ICMP_TYPE = re.compile(r"[a-z0-9-]{1,40}\Z")


def _name_field(noun: str) -> Any:
    return spec_field(f"Name of the {noun}. It identifies the {noun}.", identity=True, required=True)


def _id_field(noun: str) -> Any:
    return spec_field(
        f"ID of the {noun}, which the server assigns. It is returned, and ignored as input.", read_only=True
    )


def _force_field(noun: str) -> Any:
    return spec_field(
        f"Whether to delete the {noun} although rules use it. Only used for state `absent`.",
        f"References to the {noun} are removed first. A rule that has no other source, destination, service or "
        "application is deleted, because without the reference it would match any traffic.",
        "Without `force`, the deletion of an object that is in use fails, and the message lists the rules.",
        input_only=True,
    )


@dataclass(frozen=True)
class IpSetSpec(NamedSpec):
    """An IP set. A field that is None keeps its value."""

    name: str | None = _name_field("IP set")
    addresses: tuple[str, ...] | None = spec_field(
        "All addresses of the IP set. Each entry is an IPv4 or IPv6 address, a CIDR, or a range ``first-last``.",
        "Addresses are compared by meaning, so spelling and order do not matter. Required for a new IP set.",
        canonical=address_set,
        absent=(),
    )
    description: str | None = description_field()
    id: str | None = _id_field("IP set")
    force: bool | None = _force_field("IP set")

    other_keys: ClassVar[Mapping[str, FieldInfo]] = {"clear": clear_key("description")}

    def complaints(self) -> Iterator[tuple[str, str]]:
        """Yield errors that the field declarations do not detect, as ``(field, reason)``."""
        yield from _name_complaints(self.name)
        addresses = self.addresses
        if addresses is None:
            return
        if not addresses:
            yield "addresses", "an IP set needs at least one address"
        if len(addresses) > MAX_ADDRESSES:
            yield "addresses", f"has {len(addresses)} addresses, at most {MAX_ADDRESSES} are allowed"
        for text in addresses:
            if address_range(text) is None:
                yield "addresses", f"{text!r} is not an address, a CIDR or a range"


@dataclass(frozen=True)
class CriterionRuleSpec:
    """A rule of a criterion: a condition that a VM satisfies."""

    attribute: str = spec_field(
        "Attribute of the VM. `vm_name` is its name, and `vm_tag` is any of its security tags.",
        default="",
        required=True,
        choices=tuple(OPERATORS),
    )
    operator: str = spec_field(
        "How to compare the attribute with `value`. `equals` and `ends_with` are only for `vm_tag`.",
        default="",
        required=True,
        choices=OPERATORS["vm_tag"],
    )
    value: str = spec_field("Text to compare the attribute with.", default="", required=True)

    def complaints(self) -> Iterator[tuple[str, str]]:
        """Yield errors that the field declarations do not detect, as ``(field, reason)``."""
        allowed = OPERATORS.get(self.attribute, ())
        if self.operator and allowed and self.operator not in allowed:
            yield "operator", f"{self.operator!r} is not one of {', '.join(allowed)}, the operators of {self.attribute}"


@dataclass(frozen=True)
class CriterionSpec:
    """A criterion of a dynamic security group. A VM must satisfy all of its rules."""

    rules: tuple[CriterionRuleSpec, ...] | None = spec_field(
        "Conditions that a VM must satisfy, all of them. At most 4.", required=True
    )

    def complaints(self) -> Iterator[tuple[str, str]]:
        """Yield errors that the field declarations do not detect, as ``(field, reason)``."""
        count = len(self.rules or ())
        if self.rules is not None and not 1 <= count <= MAX_CRITERION_RULES:
            yield "rules", f"has {count} rules, 1 to {MAX_CRITERION_RULES} are allowed"


def _criteria_meaning(criteria: Sequence[CriterionSpec]) -> Hashable:
    """Return criteria in a canonical form that ignores their order."""
    return frozenset(frozenset(criterion.rules or ()) for criterion in criteria)


@dataclass(frozen=True)
class SecurityGroupSpec(NamedSpec):
    """A security group. A field that is None keeps its value."""

    name: str | None = _name_field("security group")
    members: tuple[str, ...] | None = spec_field(
        "Networks of a static group, by name or URN. The VMs in these networks are the members of the group.",
        "The networks must be connected to the owner of the group. The order does not matter.",
        unordered=True,
        absent=(),
    )
    criteria: tuple[CriterionSpec, ...] | None = spec_field(
        "Criteria of a dynamic group. VMs that satisfy at least one criterion are members of the group. At most 3.",
        "The owner of a dynamic group is always a VDC group. The order does not matter.",
        canonical=_criteria_meaning,
        absent=(),
    )
    description: str | None = description_field()
    id: str | None = _id_field("security group")
    force: bool | None = _force_field("security group")

    other_keys: ClassVar[Mapping[str, FieldInfo]] = {"clear": clear_key("description")}
    exclusive: ClassVar[tuple[tuple[str, ...], ...]] = (("members", "criteria"),)

    @property
    def is_dynamic(self) -> bool:
        """True if criteria select the members."""
        return bool(self.criteria)

    def complaints(self) -> Iterator[tuple[str, str]]:
        """Yield errors that the field declarations do not detect, as ``(field, reason)``."""
        yield from _name_complaints(self.name)
        yield from _repeated("members", self.members or ())
        if self.criteria is not None and not 1 <= len(self.criteria) <= MAX_CRITERIA:
            yield "criteria", f"has {len(self.criteria)} criteria, 1 to {MAX_CRITERIA} are allowed"


@dataclass(frozen=True)
class ProfileServiceSpec:
    """A service of an application profile: a protocol with its ports."""

    protocol: str = spec_field("Protocol.", default="", required=True, choices=PROTOCOLS)
    port: tuple[str, ...] | None = spec_field(
        "Destination ports. Each entry is a port, a range such as `8000-8080`, or `any`. The default is any port.",
        ports=True,
        read=read_ports,
    )
    source_port: tuple[str, ...] | None = spec_field(
        "Source ports, in the same formats as `port`. The default is any port.", ports=True, read=read_ports
    )
    icmp_type: str | None = spec_field(
        "Name or number of an ICMP type, for example `echo-request`. Only for the protocols `icmp` and `icmpv6`."
    )

    def complaints(self) -> Iterator[tuple[str, str]]:
        """Yield errors that the field declarations do not detect, as ``(field, reason)``."""
        is_icmp = self.protocol in _ICMP
        for name in ("port", "source_port"):
            if is_icmp and getattr(self, name) is not None:
                yield name, f"the protocol {self.protocol} has no ports"
        if self.icmp_type is None:
            return
        if not is_icmp:
            yield "icmp_type", "is only for the protocols icmp and icmpv6"
        elif not _ICMP_TYPE.match(fold(self.icmp_type)):
            yield "icmp_type", f"{self.icmp_type!r} is not the name or number of an ICMP type"


def _services_meaning(services: Sequence[ProfileServiceSpec]) -> Hashable:
    """Return the traffic of services in canonical form.

    Services that differ only in destination ports are merged.
    """
    ports: dict[Hashable, list[str]] = {}
    for service in services:
        key = (fold(service.protocol), port_set(service.source_port or ()), fold(service.icmp_type or ANY))
        ports.setdefault(key, []).extend(service.port or (ANY,))
    return frozenset((key, port_set(numbers)) for key, numbers in ports.items())


@dataclass(frozen=True)
class ApplicationProfileSpec(NamedSpec):
    """An application profile. A field that is None keeps its value."""

    name: str | None = _name_field("application profile")
    services: tuple[ProfileServiceSpec, ...] | None = spec_field(
        "All services of the profile. Required for a new profile.",
        "NAT rules can use only a profile with one service and at most one port. The order does not matter.",
        canonical=_services_meaning,
        absent=(),
    )
    description: str | None = description_field()
    id: str | None = _id_field("application profile")
    force: bool | None = _force_field("application profile")

    other_keys: ClassVar[Mapping[str, FieldInfo]] = {"clear": clear_key("description")}

    def complaints(self) -> Iterator[tuple[str, str]]:
        """Yield errors that the field declarations do not detect, as ``(field, reason)``."""
        yield from _name_complaints(self.name)
        if self.services is not None and not self.services:
            yield "services", "a profile needs at least one service"


def _name_complaints(name: str | None) -> Iterator[tuple[str, str]]:
    if name and is_managed({"name": name}):
        yield "name", f"{name!r} is reserved for objects that are created for rules automatically"


def _repeated(field: str, texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    for text, count in Counter(texts).items():
        if count > 1:
            yield field, f"{text!r} is repeated"
