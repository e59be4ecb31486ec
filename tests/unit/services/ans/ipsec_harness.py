"""A harness for IPsec tests: a simulated edge with tunnels, and its request log."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vcloudair_core.client import Client
from vcloudair_core.engine.outcome import Outcome
from vcloudair_core.simulator import Simulator
from vcloudair_core.simulator.edge.ipsec_routes import IPSEC
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.testing import RequestView, simulated_app, simulator_settings
from vcloudair_core.util.clock import FakeClock

CONFIG = "/ipsec/config"
KEY = "c4n4ry-<k&y>\"'-ÄÖ"

BRANCH = {
    "name": "branch",
    "local_ip": "203.0.113.10",
    "peer_ip": "198.51.100.7",
    "local_subnets": ["192.168.10.0/24"],
    "peer_subnets": ["10.20.0.0/16", "10.30.0.0/16"],
    "psk": KEY,
}


def foreign(number: int, **more: Any) -> dict[str, Any]:
    """Return a tunnel created by another client, with unusual keys, values and order."""
    return {
        "peerId": f"foreign-{number}",
        "siteId": f"ipsecsite-{number}",
        "futureKey": "kept",
        "name": f"foreign {number}",
        "description": "",
        "enabled": True,
        "localId": "here",
        "localIp": "203.0.113.10",
        "peerIp": f"192.0.2.{number}",
        "localSubnets": {"subnets": ["192.168.10.1/24"]},
        "peerSubnets": {"subnets": [f"10.{number}.0.0/16"]},
        "authenticationMode": "psk",
        "psk": f"their own {number}",
        "encryptionAlgorithm": "AES256",
        "enablePfs": True,
        "dhGroup": "dh16",
        "mtu": 1400,
        "ikeOption": "ikev2",
        "digestAlgorithm": "sha-256",
        **more,
    }


class Harness:
    """A simulated edge with one client."""

    def __init__(self, simulator: Simulator, client: Client) -> None:
        self.simulator = simulator
        self.client = client
        self.journal = RequestView(simulator)

    @property
    def edge(self) -> SimulatedEdge:
        return next(iter(self.simulator.world.edges.values()))

    @property
    def state(self) -> dict[str, Any]:
        """The section in the simulator, with keys in clear text."""
        return IPSEC.state(self.edge)

    @property
    def sites(self) -> list[dict[str, Any]]:
        """The tunnels on the server, with keys in clear text."""
        found: list[dict[str, Any]] = self.state["sites"]
        return found

    def seed(self, *sites: dict[str, Any]) -> None:
        """Add tunnels to the edge directly, without the API."""
        self.state["sites"] = [copy.deepcopy(site) for site in sites]
        self.state["next_id"] = 300

    def ensure(self, specs: Any, state: str = "present", *, check: bool = False) -> Outcome:
        """Converge a tunnel, a list of tunnels, or a section.

        A mapping without a name and without a peer is a whole section.
        """
        is_section = isinstance(specs, dict) and not {"name", "peer_id", "peer_ip", "site_id"} & set(specs)
        self.journal.clear()
        return self.client.ensure("ans.ipsec" if is_section else "ans.ipsec_tunnel", specs, state=state, check=check)

    def methods(self) -> list[str]:
        """Return the HTTP methods of IPsec requests since the last ensure."""
        return [call.split()[0] for call in self.journal.calls if call.endswith(CONFIG)]

    def names(self) -> list[str]:
        return [site.get("name", "") for site in self.sites]


@contextmanager
def harness(simulator: Simulator, edge_api: str, **more: Any) -> Iterator[Harness]:
    """Yield a simulated edge with one client for an edge API.

    The client has a fake clock.
    """
    settings = {**simulator_settings(simulator), "edge_api": edge_api, **more}
    with simulated_app(simulator).client(**settings) as client:
        client.session.clock = client.session._pipeline.clock = FakeClock()
        yield Harness(simulator, client)


def as_text(sites: Any) -> str:
    """Return tunnels as JSON text that keeps the order of keys and values."""
    return json.dumps(sites)
