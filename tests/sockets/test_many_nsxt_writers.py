"""Tests of concurrent writers on NSX-T edges: eight with locks, and one without."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support import processes
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

WRITER = Path(__file__).parent.parent / "support" / "edge_writer.py"
WRITERS = 8
PACE = 5
"""Number of rules that the writers add in total for each rule of the outsider."""

VERSION = "38.1"
EDGES = ("one", "two")
INVENTORY = {
    "orgs": [
        {
            "name": "org1",
            "users": [{"name": "demo", "password": "demo-password"}],
            "vdcs": [{"name": "vdc1", "edges": [{"name": name, "backend": "nsxt"} for name in EDGES]}],
            "vdc_groups": [{"name": "group1", "vdcs": ["vdc1"], "edges": list(EDGES)}],
        }
    ]
}
"""Two edges of one VDC group. The server changes one of them at a time."""

amounts = pytest.mark.parametrize("changes", [3, pytest.param(25, marks=pytest.mark.exhaustive)])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SimulatorServer]:
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps(INVENTORY))
    config = SimulatorConfig(profile="vcd", inventory_file=str(inventory), nsxt_task_s=0.02)
    with SimulatorServer(config) as running:
        yield running


class Api:
    """A client that reads and adds rules with ``requests``, without the library."""

    def __init__(self, server: SimulatorServer) -> None:
        env = server.env()
        self._root = f"{server.url}/cloudapi"
        self._http = requests.Session()
        self._http.trust_env = False  # Otherwise the environment overrides verify.
        self._http.verify = server.ca_path
        self._http.headers["Accept"] = f"application/json;version={VERSION}"
        user = f"{env['VCA_USERNAME']}@{env['VCA_ORG']}"
        answer = self._http.post(f"{self._root}/1.0.0/sessions", auth=(user, env["VCA_PASSWORD"]), timeout=30)
        self._http.headers["Authorization"] = f"Bearer {answer.headers['X-VMWARE-VCLOUD-ACCESS-TOKEN']}"
        edges = self._http.get(f"{self._root}/1.0.0/edgeGateways", timeout=30).json()["values"]
        self._rules = {edge["name"]: f"{self._root}/2.0.0/edgeGateways/{edge['id']}/firewall/rules" for edge in edges}

    def names(self, edge: str) -> list[str]:
        rules = self._http.get(self._rules[edge], timeout=30).json()["userDefinedRules"]
        return [rule["name"] for rule in rules]

    def add(self, edge: str, name: str) -> bool:
        """Add a rule. Return False if the edge gateway is busy with another operation."""
        rule = {"name": name, "actionValue": "DROP", "direction": "IN_OUT", "ipProtocol": "IPV4", "active": True}
        answer = self._http.post(self._rules[edge], json=rule, timeout=30)
        if answer.status_code == 400 and "BUSY_ENTITY" in answer.text:
            return False
        assert answer.status_code == 202, answer.text
        return True


class Outsider(threading.Thread):
    """A client that adds rules with :class:`Api`, without taking locks."""

    def __init__(self, server: SimulatorServer, edge: str) -> None:
        super().__init__()
        self._api = Api(server)
        self._edge = edge
        self._over = threading.Event()
        self.made: list[str] = []

    def run(self) -> None:
        while not self._over.wait(0.01):
            count = sum(len(self._api.names(edge)) for edge in EDGES) - len(self.made)
            name = f"outside-{len(self.made)}"
            if count >= PACE * len(self.made) and self._api.add(self._edge, name):
                self.made.append(name)

    def stop(self) -> None:
        self._over.set()
        self.join()


def start(server: SimulatorServer, folder: Path, changes: int, edges: tuple[str, ...]) -> list[subprocess.Popen[str]]:
    """Start the writers, and distribute them evenly over the edge gateways."""
    base = {name: value for name, value in os.environ.items() if not name.startswith("VCA_")}
    env = {**base, **server.env(), "VCA_STATE_DIR": str(folder / "state"), "VCA_CACHE_DIR": str(folder / "cache")}
    return [
        processes.Process(
            [sys.executable, str(WRITER), f"w{n}", str(changes)],
            env={**env, "VCA_API_VERSION": VERSION, "VCA_EDGE": edges[n % len(edges)], "VCA_LOCK_TIMEOUT": "300"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(WRITERS)
    ]


def check(server: SimulatorServer, outsider: Outsider, changes: int) -> None:
    api = Api(server)
    names = [name for edge in EDGES for name in api.names(edge)]
    assert len(names) == len(set(names)), "a rule is there twice"
    assert len(names) == WRITERS * changes + len(outsider.made)
    for n in range(WRITERS):
        ours = [name for name in names if name.startswith(f"w{n}-")]
        assert ours == [f"w{n}-{number}" for number in range(changes)], "not in the requested order"
    assert sorted(name for name in names if name.startswith("outside-")) == sorted(outsider.made)


@amounts
@pytest.mark.parametrize("edges", [EDGES[:1], EDGES], ids=["one edge", "two edges of a VDC group"])
@pytest.mark.slow
def test_eight_processes_and_an_outsider_lose_no_rules(
    server: SimulatorServer, tmp_path: Path, changes: int, edges: tuple[str, ...]
) -> None:
    outsider = Outsider(server, edges[-1])
    outsider.start()
    try:
        for writer in start(server, tmp_path, changes, edges):
            _, errors = writer.communicate(timeout=600)
            assert writer.returncode == 0, errors
    finally:
        outsider.stop()
    assert outsider.made, "the outsider had no chance"
    check(server, outsider, changes)


@amounts
@pytest.mark.slow
def test_a_second_run_adds_no_rule_twice_after_writers_were_killed(
    server: SimulatorServer, tmp_path: Path, changes: int
) -> None:
    outsider = Outsider(server, EDGES[0])
    outsider.start()
    try:
        writers = start(server, tmp_path, changes, EDGES)
        for number, writer in enumerate(writers):
            assert writer.stdout is not None
            if number % 3 == 0:
                for _ in range(random.Random(number).randint(1, changes - 1)):
                    writer.stdout.readline()
                writer.send_signal(signal.SIGKILL)
        codes = []
        for writer in writers:
            writer.communicate(timeout=600)
            codes.append(writer.returncode)
        assert sorted(set(codes)) == [-signal.SIGKILL, 0]
        for writer in start(server, tmp_path, changes, EDGES):
            _, errors = writer.communicate(timeout=600)
            assert writer.returncode == 0, errors
    finally:
        outsider.stop()
    check(server, outsider, changes)
