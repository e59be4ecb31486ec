"""Decode and change the connection properties of an IPsec tunnel.

In the API, each algorithm is a list, but servers accept only one value in it. Source: protocol/vcd-modern.md §5.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from vcloudair_core.services.ans.ipsec.nsxt.fields import CUSTOM
from vcloudair_core.services.ans.ipsec.nsxt.profiles import (
    BOTH_PHASES,
    DEFAULT_VALUES,
    has_own_digest,
    same_algorithm,
)
from vcloudair_core.services.ans.ipsec.spec import IpsecTunnelSpec
from vcloudair_core.services.ans.section.json_values import bool_of, int_of, mapping_of, text_of, texts_of

IKE, TUNNEL, DPD = "ikeConfiguration", "tunnelConfiguration", "dpdConfiguration"
DEFAULT_PROPERTIES: Mapping[str, Any] = {
    IKE: {
        "ikeVersion": "IKE_V2",
        "encryptionAlgorithms": ["AES_128"],
        "digestAlgorithms": ["SHA2_256"],
        "dhGroups": ["GROUP14"],
        "saLifeTime": 86400,
    },
    TUNNEL: {
        "perfectForwardSecrecyEnabled": True,
        "dfPolicy": "COPY",
        "encryptionAlgorithms": ["AES_GCM_128"],
        "digestAlgorithms": None,
        "dhGroups": ["GROUP14"],
        "saLifeTime": 3600,
    },
    DPD: {"probeInterval": 60},
}
"""The properties of the default profile, from which a custom profile starts."""

_LISTS = {"encryption": "encryptionAlgorithms", "digest": "digestAlgorithms", "dh_group": "dhGroups"}
_OTHERS = {
    "ike_version": (IKE, "ikeVersion"),
    "ike_lifetime": (IKE, "saLifeTime"),
    "pfs": (TUNNEL, "perfectForwardSecrecyEnabled"),
    "tunnel_lifetime": (TUNNEL, "saLifeTime"),
    "df_policy": (TUNNEL, "dfPolicy"),
    "dpd_interval": (DPD, "probeInterval"),
}
_NUMBERS = ("saLifeTime", "probeInterval")
_WIRE_VALUES = {
    "aes": "AES_128",
    "aes256": "AES_256",
    "aes-gcm": "AES_GCM_128",
    "aes-gcm-192": "AES_GCM_192",
    "aes-gcm-256": "AES_GCM_256",
    **{f"aes-gmac-{bits}": f"NO_ENCRYPTION_AUTH_AES_GMAC_{bits}" for bits in (128, 192, 256)},
    "none": "NO_ENCRYPTION",
    "sha1": "SHA1",
    **{f"sha-{bits}": f"SHA2_{bits}" for bits in (256, 384, 512)},
    **{f"dh{number}": f"GROUP{number}" for number in (2, 5, 14, 15, 16, 19, 20, 21)},
    "ikev1": "IKE_V1",
    "ikev2": "IKE_V2",
    "ikeflex": "IKE_FLEX",
    "copy": "COPY",
    "clear": "CLEAR",
}
_NAMES = {wire: name for name, wire in _WIRE_VALUES.items()}


def profile_of(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a custom profile as ``{field: value}``.

    A value of phase 2 is omitted if it equals the value of phase 1. Values that the server does not return are set to
    their defaults.
    """
    ike, tunnel = mapping_of(properties.get(IKE)), mapping_of(properties.get(TUNNEL))
    values: dict[str, Any] = {}
    for name, wire in _LISTS.items():
        values[name], tunnel_value = _name_of(ike.get(wire)), _name_of(tunnel.get(wire))
        if tunnel_value is not None and not same_algorithm(name, values[name], tunnel_value):
            values[f"tunnel_{name}"] = tunnel_value
    for name, (outer, key) in _OTHERS.items():
        value = mapping_of(properties.get(outer)).get(key)
        values[name] = bool_of(value) if name == "pfs" else int_of(value) if key in _NUMBERS else _name_of(value)
    missing = {name: value for name, value in DEFAULT_VALUES.items() if name in values and values[name] is None}
    return {**values, **missing}


def changed_properties(
    properties: Mapping[str, Any] | None, spec: IpsecTunnelSpec, changed: Sequence[str]
) -> dict[str, Any]:
    """Return a copy of ``properties`` with the ``changed`` fields set from ``spec``.

    ``properties`` is None for a tunnel with the default profile.
    """
    result: dict[str, Any] = copy.deepcopy(dict(DEFAULT_PROPERTIES if properties is None else properties))
    ike, tunnel, dpd = (result.setdefault(outer, {}) for outer in (IKE, TUNNEL, DPD))
    for name in BOTH_PHASES:
        value = getattr(spec, name)
        if name in changed:
            ike[_LISTS[name]] = [_wire_value(value)]
        if name in changed or f"tunnel_{name}" in changed:
            tunnel[_LISTS[name]] = [
                _wire_value(getattr(spec, f"tunnel_{name}") or value or _name_of(ike[_LISTS[name]]))
            ]
    _set_digest(ike, tunnel)
    outers = {IKE: ike, TUNNEL: tunnel, DPD: dpd}
    for name, (outer, key) in _OTHERS.items():
        if name in changed:
            value = getattr(spec, name)
            outers[outer][key] = _wire_value(value) if isinstance(value, str) else value
    return {**result, "securityType": CUSTOM.upper()}


def _set_digest(ike: dict[str, Any], tunnel: dict[str, Any]) -> None:
    """Set or remove the digest of phase 2, depending on the encryption of phase 2.

    If the encryption needs a digest and none is set, phase 2 gets the digest of phase 1.
    """
    key = _LISTS["digest"]
    if has_own_digest(_name_of(tunnel.get(_LISTS["encryption"]))):
        tunnel[key] = None
    elif not tunnel.get(key):
        tunnel[key] = list(ike.get(key) or DEFAULT_PROPERTIES[IKE][key])


def _name_of(values: Any) -> str | None:
    """Return the name of an algorithm.

    If a server returns several algorithms, their names are joined. No known server does so.
    """
    names = [_NAMES.get(text, text.lower().replace("_", "-")) for text in texts_of(values) if text]
    return ", ".join(names) or None


def _wire_value(name: Any) -> str:
    text = text_of(name) or ""
    return _WIRE_VALUES.get(text, text.upper().replace("-", "_"))
