"""Tests of the package's pytest plugin, which simulates a cloud for each test."""

from __future__ import annotations

import json
import os
import sys

import pytest

from tests.support import processes
from vcloudair_core import App, Client
from vcloudair_core.simulator import Simulator, SimulatorServer
from vcloudair_core.testing import RequestView, simulated

RULE = {"name": "https", "source": ["any"], "destination": ["192.0.2.10"], "protocol": "tcp", "dest_port": "443"}


def test_loading_the_pytest_plugin_is_cheap() -> None:
    code = (
        "import pytest, sys; before = set(sys.modules); import vcloudair_core.testing;"
        "print(sorted(name for name in set(sys.modules) - before if not name.startswith('vcloudair_core')))"
    )
    completed = processes.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert completed.stdout == "[]\n"


def test_request_log_has_the_requests_of_the_client(vca_client: Client, vca_request_log: RequestView) -> None:
    assert vca_client.ensure("ans.firewall_rule", [RULE]).changed
    assert vca_request_log.count("PUT") == 1
    vca_request_log.clear()
    assert not vca_client.ensure("ans.firewall_rule", [RULE]).changed
    assert (vca_request_log.count("PUT"), len(vca_request_log.calls)) == (0, 1)
    assert vca_request_log.count(path="/firewall/config") == 1


def test_each_test_has_a_new_cloud(vca_client: Client) -> None:
    names = [rule["name"] for rule in vca_client.read("ans.firewall")["rules"]]
    assert "https" not in names


@pytest.mark.vca_simulator(edges=3)
def test_marker_configures_the_cloud(vca_client: Client) -> None:
    assert len(vca_client.edges.list_edges()) == 3


def test_hook_vca_transport_connects_every_client_to_the_simulator(vca_app: App, vca_simulator: Simulator) -> None:
    assert "vca_simulator" in [info.name for info in vca_app.plugins.list_plugins()]
    assert vca_app.plugins.transport(vca_app.settings()) is not None
    assert vca_simulator is not None


def test_simulator_server_works_for_programs(vca_simulator_server: SimulatorServer) -> None:
    assert vca_simulator_server.url.startswith("https://")
    env = {**os.environ, **vca_simulator_server.env(), "VCA_SESSION_CACHE": "false"}
    command = [sys.executable, "-c", "from vcloudair_core.cli.main import main; main()", "edge", "list", "-o", "json"]
    completed = processes.run(command, env=env, capture_output=True, text=True)
    assert (completed.returncode, completed.stderr) == (0, "")
    assert len(json.loads(completed.stdout)) >= 1


def test_scripts_can_use_the_simulator() -> None:
    with simulated(edges=2) as (app, client, simulator):
        assert app.plugins.list_plugins()
        assert len(client.edges.list_edges()) == 2
        assert RequestView(simulator).calls
