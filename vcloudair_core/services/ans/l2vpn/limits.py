"""Options of the L2 VPN that a backend does not support.

Source: protocol/nsxt.md §10, protocol/ans.md §5.
"""

from __future__ import annotations

from vcloudair_core.services.ans.edge.backend import NSXT, NSXV
from vcloudair_core.services.ans.edge.limits import Limit
from vcloudair_core.services.ans.l2vpn.spec import CLIENT

_PORTAL = "Configure the client in the portal of the cloud."
_SERVICE = "Omit {}. Tunnels of NSX-T have their own settings."

RULE_LIMITS = {
    NSXT: (
        Limit("user_id", "a tunnel has a pre-shared key and no user", "Omit user_id."),
        Limit("egress_gateways", "the traffic of gateways cannot be kept at a site", "Omit egress_gateways."),
    ),
    NSXV: (
        Limit(
            "session_mode",
            "the configuration of a client is not managed",
            _PORTAL,
            values="`client`",
            refused=lambda mode: CLIENT if mode.casefold() == CLIENT else None,
        ),
        Limit("local_ip", "all tunnels have the address of the server", "Set listener_ip of the L2 VPN (vca_l2vpn)."),
        Limit("peer_ip", "the other site can connect from any address", "Omit peer_ip."),
        Limit("tunnel_interface", "tunnels have no tunnel interface", "Omit tunnel_interface."),
        Limit("initiation_mode", "the other site always initiates the connection", "Omit initiation_mode."),
        Limit("peer_code", "there are no peer codes", _PORTAL),
        Limit(
            "logging",
            "logging can be enabled only for the whole service",
            "Set logging of the L2 VPN (vca_l2vpn).",
            values="`true`",
        ),
        Limit(
            "networks",
            "each tunnel needs an interface",
            "List at least one network, or delete the tunnel with state: absent.",
            values="an empty list",
            refused=lambda networks: not networks,
            has_default=False,
        ),
        Limit("rule_id", "tunnels have no IDs", "Omit rule_id and match_by. The name identifies the tunnel."),
    ),
}
"""The limits of options of a tunnel, by backend."""

SETTING_LIMITS = {
    NSXT: tuple(
        Limit(name, "the L2 VPN service has no settings", _SERVICE.format(name))
        for name in (
            "enabled",
            "listener_ip",
            "listener_port",
            "encryption_algorithms",
            "server_certificate",
            "logging",
            "log_level",
        )
    ),
}
"""The limits of settings of the L2 VPN, by backend."""
