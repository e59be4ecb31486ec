"""Clients of simulated clouds with certificates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.certificates import Pair, make_pair
from vcloudair_core.client import Client
from vcloudair_core.engine.outcome import Outcome
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing.linked_clock import LinkedClock
from vcloudair_core.testing.simulated_cloud import RequestView, make_simulator, simulated_app, simulator_settings

OLD, NEW = make_pair(serial=1), make_pair(year=2031, serial=2)
"""A certificate and its renewal, with the same subject."""
CANARY = "c4n4ry passphrase"
NSXV, NSXT = "nsxv", "nsxt"
NOW = 1_780_000_000.0
"""The time of the clouds: 2026-05-28."""


def spec(pair: Pair, name: str = "web", **fields: Any) -> dict[str, Any]:
    """Return the spec of a certificate with its private key."""
    return {"name": name, "certificate": pair.certificate, "private_key": pair.key, **fields}


@dataclass
class CertificateHarness:
    """A simulated cloud, and a client of its NSX-V or NSX-T edge gateway."""

    backend: str
    simulator: Simulator
    client: Client
    requests: RequestView

    @property
    def edge(self) -> Any:
        name = self.client.settings.edge
        return next(edge for edge in self.simulator.world.edges.values() if edge.name == name)

    def ensure(self, specs: Any, state: str = "present", *, check: bool = False) -> Outcome:
        self.requests.clear()
        return self.client.ensure("ans.certificate", specs, state=state, check=check)

    def read(self) -> dict[str, dict[str, Any]]:
        """Return the certificates by name, except those that every new library has."""
        records = self.client.read("ans.certificate")
        return {record["name"]: record for record in records if not record["name"].startswith("vpn-")}

    def calls(self) -> list[str]:
        """Return ``METHOD segment`` of each call since the last ensure.

        ``segment`` is the last segment of the path that is not an ID.
        """
        shown = []
        for call in self.requests.calls:
            method, _, path = call.partition(" ")
            words = path.partition("?")[0].rstrip("/").split("/")
            is_id = ":" in words[-1] or len(words[-1]) == 36
            shown.append(f"{method} {words[-2] if is_id else words[-1]}")
        return shown


@contextmanager
def certificates(backend: str, **config: Any) -> Iterator[CertificateHarness]:
    """Yield a test harness with a new simulated cloud."""
    is_nsxt = backend == NSXT
    simulator = make_simulator(
        profile="vcd",
        standing_clock=NOW,
        **({"release": "10.6", "external_address": "any"} if is_nsxt else {}),
        **config,
    )
    name = "nsxt-edge1" if is_nsxt else next(edge.name for edge in simulator.world.edges.values())
    settings = {**simulator_settings(simulator), "edge": name}
    with simulated_app(simulator, LinkedClock(simulator)).client(**settings) as client:
        client.read("ans.certificate")
        yield CertificateHarness(backend, simulator, client, RequestView(simulator))
