"""Convert the firewall of an NSX-V edge document. Source: protocol/nsxt.md §13.1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.fields import plain
from vcloudair_core.errors import SpecProblem
from vcloudair_core.services.ans.conversion.overlap import firewall_rules_overlap
from vcloudair_core.services.ans.conversion.report import ConversionItem
from vcloudair_core.services.ans.conversion.section_converter import SectionConverter, with_unique_name
from vcloudair_core.services.ans.firewall.nsxt.rule_codec import rule_title
from vcloudair_core.services.ans.firewall.spec import (
    GLOBAL_INFOS,
    SIDES,
    FirewallPolicySpec,
    FirewallRuleSpec,
    ServiceSpec,
)
from vcloudair_core.services.ans.nsxt.members import NETWORK_URN
from vcloudair_core.services.ans.section.rule_values import member

ICMP_NAMES = {
    "0": "echo-reply",
    "3": "destination-unreachable",
    "4": "source-quench",
    "5": "redirect",
    "8": "echo-request",
    "9": "router-advertisement",
    "10": "router-solicitation",
    "11": "time-exceeded",
    "12": "parameter-problem",
    "13": "timestamp-request",
    "14": "timestamp-reply",
    "17": "address-mask-request",
    "18": "address-mask-reply",
}
"""Names of the ICMP types that NSX-V accepts as numbers.

Source: https://www.rfc-editor.org/rfc/rfc792 and the RFCs 950 and 1256.
"""

_DEFAULTS = {"tcp_timeout_established": (3600, 21600)}
"""The possible defaults of a setting whose default depends on the NSX-V version.

Source: protocol/ans.md §2.3.
"""

_PROVIDER = "only the provider can set timeouts and packet checks"


class FirewallConverter(SectionConverter):
    """Converts the firewall section of a document."""

    def __init__(self, section: Any, api_version: str) -> None:
        super().__init__(section, api_version)
        self._names: dict[str, int] = {}

    def adapt(self, index: int, rule: Any, settings: Any) -> tuple[Any, list[ConversionItem]]:
        """Return the rule with a unique name, and with ICMP types as names, not numbers."""
        items: list[ConversionItem] = []
        name = with_unique_name((rule.name or "").strip() or rule_title(rule), self._names)
        if name != rule.name:
            items.append(
                self.changed(index, rule, "name", f"the name becomes {name!r}, because each rule needs a unique name")
            )
        self._names[name] = 1
        services = tuple(map(_with_icmp_name, rule.services)) if rule.services is not None else None
        if services != rule.services:
            items.append(self.changed(index, rule, "services", "ICMP types are names instead of numbers"))
        return replace(rule, name=name, services=services, rule_id=None, match_by="name"), items

    def losses(self, rule: FirewallRuleSpec) -> Iterator[SpecProblem]:
        """Yield a problem for each source or destination that contains NSX-V networks."""
        for side in SIDES:
            networks = [text for text in getattr(rule, side) or () if _object(text).startswith(NETWORK_URN)]
            if networks:
                yield SpecProblem(
                    side,
                    f"these networks exist only on NSX-V: {', '.join(map(repr, networks))}",
                    "Add the rule with the URN of the network that is connected to the NSX-T edge gateway.",
                )

    def is_affected(self, rule: FirewallRuleSpec, lost: FirewallRuleSpec) -> bool:
        """Return True if ``rule`` accepts traffic that the left-out rule ``lost`` denies."""
        is_denied = (lost.action or "accept") != "accept"
        return is_denied and (rule.action or "accept") == "accept" and firewall_rules_overlap(rule, lost)

    def adapt_settings(self, spec: FirewallPolicySpec) -> FirewallPolicySpec:
        """Return the settings without those that only the NSX-T provider can change."""
        if spec.default_action == "accept":
            reason = "the default rule is read-only, and usually denies traffic that matches no rule"
            hint = "Add a rule that accepts all other traffic at the bottom, if you need one."
            self.omit_setting("default_action", "accept", reason, hint)
            spec = replace(spec, default_action=None)
        if spec.default_logging:
            hint = "Ask the provider to log the traffic of the default rule, or add a rule that logs at the bottom."
            self.omit_setting("default_logging", True, "the default rule is read-only", hint)
        for name, value in spec.global_settings or ():
            if value not in _DEFAULTS.get(name, (GLOBAL_INFOS[name].absent,)):
                hint = "Ask the provider if you depend on this setting."
                self.omit_setting(f"global_settings.{name}", plain(value), _PROVIDER, hint)
        return replace(spec, default_logging=None, global_settings=None)


def _object(text: str) -> str:
    parsed = member(text)
    return (parsed.text if parsed is not None else text).casefold()


def _with_icmp_name(service: ServiceSpec) -> ServiceSpec:
    return replace(service, icmp_type=ICMP_NAMES.get(service.icmp_type or "", service.icmp_type))
