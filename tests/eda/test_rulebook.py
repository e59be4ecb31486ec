"""Tests of the shipped rulebook with ansible-rulebook and a simulated cloud."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.ansible import ROOT, environment
from tests.unit.monitoring.conftest import fail_a_task, tunnel
from vcloudair_core import connect
from vcloudair_core.simulator import SimulatorServer
from vcloudair_core.simulator.edge.ipsec_routes import IPSEC

RULEBOOK = ROOT / ".nox" / f"eda-{sys.version_info.major}.{sys.version_info.minor}" / "bin" / "ansible-rulebook"
KEY = "a key of the tests, as it is"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not RULEBOOK.is_file(), reason="ansible-rulebook is not here: python tools/make_eda.py, or nox -s eda"
    ),
    pytest.mark.skipif(shutil.which("java") is None, reason="ansible-rulebook needs Java 17, which is not here"),
]


class Running:
    """A running rulebook. ``lines`` has the output of the rulebook so far."""

    def __init__(self, env: dict[str, str], folder: Path, *more: str) -> None:
        (folder / "inventory.yml").write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n")
        (folder / "vars.yml").write_text("vca_interval: 0.2\n", encoding="utf-8")
        command = [str(RULEBOOK), "--rulebook", "vcloudair.cloud.vca_events", "-i", str(folder / "inventory.yml"),
                   "--vars", str(folder / "vars.yml"), "--print-events", *more]  # fmt: skip
        self._process = subprocess.Popen(
            command, env=env, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line)

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def wait_for(self, what: str, is_so: Callable[[], Any], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline and self._process.poll() is None, f"{what}:\n{self.output}"
            time.sleep(0.05)

    def ended(self, seconds: float = 60) -> int:
        status = self._process.wait(seconds)
        self._reader.join(10)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return status

    def stop(self) -> None:
        self._process.terminate()
        self.ended(20)


@pytest.fixture
def env(vca_simulator_server: SimulatorServer, tmp_path: Path) -> Iterator[dict[str, str]]:
    found = environment(vca_simulator_server.env(), tmp_path)
    path = os.pathsep.join((str(RULEBOOK.parent), found["PATH"]))
    yield {**found, "PATH": path, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"), "HOME": str(tmp_path)}


def test_rules_fire_once_for_each_event(
    env: dict[str, str], vca_simulator_server: SimulatorServer, tmp_path: Path
) -> None:
    simulator = vca_simulator_server.simulator
    settings = {name.removeprefix("VCA_").lower(): value for name, value in vca_simulator_server.env().items()}
    with connect(**settings, session_cache=False) as client:
        client.ensure("ans.ipsec", {"enabled": True, "tunnels": [{**tunnel(1), "psk": KEY}]})
    edge = next(iter(simulator.world.edges.values()))
    simulator.request_log.clear()
    running = Running(env, tmp_path)
    try:
        # Both monitors have polled once. Later failures cause events.
        running.wait_for("the first looks", lambda: len(simulator.request_log.entries(path="/ipsec/statistics")) > 1)
        running.wait_for(
            "the first tasks", lambda: "type=task" in str(simulator.request_log.entries(path="/api/query"))
        )
        IPSEC.set_tunnel_down(edge, "branch 1", "no answer")
        running.wait_for("down", lambda: f"branch 1 of {edge.name} is down: no answer" in running.output)
        IPSEC.set_tunnel_down(edge, "branch 1", "")
        running.wait_for("up", lambda: f"branch 1 of {edge.name} is up again" in running.output)
        fail_a_task(simulator, "web")
        running.wait_for("failed", lambda: "vappDeploy of web failed: The storage is full." in running.output)
        looks = len(simulator.request_log.entries(path="/ipsec/statistics"))
        running.wait_for("more", lambda: len(simulator.request_log.entries(path="/ipsec/statistics")) > looks + 4)
    finally:
        running.stop()
    output = running.output
    assert [output.count(f"'type': '{kind}'") for kind in ("tunnel_down", "tunnel_up", "task_failed")] == [1, 1, 1]
    assert "demo-password" not in output and KEY not in output


def test_wrong_password_ends_the_rulebook_with_an_error(env: dict[str, str], tmp_path: Path) -> None:
    running = Running({**env, "VCA_PASSWORD": "not-the-password"}, tmp_path)
    assert running.ended() != 0
    assert "AuthenticationError" in running.output
    assert "not-the-password" not in running.output
