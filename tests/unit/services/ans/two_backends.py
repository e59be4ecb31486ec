"""A test harness with an NSX-V or an NSX-T edge gateway."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vcloudair_core.client import Client
from vcloudair_core.engine.outcome import Outcome
from vcloudair_core.simulator import Simulator
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.testing import RequestView, simulated_app, simulator_settings
from vcloudair_core.testing.linked_clock import LinkedClock
from vcloudair_core.testing.simulated_cloud import make_simulator

INVENTORY = """
orgs:
  - name: org1
    users: [{name: demo, password: demo-password}]
    vdcs:
      - name: classic
        edges: [{name: old-edge}]
        networks: [{name: web, edge: old-edge, gateway: 192.168.10.1}]
      - name: modern
        edges: [{name: gw1, backend: nsxt}]
        networks: [{name: lan, edge: gw1, gateway: 192.168.20.1}]
"""
BACKENDS = ("nsxv network_xml", "nsxv network_json", "nsxt 37.2", "nsxt 38.1", "nsxt 39.1")


class Harness:
    """An edge gateway with one client.

    ``backend`` is one of :data:`BACKENDS`. ``hop`` is a next hop in a network of the edge gateway.
    """

    def __init__(self, simulator: Simulator, client: Client, backend: str) -> None:
        self.simulator = simulator
        self.client = client
        self.is_nsxt = backend.startswith("nsxt")
        self.hop = "192.168.20.254" if self.is_nsxt else "192.168.10.254"
        self.journal = RequestView(simulator)

    @property
    def edge(self) -> SimulatedEdge:
        name = "gw1" if self.is_nsxt else "old-edge"
        return next(edge for edge in self.simulator.world.edges.values() if edge.name == name)

    def ensure(self, kind: str, specs: Any, state: str = "present", *, check: bool = False) -> Outcome:
        self.journal.clear()
        return self.client.ensure(kind, specs, state=state, check=check)

    def writes(self) -> list[str]:
        """Return the methods of the writes since the last ensure."""
        return [call.split()[0] for call in self.journal.writes]

    def reads(self, path: str) -> int:
        """Return the number of reads since the last ensure whose path contains ``path``."""
        return self.journal.count("GET", path)


@contextmanager
def harness(folder: Path, backend: str, **options: Any) -> Iterator[Harness]:
    """Yield a test harness for a backend of :data:`BACKENDS`."""
    file = folder / "inventory.yml"
    file.write_text(INVENTORY, encoding="utf-8")
    name, _, detail = backend.partition(" ")
    versions = {"api_versions": (detail,)} if name == "nsxt" else {}
    simulator = make_simulator(profile="vcd", inventory_file=str(file), **versions, **options)
    settings = {**simulator_settings(simulator), "state_dir": str(folder / "state")}
    settings |= {"edge": "gw1"} if name == "nsxt" else {"edge": "old-edge", "edge_api": detail}
    with simulated_app(simulator, LinkedClock(simulator)).client(**settings) as client:
        yield Harness(simulator, client, backend)
