"""Tests of sessions that several processes share, such as the forks of a playbook."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import processes
from vcloudair_core import App
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

TASK = """
from vcloudair_core import connect
with connect() as client:
    client.session.call("GET", "/api/session")
    print(client.session.calls)
"""


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(profile="all")) as running:
        yield running


def start_task(server: SimulatorServer, folder: Path, **more: str) -> subprocess.Popen[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("VCA_")}
    env |= server.env() | {"VCA_CACHE_DIR": str(folder), "VCA_CONFIG_FILE": ""} | more
    return processes.Process(
        [sys.executable, "-W", "error", "-c", TASK], env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finish(task: subprocess.Popen[str]) -> int:
    shown, errors = task.communicate(timeout=300)
    assert task.returncode == 0, errors
    assert errors == ""
    return int(shown)


def logins(server: SimulatorServer) -> int:
    return [(entry.method, entry.path) for entry in server.simulator.request_log.entries()].count(
        ("POST", "/cloudapi/1.0.0/sessions")
    )


def test_concurrent_and_later_tasks_sign_in_once(server: SimulatorServer, tmp_path: Path) -> None:
    together = [start_task(server, tmp_path) for _ in range(4)]
    counts = sorted(finish(task) for task in together)
    assert logins(server) == 1
    assert counts == [1, 1, 1, 3]
    assert finish(start_task(server, tmp_path)) == 1
    assert logins(server) == 1


def test_without_a_cache_each_task_signs_in_and_out(server: SimulatorServer, tmp_path: Path) -> None:
    for _ in range(2):
        assert finish(start_task(server, tmp_path, VCA_SESSION_CACHE="false")) == 3
    ended = [entry.status for entry in server.simulator.request_log.entries() if entry.method == "DELETE"]
    assert (logins(server), ended) == (2, [204, 204])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["::1", "::"])
def test_simulator_is_reachable_by_its_ipv6_address(host: str) -> None:
    try:
        server = SimulatorServer(SimulatorConfig(profile="vcd"), host=host)
    except OSError:
        pytest.skip("this host has no IPv6")
    with server:
        assert server.env()["VCA_URL"] == f"https://[::1]:{server.port}"
        variables = {**server.env(), "VCA_SESSION_CACHE": "false", "VCA_CONFIG_FILE": ""}
        with App(environ=variables).client() as client:
            assert client.edges.list_edges()
