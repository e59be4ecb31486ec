"""Tests of staging: API calls of tasks and commits, and uncommitted changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.ansible import from_elsewhere, run_playbook
from tests.support.recorded import record
from vcloudair_core.simulator import SimulatorServer

COMMIT: dict[str, Any] = {"vcloudair.cloud.vca_edge_commit": {}}


@pytest.fixture
def env(env: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return {**env, "VCA_STATE_DIR": str(tmp_path / "state")}


def edge_calls(server: SimulatorServer) -> list[str]:
    return [entry.method for entry in server.simulator.request_log.entries() if "/firewall/" in entry.path]


def names(server: SimulatorServer) -> list[str]:
    return [rule["name"] for rule in next(iter(server.simulator.world.edges.values())).firewall["user"]]


def rule(number: int, **more: Any) -> dict[str, Any]:
    return {"vcloudair.cloud.vca_firewall_rule": {"name": f"rule {number}", "source": f"10.0.0.{number}", **more}}


def play(folder: Path, *tasks: dict[str, Any], **more: Any) -> str:
    path = folder / "play.yml"
    defaults = {"vcloudair.cloud.vca_firewall_rule": {"stage": True}}
    text = [{"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "tasks": list(tasks), **more}]
    path.write_text(json.dumps(text), encoding="utf-8")
    return str(path)


@pytest.mark.exhaustive
@pytest.mark.slow
def test_staging_45_tasks_takes_four_edge_calls_and_then_one(
    env: dict[str, str], vca_simulator_server: SimulatorServer, tmp_path: Path
) -> None:
    path = play(tmp_path, *[rule(number) for number in range(1, 46)], COMMIT)
    first = run_playbook(path, env)
    assert first.status == 0, first.output
    assert first.counts == {"ok": 46, "changed": 46, "unreachable": 0, "failed": 0}
    assert edge_calls(vca_simulator_server) == ["GET", "GET", "PUT", "GET"]
    assert names(vca_simulator_server) == [f"rule {number}" for number in range(1, 46)]
    vca_simulator_server.simulator.request_log.clear()
    second = run_playbook(path, env)
    assert second.counts["changed"] == 0, second.output
    assert edge_calls(vca_simulator_server) == ["GET"]


def test_converged_task_without_a_stage_sends_one_call(
    env: dict[str, str], vca_simulator_server: SimulatorServer, tmp_path: Path
) -> None:
    path = play(tmp_path, rule(1, stage=False), rule(2, stage=False))
    run_playbook(path, env)
    vca_simulator_server.simulator.request_log.clear()
    assert run_playbook(path, env).counts["changed"] == 0
    assert edge_calls(vca_simulator_server) == ["GET", "GET"]


def test_each_task_shows_only_its_change(
    env: dict[str, str], vca_simulator_server: SimulatorServer, tmp_path: Path
) -> None:
    path = play(tmp_path, rule(1), rule(1), rule(2, before="rule 1"), COMMIT)
    run = run_playbook(path, env, "--diff")
    assert run.counts["changed"] == 3
    assert run.output.count("+rule 1:") == 2  # once from the task and once from the commit
    assert names(vca_simulator_server) == ["rule 2", "rule 1"]


def test_two_sections_are_written_once_each_firewall_first(
    env: dict[str, str], vca_simulator_server: SimulatorServer, tmp_path: Path
) -> None:
    def nat(number: int) -> dict[str, Any]:
        words = {"action": "dnat", "vnic": 0, "original_address": "203.0.113.10", "original_port": 8000 + number}
        words |= {"protocol": "tcp", "translated_address": f"192.168.10.{number}", "stage": True}
        return {"vcloudair.cloud.vca_nat_rule": words}

    tasks = [task for number in range(1, 6) for task in (nat(number), rule(number))]
    lets_in = {"name": "published", "destination": "203.0.113.10", "protocol": "tcp", "dest_port": "8000-8100"}
    path = play(tmp_path, *tasks, {"vcloudair.cloud.vca_firewall_rule": lets_in}, COMMIT)
    first = run_playbook(path, env, "--diff")
    assert first.counts == {"ok": 12, "changed": 12, "unreachable": 0, "failed": 0}, first.output
    assert "WARNING" not in first.output
    asked = [
        f"{entry.method} {entry.path.split('/')[-2]}"
        for entry in vca_simulator_server.simulator.request_log.entries()
        if entry.path.endswith("/config")
    ]
    # A commit reads each section again before it writes, because the stage may be old. The last request checks if the
    # firewall accepts the traffic of DNAT rules.
    firewall, nat_calls = ["GET firewall", "PUT firewall", "GET firewall"], ["GET nat", "PUT nat", "GET nat"]
    assert asked == ["GET nat", "GET firewall", *firewall, *nat_calls, "GET firewall"]
    vca_simulator_server.simulator.request_log.clear()
    second = run_playbook(path, env)
    assert second.counts["changed"] == 0, second.output
    methods = [e.method for e in vca_simulator_server.simulator.request_log.entries() if e.path.endswith("/config")]
    assert methods == ["GET", "GET"]


def test_a_handler_can_commit(env: dict[str, str], vca_simulator_server: SimulatorServer, tmp_path: Path) -> None:
    tasks = [{**rule(number), "notify": "write"} for number in (1, 2)]
    path = play(tmp_path, *tasks, handlers=[{"name": "write", **COMMIT}])
    assert run_playbook(path, env).counts["changed"] == 3
    assert names(vca_simulator_server) == ["rule 1", "rule 2"]
    vca_simulator_server.simulator.request_log.clear()
    run_playbook(path, env)
    assert edge_calls(vca_simulator_server) == ["GET"]


def test_check_mode_predicts_all_changes_and_writes_nothing(
    env: dict[str, str], vca_simulator_server: SimulatorServer, tmp_path: Path
) -> None:
    path = play(tmp_path, rule(1), rule(2, after="rule 1"), COMMIT)
    run = run_playbook(path, env, "--check")
    assert run.counts["changed"] == 3, run.output
    assert edge_calls(vca_simulator_server) == ["GET"]
    assert "not committed" not in run.output
    assert not list((tmp_path / "state").rglob("*.stage"))


LEFT = "1 change of edge gateway org1-vdc1-edge1 (firewall) was staged and not committed"


@pytest.mark.parametrize("is_enabled", [True, False])
def test_uncommitted_changes_are_reported_once_with_and_without_the_callback(
    is_enabled: bool, env: dict[str, str], installed: Path, tmp_path: Path
) -> None:
    env = {**from_elsewhere(env, installed), "ANSIBLE_STDOUT_CALLBACK": "default"}
    if is_enabled:
        env["ANSIBLE_CALLBACKS_ENABLED"] = "vcloudair.cloud.stage_report"
    run = run_playbook(play(tmp_path, rule(1)), env)
    assert run.status == 0, run.output
    said = " ".join(run.output.split())
    assert said.count("staged and not committed") == 1
    assert LEFT in said
    assert "to delete it." in said


def test_run_without_uncommitted_changes_shows_no_warning(env: dict[str, str], tmp_path: Path) -> None:
    for tasks in ([rule(1), COMMIT], [rule(1, stage=False)]):
        assert "staged" not in run_playbook(play(tmp_path, *tasks), env).output


def test_uncommitted_changes_of_an_earlier_run_are_reported_once_and_not_written(
    env: dict[str, str], vca_simulator_server: SimulatorServer, tmp_path: Path
) -> None:
    run_playbook(play(tmp_path, rule(1)), env)
    second = record(Path(play(tmp_path, rule(2), rule(3), rule(4), COMMIT)), env, tmp_path)
    warning = "has 1 uncommitted change of edge gateway org1-vdc1-edge1"
    assert " ".join(second.run.output.split()).count(warning) == 1
    assert sum(warning in json.dumps(line["result"]) for line in second.results()) <= 1
    assert names(vca_simulator_server) == ["rule 2", "rule 3", "rule 4"]


def test_uncommitted_predictions_leave_no_files(env: dict[str, str], tmp_path: Path) -> None:
    run = run_playbook(play(tmp_path, rule(1)), env, "--check")
    assert run.counts["changed"] == 1
    assert "not committed" not in run.output
    assert not list((tmp_path / "state").rglob("*.stage"))


def test_failed_play_writes_no_staged_changes(
    env: dict[str, str], vca_simulator_server: SimulatorServer, tmp_path: Path
) -> None:
    run = run_playbook(play(tmp_path, rule(1), rule(2, source="10.0.0.0/99"), COMMIT), env)
    assert run.counts["failed"] == 1
    assert names(vca_simulator_server) == []
    assert LEFT in " ".join(run.output.split())
