"""What there is in a simulated cloud: plain data, deterministic ids, names that explain themselves."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vcloudair_core.simulator.config import ORG, PASSWORD, USER, SimulatorConfig


@dataclass
class Org:
    org_id: str
    name: str
    full_name: str


@dataclass
class User:
    name: str
    password: str
    org: str
    user_id: str


@dataclass
class Vdc:
    vdc_id: str
    name: str
    org: str


@dataclass
class Edge:
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


@dataclass
class Vm:
    vm_id: str
    name: str
    vapp_id: str
    vapp_name: str
    vdc_id: str
    status: str = "POWERED_ON"


@dataclass
class Replication:
    """An incoming replication of one machine. The id is two UUIDs, as long as real ones. Source: api/dr.md §2."""

    replication_id: str
    name: str
    vdc_id: str
    placeholder_vapp_id: str
    rpo_minutes: int = 240


class World:
    """The inventory. Ids are UUIDs of the seed and the name, so two simulators of one seed are alike."""

    def __init__(self, seed: str) -> None:
        self._space = uuid.uuid5(uuid.NAMESPACE_DNS, seed)
        self.orgs: dict[str, Org] = {}
        self.vdcs: dict[str, Vdc] = {}
        self.edges: dict[str, Edge] = {}
        self.vms: dict[str, Vm] = {}
        self.replications: dict[str, Replication] = {}
        self.users: list[User] = []

    def make_id(self, kind: str, name: str) -> str:
        return str(uuid.uuid5(self._space, f"{kind}:{name}"))

    def org(self, name: str) -> Org | None:
        return next((org for org in self.orgs.values() if org.name.lower() == name.lower()), None)

    def vdcs_of(self, org: str) -> list[Vdc]:
        return [vdc for vdc in self.vdcs.values() if vdc.org == org]

    def user(self, name: str, password: str, org: str = "") -> User | None:
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
        "vms": [{"name": f"vm-{n:04}"} for n in range(1, config.vms + 1)],
        "replications": [{"name": f"replicated-{n:04}"} for n in range(1, config.replications + 1)],
    }
    return {"orgs": [{"name": ORG, "users": [{"name": USER, "password": PASSWORD}], "vdcs": [inside]}]}


def _add_vdc(world: World, org: Org, tree: dict[str, Any], config: SimulatorConfig) -> None:
    place = Vdc(world.make_id("vdc", tree["name"]), tree["name"], org.name)
    world.vdcs[place.vdc_id] = place
    for edge in tree.get("edges", ()):
        _add_edge(world, place, edge, config)
    for vm in tree.get("vms", ()):
        vapp = vm.get("vapp", f"{place.name}-vapp1")
        ids = world.make_id("vm", vm["name"]), world.make_id("vapp", vapp)
        machine = Vm(ids[0], vm["name"], ids[1], vapp, place.vdc_id, vm.get("status", "POWERED_ON"))
        world.vms[machine.vm_id] = machine
    for given in tree.get("replications", ()):
        name, rpo = given["name"], int(given.get("rpo", 240))
        identifier = f"{world.make_id('source', name)}-vm01a-{world.make_id('replication', name)}"
        placeholder = world.make_id("placeholder", name)
        world.replications[identifier] = Replication(identifier, name, place.vdc_id, placeholder, rpo)


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
