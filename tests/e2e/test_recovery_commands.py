"""Tests of ``vca dr``: success, failures and invalid input."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vcloudair_core.cli.main import run
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

Vca = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(profile="vcd", replications=3, dr_task_s=0.1)) as running:
        yield running


@pytest.fixture
def vca(
    server: SimulatorServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Vca:
    for name in [name for name in os.environ if name.startswith("VCA_")]:
        monkeypatch.delenv(name)
    for name, value in {**server.env(), "HOME": str(tmp_path), "VCA_SESSION_CACHE": "false"}.items():
        monkeypatch.setenv(name, value)
    server.simulator.reset()

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def _posts(server: SimulatorServer) -> int:
    return sum("/action/" in entry.path for entry in server.simulator.request_log.entries())


def test_drill_commands_from_list_to_cleanup(vca: Vca, server: SimulatorServer) -> None:
    code, out, _ = vca("dr", "list")
    assert code == 0
    assert "replicated-0003" in out
    assert "notStarted" in out
    code, out, _ = vca("dr", "test", "--all", "--dry-run", "-o", "json")
    assert [one["verdict"] for one in json.loads(out)] == ["planned"] * 3
    assert _posts(server) == 0
    assert vca("dr", "test", "--all")[0] == 0
    code, out, _ = vca("dr", "test", "--all", "-o", "json")
    assert (code, [one["verdict"] for one in json.loads(out)]) == (0, ["unchanged"] * 3)
    assert _posts(server) == 3
    assert vca("dr", "cleanup", "--all")[0] == 0


def test_failures_come_first_in_the_table_and_set_the_exit_code(vca: Vca, server: SimulatorServer) -> None:
    list(server.simulator.world.replications.values())[2].trouble = "error"
    code, out, err = vca("dr", "failover", "--all", "--yes")
    assert code == 8
    assert out.splitlines()[1].startswith("replicated-0003  failed")
    assert "1 of 3 VMs" in err
    assert "RecoveryFault" in err


@pytest.mark.parametrize(
    "arguments", [("failover", "--all"), ("test",), ("failover", "replicated-0001", "--all", "--yes")]
)
def test_invalid_input_starts_nothing(vca: Vca, server: SimulatorServer, arguments: tuple[str, ...]) -> None:
    code, _, err = vca("dr", *arguments)
    assert code == 64
    assert err
    assert server.simulator.request_log.entries() == []


def test_history_shows_tests_and_replicated_vms_without_tests(
    vca: Vca, server: SimulatorServer, tmp_path: Path
) -> None:
    assert vca("dr", "test", "replicated-0001")[0] == 0
    before = len(server.simulator.request_log.entries())
    code, out, err = vca("dr", "history", "-o", "json")
    assert code == 0, err
    history = json.loads(out)
    assert [(vm["name"], vm["state"], vm["verdict"]) for vm in history["vms"]] == [
        ("replicated-0001", "ok", "succeeded")
    ]
    assert (history["due"], history["plans"], history["untested"]) == (False, [], [])
    assert len(server.simulator.request_log.entries()) == before, "the history sends no request"
    code, out, err = vca("dr", "history", "--all", "--html", str(tmp_path / "drills.html"))
    assert code == 0, err
    assert "replicated-0003" in out and "never" in out
    assert "2 of 3 VMs are untested." in err
    assert "2 of 3 VMs are untested." in (tmp_path / "drills.html").read_text(encoding="utf-8")
