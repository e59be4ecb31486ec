"""Check that a lost response to a write neither duplicates nor loses an object.

The tests cover every section, every edge API and every kind of change. If the connection breaks, the same run recovers.
If the process ends, the next run recovers.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.unit.services.ans import ipsec_harness, nat_harness
from vcloudair_core.client import Client
from vcloudair_core.services.ans.edge.backend import EDGE_APIS
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.edge.ipsec_routes import IPSEC
from vcloudair_core.simulator.edge.nat_routes import NAT
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.testing import simulated_app, simulator_settings
from vcloudair_core.transport.messages import Request, Response
from vcloudair_core.util.clock import FakeClock


@dataclass(frozen=True)
class Case:
    """A desired state, and the sections that a run writes to reach the state.

    Before the write, the edge has three objects in each section.
    """

    kind: str
    specs: Any
    state: str = "present"
    sections: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind}-{self.state}-{CASES.index(self)}"


RULE = {"name": "new", "source": "198.51.100.0/24", "destination": "203.0.113.10"}
FIREWALL = [
    Case("ans.firewall_rule", RULE),
    Case("ans.firewall_rule", {"name": "old 2", "action": "deny", "logging": True}),
    Case("ans.firewall_rule", {"name": "old 3", "position": "top"}),
    Case("ans.firewall_rule", {"name": "old 2"}, "absent"),
    Case("ans.firewall_rule", [RULE, {"name": "old 1"}], "exact"),
    Case("ans.firewall", {"rules": [RULE, {"name": "old 2", "enabled": False}], "default_action": "accept"}),
    Case("ans.firewall", {"rules": [{"name": "old 3"}, RULE, {"name": "old 1"}]}, "exact"),
]
OTHER = {**nat_harness.WEB, "original_port": "444", "description": "second"}
NATS = [
    Case("ans.nat_rule", nat_harness.WEB),
    Case("ans.nat_rule", [nat_harness.WEB, OTHER]),
    Case(
        "ans.nat_rule", {"match_by": "description", "description": "foreign 200002", "translated_address": "10.0.0.1"}
    ),
    Case("ans.nat_rule", {"match_by": "description", "description": "foreign 200003", "position": "top"}),
    Case("ans.nat_rule", {"match_by": "description", "description": "foreign 200001"}, "absent"),
    Case("ans.nat", {"rules": [nat_harness.WEB, OTHER], "enabled": False}),
    Case("ans.nat", {"rules": [OTHER, nat_harness.WEB]}, "exact"),
]
TUNNEL = ipsec_harness.BRANCH
TUNNELS = [
    Case("ans.ipsec_tunnel", TUNNEL),
    Case("ans.ipsec_tunnel", {"name": "foreign 2", "encryption": "aes", "psk": "a new foreign key"}),
    Case("ans.ipsec_tunnel", {"name": "foreign 2"}, "absent"),
    Case("ans.ipsec_tunnel", [TUNNEL, {"name": "foreign 3"}], "exact"),
    Case("ans.ipsec", {"enabled": True, "tunnels": [TUNNEL], "global_psk": "shared by all", "log_level": "debug"}),
    Case("ans.ipsec", {"tunnels": [{"name": "foreign 1", "mtu": 1300}, TUNNEL]}, "exact"),
]
EDGE = {
    "firewall": {"rules": [RULE]},
    "nat": {"rules": [nat_harness.WEB]},
    "ipsec": {"enabled": True, "tunnels": [TUNNEL]},
}
EDGES = [Case("ans.edge", EDGE, state, ("firewall", "nat", "ipsec")) for state in ("present", "exact")]
CASES = [*FIREWALL, *NATS, *TUNNELS, *EDGES]
_SECTION = {"ans.firewall": "firewall", "ans.nat": "nat", "ans.ipsec": "ipsec"}
LOST = [
    pytest.param(case, section, id=f"{case}-{section}")
    for case in CASES
    for section in case.sections or (_SECTION[case.kind.removesuffix("_rule").removesuffix("_tunnel")],)
]


def _old(number: int) -> dict[str, Any]:
    return {
        "ruleId": 140_000 + number,
        "ruleTag": number,
        "name": f"old {number}",
        "ruleType": "user",
        "enabled": True,
        "loggingEnabled": False,
        "action": "accept",
        "futureKey": {"kept": [1, 2]},
        "source": {"exclude": False, "ipAddress": [f"10.9.{number}.0/24"], "groupingObjectId": [], "vnicGroupId": []},
    }


def cloud() -> Simulator:
    """Return a simulated cloud whose first edge has three objects in each section."""
    simulator = Simulator(SimulatorConfig(profile="all"))
    fill(simulator)
    return simulator


def fill(simulator: Simulator) -> None:
    """Add three objects of another client to each section of the first edge."""
    edge = _edge(simulator)
    edge.firewall["user"] = [_old(number) for number in (1, 2, 3)]
    NAT.state(edge)["user"] = [nat_harness.foreign(200_000 + number) for number in (1, 2, 3)]
    IPSEC.state(edge)["sites"] = [ipsec_harness.foreign(number) for number in (1, 2, 3)]
    edge.firewall["next_id"] = NAT.state(edge)["next_id"] = IPSEC.state(edge)["next_id"] = 300_000


def _edge(simulator: Simulator) -> SimulatedEdge:
    return next(iter(simulator.world.edges.values()))


def held(simulator: Simulator) -> dict[str, Any]:
    """Return all raw user objects of the edge, with IDs and with keys in clear text."""
    edge = _edge(simulator)
    nat, ipsec = NAT.state(edge), IPSEC.state(edge)
    firewall = {name: edge.firewall[name] for name in ("user", "enabled", "defaultPolicy") if name in edge.firewall}
    sections = {
        "firewall": firewall,
        "nat": {name: nat[name] for name in ("user", "enabled")},
        "ipsec": {name: ipsec[name] for name in ("sites", "enabled", "global", "logging")},
    }
    return copy.deepcopy(sections)


class DiedError(BaseException):
    """An error that simulates the end of the process. Only tests catch this error."""


class DyingTransport:
    """A transport whose process ends after the first write of a section."""

    def __init__(self, simulator: Simulator, section: str) -> None:
        self._transport = simulator.transport()
        self._ending = f"/{section}/config"

    def send(self, request: Request) -> Response:
        response = self._transport.send(request)
        if request.method == "PUT" and request.url.endswith(self._ending):
            raise DiedError
        return response

    def close(self) -> None:
        self._transport.close()


@contextmanager
def client_of(simulator: Simulator, edge_api: str, **more: Any) -> Iterator[Client]:
    settings = {**simulator_settings(simulator), "edge_api": edge_api, "firewall_lint": "off", **more}
    with simulated_app(simulator).client(**settings) as client:
        client.session.clock = client.session._pipeline.clock = FakeClock()
        yield client


def ensure(client: Client, case: Case) -> bool:
    return client.ensure(case.kind, case.specs, state=case.state).changed


def undisturbed(case: Case, edge_api: str, state_dir: Any) -> dict[str, Any]:
    """Return the edge after a run without faults."""
    simulator = cloud()
    with client_of(simulator, edge_api, state_dir=str(state_dir)) as client:
        assert ensure(client, case)
    return held(simulator)


@pytest.mark.parametrize("edge_api", EDGE_APIS)
@pytest.mark.parametrize(("case", "section"), LOST)
def test_the_run_recovers_from_a_lost_response(case: Case, section: str, edge_api: str, tmp_path: Any) -> None:
    simulator = cloud()
    simulator.faults.add("reset_after", method="PUT", path=f"/{section}/config")
    with client_of(simulator, edge_api) as client:
        assert ensure(client, case)
        assert held(simulator) == undisturbed(case, edge_api, tmp_path / "other")
        assert not ensure(client, case)


@pytest.mark.parametrize("edge_api", EDGE_APIS)
@pytest.mark.parametrize(("case", "section"), LOST)
def test_the_next_run_recovers_from_a_lost_response(case: Case, section: str, edge_api: str, tmp_path: Any) -> None:
    simulator = cloud()
    with (
        client_of(simulator, edge_api, transport=DyingTransport(simulator, section)) as client,
        pytest.raises(DiedError),
    ):
        ensure(client, case)
    with client_of(simulator, edge_api) as client:
        ensure(client, case)
        assert held(simulator) == undisturbed(case, edge_api, tmp_path / "other")
        assert not ensure(client, case)
