"""The sections of an edge gateway. To add a section, add a record here.

A section is imported at first use.
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
    """The names and summaries of a section.

    ``name`` is the package of the section. Its module ``section`` has the descriptor, ``SECTION``. The kinds of the
    section are ``ans.<name>`` and ``ans.<rule_name>``. The summaries describe these kinds. ``other_rules`` has the name
    and summary of the rules in each other list of the section.
    """

    name: str
    rule_name: str
    summary: str
    rule_summary: str
    other_rules: tuple[tuple[str, str], ...] = ()


RECORDS = (
    SectionRecord(
        "firewall",
        "firewall_rule",
        "A whole edge firewall: settings and rules",
        "Single rules of an edge firewall",
    ),
    SectionRecord("nat", "nat_rule", "The whole NAT of an edge: its settings and rules", "Single NAT rules of an edge"),
    SectionRecord(
        "ipsec",
        "ipsec_tunnel",
        "The whole IPsec VPN of an edge: its settings and tunnels",
        "Single IPsec tunnels of an edge",
    ),
    SectionRecord(
        "dhcp",
        "dhcp_pool",
        "The whole DHCP service of an edge: its settings, pools and static bindings",
        "Single DHCP pools of an edge",
        (("dhcp_binding", "Single static DHCP bindings of an edge"),),
    ),
    SectionRecord(
        "dhcp_relay",
        "dhcp_relay_agent",
        "The whole DHCP relay of an edge: its DHCP servers and agents",
        "Single DHCP relay agents of an edge",
    ),
    SectionRecord(
        "static_routes",
        "static_route",
        "All static routes of an edge, and its default route",
        "Single static routes of an edge",
    ),
    SectionRecord(
        "dns",
        "dns_zone",
        "The DNS forwarding of an edge: its settings and conditional zones",
        "Single DNS zones of an NSX-T edge",
    ),
    SectionRecord(
        "load_balancer",
        "lb_monitor",
        "The whole load balancer of an edge, with virtual servers, pools, monitors, application profiles and rules",
        "Single service monitors of the load balancer of an edge",
        (
            ("lb_application_profile", "Single application profiles of the load balancer of an edge"),
            ("lb_application_rule", "Single application rules of the load balancer of an edge"),
            ("lb_pool", "Single pools of the load balancer of an edge"),
            ("lb_virtual_server", "Single virtual servers of the load balancer of an edge"),
        ),
    ),
    SectionRecord(
        "l2vpn",
        "l2vpn_tunnel",
        "The L2 VPN of an edge: its tunnels, and on NSX-V its settings",
        "Single L2 VPN tunnels of an edge",
    ),
)
"""The sections in the order of writes.

The firewall must be active before NAT. Both must be active before tunnels carry traffic.
"""

SECTIONS = tuple(record.name for record in RECORDS)
GROUP_SECTIONS = ("distributed_firewall",)
"""The sections of VDC groups, which are not part of edge documents."""


@cache
def load_section(name: str) -> Section[Any, Any]:
    """Return the descriptor of a section. Imports its package."""
    section: Section[Any, Any] = importlib.import_module(f"{__package__}.{name}.section").SECTION
    return section
