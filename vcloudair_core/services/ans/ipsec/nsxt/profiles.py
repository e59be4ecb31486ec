"""Security profiles of IPsec tunnels: their options and defaults.

Specs have no values for the default profile, because the provider can change that profile. ``encryption``, ``digest``
and ``dh_group`` apply to both phases, unless an option with the prefix ``tunnel_`` sets another value for phase 2.
Source: protocol/nsxt.md §7, protocol/vcd-modern.md §5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.fields import fields_of
from vcloudair_core.services.ans.ipsec.algorithms import NSXT_ALGORITHMS, algorithm_meaning, unknown_algorithm
from vcloudair_core.services.ans.ipsec.nsxt.fields import CUSTOM, DEFAULT, RESPOND_ONLY
from vcloudair_core.services.ans.ipsec.spec import IpsecTunnelSpec

BOTH_PHASES = ("encryption", "digest", "dh_group")
DEFAULT_VALUES: Mapping[str, Any] = {
    "encryption": "aes",
    "tunnel_encryption": "aes-gcm",
    "digest": "sha-256",
    "dh_group": "dh14",
    "ike_version": "ikev2",
    "pfs": True,
    "ike_lifetime": 86400,
    "tunnel_lifetime": 3600,
    "dpd_interval": 60,
    "df_policy": "copy",
}
"""The values of the default profile.

In a new custom profile, omitted options also have these values.
"""
_DEFAULT = str(DEFAULT_VALUES["tunnel_encryption"])
PROFILE_FIELDS = (*DEFAULT_VALUES, "tunnel_digest", "tunnel_dh_group")


def profile_options(spec: IpsecTunnelSpec) -> list[str]:
    """Return the names of the options in a spec that need a custom profile.

    ``pfs: true`` needs no custom profile, because the default profile has perfect forward secrecy.
    """
    return [
        name for name in PROFILE_FIELDS if getattr(spec, name) is not None and not (name == "pfs" and spec.pfs is True)
    ]


def is_custom(spec: IpsecTunnelSpec) -> bool:
    """Return True if a new tunnel needs a custom profile."""
    return spec.security_profile == CUSTOM or bool(profile_options(spec))


def exact_profile(spec: IpsecTunnelSpec) -> IpsecTunnelSpec:
    """Return a spec for ``state: exact``, with a complete security profile."""
    if not is_custom(spec):
        return replace(spec, security_profile=DEFAULT, pfs=None)
    return replace(spec, security_profile=CUSTOM, **{
        name: value
        for name, value in DEFAULT_VALUES.items()
        # Without `tunnel_encryption`, `encryption` applies to both phases.
        if getattr(spec, name) is None and not (name == "tunnel_encryption" and spec.encryption is not None)
    })  # fmt: skip


def complete_profile(spec: IpsecTunnelSpec) -> IpsecTunnelSpec:
    """Return a tunnel. If its profile is the default, all profile values are set."""
    return replace(spec, **DEFAULT_VALUES) if spec.security_profile == DEFAULT else spec


def effective_profile(spec: IpsecTunnelSpec, current: IpsecTunnelSpec) -> IpsecTunnelSpec:
    """Return a copy of ``spec`` with the values of phase 2 to set in ``current``.

    If ``spec`` sets a value for both phases, this value also replaces a different current value of phase 2. A value of
    phase 2 that equals the value of phase 1 is omitted, as in decoded tunnels.
    """
    changes: dict[str, Any] = {}
    for name in BOTH_PHASES:
        tunnel_name = f"tunnel_{name}"
        value, tunnel_value = getattr(spec, name), getattr(spec, tunnel_name)
        if tunnel_value is None:
            is_different = value is not None and getattr(current, tunnel_name) is not None
            if is_different and not (name == "digest" and has_own_digest(_phase_2_encryption(spec, current))):
                changes[tunnel_name] = value
            continue
        phase_1 = value or getattr(current, name)
        if getattr(current, tunnel_name) is None and phase_1 and same_algorithm(name, phase_1, tunnel_value):
            changes[tunnel_name] = None
    return replace(spec, **changes) if changes else spec


def _phase_2_encryption(spec: IpsecTunnelSpec, current: IpsecTunnelSpec) -> str:
    return spec.tunnel_encryption or spec.encryption or current.tunnel_encryption or current.encryption or _DEFAULT


def same_algorithm(field: str, first: str | None, second: str | None) -> bool:
    """Return True if two spellings name the same algorithm."""
    return fields_of(IpsecTunnelSpec)[field].same(first, second)


def has_own_digest(encryption: str | None) -> bool:
    """Return True for an encryption algorithm that includes authentication (AEAD).

    With such an algorithm, phase 2 has no digest.
    """
    return bool(encryption) and ("gcm" in str(encryption) or "gmac" in str(encryption))


def option_complaints(spec: IpsecTunnelSpec) -> list[tuple[str, str]]:
    """Return an error for each option that contradicts another option of the spec.

    Shape: ``[(field, reason)]``.
    """
    complaints: list[tuple[str, str]] = []
    options = profile_options(spec)
    if spec.security_profile == DEFAULT and options:
        complaints.append(("security_profile", f"cannot be {DEFAULT} together with {', '.join(options)}"))
    if None not in (spec.initiation_mode, spec.responder_only) and spec.responder_only != (
        spec.initiation_mode == RESPOND_ONLY
    ):
        shown = str(spec.responder_only).lower()
        complaints.append(("responder_only", f"cannot be {shown} with initiation_mode {spec.initiation_mode}"))
    return complaints


def profile_complaints(tunnel: IpsecTunnelSpec, changed: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the errors in the profile of a changed tunnel.

    Shape: ``[(field, reason)]``.
    """
    complaints: list[tuple[str, str]] = []
    for name in changed:
        if name not in NSXT_ALGORITHMS:
            continue
        value = getattr(tunnel, name)
        reason = unknown_algorithm(name, value and algorithm_meaning(name, value), NSXT_ALGORITHMS)
        if reason:
            complaints.append((name, reason))
    encryption = tunnel.tunnel_encryption or tunnel.encryption or _DEFAULT
    if "tunnel_digest" in changed and tunnel.tunnel_digest is not None and has_own_digest(encryption):
        complaints.append(("tunnel_digest", f"is not possible with {encryption}, which has its own digest"))
    return complaints
