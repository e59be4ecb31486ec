"""Check the value of single fields in requests to NSX-T edge gateways.

Each function is a :data:`Check` or returns one. A check returns the reason why a value is invalid, or None. The wording
of the reasons is inferred. Source: protocol/nsxt.md §6, §7.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from vcloudair_core.simulator.nsxt.json_bodies import Check

MAX_DESCRIPTION = 2048
_PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


def not_blank(value: Any) -> str | None:
    """Accept a string that is not blank."""
    return None if value.strip() else "must not be blank"


def number_from(least: int, most: int) -> Check:
    """Return a check that accepts numbers from ``least`` to ``most``."""

    def check(value: Any) -> str | None:
        return None if least <= value <= most else f"must be from {least} to {most}"

    return check


def address_or_network(value: Any) -> str | None:
    """Accept an empty string, one IP address or one CIDR network.

    Refuse ranges and lists.
    """
    try:
        ipaddress.ip_network(value or "0.0.0.0/0", strict=False)
    except ValueError:
        return f"'{value}' is not an IP address or a CIDR network"
    return None


def ipv4_address(value: Any) -> str | None:
    """Accept an IPv4 address. Refuse host names and IPv6."""
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        return f"'{value}' is not an IPv4 address"
    return None


def ip_address(value: Any) -> str | None:
    """Accept an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return f"'{value}' is not an IP address"
    return None


def ip_addresses(value: Any) -> str | None:
    """Accept a list of IP addresses."""
    return next((reason for reason in (ip_address(str(address)) for address in value) if reason), None)


def cidr_network(value: Any) -> str | None:
    """Accept a CIDR network."""
    text = str(value)
    return f"'{text}' is not a CIDR network" if "/" not in text or address_or_network(text) else None


def networks(least: int, most: int) -> Check:
    """Return a check that accepts lists of ``least`` to ``most`` CIDR networks."""

    def check(value: Any) -> str | None:
        if not least <= len(value) <= most:
            return f"size must be between {least} and {most}"
        return next((reason for reason in map(cidr_network, value) if reason), None)

    return check


def only_one_of(*values: str, least: int = 1) -> Check:
    """Return a check that accepts lists with one element, which must be in ``values``.

    If ``least`` is 0, the list can be empty. The fields are lists, but servers accept only one element. Source:
    protocol/vcd-modern.md §5.
    """

    def check(value: Any) -> str | None:
        if not least <= len(value) <= 1:
            return f"size must be between {least} and 1"
        wrong = next((element for element in value if element not in values), None)
        return None if wrong is None else f"'{wrong}' is not one of [{', '.join(values)}]"

    return check


def port_or_range(value: Any) -> str | None:
    """Accept a port, a range of ports, an empty string, and ``ANY``."""
    if value.upper() in ("", "ANY"):
        return None
    match = _PORTS.fullmatch(value)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    return None if 1 <= first <= last <= 65535 else f"'{value}' is not a port or a range of ports"
