"""What there is in a simulated cloud: plain data, deterministic ids, names that explain themselves."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from vcloudair_core.simulator.config import ORG, PASSWORD, USER, SimulatorConfig


class Changes:
    """Counts changes of the inventory, so that what was worked out from it is known to hold still."""

    count = 0


class _Watched:
    """Something whose every change counts."""

    def __setattr__(self, name: str, value: Any) -> None:
        Changes.count += 1
        object.__setattr__(self, name, value)


_Thing = TypeVar("_Thing")


class Shelf(dict[str, _Thing]):
    """Things by id, whose coming and going counts."""

    def __setitem__(self, key: str, value: _Thing) -> None:
        Changes.count += 1
        super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        Changes.count += 1
        super().__delitem__(key)

    def pop(self, *arguments: Any) -> Any:
        Changes.count += 1
        return super().pop(*arguments)

    def clear(self) -> None:
        Changes.count += 1
        super().clear()


@dataclass
class Org:
    """An organisation: who signs in does so to one."""

    org_id: str
    name: str
    full_name: str


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


@dataclass
class Edge(_Watched):
    """An edge gateway. ``number`` is NSX's own: ``edge-<number>``. Source: api/ans.md §1.3."""

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


@dataclass
class Template(_Watched):
    """A vApp template in a catalog."""

    template_id: str
    name: str
    catalog: str
    vdc_id: str


@dataclass
class Replication:
    """An incoming replication of one machine. The id is two UUIDs, as long as real ones. Source: api/dr.md §2."""

    replication_id: str
    name: str
    vdc_id: str
    placeholder_vapp_id: str
    rpo_minutes: int = 240
    trouble: str = ""
    """How its next action goes wrong; see simulator/recovery.py."""
    paused: bool = False
    lag_minutes: int | None = None
    """Age of the newest point in time; by default half the RPO."""
    test_state: str = "none"
    recovery_state: str = "notStarted"
    recovered_at: float | None = None


class World:
    """The inventory. Ids are UUIDs of the seed and the name, so two simulators of one seed are alike."""

    def __init__(self, seed: str) -> None:
        self._space = uuid.uuid5(uuid.NAMESPACE_DNS, seed)
        self.orgs: dict[str, Org] = {}
        self.vdcs: dict[str, Vdc] = Shelf()
        self.edges: dict[str, Edge] = Shelf()
        self.vms: dict[str, Vm] = Shelf()
        self.templates: dict[str, Template] = Shelf()
        self.template_vms: dict[str, Vm] = Shelf()
        self.replications: dict[str, Replication] = {}
        self.users: list[User] = []

    def make_id(self, kind: str, name: str) -> str:
        """The UUID of a name; the same in every simulator of one seed."""
        return str(uuid.uuid5(self._space, f"{kind}:{name}"))

    def org(self, name: str) -> Org | None:
        """By name, blind to case. Source: api/sessions.md §4.3."""
        return next((org for org in self.orgs.values() if org.name.lower() == name.lower()), None)

    def vdcs_of(self, org: str) -> list[Vdc]:
        """The VDCs of an org."""
        return [vdc for vdc in self.vdcs.values() if vdc.org == org]

    def user(self, name: str, password: str, org: str = "") -> User | None:
        """Who has that name and password, in that org or in any."""
        for user in self.users:
            if user.name == name and user.password == password and (not org or user.org.lower() == org.lower()):
                return user
        return None


def build_world(config: SimulatorConfig) -> World:
    """From counts, or from an inventory file. Raises OSError, ValueError: no such file, or not an inventory."""
    world = World(config.seed)
    tree = _read_inventory(config.inventory_file) if config.inventory_file else _counted(config)
    try:
        _fill(world, tree, config)
    except KeyError as exc:
        raise ValueError(f"something in the inventory has no {exc}") from exc
    return world


def _fill(world: World, tree: dict[str, Any], config: SimulatorConfig) -> None:
    for org in tree["orgs"]:
        made = Org(world.make_id("org", org["name"]), org["name"], org.get("full_name", org["name"]))
        world.orgs[made.name] = made
        for user in org.get("users", ()):
            identifier = world.make_id("user", user["name"])
            world.users.append(User(user["name"], str(user["password"]), made.name, identifier))
        for vdc in org.get("vdcs", ()):
            _add_vdc(world, made, vdc, config)


def _read_inventory(file: str) -> dict[str, Any]:
    import yaml

    try:
        tree = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    except yaml.YAMLError as exc:
        raise ValueError(f"{file} is not YAML: {exc}") from exc
    if not isinstance(tree, dict) or not tree.get("orgs"):
        raise ValueError(f"{file} is not an inventory: a mapping with 'orgs' is expected")
    return tree


def _counted(config: SimulatorConfig) -> dict[str, Any]:
    vdc = f"{ORG}-vdc1"
    inside = {
        "name": vdc,
        "edges": [{"name": f"{vdc}-edge{n}"} for n in range(1, config.edges + 1)],
        "vms": [_counted_vm(vdc, n, config) for n in range(1, config.vms + 1)],
        "templates": [{"name": f"template-{n}"} for n in range(1, config.templates + 1)],
        "replications": [{"name": f"replicated-{n:04}"} for n in range(1, config.replications + 1)],
    }
    return {"orgs": [{"name": ORG, "users": [{"name": USER, "password": PASSWORD}], "vdcs": [inside]}]}


def _counted_vm(vdc: str, number: int, config: SimulatorConfig) -> dict[str, Any]:
    address = f"192.168.{10 + number // 250 % 200}.{1 + number % 250}"
    vapp = f"{vdc}-vapp{1 + (number - 1) // config.vms_per_vapp}"
    return {"name": f"vm-{number:04}", "vapp": vapp, "ip_address": address}


_VM_WORDS = (
    "status",
    "guest_os",
    "cpus",
    "memory_mb",
    "network",
    "ip_address",
    "more_nics",
    "storage_profile",
    "is_busy",
    "metadata",
)


def _add_template(world: World, place: Vdc, tree: dict[str, Any]) -> None:
    identifier, catalog = world.make_id("template", tree["name"]), tree.get("catalog", "templates")
    world.templates[identifier] = Template(identifier, tree["name"], catalog, place.vdc_id)
    vm_id = world.make_id("template-vm", tree["name"])
    machine = Vm(vm_id, f"{tree['name']}-vm", identifier, tree["name"], place.vdc_id, "POWERED_OFF", True)
    machine.catalog, machine.network = catalog, ""
    world.template_vms[vm_id] = machine


def _add_vdc(world: World, org: Org, tree: dict[str, Any], config: SimulatorConfig) -> None:
    place = Vdc(world.make_id("vdc", tree["name"]), tree["name"], org.name)
    world.vdcs[place.vdc_id] = place
    for edge in tree.get("edges", ()):
        _add_edge(world, place, edge, config)
    for vm in tree.get("vms", ()):
        vapp = vm.get("vapp", f"{place.name}-vapp1")
        ids = world.make_id("vm", vm["name"]), world.make_id("vapp", vapp)
        if ids[0] in world.vms:  # names of machines are not unique
            ids = world.make_id("vm", f"{place.name}/{vapp}/{vm['name']}"), ids[1]
        words = {name: vm[name] for name in _VM_WORDS if name in vm}
        world.vms[ids[0]] = Vm(ids[0], vm["name"], ids[1], vapp, place.vdc_id, **words)
    for template in tree.get("templates", ()):
        _add_template(world, place, template)
    for given in tree.get("replications", ()):
        name, rpo = given["name"], int(given.get("rpo", 240))
        identifier = f"{world.make_id('source', name)}-vm01a-{world.make_id('replication', name)}"
        placeholder = world.make_id("placeholder", name)
        words = {word: given[word] for word in ("trouble", "paused", "lag_minutes") if word in given}
        identifier = f"{identifier[:-36]}{world.make_id('replication', name + str(given.get('id', '')))}"
        world.replications[identifier] = Replication(identifier, name, place.vdc_id, placeholder, rpo, **words)


def _add_edge(world: World, place: Vdc, tree: dict[str, Any], config: SimulatorConfig) -> None:
    from vcloudair_core.simulator.edge_firewall import append, factory

    number = 1 + len(world.edges)
    address, is_advanced = f"203.0.113.{number}", tree.get("advanced", True)
    edge = Edge(world.make_id("edge", tree["name"]), tree["name"], place.vdc_id, number, address, is_advanced)
    established = config.established_timeout_s or (3600 if config.profile in ("vca", "vchs") else 21600)
    edge.firewall = factory(edge, established)
    if tree.get("firewall"):
        append(edge, tree["firewall"], None)
    world.edges[edge.edge_id] = edge
