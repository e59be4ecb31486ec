"""Connection properties of an IPsec tunnel: IKE, tunnel and dead peer detection.

Source: protocol/nsxt.md §7, protocol/vcd-modern.md §5.
"""

from __future__ import annotations

import copy
from typing import Any

from vcloudair_core.simulator.nsxt.field_checks import number_from, only_one_of
from vcloudair_core.simulator.nsxt.json_bodies import JsonField, RefusedBodyError, checked

SECURITY_TYPES = ("DEFAULT", "CUSTOM")
IKE_VERSIONS = ("IKE_V1", "IKE_V2", "IKE_FLEX")
IKE_ENCRYPTION = ("AES_128", "AES_256", "AES_GCM_128", "AES_GCM_192", "AES_GCM_256")
GMAC = tuple(f"NO_ENCRYPTION_AUTH_AES_GMAC_{bits}" for bits in (128, 192, 256))
TUNNEL_ENCRYPTION = (*IKE_ENCRYPTION, *GMAC, "NO_ENCRYPTION")
DIGESTS = ("SHA1", "SHA2_256", "SHA2_384", "SHA2_512")
DH_GROUPS = tuple(f"GROUP{number}" for number in (2, 5, 14, 15, 16, 19, 20, 21))
_YEAR_S = 31536000


def _phase_fields(encryption: tuple[str, ...], least_s: int) -> dict[str, JsonField]:
    return {
        "encryptionAlgorithms": JsonField(list, check=only_one_of(*encryption), is_required=True),
        "digestAlgorithms": JsonField(list, check=only_one_of(*DIGESTS, least=0)),
        "dhGroups": JsonField(list, check=only_one_of(*DH_GROUPS), is_required=True),
        "saLifeTime": JsonField(int, check=number_from(least_s, _YEAR_S)),
    }


_IKE = {"ikeVersion": JsonField(str, choices=IKE_VERSIONS, is_required=True), **_phase_fields(IKE_ENCRYPTION, 21600)}
_TUNNEL = {
    "perfectForwardSecrecyEnabled": JsonField(bool),
    "dfPolicy": JsonField(str, choices=("COPY", "CLEAR")),
    **_phase_fields(TUNNEL_ENCRYPTION, 900),
}
_DPD = {"probeInterval": JsonField(int, check=number_from(3, 60), is_required=True)}
_FIELDS = {
    "securityType": JsonField(str, choices=SECURITY_TYPES),
    "ikeConfiguration": JsonField(dict, items=_IKE),
    "tunnelConfiguration": JsonField(dict, items=_TUNNEL),
    "dpdConfiguration": JsonField(dict, items=_DPD),
}
_DEFAULT: dict[str, Any] = {
    "ikeConfiguration": {
        "ikeVersion": "IKE_V2",
        "encryptionAlgorithms": ["AES_128"],
        "digestAlgorithms": ["SHA2_256"],
        "dhGroups": ["GROUP14"],
        "saLifeTime": 86400,
    },
    "tunnelConfiguration": {
        "perfectForwardSecrecyEnabled": True,
        "dfPolicy": "COPY",
        "encryptionAlgorithms": ["AES_GCM_128"],
        "digestAlgorithms": None,
        "dhGroups": ["GROUP14"],
        "saLifeTime": 3600,
    },
    "dpdConfiguration": {"probeInterval": 60},
}
_OPTIONAL: dict[str, dict[str, Any]] = {
    "ikeConfiguration": {"digestAlgorithms": None, "saLifeTime": 86400},
    "tunnelConfiguration": {
        "perfectForwardSecrecyEnabled": True, "dfPolicy": "COPY", "digestAlgorithms": None, "saLifeTime": 3600,
    },
    "dpdConfiguration": {},
}  # fmt: skip
"""Defaults of absent fields, by object of the connection properties."""


def default_properties(security_type: str = "DEFAULT") -> dict[str, Any]:
    """Return the default connection properties of a tunnel."""
    return {"securityType": security_type, **copy.deepcopy(_DEFAULT)}


def read_properties(context: Any, body: dict[str, Any]) -> dict[str, Any] | None:
    """Return the properties in a request, or None for the security type DEFAULT.

    An absent security type means CUSTOM (inferred). Raises RefusedBodyError for invalid properties.
    """
    sent = checked(context, body, _FIELDS)
    if sent.get("securityType") == "DEFAULT":
        return None
    properties: dict[str, Any] = {"securityType": "CUSTOM"}
    for section, defaults in _OPTIONAL.items():
        if sent.get(section) is None:
            raise RefusedBodyError(f"validation error on field '{section}': must not be null")
        present = {name: value for name, value in sent[section].items() if value is not None}
        properties[section] = {**defaults, **present}
    _check_digests(properties["tunnelConfiguration"])
    return properties


def _check_digests(tunnel: dict[str, Any]) -> None:
    """Refuse a digest in addition to GCM or GMAC, which already authenticate the data."""
    [encryption] = tunnel["encryptionAlgorithms"]
    if tunnel["digestAlgorithms"] and ("_GCM_" in encryption or encryption in GMAC):
        field = "tunnelConfiguration.digestAlgorithms"
        raise RefusedBodyError(f"validation error on field '{field}': must be empty with {encryption}")
