"""Check that concurrent writers of an edge lose no rules."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from vcloudair_core.app import App
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.testing import simulator_settings
from vcloudair_core.transport.messages import Request, Response
from vcloudair_core.util.clock import FakeClock

CONFIG = "/firewall/config"
THEIRS = {"name": "theirs", "action": "deny", "ruleType": "user", "enabled": True}


def rules(simulator: Simulator) -> list[str]:
    return [rule["name"] for rule in next(iter(simulator.world.edges.values())).firewall["user"]]


class ConcurrentWriterTransport:
    """A transport that adds a rule as another client, immediately before some calls.

    ``at`` names these calls. For example, ``GET 2`` is the second GET of the section.
    """

    def __init__(self, simulator: Simulator, *at: str) -> None:
        self._simulator = simulator
        self._transport = simulator.transport()
        self._at = list(at)
        self._seen: dict[str, int] = {}

    def send(self, request: Request) -> Response:
        if request.url.endswith(CONFIG):
            self._seen[request.method] = self._seen.get(request.method, 0) + 1
            if f"{request.method} {self._seen[request.method]}" in self._at:
                self._meddle()
        return self._transport.send(request)

    def _meddle(self) -> None:
        from vcloudair_core.simulator.edge.firewall_section import append

        append(next(iter(self._simulator.world.edges.values())), [copy.deepcopy(THEIRS)], None)

    def close(self) -> None:
        self._transport.close()


def ensure(simulator: Simulator, edge_api: str, *at: str, times: int = 1) -> list[str]:
    """Add ``times`` rules in one session. Return the methods of firewall calls."""
    settings: dict[str, Any] = {**simulator_settings(simulator), "edge_api": edge_api}
    settings["transport"] = ConcurrentWriterTransport(simulator, *at)
    with App().client(**settings) as client:
        client.session.clock = client.session._pipeline.clock = FakeClock()
        for number in range(times):
            client.ensure("ans.firewall_rule", {"name": f"ours {number}"})
    return [entry.method for entry in simulator.request_log.entries() if entry.path.endswith(CONFIG)]


@pytest.mark.parametrize("edge_api", ["hybridity", "network_xml", "network_json"])
@pytest.mark.parametrize("at", ["GET 1", "PUT 1", "GET 2"])
def test_a_rule_added_at_any_time_is_kept(edge_api: str, at: str) -> None:
    simulator = Simulator(SimulatorConfig(profile="all"))
    calls = ensure(simulator, edge_api, at)
    assert sorted(rules(simulator)) == ["ours 0", "theirs"]
    assert calls == (["GET", "PUT", "GET", "PUT", "GET"] if at == "PUT 1" else ["GET", "PUT", "GET"])


def test_a_server_without_versions_is_detected_once_and_then_read_before_writes() -> None:
    simulator = Simulator(SimulatorConfig(profile="all", strict_version="reject-any"))
    calls = ensure(simulator, "hybridity", times=2)
    assert rules(simulator) == ["ours 0", "ours 1"]
    assert calls == ["GET", "PUT", "GET", "PUT", "GET", "GET", "GET", "PUT", "GET"]


@pytest.mark.parametrize("at", ["GET 1", "PUT 1", "GET 2", "GET 3", "GET 4", "GET 5", "GET 6"])
def test_without_versions_a_rule_added_between_two_reads_is_kept(at: str) -> None:
    simulator = Simulator(SimulatorConfig(profile="all", strict_version="reject-any"))
    ensure(simulator, "hybridity", at, times=2)
    assert sorted(rules(simulator)) == ["ours 0", "ours 1", "theirs"]
