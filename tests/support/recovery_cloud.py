"""A simulated cloud with replicated VMs, and a client whose waits take no time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vcloudair_core.client import Client
from vcloudair_core.services.dr.service import RecoveryService
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.state.entities import SimulatedReplication
from vcloudair_core.testing import LinkedClock, simulated_app, simulator_settings


class RecoveryCloud:
    """The cloud, its client and its DR service."""

    def __init__(self, client: Client, simulator: Simulator, clock: LinkedClock) -> None:
        self.client, self.simulator, self.clock = client, simulator, clock
        self.service: RecoveryService = client.dr

    def replication(self, number: int = 1) -> SimulatedReplication:
        """Return a replication by number, starting at 1."""
        return next(one for one in self.simulator.world.replications.values() if one.name == name(number))

    def posts(self, action: str = "/action/") -> list[str]:
        """Return the paths of the POSTs that request an action, in order."""
        return [one.path for one in self.simulator.request_log.entries() if one.method == "POST" and action in one.path]

    def begun(self) -> list[str]:
        """Return the VM name of each requested action, in order."""
        names = {key: one.name for key, one in self.simulator.world.replications.items()}
        return [names.get(path.split("/")[4], "?") for path in self.posts()]


def name(number: int) -> str:
    """Return the name of a replicated VM in the simulator."""
    return f"replicated-{number:04}"


@contextmanager
def recovery_cloud(folder: Path, count: int, **config: Any) -> Iterator[RecoveryCloud]:
    """Run a cloud with options of SimulatorConfig. Run journals are below ``folder``."""
    simulator = Simulator(SimulatorConfig(**{"profile": "vcd", "replications": count, **config}))
    clock = LinkedClock(simulator)
    settings = {**simulator_settings(simulator), "state_dir": str(folder / "state")}
    with simulated_app(simulator, clock).client(**settings) as client:
        client.session.login()
        simulator.request_log.clear()
        yield RecoveryCloud(client, simulator, clock)
