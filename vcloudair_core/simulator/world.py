"""What there is in a simulated cloud: plain data, deterministic ids, names that explain themselves."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
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


class World:
    """The inventory. Ids are UUIDs of the seed and the name, so two simulators of one seed are alike."""

    def __init__(self, seed: str) -> None:
        self._space = uuid.uuid5(uuid.NAMESPACE_DNS, seed)
        self.orgs: dict[str, Org] = {}
        self.vdcs: dict[str, Vdc] = {}
        self.edges: dict[str, Edge] = {}
        self.vms: dict[str, Vm] = {}
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
    """From counts, or from an inventory file."""
    from pathlib import Path

    import yaml

    world = World(config.seed)
    if config.inventory_file:
        tree = yaml.safe_load(Path(config.inventory_file).read_text(encoding="utf-8"))
    else:
        vdc = f"{ORG}-vdc1"
        tree = {
            "orgs": [
                {
                    "name": ORG,
                    "users": [{"name": USER, "password": PASSWORD}],
                    "vdcs": [
                        {
                            "name": vdc,
                            "edges": [{"name": f"{vdc}-edge{n}"} for n in range(1, config.edges + 1)],
                            "vms": [{"name": f"vm-{n:04}"} for n in range(1, config.vms + 1)],
                        }
                    ],
                }
            ]
        }
    from vcloudair_core.simulator.edge_firewall import append, factory

    established = config.established_timeout_s or (3600 if config.profile in ("vca", "vchs") else 21600)
    for org in tree["orgs"]:
        made = Org(world.make_id("org", org["name"]), org["name"], org.get("full_name", org["name"]))
        world.orgs[made.name] = made
        for user in org.get("users", ()):
            world.users.append(
                User(user["name"], str(user["password"]), made.name, world.make_id("user", user["name"]))
            )
        for vdc in org.get("vdcs", ()):
            place = Vdc(world.make_id("vdc", vdc["name"]), vdc["name"], made.name)
            world.vdcs[place.vdc_id] = place
            for number, edge in enumerate(vdc.get("edges", ()), 1):
                gateway = Edge(
                    world.make_id("edge", edge["name"]),
                    edge["name"],
                    place.vdc_id,
                    number,
                    f"203.0.113.{number}",
                    edge.get("advanced", True),
                )
                gateway.firewall = factory(gateway, established)
                if edge.get("firewall"):
                    append(gateway, edge["firewall"], None)
                world.edges[gateway.edge_id] = gateway
            for vm in vdc.get("vms", ()):
                vapp = vm.get("vapp", f"{place.name}-vapp1")
                machine = Vm(
                    world.make_id("vm", vm["name"]),
                    vm["name"],
                    world.make_id("vapp", vapp),
                    vapp,
                    place.vdc_id,
                    vm.get("status", "POWERED_ON"),
                )
                world.vms[machine.vm_id] = machine
    return world
