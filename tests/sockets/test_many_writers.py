"""Tests of concurrent writers on an edge: eight use locks, and one does not."""

from __future__ import annotations

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
"""Number of rules that all writers together add for each rule of the outsider.

A writer gives up if another change interferes with each of its attempts, so the number must also suit slow hosts.
"""

amounts = pytest.mark.parametrize("changes", [8, pytest.param(25, marks=pytest.mark.exhaustive)])


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(profile="vcd")) as running:
        yield running


def names(server: SimulatorServer) -> list[str]:
    return [rule["name"] for rule in next(iter(server.simulator.world.edges.values())).firewall["user"]]


class Outsider(threading.Thread):
    """A client that adds rules without taking locks or reading the rules."""

    def __init__(self, server: SimulatorServer) -> None:
        super().__init__()
        self._server = server
        self._over = threading.Event()
        self.made: list[str] = []

    def run(self) -> None:
        env = self._server.env()
        edge = next(iter(self._server.simulator.world.edges.values())).edge_id
        with requests.Session() as http:
            http.trust_env = False  # Otherwise the environment overrides verify.
            http.verify = self._server.ca_path
            signed_in = http.post(
                f"{self._server.url}/api/sessions",
                auth=(f"{env['VCA_USERNAME']}@{env['VCA_ORG']}", env["VCA_PASSWORD"]),
                headers={"Accept": "application/*+xml;version=29.0"},
                timeout=30,
            )
            http.headers["x-vcloud-authorization"] = signed_in.headers["x-vcloud-authorization"]
            while not self._over.wait(0.01):
                if len(names(self._server)) - len(self.made) < PACE * len(self.made):
                    continue
                rule = {"name": f"outside-{len(self.made)}", "action": "deny", "ruleType": "user"}
                answer = http.post(
                    f"{self._server.url}/network/edges/{edge}/firewall/config/rules", json=rule, timeout=30
                )
                assert answer.status_code == 201, answer.text
                self.made.append(rule["name"])

    def stop(self) -> None:
        self._over.set()
        self.join()


def start(server: SimulatorServer, folder: Path, changes: int, *, lock: bool) -> list[subprocess.Popen[str]]:
    base = {name: value for name, value in os.environ.items() if not name.startswith("VCA_")}
    env = {**base, **server.env(), "VCA_STATE_DIR": str(folder / "state"), "VCA_CACHE_DIR": str(folder / "cache")}
    env["VCA_LOCK"] = str(lock).lower()
    return [
        processes.Process(
            [sys.executable, str(WRITER), f"w{n}", str(changes)], env=env, stdout=subprocess.PIPE, text=True
        )
        for n in range(WRITERS)
    ]


def check(server: SimulatorServer, outsider: Outsider, changes: int) -> None:
    found = names(server)
    assert len(found) == len(set(found)), "a rule is there twice"
    assert len(found) == WRITERS * changes + len(outsider.made)
    for n in range(WRITERS):
        ours = [name for name in found if name.startswith(f"w{n}-")]
        assert ours == [f"w{n}-{number}" for number in range(changes)], "not in the order asked for"
    assert [name for name in found if name.startswith("outside-")] == outsider.made


@amounts
@pytest.mark.slow
def test_eight_processes_and_an_outsider_lose_no_rules(server: SimulatorServer, tmp_path: Path, changes: int) -> None:
    outsider = Outsider(server)
    outsider.start()
    try:
        for writer in start(server, tmp_path, changes, lock=True):
            writer.communicate(timeout=300)
            assert writer.returncode == 0
    finally:
        outsider.stop()
    assert outsider.made, "the outsider had no chance"
    check(server, outsider, changes)


@amounts
@pytest.mark.slow
def test_second_run_finishes_after_a_third_of_the_writers_is_killed(
    server: SimulatorServer, tmp_path: Path, changes: int
) -> None:
    outsider = Outsider(server)
    outsider.start()
    try:
        writers = start(server, tmp_path, changes, lock=True)
        for number, writer in enumerate(writers):
            assert writer.stdout is not None
            if number % 3 == 0:
                for _ in range(random.Random(number).randint(1, 5)):
                    writer.stdout.readline()
                writer.send_signal(signal.SIGKILL)
        codes = []
        for writer in writers:
            writer.communicate(timeout=300)
            codes.append(writer.returncode)
        assert sorted(set(codes)) == [-signal.SIGKILL, 0]
        for writer in start(server, tmp_path, changes, lock=True):
            writer.communicate(timeout=300)
            assert writer.returncode == 0
    finally:
        outsider.stop()
    check(server, outsider, changes)
