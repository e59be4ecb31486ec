"""Simulated clouds for tests of groups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vcloudair_core import Client
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing import LinkedClock, simulated_app, simulator_settings
from vcloudair_core.testing.simulated_cloud import make_simulator

INVENTORY = """
orgs:
  - name: org1
    users: [{name: demo, password: demo-password}]
    vdcs:
      - name: alone
        edges: [{name: gw, backend: nsxt}, {name: gw2, backend: nsxt}]
        networks: [{name: lan, edge: gw}, {name: dmz, edge: gw}]
      - name: left
        edges: [{name: left-edge, backend: nsxt}]
        networks: [{name: left-lan, edge: left-edge}]
      - name: right
        edges: [{name: right-edge, backend: nsxt}]
      - name: classic
        edges: [{name: old-edge}, {name: old-edge-2}]
        networks: [{name: old-lan, edge: old-edge}]
    vdc_groups:
      - {name: pair, vdcs: [left, right], edges: [left-edge, right-edge]}
"""

GW, OLD, PAIR = {"edge": "gw"}, {"edge": "old-edge"}, {"vdc_group": "pair"}


@contextmanager
def cloud(
    folder: Path, version: str = "38.1", *, edge_api: str = "auto", **config: Any
) -> Iterator[tuple[Client, Simulator]]:
    """Yield a client, and a cloud with edges of both backends and a VDC group."""
    file = folder / "inventory.yml"
    file.write_text(INVENTORY, encoding="utf-8")
    simulator = make_simulator(profile="vcd", inventory_file=str(file), **config)
    settings = {**simulator_settings(simulator), "username": "demo", "org": "org1", "password": "demo-password"}
    settings |= {"api_version": version, "state_dir": str(folder / "state"), "edge_api": edge_api}
    settings.pop("edge", None)
    settings.pop("vdc", None)
    with simulated_app(simulator, LinkedClock(simulator)).client(**settings) as client:
        yield client, simulator


def external_address(simulator: Simulator, edge_name: str) -> str:
    """Return an uplink address of an edge gateway."""
    return next(edge.external_address for edge in simulator.world.edges.values() if edge.name == edge_name)
