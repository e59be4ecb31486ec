"""Simulated clouds for tests of readiness checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.readiness import Cloud, Make
from vcloudair_core.client import Client
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.testing import LinkedClock, simulated_app, simulator_settings


@pytest.fixture
def make() -> Iterator[Make]:
    opened: list[Client] = []

    def make_cloud(count: int = 1, unset: str = "", **config: Any) -> Cloud:
        options = {"profile": "vcd", "replications": count, "placeholders": "visible", **config}
        simulator = Simulator(SimulatorConfig(**options))
        settings = {name: value for name, value in simulator_settings(simulator).items() if name != unset}
        client = simulated_app(simulator).client(**settings)
        client.session.clock = client.session._pipeline.clock = LinkedClock(simulator)
        client.session.login()
        simulator.request_log.clear()
        opened.append(client)
        return Cloud(client, simulator)

    yield make_cloud
    for client in opened:
        client.close()
