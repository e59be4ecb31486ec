"""The port profiles of scope SYSTEM. Each NSX-T manager has these profiles.

The names are display names of NSX services. Source: protocol/nsxt.md §4.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vcloudair_core.simulator.nsxt.entities import PortProfile

SYSTEM = "SYSTEM"
_PROFILES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "HTTP": (("TCP", ("80",)),),
    "HTTPS": (("TCP", ("443",)),),
    "SSH": (("TCP", ("22",)),),
    "FTP": (("TCP", ("21",)),),
    "SMTP": (("TCP", ("25",)),),
    "DNS-TCP": (("TCP", ("53",)),),
    "DNS-UDP": (("UDP", ("53",)),),
    "DNS": (("TCP", ("53",)), ("UDP", ("53",))),
    "NTP": (("UDP", ("123",)),),
    "RDP": (("TCP", ("3389",)),),
    "MySQL": (("TCP", ("3306",)),),
    "LDAP": (("TCP", ("389",)),),
    "LDAP-over-SSL": (("TCP", ("636",)),),
    "SNMP": (("UDP", ("161",)),),
    "Syslog (UDP)": (("UDP", ("514",)),),
    "Syslog (TCP)": (("TCP", ("514",)),),
    "ICMPv4-ALL": (("ICMPv4", ()),),
    "ICMPv6-ALL": (("ICMPv6", ()),),
    "ICMP ALL": (("ICMPv4", ()), ("ICMPv6", ())),
    "ICMP Echo Request": (("ICMPv4", ()),),
    "ICMP Echo Reply": (("ICMPv4", ()),),
    "ICMP Redirect": (("ICMPv4", ()),),
}
"""Protocols and destination ports of each profile."""

SYSTEM_NAMES = frozenset(_PROFILES)
"""Names of all profiles of scope SYSTEM."""


def add_system_profiles(world: Any, providers: Iterable[str]) -> None:
    """Add the profiles of NSX-T managers to the world.

    All managers have profiles with the same names, and with different IDs.
    """
    for provider in providers:
        for name, entries in _PROFILES.items():
            profile_id = world.make_id("port-profile", f"{provider}/{name}")
            ports = [
                {"name": name, "protocol": protocol, "destinationPorts": list(ports)} for protocol, ports in entries
            ]
            world.port_profiles[profile_id] = PortProfile(profile_id, name, SYSTEM, provider, ports, description=name)
