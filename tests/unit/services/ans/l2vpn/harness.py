"""A harness for L2 VPN tests: a cloud with two NSX-T edge gateways."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vcloudair_core.client import Client
from vcloudair_core.engine.outcome import Outcome
from vcloudair_core.simulator import Simulator
from vcloudair_core.simulator.nsxt.l2vpn.tunnels import l2vpn_state
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.testing import RequestView, simulated_app, simulator_settings
from vcloudair_core.testing.linked_clock import LinkedClock
from vcloudair_core.testing.simulated_cloud import make_simulator

RELEASES = {"37.2": "10.4", "38.1": "10.5", "39.1": "10.6"}
VERSIONS = tuple(RELEASES)
KEY = "c4n4ry-<k&y>\"'-ÄÖ"
INVENTORY = Path(__file__).parents[4] / "data" / "nsxt_two_edges.yml"
SERVER_IP, CLIENT_IP = "203.0.113.100", "198.51.100.7"
SERVER: dict[str, Any] = {
    "name": "stretch",
    "session_mode": "server",
    "local_ip": SERVER_IP,
    "peer_ip": CLIENT_IP,
    "networks": [{"network": "lan"}],
    "psk": KEY,
}
CLIENT: dict[str, Any] = {
    "name": "stretch-client",
    "session_mode": "client",
    "local_ip": CLIENT_IP,
    "peer_ip": SERVER_IP,
    "networks": [{"network": "lan", "tunnel_id": 1}],
}


class Harness:
    """A simulated cloud with two NSX-T edge gateways, and a client."""

    def __init__(self, simulator: Simulator, client: Client) -> None:
        self.simulator = simulator
        self.client = client
        self.requests = RequestView(simulator)

    def edge(self, name: str = "nsxt-edge1") -> SimulatedEdge:
        return next(edge for edge in self.simulator.world.edges.values() if edge.name == name)

    def tunnels(self, edge: str = "nsxt-edge1") -> list[dict[str, Any]]:
        """The tunnels on the server, with keys in clear text."""
        tunnels: list[dict[str, Any]] = l2vpn_state(self.edge(edge))["tunnels"]
        return tunnels

    def ensure(self, specs: Any, state: str = "present", *, edge: str = "nsxt-edge1", check: bool = False) -> Outcome:
        """Converge a tunnel, a list of tunnels, or a section (a mapping with ``tunnels``)."""
        kind = "ans.l2vpn" if isinstance(specs, dict) and "tunnels" in specs else "ans.l2vpn_tunnel"
        self.requests.clear()
        return self.client.ensure(kind, specs, state=state, target={"edge": edge}, check=check)

    def peer_code(self, tunnel: str = "stretch") -> str:
        """The peer code of a server tunnel, in clear text."""
        return self.client.edges.l2vpn_peer_code(tunnel, edge="nsxt-edge1").reveal()

    def read(self, edge: str = "nsxt-edge1") -> dict[str, Any]:
        """Return the section as plain data."""
        section: dict[str, Any] = self.client.read("ans.l2vpn", {"edge": edge})
        return section

    def writes(self) -> list[str]:
        """Return the writes of tunnels since the last ensure, as methods."""
        return [call.split(" ")[0] for call in self.requests.writes if "/l2vpn/tunnels" in call]


def cloud(version: str = "39.1", **config: Any) -> Simulator:
    """Return a simulated cloud of the release in ``RELEASES`` for an API version."""
    options = {"external_address": "any", "logging_right": True, "inventory_file": str(INVENTORY), **config}
    return make_simulator(profile="vcd", release=RELEASES[version], standing_clock=1_700_000_000.0, **options)


@contextmanager
def connected(simulator: Simulator, version: str = "39.1", **settings: Any) -> Iterator[Harness]:
    """Yield a test harness whose client waits on the simulator's virtual clock."""
    options = {**simulator_settings(simulator), "edge": "nsxt-edge1", "api_version": version, **settings}
    with simulated_app(simulator, LinkedClock(simulator)).client(**options) as client:
        yield Harness(simulator, client)


@contextmanager
def harness(version: str = "39.1", *, state_dir: Path | None = None, **config: Any) -> Iterator[Harness]:
    """Yield a test harness with a new simulated cloud."""
    settings = {} if state_dir is None else {"state_dir": str(state_dir)}
    with connected(cloud(version, **config), version, **settings) as made:
        yield made
