"""A simulated cloud with objects that rules can refer to by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vcloudair_core import Client
from vcloudair_core.simulator import Simulator
from vcloudair_core.simulator.edge_services.entities import GroupingObject
from vcloudair_core.testing import LinkedClock, simulated_app, simulator_settings
from vcloudair_core.testing.simulated_cloud import make_simulator

INVENTORY = """
orgs:
  - name: org1
    users: [{name: demo, password: demo-password}]
    vdcs:
      - name: classic
        edges: [{name: old-edge}]
        networks: [{name: lan, edge: old-edge}, {name: web, edge: old-edge}, {name: apart}]
        vapps: [{name: empty}]
        vms:
          - {name: db1, vapp: shop}
          - {name: db2, vapp: shop}
          - {name: web, vapp: front}
          - {name: vm-0001, vapp: front}
          - {name: twin, vapp: front}
          - {name: twin, vapp: back}
      - name: other
        vms: [{name: foreign, vapp: far}]
      - name: modern
        edges:
          - name: new-edge
            backend: nsxt
            firewall_groups:
              - {name: partners, ipAddresses: [198.51.100.0/24]}
              - {name: both, ipAddresses: [192.0.2.0/24]}
              - {name: both, typeValue: SECURITY_GROUP, members: [{name: new-lan}]}
              - {name: servers, typeValue: SECURITY_GROUP, members: [{name: new-lan}]}
        networks: [{name: new-lan, edge: new-edge}]
    vdc_groups: []
"""

OLD, NEW = {"edge": "old-edge"}, {"edge": "new-edge"}


@contextmanager
def cloud(folder: Path, version: str = "38.1", **config: Any) -> Iterator[tuple[Client, Simulator]]:
    """Yield a client, and a cloud with an NSX-V and an NSX-T edge gateway."""
    file = folder / "inventory.yml"
    file.write_text(INVENTORY, encoding="utf-8")
    simulator = make_simulator(profile="vcd", inventory_file=str(file), **config)
    settings = {**simulator_settings(simulator), "username": "demo", "org": "org1", "password": "demo-password"}
    settings |= {"api_version": version, "state_dir": str(folder / "state"), "edge_api": "auto"}
    settings.pop("edge", None)
    settings.pop("vdc", None)
    add_grouping_objects(simulator)
    with simulated_app(simulator, LinkedClock(simulator)).client(**settings) as client:
        yield client, simulator


def add_grouping_objects(simulator: Simulator) -> None:
    """Add IP sets, groups and applications to the VDC of the NSX-V edge gateway."""
    vdc_id = next(vdc.vdc_id for vdc in simulator.world.vdcs.values() if vdc.name == "classic")
    tcp = {"applicationProtocol": "TCP", "value": "443"}
    objects = [
        GroupingObject("ipset-1", "ipset", vdc_id, "partners", values={"value": "198.51.100.0/24"}),
        GroupingObject("ipset-2", "ipset", vdc_id, "net: odd, name", values={"value": "192.0.2.0/24"}),
        GroupingObject("securitygroup-3", "securitygroup", vdc_id, "servers"),
        GroupingObject("application-4", "application", vdc_id, "HTTPS", values=tcp),
        GroupingObject("application-5", "application", vdc_id, "all web", values=tcp),
        GroupingObject("applicationgroup-6", "applicationgroup", vdc_id, "all web"),
        GroupingObject("application-7", "application", vdc_id, "application-99", values=tcp),
    ]
    simulator.world.grouping_objects |= {item.object_id: item for item in objects}


def urn(simulator: Simulator, kind: str, name: str) -> str:
    """Return the URN of a network or VM."""
    shelf = simulator.world.networks if kind == "network" else simulator.world.vms
    return next(f"urn:vcloud:{kind}:{key}" for key, item in shelf.items() if item.name == name)


def raw_rule(simulator: Simulator, name: str) -> dict[str, Any]:
    """Return a rule of the NSX-V edge gateway as the simulator stores it."""
    edge = next(edge for edge in simulator.world.edges.values() if edge.name == "old-edge")
    return next(rule for rule in edge.firewall["user"] if rule["name"] == name)


def writes(simulator: Simulator) -> int:
    """Return the number of requests other than GET requests and sign-ins."""
    entries = simulator.request_log.entries()
    return sum(entry.method != "GET" and "sessions" not in entry.path for entry in entries)
