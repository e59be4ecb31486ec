"""Objects of a simulated cloud, as plain data with deterministic IDs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any, TypeVar

from vcloudair_core.simulator.state.api_tokens import TokenRegister


@dataclass
class ChangeCounter:
    """Number of changes of an inventory, which invalidates cached results."""

    count: int = 0


class _Tracked:
    """Base of objects whose changes are counted while they are in the inventory."""

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        changes: ChangeCounter | None = self.__dict__.get(_COUNTER)
        if changes is not None:
            changes.count += 1


ORG_ADMINISTRATOR = "Organization Administrator"
PROVIDER_ORG = "System"
"""Org of the provider's users, who can act in every tenant. Source: protocol/vcd-modern.md §1.3, §1.6."""
_COUNTER = "_changes"
"""Attribute of an object for the counter of its inventory. It is not a field."""


_Item = TypeVar("_Item")


class Registry(dict[str, _Item]):
    """Objects of an inventory by ID, with a count of all changes."""

    def __init__(self, changes: ChangeCounter) -> None:
        super().__init__()
        self._changes = changes

    def __setitem__(self, key: str, value: _Item) -> None:
        self._changes.count += 1
        if isinstance(value, _Tracked):
            value.__dict__[_COUNTER] = self._changes
        super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        self._changes.count += 1
        super().__delitem__(key)

    def pop(self, *arguments: Any) -> Any:
        self._changes.count += 1
        return super().pop(*arguments)

    def clear(self) -> None:
        self._changes.count += 1
        super().clear()


@dataclass
class Org(_Tracked):
    """An organization.

    ``deployed_vm_quota`` is the maximum number of running VMs; 0: no limit.
    """

    org_id: str
    name: str
    full_name: str
    deployed_vm_quota: int = 0


@dataclass
class User:
    """A user of one org."""

    name: str
    password: str
    org: str
    user_id: str
    role: str = ORG_ADMINISTRATOR


@dataclass
class Vdc(_Tracked):
    """A virtual data center of one org."""

    vdc_id: str
    name: str
    org: str
    cpu_limit_mhz: int = 0
    memory_limit_mb: int = 0
    """Limits of CPU in MHz and of memory in MB; 0: no limit."""
    is_recovery_enabled: bool = True
    """True if the VDC accepts replications. Otherwise it has no recovery details.

    Source: protocol/dr.md §2.
    """
    is_planned_migration_enabled: bool = True
    is_failover_enabled: bool = True
    is_test_failover_enabled: bool = True


@dataclass
class SimulatedEdge(_Tracked):
    """An edge gateway. NSX calls it ``edge-<number>``. Source: protocol/ans.md §1.3."""

    edge_id: str
    name: str
    vdc_id: str
    number: int
    external_address: str
    is_advanced: bool = True
    next_rule_id: int = 131073
    firewall: dict[str, Any] = field(default_factory=dict)
    sections: dict[str, dict[str, Any]] = field(default_factory=dict)
    """State of the other sections by name. A section creates its state at first use."""


@dataclass(slots=False)
class Vm(_Tracked):
    """A VM in a vApp, or in a vApp template if ``is_template`` is true.

    ``vapp_id`` and ``vapp_name`` are then those of the template.
    """

    vm_id: str
    name: str
    vapp_id: str
    vapp_name: str
    vdc_id: str
    status: str = "POWERED_ON"
    is_template: bool = False
    guest_os: str = "Ubuntu Linux (64-bit)"
    cpus: int = 2
    memory_mb: int = 4096
    network: str = "lan"
    ip_address: str = ""
    more_nics: list[dict[str, Any]] = field(default_factory=list)
    """Further interfaces, each with ``network`` and ``ip_address``."""
    storage_profile: str = "SSD-Accelerated"
    catalog: str = ""
    is_busy: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)
    created: str = "2015-11-08T12:00:00.000+01:00"
    is_deleted: bool = False
    """True if the record of the deleted VM is still listed."""


@dataclass
class Template(_Tracked):
    """A vApp template in a catalog."""

    template_id: str
    name: str
    catalog: str
    vdc_id: str


@dataclass
class SimulatedReplication:
    """An incoming replication of one VM. Its ID is as long as real ones (two UUIDs).

    Source: protocol/dr.md §2.
    """

    replication_id: str
    name: str
    vdc_id: str
    placeholder_vapp_id: str
    rpo_minutes: int = 240
    trouble: str = ""
    """Failure of the next action. See ``replication_states``."""
    paused: bool = False
    lag_minutes: int | None = None
    """Age of the newest point in time in minutes. None means half the RPO."""
    test_state: str = "none"
    recovery_state: str = "notStarted"
    recovered_at: float | None = None
    is_seeded: bool = False
    """True if it was created from an existing vApp.

    The vApp stays after the replication is deleted.
    Source: protocol/dr.md §2.
    """
    lagging_polls: int = 0
    lagging_states: tuple[str, str] = ("none", "notStarted")
    """States of test and recovery that the next ``lagging_polls`` polls show."""
    hidden_until: float = 0.0
    hidden_states: tuple[str, str] = ("none", "notStarted")
    """Visible states of test and recovery until ``hidden_until``."""


class World:
    """The inventory of a simulated cloud.

    IDs are UUIDs of the seed and the name, so simulators with the same seed have the same IDs.
    """

    def __init__(self, seed: str) -> None:
        self._space = uuid.uuid5(uuid.NAMESPACE_DNS, seed)
        self.changes = ChangeCounter()
        self.orgs: dict[str, Org] = Registry(self.changes)
        self.vdcs: dict[str, Vdc] = Registry(self.changes)
        self.edges: dict[str, SimulatedEdge] = Registry(self.changes)
        self.vms: dict[str, Vm] = Registry(self.changes)
        self.templates: dict[str, Template] = Registry(self.changes)
        self.template_vms: dict[str, Vm] = Registry(self.changes)
        self.replications: dict[str, SimulatedReplication] = {}
        self.users: list[User] = []
        self.tokens = TokenRegister()

    def make_id(self, kind: str, name: str) -> str:
        """Return the UUID of a name, which is the same in every simulator with the seed."""
        return str(uuid.uuid5(self._space, f"{kind}:{name}"))

    def org(self, name: str) -> Org | None:
        """Return an org by name, ignoring case, or None.

        Source: protocol/sessions.md §4.3.
        """
        return next((org for org in self.orgs.values() if org.name.lower() == name.lower()), None)

    def vdcs_of(self, org: str) -> list[Vdc]:
        """Return the VDCs of an org."""
        return [vdc for vdc in self.vdcs.values() if vdc.org == org]

    def recovered_vm(self, replication: SimulatedReplication, status: str, network: str) -> Vm:
        """Return the VM of a replication: placeholder, test VM or recovered VM.

        All three have the same ID. No source confirms that for real servers. Source: protocol/dr.md §4.
        """
        vm_id, vapp = self.make_id("recovered", replication.replication_id), f"{replication.name}-vapp"
        location = replication.placeholder_vapp_id, vapp, replication.vdc_id
        return Vm(vm_id, replication.name, *location, status, network=network)

    def user(self, name: str, password: str, org: str = "") -> User | None:
        """Return the user with a name and a password, in one org or in any, or None."""
        for user in self.users:
            if user.name == name and user.password == password and (not org or user.org.lower() == org.lower()):
                return user
        return None

    def user_named(self, name: str, org: str) -> User:
        """Return the user of a session. A service account is no user: it shows as one of its own name and role."""
        for user in self.users:
            if (user.name, user.org) == (name, org):
                return user
        accounts = (account for account in self.tokens.service_accounts.values() if account.org == org)
        role = next((account.role for account in accounts if account.name == name), "")
        return User(name, "", org, self.make_id("service-account", f"{org}/{name}"), role)
