"""Tests of control plane requests for replications of VCDA."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.simulated import Caller
from tests.support.vcda import RECOVERY, VcdaCaller, state_of, vcda

PATH = "/_sim/vcda/replications"


def change(caller: VcdaCaller, **body: Any) -> Any:
    response = Caller(caller.simulator).send("POST", PATH, json.dumps(body))
    assert response.status == 200, response.text
    return json.loads(response.body)


def test_replications_are_listed() -> None:
    caller = vcda()
    first = Caller(caller.simulator).json(PATH)[0]
    assert first["name"] == "protected-0001"
    assert (first["source"], first["destination"], first["recovery_state"]) == ("site1", "site2", "NOT_STARTED")
    assert (first["lag_minutes"], first["rpo_minutes"], first["health"]) == (60, 240, "GREEN")
    assert Caller(caller.simulator).json("/_sim/state")["vcda_replications"] == 3


def test_fields_can_be_changed() -> None:
    caller = vcda().sign_in()
    (shown,) = change(caller, name="protected-0002", lag_minutes=300, paused=True, is_peer_down=True, rpo_minutes=60)
    assert (shown["lag_minutes"], shown["paused"], shown["is_peer_down"], shown["health"]) == (300, True, True, "RED")
    replication = caller.vm(1)
    assert (replication["isPaused"], replication["settings"]["rpo"]) == (True, 60)
    assert replication["destinationState"]["currentRpoViolation"] == 240
    assert len(change(caller, health="YELLOW")) == 3
    assert change(caller, id=replication["id"], new_name="other")[0]["name"] == "other"


@pytest.mark.parametrize("state", ["TEST", "COMPLETE", "IN_PROGRESS"])
def test_recovery_state_can_be_changed(state: str) -> None:
    caller = vcda().sign_in()
    change(caller, name="protected-0001", recovery_state=state)
    assert state_of(caller.vm()) == state
    assert len(caller.vms("protected-0001")) == (1 if state == "IN_PROGRESS" else 2)
    change(caller, name="protected-0001", recovery_state="NOT_STARTED")
    assert state_of(caller.vm()) == "NOT_STARTED"
    assert len(caller.vms("protected-0001")) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"color": "red"}, "unknown field 'color'"),
        ({"paused": 1}, "paused must be true or false"),
        ({"lag_minutes": True}, "lag_minutes must be a whole number"),
        ({"trouble": "abort"}, "expected one of error, hang"),
        ({"recovery_state": "DONE"}, "expected one of NOT_STARTED"),
        ({"name": "unknown-vm"}, "no VCDA replication matches name 'unknown-vm'"),
    ],
)
def test_invalid_requests_change_nothing(body: dict[str, Any], reason: str) -> None:
    caller = vcda()
    before = Caller(caller.simulator).json(PATH)
    response = Caller(caller.simulator).send("POST", PATH, json.dumps({"rpo_minutes": 5, **body}))
    assert response.status == 400
    assert reason in json.loads(response.body)["error"]
    assert Caller(caller.simulator).json(PATH) == before


def test_next_task_can_fail() -> None:
    caller = vcda().sign_in()
    body = json.dumps({"fail_next": {"failover": "DestinationFull"}})
    assert Caller(caller.simulator).send("POST", "/_sim/tasks", body).status == 204
    task = caller.finish("POST", f"{caller.path()}/failover", RECOVERY)
    assert (task["state"], task["error"]["code"]) == ("FAILED", "DestinationFull")
    caller.succeed("POST", f"{caller.path()}/failover", RECOVERY)


def test_sessions_can_be_ended() -> None:
    caller = vcda().sign_in()
    assert Caller(caller.simulator).send("POST", "/_sim/sessions/expire").status == 204
    assert caller.code("GET", "/sites") == (401, "NotAuthenticated")


def test_options_can_be_changed() -> None:
    caller = vcda().sign_in()
    body = json.dumps({"vcda_task_s": 100, "vcda_site_down": "site1"})
    assert Caller(caller.simulator).send("POST", "/_sim/options", body).status == 204
    assert caller.simulator.config.vcda_task_s == 100.0
    response = Caller(caller.simulator).send("POST", "/_sim/options", json.dumps({"vcda_site": "other"}))
    assert response.status == 400
