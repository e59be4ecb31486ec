"""A cloud whose networks have pools, DHCP pools and used addresses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from vcloudair_core.client import Client
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing import RequestView, simulated_app, simulator_settings
from vcloudair_core.testing.simulated_cloud import make_simulator

POOL = ["192.168.10.20-192.168.10.29"]
DHCP = ["192.168.10.100-192.168.10.149"]


def vm(name: str, network: str, address: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "network": network, "ip_address": address, **more}


def inventory(backend: str) -> dict[str, Any]:
    web: dict[str, Any] = {"name": "web", "edge": "gw", "gateway": "192.168.10.1", "static_pools": POOL}
    if backend == "nsxt":
        web["dhcp_pools"] = DHCP
    back = {"name": "back", "gateway": "10.0.0.1", "prefix_length": 29, "dhcp_pools": ["10.0.0.3-10.0.0.4"]}
    split = {"name": "split", "gateway": "10.1.0.1", "static_pools": ["10.1.0.9-10.1.0.12", "10.1.0.2-10.1.0.3"]}
    nic = {"network": "back", "ip_address": "10.0.0.2"}
    vms = [
        vm("a", "web", "192.168.10.20", vapp="shop", more_nics=[nic]),
        vm("b", "web", "192.168.10.21", status="POWERED_OFF"),
        vm("c", "web", "192.168.10.200"),
    ]
    gold = {
        "name": "gold",
        "edges": [{"name": "gw", "backend": backend}],
        "networks": [web, back, split],
        "vms": vms,
    }
    silver = {"name": "silver", "networks": [{"name": "lan", "gateway": "10.2.0.1"}]}
    return {
        "orgs": [{"name": "org1", "users": [{"name": "demo", "password": "demo-password"}], "vdcs": [gold, silver]}]
    }


class NetworkCloud:
    """A simulator with one client."""

    def __init__(self, simulator: Simulator, client: Client) -> None:
        self.simulator, self.client = simulator, client
        self.requests = RequestView(simulator)

    def network(self, name: str) -> Any:
        return next(item for item in self.simulator.world.networks.values() if item.name == name)


@contextmanager
def network_cloud(folder: Path, backend: str, version: str, **options: Any) -> Iterator[NetworkCloud]:
    file = folder / "inventory.yml"
    file.write_text(yaml.safe_dump(inventory(backend)))
    simulator = make_simulator(profile="vcd", inventory_file=str(file), api_versions=(version,), **options)
    settings = {**simulator_settings(simulator), "state_dir": str(folder / "state")}
    kept = {name: value for name, value in settings.items() if name not in ("edge", "vdc")}
    with simulated_app(simulator).client(**kept) as client:
        yield NetworkCloud(simulator, client)
