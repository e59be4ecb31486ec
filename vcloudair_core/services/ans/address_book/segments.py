"""Divide the allocated addresses of an uplink into used and free ranges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from vcloudair_core.engine.canonical import AddressRange, address_range, merged_ranges
from vcloudair_core.errors import DecodeError

USED, FREE = "used", "free"
PRIMARY, SNAT, DNAT, IPSEC, LOAD_BALANCER = "primary", "snat", "dnat", "ipsec", "load_balancer"
"""Values of ``used_by``, in the order of the output.

NSX-T adds ``ssl_vpn`` and ``l2_vpn``.
"""

_ORDER = (PRIMARY, SNAT, DNAT, IPSEC, LOAD_BALANCER)
_CLASSES = {4: IPv4Address, 6: IPv6Address}


@dataclass(frozen=True)
class Uplink:
    """The allocated addresses of an uplink.

    ``network`` is the name of the external network.
    """

    network: str
    ranges: tuple[AddressRange, ...]


@dataclass(frozen=True)
class AddressUse:
    """Addresses that a service uses. ``service`` is a value of ``used_by``."""

    addresses: AddressRange
    service: str


def range_of(text: str, what: str) -> AddressRange:
    """Return an address, a CIDR block or a range ``a-b`` as an address range.

    ``what`` names the document that contains the text, for the error. Raises: DecodeError.
    """
    parsed = address_range(text)
    if parsed is None:
        raise DecodeError(f"Reading {what} failed. {text!r} is not an address or a range of addresses.")
    return parsed


def address_book(uplinks: Iterable[Uplink], uses: Sequence[AddressUse]) -> dict[str, Any]:
    """Return the allocated addresses of an edge gateway with their uses.

    Addresses that services use, but that no uplink allocates, are omitted. The ranges are never expanded to single
    addresses, because IPv6 ranges can be large.

    Shape: ``{"addresses": [{"addresses", "count", "state", "used_by", "network"}], "allocated_count", "used_count",
    "free_count"}``.
    """
    rows = [row for uplink in uplinks for row in _rows(uplink, uses)]
    counts = {state: sum(row["count"] for row in rows if row["state"] == state) for state in (USED, FREE)}
    return {
        "addresses": rows,
        "allocated_count": sum(counts.values()),
        "used_count": counts[USED],
        "free_count": counts[FREE],
    }


def _rows(uplink: Uplink, uses: Sequence[AddressUse]) -> Iterator[dict[str, Any]]:
    for version, low, high in merged_ranges(uplink.ranges):
        for first, last, services in _segments((version, low, high), uses):
            ends = dict.fromkeys(str(_CLASSES[version](end)) for end in (first, last))
            yield {
                "addresses": "-".join(ends),
                "count": last - first + 1,
                "state": USED if services else FREE,
                "used_by": services,
                "network": uplink.network,
            }


def _segments(allocated: AddressRange, uses: Sequence[AddressUse]) -> list[tuple[int, int, list[str]]]:
    """Divide a range into segments whose addresses are used by the same services.

    Shape of a segment: ``(first address, last address, services)``.
    """
    version, low, high = allocated
    inside = [
        (max(low, first), min(high, last), use.service)
        for use in uses
        for used_version, first, last in (use.addresses,)
        if used_version == version and first <= high and last >= low
    ]
    starts = sorted({low, *(first for first, _, _ in inside), *(last + 1 for _, last, _ in inside if last < high)})
    segments: list[tuple[int, int, list[str]]] = []
    for start, following in zip(starts, [*starts[1:], high + 1], strict=True):
        services = sorted({service for first, last, service in inside if first <= start <= last}, key=_position)
        if segments and segments[-1][2] == services:
            segments[-1] = (segments[-1][0], following - 1, services)
        else:
            segments.append((start, following - 1, services))
    return segments


def _position(service: str) -> tuple[int, str]:
    return (_ORDER.index(service) if service in _ORDER else len(_ORDER), service)
