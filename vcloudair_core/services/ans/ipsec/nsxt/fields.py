"""Fields of IPsec tunnels that exist only on NSX-T edge gateways.

Source: protocol/vcd-modern.md §5.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from vcloudair_core.engine.canonical import fold
from vcloudair_core.engine.fields import spec_field
from vcloudair_core.services.ans.ipsec.algorithms import NSXT_ALGORITHMS, algorithm_meaning

INITIATOR, RESPOND_ONLY, ON_DEMAND = "initiator", "respond_only", "on_demand"
INITIATION_MODES = (INITIATOR, RESPOND_ONLY, ON_DEMAND)
DEFAULT, CUSTOM = "default", "custom"
SECURITY_PROFILES = (DEFAULT, CUSTOM)
DF_POLICIES = ("copy", "clear")
LONGEST_LIFETIME_S = 31536000
LEAST_PROBE_S, MOST_PROBE_S = 3, 60

_ONLY = "Only for NSX-T edge gateways."


def initiation_mode() -> Any:
    """Return the field that determines which side initiates the connection."""
    return spec_field(
        f"When the edge gateway initiates the connection. The default for new tunnels is `initiator`. {_ONLY}",
        "`initiator` always initiates the connection, `on_demand` initiates it when traffic needs the tunnel, and "
        "`respond_only` never initiates it, as with `responder_only=true`.",
        canonical=fold,
        absent=INITIATOR,
        choices=INITIATION_MODES,
    )


def tunnel_logging() -> Any:
    """Return the field that enables logging for a tunnel."""
    return spec_field(
        f"Whether the tunnel writes a log. New tunnels do not log by default. {_ONLY}",
        "If the user does not have the right to configure logging, the server ignores `true`, and a warning is shown.",
        absent=False,
    )


def ca_certificate() -> Any:
    """Return the field with the CA certificate of the peer."""
    return spec_field(
        "Name or URN of the CA certificate that has signed the certificate of the peer, for `authentication=x.509`. "
        f"{_ONLY}"
    )


def security_profile() -> Any:
    """Return the field that selects the default profile or a custom profile."""
    return spec_field(
        "Whether the tunnel uses the default algorithms and lifetimes of the edge gateway (`default`), or its own "
        f"(`custom`). {_ONLY}",
        "If `encryption`, `digest`, `dh_group`, `ike_version`, a `tunnel_` option, a lifetime, `dpd_interval`, "
        "`df_policy` or `pfs=false` is set, the profile becomes custom. Options that are not set keep their values. If "
        "the profile was the default profile, they have its values.",
        "The default profile of phase 1 is `ikev2`, `aes`, `sha-256`, `dh14` and a lifetime of 86400 seconds. The "
        "default profile of phase 2 is `aes-gcm`, `dh14`, perfect forward secrecy and a lifetime of 3600 seconds.",
        "`default` removes a custom profile.",
        canonical=fold,
        absent=DEFAULT,
        choices=SECURITY_PROFILES,
    )


def phase_2(field: str, title: str) -> Any:
    """Return the field with an algorithm of phase 2."""
    names = ", ".join(f"`{name}`" for name in NSXT_ALGORITHMS[f"tunnel_{field}"])
    return spec_field(
        f"{title} of phase 2, as {names}. The default is the value of `{field}`. {_ONLY}",
        canonical=partial(algorithm_meaning, field),
    )


def lifetime(what: str, least_s: int) -> Any:
    """Return the field with the lifetime of a security association."""
    return spec_field(
        f"Lifetime of the {what}, in seconds. {_ONLY}", unit="seconds", bounds=(least_s, LONGEST_LIFETIME_S)
    )


def dpd_interval() -> Any:
    """Return the field with the probe interval of dead peer detection (DPD)."""
    return spec_field(
        f"Interval of the probes for dead peer detection (DPD), in seconds. {_ONLY}",
        unit="seconds",
        bounds=(LEAST_PROBE_S, MOST_PROBE_S),
    )


def df_policy() -> Any:
    """Return the field that selects how the DF bit of packets is handled."""
    return spec_field(
        f"Whether the DF bit of the inner packet is copied to the outer packet or cleared. {_ONLY}",
        canonical=fold,
        choices=DF_POLICIES,
    )
