"""The codec for firewalls of NSX-T edge gateways.

Source: protocol/nsxt.md §5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.services.ans.firewall.nsxt.rule_codec import NsxtRuleCodec, action_of
from vcloudair_core.services.ans.firewall.spec import FirewallPolicySpec
from vcloudair_core.services.ans.section.document import SectionState
from vcloudair_core.services.ans.section.json_values import bool_of, items_of, mapping_of


class NsxtFirewallCodec(NsxtRuleCodec[FirewallPolicySpec]):
    """A codec for the rules of an NSX-T edge gateway.

    ``is_inline`` is True from API version 38.1 on: rules contain addresses and ports, and the key ``active``. In older
    versions, rules refer to IP sets and port profiles instead.
    """

    section = "firewall"
    what = "the firewall rules"
    records_path = ("firewall", "userDefinedRules")

    def __init__(self, is_inline: bool) -> None:
        super().__init__(has_addresses=is_inline, has_ports=is_inline)
        self.enabled_key = "active" if is_inline else "enabled"

    def decode(self, document: Document) -> SectionState[FirewallPolicySpec]:
        """Decode the settings, and the system, user and default rules of a firewall."""
        rules = mapping_of(document.tree.get("firewall"))
        return SectionState(
            self.settings_of(document.tree),
            (
                *self._internal_rules(rules.get("systemRules"), "system"),
                *super().decode(document).rules,
                *self._internal_rules(rules.get("defaultRules"), "default_policy"),
            ),
        )

    def _internal_rules(self, records: Any, rule_type: str) -> Iterator[LiveRule]:
        for record in items_of(records):
            if isinstance(record, dict):
                yield LiveRule(-1, self.rule_of(record), rule_type)

    def settings_of(self, tree: Mapping[str, Any]) -> FirewallPolicySpec:
        """Return the policy without its rules.

        If the state of the firewall was not read, the result says that the firewall is active. The state is read only
        if a task sets ``enabled``.
        """
        defaults = items_of(mapping_of(tree.get("firewall")).get("defaultRules"))
        default = mapping_of(defaults[-1]) if defaults else {}
        return FirewallPolicySpec(
            enabled=bool_of(mapping_of(tree.get("state")).get("active"), True),
            default_action=action_of(default) if default else None,
            default_logging=bool_of(default.get("logging"), False) if default else None,
            global_settings=(),
        )

    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        """Set ``settings`` in ``tree``. Only the state of the firewall can be changed."""
        if "enabled" in settings:
            tree["state"] = {**mapping_of(tree.get("state")), "active": settings["enabled"]}
