"""Tests of the output and exit codes of ``vca dr check``."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from vcloudair_core.cli.main import run
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

Vca = Callable[..., tuple[int, str, str]]

PLAN = """name: payroll
rpo_minutes: {rpo}
test_max_age_days: 90
groups:
  - name: database
    vms: [replicated-0001]
  - name: web
    depends_on: [database]
    vms: [replicated-0002, replicated-0003]
"""


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(profile="vcd", replications=3, placeholders="visible")) as running:
        yield running


@pytest.fixture
def vca(
    server: SimulatorServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Vca:
    for name in [name for name in os.environ if name.startswith("VCA_")]:
        monkeypatch.delenv(name)
    places = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state"), "VCA_SESSION_CACHE": "false"}
    for name, value in {**server.env(), **places}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    server.simulator.reset()

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def _plan(rpo: int = 240) -> str:
    Path("payroll.yml").write_text(PLAN.format(rpo=rpo))
    return "payroll.yml"


def test_ready_plan_prints_few_lines_and_exits_with_0(vca: Vca) -> None:
    code, out, err = vca("dr", "check", "--plan", _plan(), "--action", "test")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].split() == ["STATUS", "NAME", "SUBJECT", "MESSAGE", "HINT"]
    assert lines[1].startswith("warn ")  # it was never tested
    assert len([line for line in lines if line.split()[1] == "state"]) == 1  # three VMs
    assert err.startswith("Score: 98 of 100 (")
    assert vca("dr", "check", "--all")[0] == 0


def test_unready_plan_prints_failures_first_and_exits_with_9(vca: Vca, server: SimulatorServer) -> None:
    code, out, err = vca("dr", "check", "--plan", _plan(rpo=30))
    assert code == 9
    statuses = [line.split()[0] for line in out.splitlines()[1:]]
    assert statuses[:4] == ["fail"] * 4
    assert "fail" not in statuses[4:]
    assert "Score: 70 of 100" in err
    assert "payroll is not ready for a failover. replicated-0001: the newest data is 120 min old" in err
    assert "(and 3 more)" in err
    assert {entry.method for entry in server.simulator.request_log.entries() if "/vr/" in entry.path} == {"GET"}


def test_vms_can_be_checked_without_a_plan(vca: Vca) -> None:
    code, out, err = vca("dr", "check", "replicated-0001", "missing", "-o", "json")
    shown = json.loads(out)
    assert (code, shown["score"], shown["is_ready"]) == (9, 40, False)
    assert shown["checks"][0]["subject"] == "missing"
    assert "missing: no replication has this name." in err
    assert yaml.safe_load(vca("dr", "check", "replicated-0001", "-o", "yaml")[1])["is_ready"]
    rows = list(csv.DictReader(vca("dr", "check", "--all", "-o", "csv")[1].splitlines()))
    assert {row["status"] for row in rows if row["name"] == "data"} == {"ok"}
    assert len([row for row in rows if row["name"] == "data"]) == 3


def test_errors_of_a_plan_are_reported_with_lines_before_a_request(vca: Vca, server: SimulatorServer) -> None:
    Path("wrong.yml").write_text("name: payroll\nrpo_minutes: soon\ngroups:\n  - name: a\n    hosts: [x]\n")
    code, out, err = vca("dr", "check", "--plan", "wrong.yml")
    assert (code, out) == (64, "")
    assert "wrong.yml:2: rpo_minutes" in err
    assert "wrong.yml:5: groups[0].hosts" in err
    assert vca("dr", "check", "--plan", "gone.yml")[0] == 64
    assert vca("dr", "check")[0] == 64
    assert vca("dr", "check", "--plan", "gone.yml", "--all")[0] == 64
    assert vca("dr", "check", "--all", "--action", "failback")[0] == 64
    assert server.simulator.request_log.entries() == []
