"""Objects of a simulated cloud, as plain data.

Objects refer to each other by ID.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from vcloudair_core.simulator.state.registry import Tracked

ORG_ADMINISTRATOR = "Organization Administrator"
ROLE_NAMES = (ORG_ADMINISTRATOR, "Network Administrator", "Auditor", "vApp Author", "vApp User", "Console Access Only")
"""Names of the predefined roles. ``access.rights`` contains their rights."""
PROVIDER_ORG = "System"
"""Org of the provider. Its users can act in every tenant.

Source: protocol/vcd-modern.md §1.3, §1.6.
"""
STORAGE_PROFILE, DEFAULT_NETWORK = "SSD-Accelerated", "lan"
"""Names of the default storage profile and the default network of a VDC."""
CREATED = "2015-11-08T12:00:00.000+01:00"


@dataclass
class Org(Tracked):
    """An organization.

    ``deployed_vm_quota`` is the maximum number of deployed VMs. 0 means no limit.
    """

    org_id: str
    name: str
    full_name: str
    deployed_vm_quota: int = 0
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass
class User:
    """A user of one org."""

    name: str
    password: str
    org: str
    user_id: str
    role: str = ORG_ADMINISTRATOR


@dataclass(frozen=True)
class Role:
    """A role of one org, or a predefined role if ``org`` is empty.

    ``rights`` is empty for a predefined role. See ``access.rights``.
    """

    role_id: str
    name: str
    description: str = ""
    org: str = ""
    rights: frozenset[str] = frozenset()


@dataclass
class Vdc(Tracked):
    """A virtual data center of one org."""

    vdc_id: str
    name: str
    org: str
    cpu_limit_mhz: int = 0
    memory_limit_mb: int = 0
    """Limits of CPU (``cpu_limit_mhz``) and memory. 0 means no limit."""
    is_recovery_enabled: bool = True
    """True if the VDC accepts replications.

    If false, a request for the recovery settings of the VDC returns 404. Source: protocol/dr.md §2.
    """
    is_planned_migration_enabled: bool = True
    is_failover_enabled: bool = True
    is_test_failover_enabled: bool = True
    description: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    network_provider: str = ""
    """Name of the NSX-T manager of the VDC.

    If empty, the VDC has NSX-V networks.
    """


@dataclass
class SimulatedEdge(Tracked):
    """An edge gateway. Its name in NSX is ``edge-<number>``.

    Source: protocol/ans.md §1.3.
    """

    edge_id: str
    name: str
    vdc_id: str
    number: int
    external_address: str
    is_advanced: bool = True
    next_rule_id: int = 131073
    firewall: dict[str, Any] = field(default_factory=dict)
    sections: dict[str, dict[str, Any]] = field(default_factory=dict)
    """State of each section except the firewall, by name of the section.

    The first use of a section creates its state.
    """
    group_id: str = ""
    """ID of the VDC group that owns the edge. If empty, the VDC owns the edge.

    Source: protocol/nsxt.md §2.
    """
    description: str = ""
    backend: str = "nsxv"
    """``nsxv`` or ``nsxt``.

    An NSX-T edge uses ``services`` in place of ``firewall`` and ``sections``.
    """
    deployment_mode: str = "ACTIVE_STANDBY"
    address_count: int = 1
    """Number of uplink addresses, starting at ``external_address``."""
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    """State of each service of an NSX-T edge.

    The first use of a service creates its state.
    """


@dataclass(frozen=True)
class Snapshot:
    """The snapshot of a VM. A VM has at most one snapshot.

    ``has_memory`` is true if the snapshot includes the memory of the VM.
    """

    created: str
    is_powered_on: bool
    has_memory: bool
    size_mb: int


@dataclass(slots=False)
class Vm(Tracked):
    """A VM in a vApp, or in a vApp template if ``is_template`` is true.

    For a VM in a template, ``vapp_id`` is the ID of the template.
    """

    vm_id: str
    name: str
    vapp_id: str
    vdc_id: str
    status: str = "POWERED_ON"
    is_template: bool = False
    guest_os: str = "Ubuntu Linux (64-bit)"
    cpus: int = 2
    memory_mb: int = 4096
    network: str = DEFAULT_NETWORK
    """Name of the network of the primary interface, or an empty string."""
    ip_address: str = ""
    more_nics: list[dict[str, Any]] = field(default_factory=list)
    """Additional interfaces. Each is a dict with ``network`` and ``ip_address``."""
    storage_profile: str = STORAGE_PROFILE
    is_busy: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)
    created: str = CREATED
    is_deleted: bool = False
    """True if the VM is deleted, but query records still list the VM."""
    description: str = ""
    deployed: bool | None = None
    """True if the VM is deployed, that is, it holds resources of its VDC.

    If None, the VM is deployed while it is powered on.
    """
    snapshot: Snapshot | None = None

    @property
    def is_deployed(self) -> bool:
        """Return True if the VM is deployed.

        If ``deployed`` is None, the VM is deployed while it is powered on.
        """
        return self.status == "POWERED_ON" if self.deployed is None else self.deployed


@dataclass
class StorageProfile(Tracked):
    """A storage profile of one VDC."""

    profile_id: str
    name: str
    vdc_id: str
    is_default: bool = True
    limit_mb: int = 1000 * 1024
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass
class ExternalNetwork(Tracked):
    """A network of the provider, to which the uplinks of edges are connected."""

    network_id: str
    name: str = "external-net"
    gateway: str = "203.0.113.254"
    prefix_length: int = 24

    @property
    def netmask(self) -> str:
        """Return the netmask for the prefix length, such as ``255.255.255.0``."""
        return str(ip_network(f"0.0.0.0/{self.prefix_length}").netmask)


@dataclass
class OrgVdcNetwork(Tracked):
    """A network of one VDC.

    ``edge_id`` is the ID of the edge that routes the network. ``edge_id`` is empty for an isolated network.
    """

    network_id: str
    name: str
    vdc_id: str
    edge_id: str = ""
    gateway: str = "192.168.10.1"
    prefix_length: int = 24
    dns1: str = ""
    dns2: str = ""
    is_shared: bool = False
    description: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    connection_type: str = "INTERNAL"
    """``INTERNAL``, or ``NON_DISTRIBUTED`` for a service interface of an NSX-T edge."""
    static_pools: list[str] | None = None
    """Ranges ``a-b`` of addresses for VMs.

    If None, the range is the subnet without its first two addresses and its last address.
    """
    dhcp_pools: list[str] = field(default_factory=list)
    """Ranges ``a-b`` of DHCP addresses.

    The DHCP pools of a network that an NSX-V edge routes are in a section of the edge.
    """
    services: dict[str, Any] = field(default_factory=dict)
    """The state of services of the network, such as DHCP on NSX-T, by name."""

    @property
    def netmask(self) -> str:
        """Return the netmask, such as ``255.255.255.0``."""
        return str(ip_network(f"0.0.0.0/{self.prefix_length}").netmask)


@dataclass
class VApp(Tracked):
    """A vApp of one VDC.

    :meth:`World.vapp_status` computes the status of the vApp from its VMs.
    """

    vapp_id: str
    name: str
    vdc_id: str
    created: str = CREATED
    description: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    owner: str = ""
    """Name of the user who owns the vApp.

    If empty, the owner is the first user of the org.
    """
    shared_with: tuple[str, ...] = ()
    """Names of the users with access to the vApp."""
    is_shared: bool = False
    """True if all users of the org have access."""


@dataclass
class SimulatedReplication:
    """An incoming replication of one VM.

    By default, the ID consists of two UUIDs with text between them, as on real servers. Source: protocol/dr.md §2.
    """

    replication_id: str
    name: str
    vdc_id: str
    placeholder_vapp_id: str
    rpo_minutes: int = 240
    trouble: str = ""
    """Way in which the next action fails. See ``replication_states``."""
    paused: bool = False
    lag_minutes: int | None = None
    """Age of the newest point in time, in minutes. None means half the RPO."""
    test_state: str = "none"
    recovery_state: str = "notStarted"
    recovered_at: float | None = None
    is_seeded: bool = False
    """True if the replication was created from an existing vApp.

    The vApp is kept when the replication is deleted. Source: protocol/dr.md §2.
    """
    lagging_polls: int = 0
    lagging_states: tuple[str, str] = ("none", "notStarted")
    """States of test and recovery that the next ``lagging_polls`` polls show."""
    hidden_until: float = 0.0
    hidden_states: tuple[str, str] = ("none", "notStarted")
    """States of test and recovery that polls show until ``hidden_until``."""
