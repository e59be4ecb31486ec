"""Fixtures of a simulated cloud with two IPsec tunnels and three replications."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vcloudair_core import App
from vcloudair_core.client import Client
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.state.simulated_tasks import Owner
from vcloudair_core.testing import simulated_app, simulator_settings

KEY = "a secret key"


def tunnel(number: int) -> dict[str, Any]:
    return {
        "name": f"branch {number}", "local_ip": "203.0.113.10", "local_subnets": ["192.168.10.0/24"],
        "peer_ip": f"198.51.100.{number}", "peer_subnets": [f"10.{number}.0.0/16"], "psk": KEY,
    }  # fmt: skip


@pytest.fixture
def cloud() -> Simulator:
    return Simulator(SimulatorConfig(profile="vcd", replications=3, edges=2))


@pytest.fixture
def app(cloud: Simulator) -> App:
    return simulated_app(cloud)


@pytest.fixture
def connect(app: App, cloud: Simulator) -> Callable[[], Client]:
    settings = app.settings({**simulator_settings(cloud), "retries": 0})
    return lambda: app.client(settings)


@pytest.fixture
def tunnels(connect: Callable[[], Client]) -> None:
    with connect() as client:
        client.ensure("ans.ipsec", {"enabled": True, "tunnels": [tunnel(1), tunnel(2)]})


def edge_of(cloud: Simulator) -> Any:
    return next(edge for edge in cloud.world.edges.values() if edge.name == "org1-vdc1-edge1")


def fail_a_task(cloud: Simulator, name: str, message: str = "The storage is full.") -> str:
    """Add a task that fails at the current time, and return its ID."""
    owner = Owner("/api/vApp/vapp-1", name, "application/vnd.vmware.vcloud.vApp+xml")
    error = {"majorErrorCode": 400, "minorErrorCode": "NO_ROOM", "message": message}
    task = cloud.tasks.start("org1", owner, f"Starting {name}", "vappDeploy", end_status="error", error=error)
    return task.task_id
