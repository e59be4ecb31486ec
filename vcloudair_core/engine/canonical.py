"""Canonical forms of addresses, networks and ports, for comparison.

Two spellings mean the same value if their canonical forms are equal. The functions are pure and never raise. The rules
(Source: protocol/ans.md §10):

* Case never matters in protocol keywords or in IPv6 addresses.
* ``10.0.0.1``, ``10.0.0.1/32`` and ``10.0.0.1-10.0.0.1`` are one address. ``10.0.0.9/24`` is the network
  ``10.0.0.0/24``, because the server ignores host bits but returns them. Sets are merged, so order and subdivision do
  not matter.
* ``any`` is the set of all addresses, IPv4 and IPv6. ``0.0.0.0/0`` and ``::/0`` together are ``any``. In NAT, which
  translates only IPv4, ``0.0.0.0/0`` alone is ``any``: see :func:`ipv4_set`.
* Networks of an IPsec tunnel are negotiated one by one, so two /24 networks do not equal one /23: see
  :func:`network_set`.
* Port ``80-80`` is ``80``, and ``1-65535`` is ``any``. Port sets are merged like address sets.

Canonical forms are used only for comparison. The engine writes the value as the user entered it.
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
"""IP version, first address and last address, as numbers."""


def fold(value: object) -> str:
    """Return a protocol keyword in lower case, without surrounding whitespace."""
    return str(value).strip().casefold()


def without_blanks(word: str) -> str:
    """Return an address, CIDR or range without spaces: ``10.0.0.1-10.0.0.9``."""
    return _BETWEEN.sub(r"\1", word.strip())


@lru_cache(maxsize=65536)
def address_range(word: str) -> AddressRange | None:
    """Return the IP version and the first and last address of ``word``.

    ``word`` is an address, a CIDR or a range ``a-b``. Return None if it is not valid.
    """
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
    """Return addresses as merged, sorted ranges.

    If the ranges cover all IPv4 and IPv6 addresses, return ``("any",)``. Values that are not addresses are returned in
    lower case.
    """
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
    """Return IPv4 addresses as merged, sorted ranges, like :func:`address_set`.

    If the ranges cover all IPv4 addresses, return ``("any",)``.
    """
    addresses = address_set(texts)
    return (ANY,) if addresses == (_ALL_IPV4,) else addresses


def network_set(texts: Iterable[str]) -> frozenset[AddressRange | str]:
    """Return networks as a set, without merging them.

    Host bits, order and repetition do not matter. Values that are not networks are returned in lower case.
    """
    return frozenset(address_range(text) or fold(text) for text in texts)


def merged_ranges(ranges: Iterable[AddressRange]) -> list[AddressRange]:
    """Sort ranges, and merge adjacent and overlapping ranges.

    The first number of a range is the IP version. Ranges of different IP versions are never merged.
    """
    merged: list[AddressRange] = []
    for family, first, last in sorted(set(ranges)):
        if merged and merged[-1][0] == family and first <= merged[-1][2] + 1:
            merged[-1] = (family, merged[-1][1], max(merged[-1][2], last))
        else:
            merged.append((family, first, last))
    return merged


@lru_cache(maxsize=65536)
def port_range(word: str) -> tuple[int, int] | None:
    """Return the first and last port of a port or range: ``443``, ``8000-8080``.

    Return None if ``word`` is not a port or range, if the range is descending, or if a port is not from 0 to 65535.
    """
    first, dash, last = word.strip().partition("-")
    first, last = first.strip(), last.strip()
    if not _is_number(first) or (dash and not _is_number(last)):
        return None
    low, high = int(first), int(last if dash else first)
    return (low, high) if 0 <= low <= high <= _LAST_PORT else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def port_set(texts: Iterable[str]) -> tuple[tuple[int, int] | str, ...]:
    """Return ports as merged, sorted ranges.

    If the ranges cover all ports, return ``("any",)``. An empty input and ``any`` also mean all ports. Values that are
    not ports are returned in lower case.
    """
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
