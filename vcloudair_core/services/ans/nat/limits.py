"""Options of NAT rules that a backend does not support.

Source: protocol/nsxt.md §6, §13.2.
"""

from __future__ import annotations

from collections.abc import Callable

from vcloudair_core.engine.canonical import ANY, port_set
from vcloudair_core.services.ans.edge.backend import NSXT, NSXV, VCLOUDAIR
from vcloudair_core.services.ans.edge.limits import Limit
from vcloudair_core.services.ans.nat.spec import (
    DNAT,
    EXEMPTIONS,
    NO_DNAT,
    NO_SNAT,
    REFLEXIVE,
    SNAT,
    NatRuleSpec,
    address_meaning,
)


def value_of(spec: NatRuleSpec, name: str) -> str | None:
    """Return the value of an option, or ``any`` if the option is omitted.

    Return None for an omitted option if ``match_by`` is not ``tuple``. An update then keeps the current value, which is
    not known at this point.
    """
    value: str | None = getattr(spec, name)
    return ANY if value is None and spec.match_by == "tuple" else value


def _is(*actions: str) -> Callable[[NatRuleSpec], bool]:
    return lambda spec: spec.action in actions


def _range(address: str) -> tuple[str, ...]:
    return (address,) if "-" in address else ()


def _any_address(address: str) -> tuple[str, ...]:
    return (address,) if address_meaning(address) == address_meaning(ANY) else ()


def _number(icmp_type: str) -> tuple[str, ...]:
    return (icmp_type,) if icmp_type.isdecimal() else ()


def _lacks_protocol(*actions: str) -> Callable[[NatRuleSpec], bool]:
    without_ports = (ANY, "icmp")
    return lambda spec: spec.action in actions and value_of(spec, "protocol") in without_ports and not spec.application


def _has_other_width(spec: NatRuleSpec) -> bool:
    """Return True if the original and the translated port range have different sizes.

    A translation of all ports to one port is allowed. Source: protocol/nsxt.md §13.2.
    """
    original, translated = (value_of(spec, name) for name in ("original_port", "translated_port"))
    if original is None or translated in (None, ANY):
        return False
    return _width(original) != _width(str(translated)) and (original != ANY or _width(str(translated)) > 1)


def _width(port: str) -> int:
    (ports,) = port_set((port,))
    return 65535 if isinstance(ports, str) else ports[1] - ports[0] + 1


_ORDER = "the order of rules has no meaning, because the rule with the lowest priority number applies"
_ADDRESS_HINT = "Use a CIDR, or several rules."
_NSXT = (
    *(
        Limit(
            name,
            "a rule has one address or one CIDR",
            _ADDRESS_HINT,
            values="ranges `first-last`",
            refused=_range,
        )
        for name in ("original_address", "translated_address", "snat_match_destination_address")
    ),
    Limit(
        "original_address",
        "the rule needs an address of the edge gateway",
        "Use an address of the edge gateway.",
        values="`any` with `dnat`, `no_dnat` and `reflexive`",
        refused=_any_address,
        applies=_is(DNAT, NO_DNAT, REFLEXIVE),
        has_default=False,
    ),
    Limit(
        "translated_address",
        "the rule needs an address to translate to",
        "Use a specific address.",
        values="`any`",
        refused=_any_address,
        applies=lambda spec: spec.action not in EXEMPTIONS,
        has_default=False,
    ),
    Limit(
        "original_port",
        "port profiles have no source ports",
        "Omit original_port, or set snat_match_destination_port.",
        values="ports with `snat` and `no_snat`",
        applies=_is(SNAT, NO_SNAT),
    ),
    Limit(
        "translated_port",
        "port profiles have no source ports",
        "Omit translated_port.",
        values="ports with `snat`",
        applies=_is(SNAT),
    ),
    *(
        Limit(
            name,
            "ports need a protocol",
            "Set protocol to tcp or udp.",
            values="ports without a protocol",
            applies=applies,
        )
        for name, applies in (
            ("original_port", _lacks_protocol(DNAT, NO_DNAT)),
            ("translated_port", _lacks_protocol(DNAT)),
            ("snat_match_destination_port", _lacks_protocol(SNAT, NO_SNAT)),
        )
    ),
    Limit(
        "translated_port",
        "the range has a different size than original_port",
        "Use ranges of equal size, or one rule for each port.",
        values="ranges of a different size than `original_port`",
        applies=_has_other_width,
    ),
    Limit(
        "icmp_type",
        "ICMP types are identified by names",
        "Write the name of the type, such as echo-request.",
        values="ICMP types as numbers",
        refused=_number,
    ),
    *(
        Limit(name, "rules have no interfaces", "Omit the option, or set applied_to to a network.")
        for name in ("vnic", "interface")
    ),
    *(
        Limit(name, "DNAT rules do not match the source", "Restrict the source in a firewall rule.")
        for name in ("dnat_match_source_address", "dnat_match_source_port")
    ),
    Limit("tag", "rules have no tags", "Identify the rule by name or rule_id.", is_neutral=True),
    Limit("vpn_mode", "rules have no VPN mode", "Omit vpn_mode, or use a cloud with a newer version.", since=(38, 1)),
    *(Limit(name, _ORDER, "Set priority.") for name in ("position", "before", "after", "index")),
)
_OLDER = (
    Limit(
        "action",
        "rules translate a source or a destination",
        "Use snat or dnat. To exempt traffic, restrict the addresses of the other rules.",
        values="`no_dnat`, `no_snat`, `reflexive`",
        refused=lambda action: () if action in (SNAT, DNAT) else (action,),
    ),
    Limit("name", "rules have no names", "Set description instead, and match_by to description."),
    Limit(
        "priority", "the first rule that matches applies", "Set the position of the rule with before, after or index."
    ),
    Limit(
        "firewall_match", "the firewall decides which addresses it matches", "Set match_translated on firewall rules."
    ),
    Limit("application", "port profiles exist only on NSX-T", "Set protocol and the ports."),
    Limit("applied_to", "rules apply to interfaces", "Set vnic or interface."),
    Limit("vpn_mode", "rules have no VPN mode", "Omit vpn_mode."),
)

RULE_LIMITS = {NSXT: _NSXT, NSXV: _OLDER, VCLOUDAIR: _OLDER}
"""The limits of options of a rule, by backend."""

SETTING_LIMITS = {
    NSXT: (
        Limit(
            "enabled",
            "NAT cannot be disabled as a whole",
            "Omit enabled, and disable the rules instead.",
            values="`false`",
            refused=lambda enabled: enabled is False,
        ),
    )
}
"""The limits of NAT settings, by backend."""
