"""A harness for NAT tests on NSX-T: a simulated edge gateway and its request log."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.unit.simulator.nsxt.harness import INVENTORY
from vcloudair_core.client import Client
from vcloudair_core.engine.outcome import Outcome
from vcloudair_core.simulator import Simulator
from vcloudair_core.simulator.nsxt.nat.rule_routes import add_rule, nat_state
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.testing import RequestView, simulated_app, simulator_settings
from vcloudair_core.testing.linked_clock import LinkedClock
from vcloudair_core.testing.simulated_cloud import make_simulator

RULES = "/nat/rules"
PROFILES = "applicationPortProfiles"


class NsxtHarness:
    """A simulated NSX-T edge gateway with one client."""

    def __init__(self, simulator: Simulator, client: Client) -> None:
        self.simulator = simulator
        self.client = client
        self.journal = RequestView(simulator)

    @property
    def edge(self) -> SimulatedEdge:
        return next(edge for edge in self.simulator.world.edges.values() if edge.name == "gw1")

    @property
    def address(self) -> str:
        """The external address of the edge gateway."""
        return self.edge.external_address

    @property
    def rules(self) -> list[dict[str, Any]]:
        """The rules on the server, including system rules."""
        rules: list[dict[str, Any]] = nat_state(self.edge)["rules"]
        return rules

    def seed(self, **values: Any) -> dict[str, Any]:
        """Add a rule of another client directly, without the API."""
        defaults = {
            "name": "foreign", "description": None, "active": True, "type": "SNAT", "externalAddresses": self.address,
            "internalAddresses": "10.9.0.0/24", "dnatExternalPort": None, "snatDestinationAddresses": None,
            "applicationPortProfile": None, "logging": False, "systemRule": False, "priority": 0, "appliedTo": None,
            "firewallMatch": "MATCH_INTERNAL_ADDRESS", "policyBasedVpnMode": None,
        }  # fmt: skip
        add_rule(self.simulator.world, self.edge, {**defaults, **values})
        return copy.deepcopy(self.rules[-1])

    def managed_profiles(self) -> list[str]:
        """Return the names of the port profiles that this project manages."""
        profiles = self.simulator.world.port_profiles.values()
        return sorted(profile.name for profile in profiles if profile.name.startswith("vca-"))

    def ensure(self, specs: Any, state: str = "present", *, check: bool = False) -> Outcome:
        """Converge a rule, a list of rules, or a section (a mapping with ``rules``)."""
        is_section = isinstance(specs, dict) and "rules" in specs
        self.journal.clear()
        return self.client.ensure("ans.nat" if is_section else "ans.nat_rule", specs, state=state, check=check)

    def writes(self) -> list[str]:
        """Return the HTTP methods of rule writes since the last ensure."""
        return [call.split()[0] for call in self.journal.writes if RULES in call]

    def reads(self) -> int:
        """Return the number of reads of rules since the last ensure."""
        return self.journal.count("GET", RULES)


@contextmanager
def nsxt_harness(folder: Path, version: str, **options: Any) -> Iterator[NsxtHarness]:
    """Return a client of a cloud with NSX-T edge gateways, for one API version."""
    file = folder / "inventory.yml"
    file.write_text(INVENTORY, encoding="utf-8")
    simulator = make_simulator(profile="vcd", api_versions=(version,), inventory_file=str(file), **options)
    settings = {**simulator_settings(simulator), "edge": "gw1", "state_dir": str(folder / "state")}
    with simulated_app(simulator, LinkedClock(simulator)).client(**settings) as client:
        yield NsxtHarness(simulator, client)
