"""Options of DHCP relays that a backend does not support.

Source: protocol/nsxt.md §10.
"""

from __future__ import annotations

from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.edge.limits import Limit

_ADDRESSES_ONLY = "the DHCP forwarder accepts only addresses of servers"

SETTING_LIMITS = {
    NSXT: (
        Limit("domain_names", _ADDRESSES_ONLY, "Set ip_addresses."),
        Limit("ip_sets", _ADDRESSES_ONLY, "Set ip_addresses."),
    )
}
"""The limits of the settings of a relay, by backend."""

RULE_LIMITS = {
    NSXT: (
        Limit(
            "vnic",
            "the DHCP forwarder has no agents",
            "Omit agents. The forwarder serves the networks whose DHCP mode is relay.",
        ),
    )
}
"""The limits of options of an agent, by backend."""
