"""Options of DHCP that a backend does not support.

Source: protocol/ans.md §5, protocol/nsxt.md §10.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vcloudair_core.services.ans.edge.backend import NSXT, NSXV, VCLOUDAIR
from vcloudair_core.services.ans.edge.limits import Limit

_SHORTEST_S, _LONGEST_S = 60, 4294967295


def _outside(value: Any) -> Any:
    """Return a lease time that NSX-T networks do not accept, or None."""
    text = str(value).strip()
    return text if text.isdecimal() and not _SHORTEST_S <= int(text) <= _LONGEST_S else None


_ON_NSXT = (
    Limit(
        "domain_name",
        "DHCP sends no domain name for single pools and static bindings",
        "Omit the option. The DNS suffix belongs to the network.",
        is_neutral=True,
    ),
    Limit(
        "lease_time",
        f"a lease time is from {_SHORTEST_S} to {_LONGEST_S} seconds",
        "Use another lease time.",
        values=f"fewer than `{_SHORTEST_S}` or more than `{_LONGEST_S}` seconds",
        refused=_outside,
    ),
)
_ON_CLASSIC = (Limit("network", "DHCP belongs to the edge gateway", "Omit the option.", is_neutral=True),)

RULE_LIMITS: Mapping[str, Sequence[Limit]] = {NSXT: _ON_NSXT, NSXV: _ON_CLASSIC, VCLOUDAIR: _ON_CLASSIC}
"""The limits of options of a pool or static binding, by backend."""

SETTING_LIMITS: Mapping[str, Sequence[Limit]] = {
    NSXT: tuple(
        Limit(name, "DHCP has no log on the edge gateway", "Omit the option.", is_neutral=True)
        for name in ("logging", "log_level")
    )
}
"""The limits of settings, by backend."""
