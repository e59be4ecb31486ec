"""Algorithm names of IPsec: API values and their other spellings.

Source: protocol/ans.md §4.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from vcloudair_core.engine.canonical import fold
from vcloudair_core.engine.validation import near, one_of

ALGORITHMS: Mapping[str, tuple[str, ...]] = {
    "encryption": ("aes", "aes256", "3des", "aes-gcm"),
    "dh_group": ("dh2", "dh5", "dh14", "dh15", "dh16"),
    "ike_version": ("ikev1", "ikev2", "ikeflex"),
    "digest": ("sha1", "sha-256"),
}
"""Names of the algorithms that NSX-V and vCloud Air are known to accept, by field."""

_NSXT_ENCRYPTION = ("aes", "aes256", "aes-gcm", "aes-gcm-192", "aes-gcm-256")
_NSXT_DIGESTS = ("sha1", "sha-256", "sha-384", "sha-512")
_NSXT_GROUPS = ("dh2", "dh5", "dh14", "dh15", "dh16", "dh19", "dh20", "dh21")
NSXT_ALGORITHMS: Mapping[str, tuple[str, ...]] = {
    "encryption": _NSXT_ENCRYPTION,
    "tunnel_encryption": (*_NSXT_ENCRYPTION, "aes-gmac-128", "aes-gmac-192", "aes-gmac-256", "none"),
    "digest": _NSXT_DIGESTS,
    "tunnel_digest": _NSXT_DIGESTS,
    "dh_group": _NSXT_GROUPS,
    "tunnel_dh_group": _NSXT_GROUPS,
    "ike_version": ALGORITHMS["ike_version"],
}
"""Names of the algorithms that NSX-T accepts, by field.

Algorithms without encryption are possible only in phase 2. Source: protocol/vcd-modern.md §5.
"""

_SYNONYMS: Mapping[str, Mapping[str, str]] = {
    "encryption": {
        **dict.fromkeys(("aes", "aes128", "aescbc", "aes128cbc", "aescbc128"), "aes"),
        **dict.fromkeys(("aes256", "aes256cbc", "aescbc256"), "aes256"),
        **dict.fromkeys(("3des", "tripledes", "des3", "tdes", "3descbc", "desede3"), "3des"),
        **dict.fromkeys(("aesgcm", "aes128gcm", "aesgcm128", "gcm"), "aes-gcm"),
        **{f"{prefix}{bits}{suffix}": f"aes-gcm-{bits}" for bits in (192, 256) for prefix, suffix in (
            ("aesgcm", ""), ("aes", "gcm"), ("gcm", ""),
        )},
        **{f"{prefix}{bits}": f"aes-gmac-{bits}" for bits in (128, 192, 256) for prefix in ("aesgmac", "gmac")},
        **dict.fromkeys(("none", "null", "noencryption"), "none"),
    },
    "dh_group": {
        **{f"{prefix}{number}": f"dh{number}" for number in (2, 5, 14, 15, 16, 19, 20, 21) for prefix in (
            "", "dh", "g", "group", "dhgroup", "grp", "modp", "diffiehellmangroup", "diffiehellman", "ikegroup",
        )},
        **{f"{prefix}modp{bits}": f"dh{number}" for bits, number in (
            (1024, 2), (1536, 5), (2048, 14), (3072, 15), (4096, 16),
        ) for prefix in ("", "dh")},
    },
    "ike_version": {
        **{f"{prefix}{number}": f"ikev{number}" for number in (1, 2) for prefix in ("", "v", "ike", "ikev")},
        **dict.fromkeys(("ikeflex", "flex"), "ikeflex"),
    },
    "digest": {
        **dict.fromkeys(("sha1", "sha", "hmacsha1", "sha196", "hmacsha196"), "sha1"),
        **dict.fromkeys(("sha256", "sha2256", "hmacsha256", "hmacsha2256", "sha2"), "sha-256"),
        **{f"{prefix}{bits}": f"sha-{bits}" for bits in (384, 512) for prefix in (
            "sha", "sha2", "hmacsha", "hmacsha2",
        )},
    },
    "compliance_suite": {"none": "none"},
}  # fmt: skip
"""API name for each other spelling of an algorithm, by field.

The spellings have no spaces, dashes, underscores, slashes or dots.
"""

_SEPARATORS = re.compile(r"[\s_./-]+")

_PLAUSIBLE = {
    "encryption": re.compile(r"(?=.*[0-9]|.*(?:aes|gcm|cha))[a-z][a-z0-9-]{1,30}\Z"),
    "dh_group": re.compile(r"dh[1-9][0-9]?\Z"),
    "ike_version": re.compile(r"ike[a-z0-9-]{1,20}\Z"),
    "digest": re.compile(r"sha-?[0-9_-]{1,8}\Z"),
    "compliance_suite": re.compile(r"[a-z0-9][a-z0-9_-]{1,40}\Z"),
}
"""Patterns for other algorithm names that newer edge gateways may report.

A tunnel with such an algorithm can be read. It cannot be written with that algorithm.
"""

_REJECTED = {"dh_group": ("dh1", "dh3", "dh4"), "encryption": ("sha1", "sha256", "md5")}


def algorithm_meaning(field: str, name: str) -> str:
    """Return the API name of an algorithm from any known spelling of ``name``.

    If the spelling is unknown, return ``name`` in lower case.
    """
    folded = fold(name)
    return _SYNONYMS[_any_phase(field)].get(_SEPARATORS.sub("", folded), folded)


def _any_phase(field: str) -> str:
    """Return the phase 1 field that accepts the same algorithm names as ``field``."""
    return field.removeprefix("tunnel_")


def read_algorithm(field: str, value: Any) -> tuple[str | None, str]:
    """Return the API name of an algorithm and an empty reason: ``(name, "")``.

    If the algorithm is invalid, return ``(None, reason)``.
    """
    text = fold(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if _any_phase(field) == "dh_group" and text.isascii() and text.isdecimal():
        text = f"dh{text.lstrip('0')}"
    name = algorithm_meaning(field, text)
    known = ALGORITHMS.get(field) or NSXT_ALGORITHMS.get(field, ("none",))
    if name in known:
        return name, ""
    if _PLAUSIBLE[_any_phase(field)].match(name) and name not in _REJECTED.get(_any_phase(field), ()):
        close = near(name, known) if not any(letter.isdigit() for letter in name) else ""
        return (None, f"{value!r} is not one of {', '.join(known)} ({close})") if close else (name, "")
    hint = near(name, known)
    return None, f"{value!r} is not one of {', '.join(known)}" + (f" ({hint})" if hint else "")


def unknown_algorithm(field: str, name: str | None, algorithms: Mapping[str, tuple[str, ...]] = ALGORITHMS) -> str:
    """Return the reason why a tunnel cannot use an algorithm, or an empty string."""
    known = algorithms.get(field)
    return one_of(name, known) if known and name and fold(name) not in known else ""
