"""The codec of distributed firewalls.

Source: protocol/nsxt.md §8.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vcloudair_core.services.ans.distributed_firewall.spec import DistributedFirewallSpec
from vcloudair_core.services.ans.firewall.limits import is_default_name
from vcloudair_core.services.ans.firewall.nsxt.rule_codec import NsxtRuleCodec
from vcloudair_core.services.ans.section.json_values import bool_of, mapping_of

POLICIES, SECTION = "policies", "distributed_firewall"
"""Keys of a tree: the policies (if they were read), and the rules."""


class DistributedFirewallCodec(NsxtRuleCodec[DistributedFirewallSpec]):
    """A codec for the rules of the default policy of a VDC group.

    ``has_addresses`` is True if rules contain addresses, which is the case from API version 38.1 on. In all API
    versions, rules refer to port profiles and contain no ports.
    """

    section = SECTION
    what = "the distributed firewall rules"
    records_path = (SECTION, "values")
    has_exclusions = True

    def __init__(self, *, has_addresses: bool) -> None:
        super().__init__(has_addresses=has_addresses, has_ports=False)

    def rule_type_of(self, record: Mapping[str, Any]) -> str:
        """Return ``default_policy`` for the default rule, and ``user`` for all others."""
        return "default_policy" if is_default_name(str(record.get("name") or "")) else "user"

    def settings_of(self, tree: Mapping[str, Any]) -> DistributedFirewallSpec:
        """Return the settings. If the policies were not read, all settings are None."""
        policies = tree.get(POLICIES)
        if policies is None:
            return DistributedFirewallSpec()
        is_enabled = bool_of(default_policy(policies).get("enabled"), True)
        return DistributedFirewallSpec(enabled=is_active(policies) and is_enabled)

    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        """Set ``settings`` in ``tree``.

        The server enables the default policy only in an active distributed firewall.
        """
        if "enabled" not in settings:
            return
        policies = mapping_of(tree.get(POLICIES))
        changed = {**default_policy(policies), "enabled": settings["enabled"]}
        tree[POLICIES] = {**policies, "enabled": is_active(policies) or settings["enabled"], "defaultPolicy": changed}


def is_active(policies: Any) -> bool:
    """Return True if the distributed firewall of the VDC group is active."""
    return bool_of(mapping_of(policies).get("enabled"), False) is True


def default_policy(policies: Any) -> Mapping[str, Any]:
    """Return the default policy."""
    return mapping_of(mapping_of(policies).get("defaultPolicy"))
