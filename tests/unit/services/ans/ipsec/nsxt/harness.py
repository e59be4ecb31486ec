"""A harness for IPsec tests: a simulated NSX-T edge gateway, and its request log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vcloudair_core.client import Client
from vcloudair_core.engine.outcome import Outcome
from vcloudair_core.simulator import Simulator
from vcloudair_core.simulator.nsxt.ipsec.status import ipsec_state
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.testing import RequestView, simulated_app, simulator_settings
from vcloudair_core.testing.linked_clock import LinkedClock
from vcloudair_core.testing.simulated_cloud import make_simulator

RELEASES = {"37.2": "10.4", "38.1": "10.5", "39.1": "10.6"}
VERSIONS = tuple(RELEASES)
KEY = "c4n4ry-<k&y>\"'-ÄÖ"
LOCAL = "203.0.113.100"
BRANCH = {
    "name": "branch",
    "local_ip": LOCAL,
    "peer_ip": "198.51.100.7",
    "local_subnets": ["192.168.10.0/24"],
    "peer_subnets": ["10.20.0.0/16", "10.30.0.0/16"],
    "psk": KEY,
}
PROFILE = {"encryption": "aes256", "digest": "sha-256", "dh_group": "dh16"}


class NsxtHarness:
    """A simulated cloud with an NSX-T edge gateway, and a client."""

    def __init__(self, simulator: Simulator, client: Client) -> None:
        self.simulator = simulator
        self.client = client
        self.requests = RequestView(simulator)

    @property
    def edge(self) -> SimulatedEdge:
        return next(edge for edge in self.simulator.world.edges.values() if edge.name == "nsxt-edge1")

    @property
    def tunnels(self) -> list[dict[str, Any]]:
        """The tunnels on the server, with keys in clear text."""
        tunnels: list[dict[str, Any]] = ipsec_state(self.edge)["tunnels"]
        return tunnels

    @property
    def tunnel(self) -> dict[str, Any]:
        """The only tunnel on the server."""
        [tunnel] = self.tunnels
        return tunnel

    def ensure(self, specs: Any, state: str = "present", *, check: bool = False) -> Outcome:
        """Converge a tunnel, a list of tunnels, or a section.

        A mapping without a name or peer is a section.
        """
        is_section = isinstance(specs, dict) and not {"name", "peer_id", "peer_ip", "site_id"} & set(specs)
        kind = "ans.ipsec" if is_section else "ans.ipsec_tunnel"
        self.requests.clear()
        return self.client.ensure(kind, specs, state=state, check=check)

    def read(self) -> dict[str, Any]:
        """Return the section as plain data."""
        section: dict[str, Any] = self.client.read("ans.ipsec")
        return section

    def names(self) -> list[str]:
        return sorted(tunnel["name"] for tunnel in self.tunnels)

    def calls(self) -> list[str]:
        """Return the calls for tunnels since the last ensure, without ids and task polls."""
        ids = {tunnel["id"]: "ID" for tunnel in self.tunnels}
        shown = []
        for call in self.requests.calls:
            if "/ipsec/tunnels" in call:
                method, path = call.split(" ", 1)
                parts = path.partition("/ipsec/tunnels")[2].strip("/").split("/")
                shown.append(" ".join([method, *(ids.get(part, "ID" if len(part) == 36 else part) for part in parts)]))
        return [call.strip() for call in shown]

    def writes(self) -> list[str]:
        return [call for call in self.calls() if not call.startswith("GET")]


def cloud(version: str = "39.1", **config: Any) -> Simulator:
    """Return a simulated cloud of the release in ``RELEASES`` for an API version."""
    return make_simulator(
        profile="vcd",
        release=RELEASES[version],
        standing_clock=1_700_000_000.0,
        **{"external_address": "any", "logging_right": True, **config},
    )


@contextmanager
def connected(simulator: Simulator, version: str = "39.1", **settings: Any) -> Iterator[NsxtHarness]:
    """Yield a test harness whose client waits on the simulator's virtual clock."""
    options = {**simulator_settings(simulator), "edge": "nsxt-edge1", "api_version": version, **settings}
    with simulated_app(simulator, LinkedClock(simulator)).client(**options) as client:
        yield NsxtHarness(simulator, client)


@contextmanager
def harness(version: str = "39.1", **config: Any) -> Iterator[NsxtHarness]:
    """Yield a test harness with a new simulated cloud."""
    with connected(cloud(version, **config), version) as made:
        yield made
