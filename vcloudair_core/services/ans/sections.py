"""The sections of an edge gateway that this package knows. A new section is one more line here.

A section is loaded at first use: this module imports none of them.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vcloudair_core.services.ans.section.descriptor import Section


@dataclass(frozen=True)
class SectionRecord:
    """The entry of a section. Its descriptor is ``SECTION`` in the module ``section`` of the package ``name``.

    ``name`` and ``rule_name`` name the kinds ``ans.<name>`` and ``ans.<rule_name>``, the summaries describe them.
    """

    name: str
    rule_name: str
    summary: str
    rule_summary: str


RECORDS = (
    SectionRecord(
        "firewall",
        "firewall_rule",
        "A whole edge firewall: settings and rules",
        "Rules of an edge firewall, each for itself",
    ),
    SectionRecord(
        "nat", "nat_rule", "The whole NAT of an edge: its switch and rules", "NAT rules of an edge, each for itself"
    ),
    SectionRecord(
        "ipsec",
        "ipsec_tunnel",
        "The whole IPsec VPN of an edge: its settings and tunnels",
        "IPsec tunnels of an edge, each for itself",
    ),
    SectionRecord(
        "dhcp_relay",
        "dhcp_relay_agent",
        "The whole DHCP relay of an edge: its DHCP servers and agents",
        "DHCP relay agents of an edge, each for itself",
    ),
)
"""In the order in which they are written: the firewall is right before addresses are translated, and both before
tunnels bring traffic."""

SECTIONS = tuple(record.name for record in RECORDS)


@cache
def load_section(name: str) -> Section[Any, Any]:
    """Return the descriptor of a section. Imports its package."""
    section: Section[Any, Any] = importlib.import_module(f"{__package__}.{name}.section").SECTION
    return section
