"""Options of DNS forwarding that a backend does not support.

Source: protocol/ans.md §5, protocol/nsxt.md §10.
"""

from __future__ import annotations

from vcloudair_core.services.ans.edge.backend import NSXT, NSXV
from vcloudair_core.services.ans.edge.limits import Limit

SETTING_LIMITS = {
    NSXV: (
        Limit("listener_ip", "DNS forwarding listens on interfaces", "Omit listener_ip."),
        Limit("snat_enabled", "queries need no SNAT", "Omit snat_enabled.", values="`true`"),
        Limit("snat_ip", "queries need no SNAT", "Omit snat_ip."),
    ),
    NSXT: (
        Limit("cache_size", "the cache belongs to the provider", "Omit cache_size."),
        Limit("logging", "queries are not logged", "Omit logging.", values="`true`"),
        Limit("log_level", "queries are not logged", "Omit log_level."),
    ),
}
"""The limits of settings, by backend."""

RULE_LIMITS = {
    NSXV: (
        Limit(
            "name", "there are no conditional zones", "Set servers to DNS servers that resolve all domains.", values=""
        ),
    )
}
"""The limits of conditional zones, by backend."""
