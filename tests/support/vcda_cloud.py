"""A simulated cloud with VCDA replications, and a client whose waits take no time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vcloudair_core.client import Client
from vcloudair_core.services.dr.service import RecoveryService
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.vcda.entities import SimulatedVmReplication
from vcloudair_core.testing import LinkedClock, simulated_app, simulator_settings

PEER_LOGIN = {"vcda_peer_user": "demo@org1", "vcda_peer_password": "demo-password"}


class VcdaCloud:
    """The cloud, its client and its DR service."""

    def __init__(self, client: Client, simulator: Simulator, clock: LinkedClock) -> None:
        self.client, self.simulator, self.clock = client, simulator, clock
        self.service: RecoveryService = client.dr

    def replication(self, number: int = 1) -> SimulatedVmReplication:
        """Return a replication by number, starting at 1."""
        replications = self.simulator.world.vm_replications.values()
        return next(entry for entry in replications if entry.vm_name == vcda_name(number))

    def requests(self, text: str = "", method: str = "") -> list[str]:
        """Return the method and path of each request whose path contains ``text``."""
        entries = self.simulator.request_log.entries()
        return [f"{item.method} {item.path}" for item in entries if text in item.path and method in ("", item.method)]

    def starts(self) -> list[str]:
        """Return the requests that start actions, such as ``POST vapp failover``."""
        entries = [item for item in self.simulator.request_log.entries() if item.method in ("POST", "DELETE")]
        return [
            f"{item.method} {'vapp ' * ('/vapp-' in item.path)}{item.path.rpartition('/')[2]}"
            for item in entries
            if "-replications/" in item.path
        ]

    def vm(self, number: int = 1) -> Any:
        """Return the recovered VM of a replication, or None."""
        return self.simulator.world.vms.get(self.replication(number).recovered_vm_id)


def vcda_name(number: int) -> str:
    """Return the name of a replicated VM in the simulator."""
    return f"protected-{number:04}"


@contextmanager
def vcda_cloud(
    folder: Path, count: int = 1, *, settings: dict[str, Any] | None = None, **config: Any
) -> Iterator[VcdaCloud]:
    """Run a cloud with options of SimulatorConfig. Run journals are below ``folder``."""
    simulator = Simulator(SimulatorConfig(**{"profile": "vcd", "vcda_replications": count, **config}))
    clock = LinkedClock(simulator)
    chosen = {**simulator_settings(simulator), "state_dir": str(folder / "state"), **PEER_LOGIN, **(settings or {})}
    with simulated_app(simulator, clock).client(**chosen) as client:
        client.session.login()
        simulator.request_log.clear()
        yield VcdaCloud(client, simulator, clock)
