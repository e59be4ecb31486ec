"""Content of a simulated cloud: plain data, deterministic ids, names that explain themselves."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any, TypeVar


@dataclass
class ChangeCounter:
    """The number of changes of one inventory, which tells whether results computed from it still hold."""

    count: int = 0


class _Watched:
    """An object whose changes count once it is in the inventory."""

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        changes: ChangeCounter | None = self.__dict__.get(_COUNTER)
        if changes is not None:
            changes.count += 1


_COUNTER = "_changes"
"""Attribute of a watched object that leads to the counter of its inventory. It is not a field."""


_Thing = TypeVar("_Thing")


class Shelf(dict[str, _Thing]):
    """Objects of an inventory by id. Adding and removing one counts as a change, and so do changes of them."""

    def __init__(self, changes: ChangeCounter) -> None:
        super().__init__()
        self._changes = changes

    def __setitem__(self, key: str, value: _Thing) -> None:
        self._changes.count += 1
        if isinstance(value, _Watched):
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
class Org(_Watched):
    """An organisation: who signs in does so to one. ``deployed_vm_quota``: machines that may run; 0 is any number."""

    org_id: str
    name: str
    full_name: str
    deployed_vm_quota: int = 0


@dataclass
class User:
    """Somebody of one org."""

    name: str
    password: str
    org: str
    user_id: str


@dataclass
class Vdc(_Watched):
    """A virtual data centre of one org."""

    vdc_id: str
    name: str
    org: str
    cpu_limit_mhz: int = 0
    memory_limit_mb: int = 0
    """Limits; 0 is none."""
    is_recovery_enabled: bool = True
    """True when it takes replications; without, it has no recovery details. Source: protocol/dr.md §2."""
    is_planned_migration_enabled: bool = True
    is_failover_enabled: bool = True
    is_test_failover_enabled: bool = True


@dataclass
class SimulatedEdge(_Watched):
    """An edge gateway. ``number`` is NSX's own: ``edge-<number>``. Source: protocol/ans.md §1.3."""

    edge_id: str
    name: str
    vdc_id: str
    number: int
    external_address: str
    is_advanced: bool = True
    next_rule_id: int = 131073
    firewall: dict[str, Any] = field(default_factory=dict)
    sections: dict[str, dict[str, Any]] = field(default_factory=dict)
    """State of the other sections by name; a section makes its own at first use."""


@dataclass(slots=False)
class Vm(_Watched):
    """A machine in a vApp, or with ``is_template`` in a template, whose id and name are then those of its container."""

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
    """Those after the primary one: ``network`` and ``ip_address`` of each."""
    storage_profile: str = "SSD-Accelerated"
    catalog: str = ""
    is_busy: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)
    created: str = "2015-11-08T12:00:00.000+01:00"
    is_deleted: bool = False
    """Its record is still listed, marked as deleted."""


@dataclass
class Template(_Watched):
    """A vApp template in a catalog."""

    template_id: str
    name: str
    catalog: str
    vdc_id: str


@dataclass
class SimulatedReplication:
    """An incoming replication of one machine. The id is two UUIDs, as long as real ones. Source: protocol/dr.md §2."""

    replication_id: str
    name: str
    vdc_id: str
    placeholder_vapp_id: str
    rpo_minutes: int = 240
    trouble: str = ""
    """Trouble of its next action; see ``replication_states``."""
    paused: bool = False
    lag_minutes: int | None = None
    """Age of the newest point in time; by default half the RPO."""
    test_state: str = "none"
    recovery_state: str = "notStarted"
    recovered_at: float | None = None
    is_seeded: bool = False
    """It was made from a vApp that was there before, which stays when it is removed. Source: protocol/dr.md §2."""
    lagging_looks: int = 0
    lagging_states: tuple[str, str] = ("none", "notStarted")
    """States that the next looks show, whatever is true."""
    hidden_until: float = 0.0
    hidden_states: tuple[str, str] = ("none", "notStarted")
    """States that are shown until then, since the last action is not visible yet."""


class World:
    """The inventory. Ids are UUIDs of the seed and the name, so two simulators of one seed are alike."""

    def __init__(self, seed: str) -> None:
        self._space = uuid.uuid5(uuid.NAMESPACE_DNS, seed)
        self.changes = ChangeCounter()
        self.orgs: dict[str, Org] = Shelf(self.changes)
        self.vdcs: dict[str, Vdc] = Shelf(self.changes)
        self.edges: dict[str, SimulatedEdge] = Shelf(self.changes)
        self.vms: dict[str, Vm] = Shelf(self.changes)
        self.templates: dict[str, Template] = Shelf(self.changes)
        self.template_vms: dict[str, Vm] = Shelf(self.changes)
        self.replications: dict[str, SimulatedReplication] = {}
        self.users: list[User] = []

    def make_id(self, kind: str, name: str) -> str:
        """The UUID of a name; the same in every simulator of one seed."""
        return str(uuid.uuid5(self._space, f"{kind}:{name}"))

    def org(self, name: str) -> Org | None:
        """By name, blind to case. Source: protocol/sessions.md §4.3."""
        return next((org for org in self.orgs.values() if org.name.lower() == name.lower()), None)

    def vdcs_of(self, org: str) -> list[Vdc]:
        """The VDCs of an org."""
        return [vdc for vdc in self.vdcs.values() if vdc.org == org]

    def machine_of(self, replication: SimulatedReplication, status: str, network: str) -> Vm:
        """The machine that stands for a replicated one: a placeholder, a test, or what it was failed over to.

        It stays the same machine all along (whether real ones do is not known). Source: protocol/dr.md §4.
        """
        vm_id, vapp = self.make_id("recovered", replication.replication_id), f"{replication.name}-vapp"
        place = replication.placeholder_vapp_id, vapp, replication.vdc_id
        return Vm(vm_id, replication.name, *place, status, network=network)

    def user(self, name: str, password: str, org: str = "") -> User | None:
        """Return the user of that name and password, in that org or in any."""
        for user in self.users:
            if user.name == name and user.password == password and (not org or user.org.lower() == org.lower()):
                return user
        return None
