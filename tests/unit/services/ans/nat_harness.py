"""A harness for NAT tests: a simulated edge with rules, and its request log."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vcloudair_core.client import Client
from vcloudair_core.engine.outcome import Outcome
from vcloudair_core.simulator import Simulator
from vcloudair_core.simulator.edge.nat_routes import NAT
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.testing import RequestView, simulated_app, simulator_settings
from vcloudair_core.util.clock import FakeClock

CONFIG = "/nat/config"

WEB = {
    "action": "dnat",
    "original_address": "203.0.113.10",
    "original_port": "443",
    "translated_address": "192.168.10.20",
    "translated_port": "8443",
    "protocol": "tcp",
    "vnic": "0",
    "description": "web",
}
OUT = {"action": "snat", "original_address": "192.168.10.0/24", "translated_address": "203.0.113.11", "vnic": "0"}


def foreign(number: int, **more: Any) -> dict[str, Any]:
    """Return a rule created by another client, with unusual keys, values and order."""
    return {
        "description": f"foreign {number}",
        "ruleId": number,
        "futureKey": "kept",
        "ruleTag": number,
        "ruleType": "user",
        "action": "dnat",
        "vnic": "1",
        "originalAddress": "2.2.2.2/24",
        "translatedAddress": "192.168.99.9",
        "protocol": "TCP",
        "originalPort": str(number - 190_000),
        "translatedPort": "any",
        "loggingEnabled": False,
        "enabled": True,
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
        """The section in the simulator."""
        return NAT.state(self.edge)

    @property
    def rules(self) -> list[dict[str, Any]]:
        """The user rules on the server."""
        found: list[dict[str, Any]] = self.state["user"]
        return found

    def seed(self, *rules: dict[str, Any]) -> None:
        """Add rules to the edge directly, without the API."""
        self.state["user"] = [copy.deepcopy(rule) for rule in rules]
        self.state["next_id"] = 300_000

    def ensure(self, specs: Any, state: str = "present", *, check: bool = False) -> Outcome:
        """Converge a rule, a list of rules, or a section.

        A mapping with ``rules``, or with only ``enabled``, is a whole section.
        """
        is_section = isinstance(specs, dict) and ("rules" in specs or set(specs) == {"enabled"})
        self.journal.clear()
        return self.client.ensure("ans.nat" if is_section else "ans.nat_rule", specs, state=state, check=check)

    def methods(self) -> list[str]:
        """Return the HTTP methods of NAT requests since the last ensure."""
        return [call.split()[0] for call in self.journal.calls if call.endswith(CONFIG)]

    def descriptions(self) -> list[str]:
        return [rule.get("description", "") for rule in self.rules]


@contextmanager
def harness(simulator: Simulator, edge_api: str) -> Iterator[Harness]:
    """Yield a simulated edge with one client for an edge API.

    The client has a fake clock.
    """
    settings = {**simulator_settings(simulator), "edge_api": edge_api}
    with simulated_app(simulator).client(**settings) as client:
        client.session.clock = client.session._pipeline.clock = FakeClock()
        yield Harness(simulator, client)


def as_text(rules: Any) -> str:
    """Return rules as JSON text that keeps the order of keys and values."""
    return json.dumps(rules)
