"""Specs of NAT rules and sections. Source: protocol/ans.md §3."""

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
"""Lowest and highest tag that users can set. Source: protocol/ans.md §3.2."""

MATCH_FIELDS = {
    "dnat": ("dnat_match_source_address", "dnat_match_source_port"),
    "snat": ("snat_match_destination_address", "snat_match_destination_port"),
}
"""Fields that only one action allows, by action. Source: protocol/ans.md §3.2."""

REQUIRED = ("action", "original_address", "translated_address")


def address_meaning(text: str) -> Hashable:
    """Return an address, CIDR, range or ``any`` in a form for comparison.

    NAT translates only IPv4, so ``0.0.0.0/0`` equals ``any``.
    """
    return ipv4_set((text,))


def port_meaning(text: str) -> Hashable:
    """Return a port, range or ``any`` in a form for comparison."""
    return port_set((text,))


@dataclass(frozen=True)
class NatRuleSpec:
    """A NAT rule. A field that is None keeps its value.

    In a new rule, a field that is None gets the default.

    The server omits ``vnic``, ports, protocol and match fields that are ``any``. Source: protocol/ans.md §3.2.
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
        "If neither `vnic` nor `interface` is set, the rule on all interfaces is selected. If no rule applies to all "
        "interfaces, and exactly one rule matches the same traffic, that rule is selected.",
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
        "Tag of the rule, 65537 to 131072. By default the server uses the ID of the rule.",
        bounds=(1, None),
        pattern=NUMBER_PATTERN,
        aliases=("rule_tag",),
    )
    rule_id: str | None = spec_field(
        "ID of the rule, set by the server. It identifies the rule with `match_by=rule_id`. Otherwise it distinguishes "
        "rules that match the same traffic.",
        read_only=True,
        bounds=(1, None),
        pattern=ID_PATTERN,
    )
    position: str | None = position_field()
    before: str | None = before_field("Description, ID or tag")
    after: str | None = after_field("Description, ID or tag")
    index: int | None = index_field()
    match_by: str = spec_field(
        "How to find an existing rule. NAT rules have no name.",
        "`tuple` compares all options that select the traffic, which are marked as part of the identity. The "
        "translated address and port are not compared. A new translated address changes the rule, but a new original "
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
    """Mutually exclusive keys."""

    @property
    def name(self) -> str:
        """The display name of the rule: the description, or a title.

        Example of a title: ``dnat 203.0.113.10 tcp/443``.
        """
        return (self.description or "").strip() or nat_title(self)


def nat_title(spec: NatRuleSpec) -> str:
    """Return a short title of a rule from the fields that are set."""
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
    """Return the match criteria of a rule, without the interface, for comparison."""
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


def _search_keys(spec: NatRuleSpec) -> tuple[Hashable, ...]:
    """Return the keys to find the rule of a spec, the preferred key first.

    A spec without an interface matches the rule on all interfaces. If no such rule exists, it matches the only rule
    with equal match criteria.
    """
    if spec.interface is not None:
        return ((("interface", spec.interface), _matched(spec)),)
    exact = (spec.vnic or ANY, _matched(spec))
    return (exact,) if spec.vnic is not None else (exact, (None, _matched(spec)))


def _live_keys(spec: NatRuleSpec) -> tuple[Hashable, ...]:
    return ((spec.vnic or ANY, _matched(spec)), (None, _matched(spec)))


def _description(spec: NatRuleSpec) -> tuple[Hashable, ...]:
    return ((spec.description or "").strip(),)


def _content(spec: NatRuleSpec) -> Hashable:
    """Return the match criteria and the translation of a rule, for comparison."""
    translation = (address_meaning(spec.translated_address or ANY), port_meaning(spec.translated_port or ANY))
    return (spec.vnic or ANY, spec.interface, _matched(spec), *translation)


IDENTITIES = Identities(
    {
        "tuple": RuleIdentity(
            _search_keys,
            lambda spec: f"for the same traffic ({nat_title(spec)})",
            _live_keys,
            is_unique=True,
        ),
        "description": RuleIdentity(
            _description, lambda spec: f"with the description {(spec.description or '').strip()!r}"
        ),
    },
    content=_content,
    shown=("action", "vnic", "original_address", "translated_address", "description"),
)
"""The ways to identify a NAT rule.

``tuple`` compares action, interface, protocol and ICMP type, original address and port, and the match fields.
"""


# -- meaning -----------------------------------------------------------------------------------------------------


def missing_fields(spec: NatRuleSpec) -> list[str]:
    """Return the required fields that a new rule does not set."""
    return [name for name in REQUIRED if not getattr(spec, name)]


def completed_rule(spec: NatRuleSpec) -> NatRuleSpec:
    """Return the spec of a new rule with defaults for all fields that are not set.

    Raises: SpecError for missing required fields.
    """
    problems = Problems()
    for name in missing_fields(spec):
        rule = f"the rule {spec.name!r}" if spec.name else "the rule"
        problems.add(name, f"is required, because {rule} does not exist yet (matched by {spec.match_by})")
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
    """Return the spec of a rule in an exact list, with defaults for omitted fields.

    Fields that a new rule requires have no default, so they keep their values. The tag also keeps its value, because
    the server sets a tag if the user does not.
    """
    protocol = spec.protocol or ANY
    defaults: dict[str, Any] = {
        "protocol": ANY,
        "vnic": ANY,
        "enabled": True,
        "logging": False,
        "description": "",
        **dict.fromkeys(("icmp_type",) if protocol == "icmp" else ("original_port",), ANY),
        # If the spec has no translated address, keep the translated port as well.
        **dict.fromkeys(("translated_port",) if protocol != "icmp" and spec.translated_address else (), ANY),
        **dict.fromkeys(MATCH_FIELDS.get(spec.action or current.action or "", ()), ANY),
    }
    return replace(spec, **{name: value for name, value in defaults.items() if getattr(spec, name) is None})


def effective_rule(spec: NatRuleSpec, current: NatRuleSpec) -> NatRuleSpec:
    """Return a spec that is adapted to the existing rule that it updates.

    Current values of the rule that are invalid for the new protocol or action are removed. Raises: SpecError for values
    of the spec that are invalid for the existing rule.
    """
    action, protocol = spec.action or current.action or "", spec.protocol or current.protocol or ANY
    changes: dict[str, Any] = {}
    if protocol == "icmp":
        for name in ("original_port", "translated_port"):
            _refuse(name, getattr(spec, name), "the protocol of the rule is icmp, which has no ports")
            changes[name] = ANY
    elif spec.protocol is not None:
        changes["icmp_type"] = ANY
    for owner, names in MATCH_FIELDS.items():
        for name in names if action in ACTIONS and owner != action else ():
            _refuse(name, getattr(spec, name), f"is only allowed with {owner}, but the action of the rule is {action}")
            changes[name] = ANY
    effective = replace(spec, **changes) if changes else spec
    addresses = {name: value for name in _ADDRESSES if (value := getattr(effective, name)) is not None}
    for name, reason in family_complaints(replace(current, **addresses)) if addresses else ():
        raise SpecError(name, reason)
    return effective


_ADDRESSES = ("original_address", "translated_address", *(names[0] for names in MATCH_FIELDS.values()))


def family_complaints(spec: NatRuleSpec) -> list[tuple[str, str]]:
    """Return an error for each address with another IP version than the original one.

    Shape: ``[(field, reason)]``.
    """
    first = address_range(spec.original_address or ANY)
    others = ((name, address_range(getattr(spec, name) or ANY)) for name in _ADDRESSES[1:])
    return [
        (name, "has another IP version than original_address")
        for name, network in others
        if first and network and first[0] != network[0]
    ]


def _refuse(name: str, value: str | None, reason: str) -> None:
    if value not in (None, ANY):
        raise SpecError(name, reason)


@dataclass(frozen=True)
class NatSpec:
    """A whole NAT section. A field that is None keeps its value.

    Source: protocol/ans.md §3.1.
    """

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
