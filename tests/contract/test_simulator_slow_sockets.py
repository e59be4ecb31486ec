"""Tests of clients that disconnect, and of idle connections."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.recovery_wire import FAILOVER
from tests.support.simulated import signed_in
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

PATH = "action/failover"


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    config = SimulatorConfig(profile="vcd", replications=1, dr_task_s=0.1)
    with SimulatorServer(config, tls=False) as running:
        yield running


def post_and_leave(server: SimulatorServer, *, wait_s: float) -> http.client.HTTPConnection:
    """Send a failover, and disconnect if no response arrives within ``wait_s``."""
    headers = {**signed_in(server.simulator, version="9.0").headers, "Content-Type": FAILOVER}
    connection = http.client.HTTPConnection("localhost", server.port, timeout=wait_s)
    replication = next(iter(server.simulator.world.replications))
    connection.request("POST", f"/api/vr/replications/{replication}/action/failover", b"", headers)
    return connection


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "The condition was not met in time."
        time.sleep(0.02)


def state(server: SimulatorServer) -> str:
    server.simulator.tasks.settle()
    return next(iter(server.simulator.world.replications.values())).recovery_state


def posts(server: SimulatorServer) -> list[Any]:
    return server.simulator.request_log.entries(method="POST", path=PATH)


@pytest.mark.parametrize("kind", ["late", "latency"])
def test_executes_the_action_of_a_disconnected_client(server: SimulatorServer, kind: str) -> None:
    server.simulator.faults.add(kind, method="POST", path=PATH, seconds=1.0)
    connection = post_and_leave(server, wait_s=30)
    until(lambda: posts(server))  # the request log has the request before the action runs
    assert state(server) == "notStarted"
    connection.close()
    until(lambda: state(server) == "complete")
    assert len(posts(server)) == 1


@pytest.mark.parametrize("kind", ["reset_after", "hang_after"])
def test_executes_the_action_when_the_response_is_lost(server: SimulatorServer, kind: str) -> None:
    server.simulator.faults.add(kind, method="POST", path=PATH)
    connection = post_and_leave(server, wait_s=1.0)
    with pytest.raises((OSError, http.client.HTTPException)):
        connection.getresponse()
    connection.close()
    until(lambda: state(server) == "complete")


def test_gateway_timeout_hides_an_executed_action(server: SimulatorServer) -> None:
    server.simulator.faults.add("gateway", method="POST", path=PATH)
    connection = post_and_leave(server, wait_s=30)
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Retry-After"], b"<html>" in answer.read()) == (503, "1", True)
    connection.close()
    until(lambda: state(server) == "complete")


def test_delayed_requests_do_not_delay_others(server: SimulatorServer) -> None:
    over = threading.Event()
    server.simulator.faults.add("edit", method="POST", path=PATH, count=0, edit=lambda simulator: over.wait(60))
    held = [post_and_leave(server, wait_s=30) for _ in range(60)]
    try:
        until(lambda: len(posts(server)) == len(held))
        assert {entry.status for entry in posts(server)} == {0}
    finally:
        over.set()
        for connection in held:
            connection.close()


def test_keeps_an_idle_connection_open_between_polls(server: SimulatorServer) -> None:
    connection = http.client.HTTPConnection("localhost", server.port, timeout=30)
    for _ in range(2):
        connection.request("GET", "/api/versions")
        response = connection.getresponse()
        assert (response.status, bool(response.read())) == (200, True)
        assert connection.sock is not None, "the server closes the connection"
        time.sleep(5.5)
    connection.close()
