"""Options of IPsec tunnels that a backend does not support.

Source: protocol/nsxt.md §7, §13.3.
"""

from __future__ import annotations

from collections.abc import Sequence

from vcloudair_core.engine.canonical import address_range
from vcloudair_core.services.ans.edge.backend import NSXT, NSXV, VCLOUDAIR
from vcloudair_core.services.ans.edge.limits import Limit

_MAX_NETWORKS = 128
_OLD_ALGORITHMS = ("3des", "aes192")


def _not_ipv4(address: str) -> str | None:
    network = address_range(address)
    return None if network is not None and network[0] == 4 else address


def _old_algorithm(name: str) -> str | None:
    return name if name in _OLD_ALGORITHMS else None


def _more_networks(networks: Sequence[str]) -> bool:
    return len(networks) > _MAX_NETWORKS


def _is_false(value: bool) -> str | None:
    return "false" if value is False else None


_NSXT = (
    Limit(
        "peer_ip",
        "a tunnel needs the IPv4 address of its peer",
        "Write the IPv4 address of the peer.",
        values="`any`, host names and IPv6 addresses",
        refused=_not_ipv4,
    ),
    *(
        Limit(
            name,
            f"a tunnel has at most {_MAX_NETWORKS} networks on each side",
            "Combine networks, or use several tunnels.",
            values=f"more than {_MAX_NETWORKS} networks",
            refused=_more_networks,
        )
        for name in ("local_subnets", "peer_subnets")
    ),
    Limit(
        "encryption",
        "the edge gateway has no such algorithm",
        "Use aes256 or aes-gcm-256 on both sides.",
        values="`3des`, `aes192`",
        refused=_old_algorithm,
    ),
    Limit(
        "mtu",
        "tunnels have no MTU",
        "Omit mtu. Limit the TCP segment size on the hosts if packets are too large.",
        is_neutral=True,
    ),
    Limit("extension", "tunnels have no extensions", "Omit extension."),
    Limit(
        "compliance_suite",
        "tunnels have no compliance suites",
        "Omit compliance_suite, and set encryption, digest and dh_group.",
        values="all names except `none`",
        refused=lambda name: None if name == "none" else name,
    ),
    Limit(
        "session_type",
        "all tunnels are policy-based",
        "Omit session_type.",
        values="`routebasedsession`",
        refused=lambda name: name if name.strip().casefold() == "routebasedsession" else None,
    ),
)

_PROFILE_HINT = "Omit {}, or set encryption, digest and dh_group, which apply to both phases."
_LIFETIME_HINT = "Omit {}, and set the lifetime of the edge gateway on the peer."


_OLDER = (
    Limit(
        "initiation_mode",
        "tunnels have only the option responder_only",
        "Set responder_only instead of initiation_mode.",
        values="`respond_only`, `on_demand`",
    ),
    Limit(
        "logging",
        "logging can be enabled only for the whole service",
        "Set logging of the IPsec service.",
        values="`true`",
    ),
    Limit("ca_certificate", "CA certificates belong to the whole service", "Set ca_certificates of the IPsec service."),
    Limit(
        "security_profile",
        "tunnels have no profiles",
        "Omit security_profile, and set the algorithms.",
        values="`custom`",
    ),
    *(
        Limit(name, "both phases use the same algorithms", _PROFILE_HINT.format(name))
        for name in ("tunnel_encryption", "tunnel_digest", "tunnel_dh_group")
    ),
    *(
        Limit(name, "lifetimes cannot be set", _LIFETIME_HINT.format(name))
        for name in ("ike_lifetime", "tunnel_lifetime")
    ),
    Limit("dpd_interval", "the interval of probes cannot be set", "Omit dpd_interval."),
    Limit("df_policy", "the DF bit cannot be set", "Omit df_policy."),
)


RULE_LIMITS = {NSXT: _NSXT, NSXV: _OLDER, VCLOUDAIR: _OLDER}
"""The limits of options of a tunnel, by backend."""

_LIBRARY_HINT = "Set certificate and ca_certificate of each tunnel to names of the certificate library."

SETTING_LIMITS = {
    NSXT: (
        Limit(
            "enabled",
            "the IPsec service cannot be disabled and runs while tunnels exist",
            "Set enabled to false in each tunnel, or delete the tunnels.",
            values="`false`, except with an empty list of tunnels",
            refused=_is_false,
            has_default=False,
        ),
        Limit(
            "logging",
            "each tunnel has its own log",
            "Omit logging of the service, and set logging of each tunnel.",
            values="`false`",
            refused=_is_false,
            is_neutral=True,
        ),
        Limit(
            "log_level",
            "the log level cannot be set",
            "Omit log_level.",
            values="all levels except `warning`",
            is_neutral=True,
        ),
        Limit("disable_event", "events cannot be suppressed", "Omit disable_event.", values="`true`", is_neutral=True),
        Limit("global_psk", "each tunnel has its own key", "Set psk of each tunnel."),
        Limit("service_certificate", "each tunnel has its own certificate", _LIBRARY_HINT),
        Limit("ca_certificates", "each tunnel has its own CA certificate", _LIBRARY_HINT),
        Limit("crl_certificates", "revocation lists cannot be set", "Omit crl_certificates."),
    )
}
"""The limits of IPsec settings, by backend."""
