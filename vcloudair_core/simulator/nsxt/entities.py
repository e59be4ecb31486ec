"""Data classes for VDC groups, firewall groups and port profiles.

Owners are URNs, because an edge gateway or a VDC group can own an object. Source: protocol/nsxt.md §3, §4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.simulator.state.registry import Tracked


@dataclass
class VdcGroup(Tracked):
    """A group of VDCs of one org that share edge gateways and networks.

    Source: protocol/nsxt.md §2.
    """

    group_id: str
    name: str
    org: str
    vdc_ids: tuple[str, ...]
    description: str = ""
    distributed_firewall: dict[str, Any] = field(default_factory=dict)
    """State of the distributed firewall. The state is created on first use."""


@dataclass
class FirewallGroup(Tracked):
    """An IP set, or a group of VMs or networks.

    ``owner`` is the URN of the effective owner. If a VDC group owns the edge gateway, the VDC group also owns the
    firewall group.
    """

    group_id: str
    name: str
    org: str
    owner: str
    kind: str = "IP_SET"
    description: str = ""
    ip_addresses: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    """IDs of the networks in a group of static members."""
    vm_criteria: list[Any] = field(default_factory=list)


@dataclass
class PortProfile(Tracked):
    """An application port profile: protocols and destination ports.

    ``scope`` is SYSTEM, PROVIDER or TENANT. ``context`` is the URN of the VDC or VDC group to which a tenant profile
    belongs. ``provider`` is the name of the NSX-T manager.
    """

    profile_id: str
    name: str
    scope: str
    provider: str
    ports: list[Any]
    description: str = ""
    org: str = ""
    context: str = ""

    @property
    def is_usable_for_nat(self) -> bool:
        """Return True if the profile has one protocol and at most one port.

        Source: protocol/nsxt.md §4.
        """
        return len(self.ports) == 1 and len(self.ports[0].get("destinationPorts") or ()) <= 1
