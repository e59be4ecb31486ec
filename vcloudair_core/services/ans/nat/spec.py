"""Specs of NAT rules and sections. Source: protocol/ans.md §3."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from vcloudair_core.engine.canonical import ANY, fold, ipv4_set, port_set
from vcloudair_core.engine.fields import FieldInfo, input_key, spec_field
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
from vcloudair_core.services.ans.section.rule_values import PROTOCOLS

SNAT, DNAT, NO_SNAT, NO_DNAT, REFLEXIVE = ACTIONS = ("snat", "dnat", "no_snat", "no_dnat", "reflexive")
EXEMPTIONS = (NO_SNAT, NO_DNAT)
"""Actions that exempt traffic from translation."""

MATCHES = ("tuple", "name", "description", "tag", "rule_id")
FIREWALL_MATCHES = ("match_internal_address", "match_external_address", "bypass")
VPN_MODES = ("bypass", "exclusive")
LAST_PRIORITY = 2147481599
"""Source: protocol/vcd-modern.md §4 (``priority``)."""

FIRST_TAG, LAST_TAG = 65537, 131072
"""Lowest and highest tag that users can set. Source: protocol/ans.md §3.2."""

_SNAT_MATCHES = ("snat_match_destination_address", "snat_match_destination_port")
MATCH_FIELDS: Mapping[str, tuple[str, ...]] = {
    DNAT: ("dnat_match_source_address", "dnat_match_source_port"),
    SNAT: _SNAT_MATCHES,
    NO_SNAT: _SNAT_MATCHES,
    NO_DNAT: (),
    REFLEXIVE: (),
}
"""Match fields that an action allows, by action.

Source: protocol/ans.md §3.2, protocol/nsxt.md §6.
"""

ALL_MATCH_FIELDS = tuple(dict.fromkeys(name for names in MATCH_FIELDS.values() for name in names))
REQUIRED = ("action", "original_address", "translated_address")
"""Fields that new rules require.

Rules that exempt traffic have no translated address.
"""


def address_meaning(text: str) -> Hashable:
    """Return an address, CIDR, range or ``any`` in canonical form.

    NAT translates only IPv4, so ``0.0.0.0/0`` equals ``any``.
    """
    return ipv4_set((text,))


def port_meaning(text: str) -> Hashable:
    """Return a port, range or ``any`` in canonical form, for comparison."""
    return port_set((text,))


@dataclass(frozen=True)
class NatRuleSpec:
    """A NAT rule. A field that is None keeps its value.

    In a new rule, a field that is None gets the default.

    The server omits ``vnic``, ports, protocol and match fields that are ``any``. Source: protocol/ans.md §3.2.
    """

    action: str | None = spec_field(
        "Type of the rule. `dnat` translates the destination address, `snat` the source address.",
        "`no_dnat` and `no_snat` exempt traffic from translation. `reflexive` translates between internal and external "
        "addresses in both directions, without connection state; the original address is the internal one. These three "
        "actions are supported only on NSX-T edge gateways.",
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
        "Address after translation, in the same formats as `original_address`. Required on new rules, except with "
        "`no_dnat` and `no_snat`.",
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
        "Translate only traffic to this destination address. Only for `snat` rules on newer edge gateways, and for "
        "`no_snat` rules. Part of the identity.",
        canonical=address_meaning,
        absent=ANY,
    )
    snat_match_destination_port: str | None = spec_field(
        "Translate only traffic to this destination port. Only for `snat` and `no_snat` rules. Part of the identity.",
        canonical=port_meaning,
        absent=ANY,
        ports=True,
    )
    enabled: bool | None = enabled_field()
    logging: bool | None = logging_field()
    description: str | None = description_field()
    name: str | None = spec_field(
        "Name of the rule on NSX-T edge gateways. It identifies the rule with `match_by=name`.",
        "If it is not set, a new rule is named after its description, or after its traffic. On other edge gateways, "
        "rules have no names. Use `description` there.",
        identity=True,
        read=Reader.text,
    )
    priority: int | None = spec_field(
        "Priority of the rule on NSX-T edge gateways, `0` to `2147481599`. If several rules match, the rule with the "
        "lowest number applies. The default for new rules is `0`.",
        absent=0,
        bounds=(0, LAST_PRIORITY),
    )
    firewall_match: str | None = spec_field(
        "Address that the firewall matches for the traffic of the rule, on NSX-T edge gateways. With `bypass`, the "
        "traffic skips the firewall. The default for new rules is `match_internal_address`.",
        canonical=fold,
        absent="match_internal_address",
        choices=FIREWALL_MATCHES,
    )
    application: str | None = spec_field(
        "Name or URN of an application port profile, on NSX-T edge gateways. It sets the protocol, and the translated "
        "port (`dnat`), the original port (`no_dnat`) or the destination port (`snat`, `no_snat`).",
        "A profile that NSX defines, such as `HTTPS`, is replaced by its protocol and port.",
        read=Reader.text,
    )
    applied_to: str | None = spec_field(
        "Name or URN of a network that the rule applies to, on NSX-T edge gateways. The network must be connected as a "
        "service interface. By default, the rule applies to the whole edge gateway. Part of the identity.",
        absent="",
        read=Reader.clearable,
    )
    vpn_mode: str | None = spec_field(
        "Handling of traffic of policy-based IPsec VPN tunnels by `dnat` and `no_dnat` rules, on NSX-T edge gateways "
        "with API version 38.1 or newer. `bypass` ignores this traffic, and `exclusive` matches only this traffic. The "
        "default for new rules is `bypass`.",
        canonical=fold,
        absent="bypass",
        choices=VPN_MODES,
    )
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
        "How to find an existing rule. Only rules of NSX-T edge gateways have a name.",
        "`tuple` compares all options that select the traffic, which are marked as part of the identity. The "
        "translated address and port are not compared. A new translated address changes the rule, but a new original "
        "address or port creates another rule.",
        "With `name`, `description`, `rule_id` and `tag`, all other options can change. In some versions of the "
        "portal, editing a rule changes its tag.",
        "If several rules match, the task fails and lists them.",
        default="tuple",
        input_only=True,
        choices=MATCHES,
    )

    other_keys: ClassVar[Mapping[str, FieldInfo]] = {
        "clear": clear_key("description", "applied_to"),
        "rule_tag": input_key("Alias of `tag`.", bounds=(1, None), pattern=NUMBER_PATTERN, alias_of="tag"),
    }
    exclusive: ClassVar[Sequence[tuple[str, ...]]] = (
        ("position", "before", "after", "index"),
        ("vnic", "interface"),
    )
    """Mutually exclusive keys."""

    @property
    def display_name(self) -> str:
        """The display name of the rule: the name, the description, or the traffic.

        Example of the traffic: ``dnat 203.0.113.10 tcp/443``.
        """
        return (self.name or "").strip() or (self.description or "").strip() or nat_title(self)


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
