"""The spec of a distributed firewall. Its rules are firewall rules.

Source: protocol/nsxt.md §8.
"""

from __future__ import annotations

from dataclasses import dataclass

from vcloudair_core.engine.fields import spec_field
from vcloudair_core.services.ans.firewall.spec import FirewallRuleSpec


@dataclass(frozen=True)
class DistributedFirewallSpec:
    """The spec of a whole distributed firewall. A field that is None stays unchanged.

    Source: protocol/nsxt.md §8.
    """

    enabled: bool | None = spec_field(
        "Whether the default policy applies the rules to the VMs of the VDC group.",
        "V(true) also activates the distributed firewall of the VDC group if it is not active. V(false) keeps the "
        "rules.",
    )
    rules: tuple[FirewallRuleSpec, ...] | None = spec_field(
        "Rules of the distributed firewall, in order.", input_only=True
    )
    allow_empty: bool | None = spec_field(
        "Whether `rules` may be empty in a list that is applied with purge. This deletes all user-defined rules.",
        input_only=True,
    )
