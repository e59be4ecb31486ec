"""NAT rules and sections as typed values, and what identifies a rule that has no name. Source: protocol/ans.md §3."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from vcloudair_core.engine.canonical import ANY, address_range, fold, ipv4_set, port_set
from vcloudair_core.engine.fields import FieldInfo, input_key, spec_field
from vcloudair_core.engine.matching import Identities, RuleIdentity
from vcloudair_core.engine.validation import Problems
from vcloudair_core.errors import SpecError
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
from vcloudair_core.services.ans.section.rule_values import PROTOCOLS

ACTIONS = ("snat", "dnat")
MATCHES = ("tuple", "description", "tag", "rule_id")
FIRST_TAG, LAST_TAG = 65537, 131072
"""Tags that users may give. Source: protocol/ans.md §3.2."""

MATCH_FIELDS = {
    "dnat": ("dnat_match_source_address", "dnat_match_source_port"),
    "snat": ("snat_match_destination_address", "snat_match_destination_port"),
}
"""Fields that go with one action only. Source: protocol/ans.md §3.2."""

REQUIRED = ("action", "original_address", "translated_address")


def address_meaning(word: str) -> Hashable:
    """The addresses that a CIDR, range or ``any`` stands for. NAT is for IPv4, so ``0.0.0.0/0`` is ``any``."""
    return ipv4_set((word,))


def port_meaning(word: str) -> Hashable:
    """Return the meaning of a port, range or ``any``."""
    return port_set((word,))


@dataclass(frozen=True)
class NatRuleSpec:
    """One NAT rule. None means: leave it as it is, or the default on a new rule. Source: protocol/ans.md §3.2.

    The words ``any`` of ``vnic`` and of ports, protocol and matches are what the absence on the wire means.
    """

    action: str | None = spec_field(
        "Type of the rule. `dnat` translates the destination address, `snat` the source address.",
        "Required on new rules. Part of the identity.",
        canonical=fold,
        choices=ACTIONS,
    )
    original_address: str | None = spec_field(
        "Address before translation, as an address, a CIDR, a range ``first-last``, or `any`.",
        "For `dnat` rules, it must be an address of the edge gateway.",
        "Required on new rules. Part of the identity.",
        canonical=address_meaning,
        absent=ANY,
        aliases=("original_ip",),
    )
    original_port: str | None = spec_field(
        "Port before translation, as a port, a range such as `8000-8010`, or `any`. The default for new rules is "
        "`any`. Part of the identity.",
        canonical=port_meaning,
        absent=ANY,
        ports=True,
    )
    translated_address: str | None = spec_field(
        "Address after translation, in the same formats as `original_address`. Required on new rules.",
        "For `snat` rules, it must be an address of the edge gateway.",
        canonical=address_meaning,
        absent=ANY,
        aliases=("translated_ip",),
    )
    translated_port: str | None = spec_field(
        "Port after translation. The default for new rules is `any`.", canonical=port_meaning, absent=ANY, ports=True
    )
    protocol: str | None = spec_field(
        "Protocol, as `any`, `tcp`, `udp` or `icmp` (not case-sensitive). The default for new rules is `any`. Part of "
        "the identity.",
        canonical=fold,
        absent=ANY,
        suggestions=PROTOCOLS,
        pattern=TWO_PROTOCOLS_PATTERN,
    )
    icmp_type: str | None = spec_field(
        "Name or number of an ICMP type, for example `echo-request`. Only for `protocol=icmp`. Part of the identity.",
        canonical=fold,
        absent=ANY,
    )
    vnic: str | None = spec_field(
        "Number of the interface that the rule applies to, `0` to `200`, or `any` for all interfaces. Part of the "
        "identity.",
        "If neither `vnic` nor `interface` is set, the rule on all interfaces is selected. If there is none, the only "
        "rule that matches the same traffic is selected.",
        "A new rule without `vnic` and `interface` applies to all interfaces. vCloud Air may reject such a rule.",
        absent=ANY,
    )
    interface: str | None = spec_field(
        "Name of the interface or of its network, instead of `vnic`. The lookup takes one more API call.",
        input_only=True,
        aliases=("network",),
    )
    dnat_match_source_address: str | None = spec_field(
        "Translate only traffic from this source address. Only for `dnat` rules on newer edge gateways. Part of the "
        "identity.",
        canonical=address_meaning,
        absent=ANY,
    )
    dnat_match_source_port: str | None = spec_field(
        "Translate only traffic from this source port. Only for `dnat` rules. Part of the identity.",
        canonical=port_meaning,
        absent=ANY,
        ports=True,
    )
    snat_match_destination_address: str | None = spec_field(
        "Translate only traffic to this destination address. Only for `snat` rules on newer edge gateways. Part of the "
        "identity.",
        canonical=address_meaning,
        absent=ANY,
    )
    snat_match_destination_port: str | None = spec_field(
        "Translate only traffic to this destination port. Only for `snat` rules. Part of the identity.",
        canonical=port_meaning,
        absent=ANY,
        ports=True,
    )
    enabled: bool | None = enabled_field()
    logging: bool | None = logging_field()
    description: str | None = description_field()
    tag: str | None = spec_field(
        "Tag of the rule, 65537 to 131072. By default the server uses the id of the rule.",
        bounds=(1, None),
        pattern=NUMBER_PATTERN,
        aliases=("rule_tag",),
    )
    rule_id: str | None = spec_field(
        "Id of the rule, set by the server. It identifies the rule with `match_by=rule_id`. Otherwise it distinguishes "
        "rules that match the same traffic.",
        read_only=True,
        bounds=(1, None),
        pattern=ID_PATTERN,
    )
    position: str | None = position_field()
    before: str | None = before_field("Description, id or tag")
    after: str | None = after_field("Description, id or tag")
    index: int | None = index_field()
    match_by: str = spec_field(
        "How to find an existing rule. NAT rules have no name.",
        "`tuple` compares all options that select the traffic, which are marked as part of the identity. The "
        "translated address and port are not among them. A new translated address changes the rule, but a new original "
        "address or port creates another rule.",
        "With `description`, `rule_id` and `tag`, all other options can change. In some versions of the portal, "
        "editing a rule changes its tag.",
        "If several rules match, the task fails and lists them.",
        default="tuple",
        input_only=True,
        choices=MATCHES,
    )

    other_keys: ClassVar[Mapping[str, FieldInfo]] = {
        "clear": clear_key("description"),
        "rule_tag": input_key("Alias of `tag`.", bounds=(1, None), pattern=NUMBER_PATTERN, alias_of="tag"),
    }
    exclusive: ClassVar[Sequence[tuple[str, ...]]] = (
        ("position", "before", "after", "index"),
        ("vnic", "interface"),
    )
    """Keys that contradict each other."""

    @property
    def name(self) -> str:
        """Return a name for the rule: its description, else what it translates: ``dnat 203.0.113.10 tcp/443``."""
        return (self.description or "").strip() or nat_title(self)


def nat_title(spec: NatRuleSpec) -> str:
    """A rule in few words, as far as they are known."""
    if not spec.action or not spec.original_address:
        return ""
    parts = [spec.action, spec.original_address]
    protocol = spec.protocol or ANY
    detail = (spec.icmp_type if protocol == "icmp" else spec.original_port) or ANY
    if detail != ANY:
        parts.append(f"{protocol}/{detail}")
    elif protocol != ANY:
        parts.append(protocol)
    parts += [f"vnic {spec.vnic}"] if spec.vnic not in (None, ANY) else []
    parts += [f"on {spec.interface}"] if spec.interface else []
    return " ".join(parts)


# -- identity ----------------------------------------------------------------------------------------------------


def _matched(spec: NatRuleSpec) -> Hashable:
    """All that decides which traffic a rule translates, but for the interface. What it becomes is no part of it."""
    protocol = fold(spec.protocol or ANY)
    is_icmp = protocol == "icmp"
    action = fold(spec.action or "")
    address, port = (getattr(spec, name) for name in MATCH_FIELDS.get(action, MATCH_FIELDS["dnat"]))
    return (
        action,
        protocol,
        fold(spec.icmp_type or ANY) if is_icmp else "",
        address_meaning(spec.original_address or ANY),
        port_meaning(ANY if is_icmp else spec.original_port or ANY),
        address_meaning(address or ANY),
        port_meaning(port or ANY),
    )


def _sought(spec: NatRuleSpec) -> tuple[Hashable, ...]:
    """A rule without interface means the one on all of them, or else the only one that matches the same traffic."""
    if spec.interface is not None:
        return ((("interface", spec.interface), _matched(spec)),)
    exact = (spec.vnic or ANY, _matched(spec))
    return (exact,) if spec.vnic is not None else (exact, (None, _matched(spec)))


def _answered(spec: NatRuleSpec) -> tuple[Hashable, ...]:
    return ((spec.vnic or ANY, _matched(spec)), (None, _matched(spec)))


def _described(spec: NatRuleSpec) -> tuple[Hashable, ...]:
    return ((spec.description or "").strip(),)


def _content(spec: NatRuleSpec) -> Hashable:
    """Return which traffic a rule translates, and into what."""
    becomes = (address_meaning(spec.translated_address or ANY), port_meaning(spec.translated_port or ANY))
    return (spec.vnic or ANY, spec.interface, _matched(spec), *becomes)


IDENTITIES = Identities(
    {
        "tuple": RuleIdentity(
            _sought, lambda spec: f"alike in what they match ({nat_title(spec)})", _answered, is_unique=True
        ),
        "description": RuleIdentity(_described, lambda spec: f"described {(spec.description or '').strip()!r}"),
    },
    content=_content,
    shown=("action", "vnic", "original_address", "translated_address", "description"),
)
"""``tuple``: action, interface, protocol and ICMP type, original address and port, match address and port."""


# -- meaning -----------------------------------------------------------------------------------------------------


def missing_fields(spec: NatRuleSpec) -> list[str]:
    """Return the fields that a new rule lacks."""
    return [name for name in REQUIRED if not getattr(spec, name)]


def completed_rule(spec: NatRuleSpec) -> NatRuleSpec:
    """A new rule with its defaults. Raises SpecError when it cannot be made from what was given."""
    problems = Problems()
    for name in missing_fields(spec):
        rule = f"rule {spec.name!r}" if spec.name else "such rule"
        problems.add(name, f"is required, because there is no {rule} yet (matched by {spec.match_by})")
    if spec.tag is not None and not FIRST_TAG <= int(spec.tag) <= LAST_TAG:
        problems.add("tag", f"{spec.tag} is out of range for a new rule, {FIRST_TAG} to {LAST_TAG} is allowed")
    problems.raise_if_any()
    return replace(
        spec,
        original_port=spec.original_port or ANY,
        translated_port=spec.translated_port or ANY,
        protocol=spec.protocol or ANY,
        vnic=spec.vnic or ANY,
        enabled=True if spec.enabled is None else spec.enabled,
        logging=False if spec.logging is None else spec.logging,
        rule_id=None,
    )


def exact_rule(spec: NatRuleSpec, current: NatRuleSpec) -> NatRuleSpec:
    """The spec with every default, for a rule of a list that says all there is to say.

    What a new rule cannot do without is kept where the rule is known otherwise, and so is its tag, which is the
    server's unless given.
    """
    protocol = spec.protocol or ANY
    defaults: dict[str, Any] = {
        "protocol": ANY,
        "vnic": ANY,
        "enabled": True,
        "logging": False,
        "description": "",
        **dict.fromkeys(("icmp_type",) if protocol == "icmp" else ("original_port",), ANY),
        # The translation is one thing: a rule that does not say what it translates to keeps the port of it, too.
        **dict.fromkeys(("translated_port",) if protocol != "icmp" and spec.translated_address else (), ANY),
        **dict.fromkeys(MATCH_FIELDS.get(spec.action or current.action or "", ()), ANY),
    }
    return replace(spec, **{name: value for name, value in defaults.items() if getattr(spec, name) is None})


def effective_rule(spec: NatRuleSpec, current: NatRuleSpec) -> NatRuleSpec:
    """Return the spec as it applies to a rule that exists: what no longer fits its protocol or action goes.

    Raises SpecError for what does not fit the rule that was found.
    """
    action, protocol = spec.action or current.action or "", spec.protocol or current.protocol or ANY
    changes: dict[str, Any] = {}
    if protocol == "icmp":
        for name in ("original_port", "translated_port"):
            _refuse(name, getattr(spec, name), "icmp has no ports, and the rule is for icmp")
            changes[name] = ANY
    elif spec.protocol is not None:
        changes["icmp_type"] = ANY
    for owner, names in MATCH_FIELDS.items():
        for name in names if action in ACTIONS and owner != action else ():
            _refuse(name, getattr(spec, name), f"goes with {owner}, and the rule is {action}")
            changes[name] = ANY
    effective = replace(spec, **changes) if changes else spec
    addresses = {name: value for name in _ADDRESSES if (value := getattr(effective, name)) is not None}
    for name, reason in family_complaints(replace(current, **addresses)) if addresses else ():
        raise SpecError(name, reason)
    return effective


_ADDRESSES = ("original_address", "translated_address", *(names[0] for names in MATCH_FIELDS.values()))


def family_complaints(spec: NatRuleSpec) -> list[tuple[str, str]]:
    """Return the addresses of another IP version than the original one. Shape: ``[(field, reason)]``."""
    first = address_range(spec.original_address or ANY)
    others = ((name, address_range(getattr(spec, name) or ANY)) for name in _ADDRESSES[1:])
    return [
        (name, "is of another IP version than original_address")
        for name, network in others
        if first and network and first[0] != network[0]
    ]


def _refuse(name: str, value: str | None, reason: str) -> None:
    if value not in (None, ANY):
        raise SpecError(name, reason)


@dataclass(frozen=True)
class NatSpec:
    """A whole NAT section. None means: leave it as it is. Source: protocol/ans.md §3.1."""

    enabled: bool | None = spec_field(
        "Whether NAT is enabled. NAT works only while the firewall is enabled.", absent=True
    )
    rules: tuple[NatRuleSpec, ...] | None = spec_field(
        "NAT rules, in order. Each entry must identify a different rule.", input_only=True, aliases=("nat_rules",)
    )
    allow_empty: bool | None = spec_field(
        "Whether `rules` may be empty in a document that is applied with purge. This deletes all user-defined rules.",
        input_only=True,
    )
