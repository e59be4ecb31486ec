"""Tests of dumps of the simulator state.

A loaded state gives the same responses as the dumped state. Invalid states cannot be loaded.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from tests.support.simulated import ORIGIN, Caller, first_edge, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.replay.state_values import from_json, to_json
from vcloudair_core.transport.messages import Headers, Request, Response

CONFIG = SimulatorConfig(profile="vcd", edges=2, vms=4, templates=1, replications=2, standing_clock=1_450_000_000.0)
TYPES = ("vm", "vApp", "edgeGateway", "orgVdcNetwork", "task", "catalog", "vAppTemplate")


def control(simulator: Simulator, method: str, path: str, body: Any = None) -> Response:
    raw = b"" if body is None else json.dumps(body).encode()
    return simulator.handle(Request(method, f"{ORIGIN}/_sim{path}", Headers(), raw))


def dump(simulator: Simulator) -> dict[str, Any]:
    response = control(simulator, "GET", "/state/dump")
    assert response.status == 200, response.text
    state: dict[str, Any] = json.loads(response.body)
    return state


def answers(simulator: Simulator) -> list[bytes]:
    caller = signed_in(simulator)
    edge = first_edge(simulator)
    paths = [f"/api/query?type={kind}" for kind in TYPES]
    paths += [f"/network/edges/{edge.edge_id}/{section}/config" for section in ("firewall", "nat", "ipsec")]
    paths += [f"/api/vApp/vm-{vm_id}" for vm_id in simulator.world.vms]
    paths += [f"/api/vr/replications/{identifier}" for identifier in simulator.world.replications]
    responses = [caller.get(path) for path in paths]
    assert {response.status for response in responses} == {200}
    return [response.body for response in responses]


@pytest.fixture
def changed() -> Simulator:
    """Return a simulator whose state differs from its initial state."""
    simulator = Simulator(CONFIG)
    caller = signed_in(simulator)
    edge = first_edge(simulator)
    rule = {"name": "web", "action": "accept"}
    path = f"/network/edges/{edge.edge_id}/firewall/config/rules"
    body = json.dumps({"firewallRules": [rule]})
    assert caller.send("POST", path, body, Content_Type="application/json").status == 201
    vm = next(iter(simulator.world.vms.values()))
    vm.metadata = {"owner": "alice", "due": dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc)}
    control(simulator, "POST", "/replications", {"name": "replicated-0001", "paused": True})
    control(simulator, "POST", "/clock", {"advance_s": 86400})
    return simulator


def test_loaded_state_gives_the_same_answers(changed: Simulator) -> None:
    other = Simulator(SimulatorConfig(profile="vcd", vms=0, edges=0, seed="other", standing_clock=1.0))
    assert control(other, "POST", "/state/load", dump(changed)).status == 204
    assert other.clock.now() == changed.clock.now()
    assert answers(other) == answers(changed)
    assert dump(other) == dump(changed)


def test_simulator_can_start_from_a_state_and_be_reset_to_it(changed: Simulator) -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd", standing_clock=1.0), state=dump(changed))
    expected = answers(simulator)
    assert expected == answers(changed)
    simulator.world.vms.clear()
    simulator.reset()
    assert answers(simulator) == expected


def test_load_replaces_the_state_and_ends_sessions(changed: Simulator) -> None:
    state, caller = dump(changed), signed_in(changed)
    changed.world.vms.clear()
    assert control(changed, "POST", "/state/load", state).status == 204
    assert len(changed.world.vms) == 4
    assert caller.get("/api/org").status == 401


def test_dump_has_no_session_token_and_keeps_api_tokens(changed: Simulator) -> None:
    token = signed_in(changed).headers["x-vcloud-authorization"]
    text = json.dumps(dump(changed))
    assert token not in text
    assert "demo-api-token" in text


def test_dump_waits_for_tasks_in_progress(changed: Simulator) -> None:
    changed.tasks.call_later(60, lambda: None)
    response = control(changed, "GET", "/state/dump")
    assert (response.status, "tasks are in progress" in response.text) == (400, True)
    control(changed, "POST", "/clock", {"advance_s": 61})
    assert dump(changed)["version"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version 2"),
        ({"format": "other"}, "not a simulator state"),
        ({"tasks": [{"$type": "Popen"}]}, "unknown type"),
        ({"world": {}}, "is missing"),
    ],
)
def test_other_files_are_refused_and_change_nothing(changed: Simulator, change: dict[str, Any], message: str) -> None:
    state = dump(changed)
    response = control(changed, "POST", "/state/load", {**state, **change})
    assert response.status == 400
    assert message in response.text
    assert dump(changed) == state


def test_values_survive_json() -> None:
    value = {"a": (1, {2, 3}), "b": {4: [None, 1.5, True]}, "c": dt.date(2026, 1, 2), "d": {"$type": "text"}}
    assert from_json(json.loads(json.dumps(to_json(value)))) == value
    with pytest.raises(ValueError, match="object"):
        to_json(object())


def test_caller_of_a_loaded_state_can_change_it(changed: Simulator) -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd", standing_clock=1.0), state=dump(changed))
    caller: Caller = signed_in(simulator)
    edge = first_edge(simulator)
    assert caller.send("DELETE", f"/network/edges/{edge.edge_id}/firewall/config").status == 204
    assert answers(simulator) != answers(changed)
