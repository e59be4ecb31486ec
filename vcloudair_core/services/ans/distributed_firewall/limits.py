"""Options of firewall rules that a distributed firewall does not support.

Source: protocol/nsxt.md §8, §13.1.
"""

from __future__ import annotations

from collections.abc import Iterable

from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.edge.limits import Limit
from vcloudair_core.services.ans.firewall.limits import RULE_LIMITS as EDGE_RULE_LIMITS
from vcloudair_core.services.ans.firewall.limits import grouping_objects, source_ports
from vcloudair_core.services.ans.firewall.spec import SIDES
from vcloudair_core.services.ans.nsxt.members import INTERNAL
from vcloudair_core.services.ans.section.rule_values import INTERFACE, INTERFACES, member

DEFAULT_RULE_PREFIX = "Default_VdcGroup_"
"""Start of the name of the default rule, which the server creates.

Source: protocol/nsxt.md §8.
"""

_AS_ON_EDGES = ("services", "applications", "match_translated", "tag")
"""Options with the same limits as on edge gateways, except for source ports."""

_INTERFACE_HINT = "Name networks (urn:vcloud:network:...), firewall groups (group:NAME), addresses or internal."


def _interfaces(members: Iterable[str]) -> tuple[str, ...]:
    return tuple(
        text
        for text in members
        if (parsed := member(text)) is not None and parsed.kind == INTERFACE and parsed.text != INTERNAL
    )


def is_default_name(name: str) -> bool:
    """Return True if a rule with this name is the default rule."""
    return name.casefold().startswith(DEFAULT_RULE_PREFIX.casefold())


_NSXT = (
    Limit(
        "name",
        "the name belongs to the default rule",
        "Use another name.",
        values=f"names that start with `{DEFAULT_RULE_PREFIX}`",
        refused=is_default_name,
    ),
    *(
        Limit(
            side,
            "rules have no interfaces",
            _INTERFACE_HINT,
            values=f"{', '.join(f'`{name}`' for name in INTERFACES if name != INTERNAL)} or `vnic-N`",
            refused=_interfaces,
        )
        for side in SIDES
    ),
    *(
        Limit(
            side,
            "the object belongs to NSX-V",
            "Name a firewall group (group:NAME or urn:vcloud:firewallGroup:...).",
            values="IDs of NSX-V grouping objects, such as `ipset-2`",
            refused=grouping_objects,
        )
        for side in SIDES
    ),
    *(limit for limit in EDGE_RULE_LIMITS[NSXT] if limit.option in _AS_ON_EDGES and limit.since is None),
    Limit(
        "services",
        "port profiles have no source ports",
        "Omit source_port.",
        values="`source_port`",
        refused=source_ports,
    ),
    Limit("applied_to", "rules apply to the whole VDC group", "Name the network in source or destination."),
)

RULE_LIMITS = {NSXT: _NSXT}
"""The limits of single rules."""
