"""Convert the NAT rules of an NSX-V edge document. Source: protocol/nsxt.md §13.2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.canonical import ANY
from vcloudair_core.services.ans.conversion.firewall_converter import ICMP_NAMES
from vcloudair_core.services.ans.conversion.overlap import nat_rules_overlap
from vcloudair_core.services.ans.conversion.report import CHANGED, ConversionItem
from vcloudair_core.services.ans.conversion.section_converter import SectionConverter
from vcloudair_core.services.ans.nat.spec import DNAT, NatRuleSpec, NatSpec

_STEP = 10
"""Difference between the priorities of adjacent rules.

It leaves room for other rules between them.
"""


class NatConverter(SectionConverter):
    """Converts the NAT section. ``uplinks`` are the numbers of the uplink interfaces."""

    is_lost_if_disabled = True

    def __init__(self, section: Any, api_version: str, uplinks: Sequence[str] = ()) -> None:
        super().__init__(section, api_version)
        self._uplink = uplinks[0] if len(uplinks) == 1 else None

    def adapt(self, index: int, rule: Any, settings: NatSpec) -> tuple[Any, list[ConversionItem]]:
        """Return a rule with a name, a priority and a firewall match."""
        items: list[ConversionItem] = []
        changes: dict[str, Any] = {"priority": index * _STEP, "rule_id": None}
        if rule.action == DNAT:
            # On NSX-V, the firewall matches the address before a DNAT rule.
            changes["firewall_match"] = "match_external_address"
        if rule.vnic not in (None, ANY) and rule.vnic == self._uplink:
            changes["vnic"] = None
            items.append(self.changed(index, rule, "vnic", "the rule applies to the uplink of the edge gateway"))
        if rule.icmp_type in ICMP_NAMES:
            changes["icmp_type"] = ICMP_NAMES[rule.icmp_type]
            items.append(
                self.changed(index, rule, "icmp_type", f"the ICMP type becomes {ICMP_NAMES[rule.icmp_type]!r}")
            )
        if settings.enabled is False:
            changes["enabled"] = False
        adapted = replace(rule, match_by="tuple", **changes)
        return replace(adapted, name=self.name_of(adapted)), items

    def is_affected(self, rule: NatRuleSpec, lost: NatRuleSpec) -> bool:
        """Return True if ``rule`` can translate traffic of the left-out rule ``lost``."""
        return nat_rules_overlap(rule, lost)

    def adapt_settings(self, spec: NatSpec) -> NatSpec:
        """Return the settings without the switch ``enabled``.

        If NAT is disabled, every converted rule is disabled.
        """
        if spec.enabled is False:
            self.omit_setting(
                "enabled", False, "NAT cannot be disabled as a whole, so every rule is disabled instead", result=CHANGED
            )
            return replace(spec, enabled=None)
        return spec
