"""Comparison by meaning: pure functions from a spelling to what it stands for. None of them ever raises.

What is equal, and why (Source: protocol/ans.md §10):

* case never matters in words of the protocol, nor in IPv6 addresses;
* ``10.0.0.1``, ``10.0.0.1/32`` and ``10.0.0.1-10.0.0.1`` are one address; ``10.0.0.9/24`` is the network it lies in,
  because the server ignores host bits but echoes them; sets are merged, so their order and cut do not matter;
* ``any`` is the set of all addresses, IPv4 and IPv6. ``0.0.0.0/0`` is a part of it, and so is ``::/0``; both together
  are ``any``. Where only IPv4 is translated (NAT), ``0.0.0.0/0`` alone is ``any``: see :func:`ipv4_set`;
* networks of an IPsec tunnel are negotiated one by one, so two /24 are not one /23: see :func:`network_set`;
* port ``80-80`` is ``80``; ``1-65535`` is ``any``; port sets are merged like address sets.

Spellings are only compared in this form. What is written is always what the user wrote.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache

ANY = "any"
_LAST_PORT = 65535
_BETWEEN = re.compile(r"\s*([-/])\s*")
_ALL_IPV4, _ALL_IPV6 = (4, 0, 2**32 - 1), (6, 0, 2**128 - 1)

AddressRange = tuple[int, int, int]
"""IP version, first and last address as numbers."""


def fold(value: object) -> str:
    """A word of the protocol without case and outer blanks."""
    return str(value).strip().casefold()


def without_blanks(word: str) -> str:
    """An address or a range without blanks around it and its parts: ``10.0.0.1 - 10.0.0.9``."""
    return _BETWEEN.sub(r"\1", word.strip())


@lru_cache(maxsize=65536)
def address_range(word: str) -> AddressRange | None:
    """The addresses that ``word`` (address, CIDR or ``a-b``) stands for, or None when it is none of these."""
    text = without_blanks(word)
    if "%" in text:
        return None
    try:
        if "-" in text:
            low, high = (ipaddress.ip_address(end.strip()) for end in text.split("-"))
            if low.version != high.version or int(low) > int(high):
                return None
            return low.version, int(low), int(high)
        if "/" in text:
            if not text.rpartition("/")[2].isdecimal():
                return None
            network = ipaddress.ip_network(text, strict=False)
            return network.version, int(network.network_address), int(network.broadcast_address)
        host = ipaddress.ip_address(text)
    except ValueError:
        return None
    return host.version, int(host), int(host)


def address_set(texts: Iterable[str]) -> tuple[AddressRange | str, ...]:
    """Merged, sorted address ranges; ``("any",)`` when they hold every address. Unknown texts stay, folded."""
    known: list[AddressRange] = []
    unknown: set[str] = set()
    for text in texts:
        addresses = address_range(text)
        if addresses is not None:
            known.append(addresses)
        else:
            unknown.add(fold(text))
    merged = merged_ranges(known)
    if ANY in unknown or merged == [_ALL_IPV4, _ALL_IPV6]:
        return (ANY,)
    return (*merged, *sorted(unknown))


def ipv4_set(texts: Iterable[str]) -> tuple[AddressRange | str, ...]:
    """Return the set of :func:`address_set` where only IPv4 is possible, so that ``0.0.0.0/0`` is ``any``."""
    addresses = address_set(texts)
    return (ANY,) if addresses == (_ALL_IPV4,) else addresses


def network_set(texts: Iterable[str]) -> frozenset[AddressRange | str]:
    """Networks, each for itself: neither merged nor cut. Host bits, order and repetition do not matter."""
    return frozenset(address_range(text) or fold(text) for text in texts)


def merged_ranges(ranges: Iterable[AddressRange]) -> list[AddressRange]:
    """Sorted ranges, those that touch or overlap made one. The first number is a family that is never merged across."""
    merged: list[AddressRange] = []
    for family, first, last in sorted(set(ranges)):
        if merged and merged[-1][0] == family and first <= merged[-1][2] + 1:
            merged[-1] = (family, merged[-1][1], max(merged[-1][2], last))
        else:
            merged.append((family, first, last))
    return merged


@lru_cache(maxsize=65536)
def port_range(word: str) -> tuple[int, int] | None:
    """First and last port of ``443`` or ``8000-8080``; None when it is neither, descends, or leaves 0..65535."""
    first, dash, last = word.strip().partition("-")
    first, last = first.strip(), last.strip()
    if not _is_number(first) or (dash and not _is_number(last)):
        return None
    low, high = int(first), int(last if dash else first)
    return (low, high) if 0 <= low <= high <= _LAST_PORT else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def port_set(texts: Iterable[str]) -> tuple[tuple[int, int] | str, ...]:
    """Merged, sorted port ranges; ``("any",)`` for no texts, ``any``, or all ports. Unknown texts stay, folded."""
    known: list[AddressRange] = []
    unknown: set[str] = set()
    for text in texts:
        ports = port_range(text)
        if ports is not None:
            known.append((0, *ports))
        else:
            unknown.add(fold(text))
    merged = [(first, last) for _, first, last in merged_ranges(known)]
    covers_all = any(first <= 1 and last == _LAST_PORT for first, last in merged)
    if ANY in unknown or covers_all or not (merged or unknown):
        return (ANY,)
    return (*merged, *sorted(unknown))
