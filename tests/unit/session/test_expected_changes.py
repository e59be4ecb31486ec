"""Check that tasks report the same changes in check mode as without check mode."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.ipsec_harness import BRANCH, KEY
from vcloudair_core.client import Client
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.edge.backend import EDGE_APIS
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing import RequestView, simulated_app, simulator_settings
from vcloudair_core.util.clock import FakeClock

Task = tuple[str, Any, str]
DNAT = {
    "action": "dnat",
    "original_address": "203.0.113.10",
    "translated_address": "192.168.10.20",
    "description": "web",
}
PING = {**DNAT, "protocol": "icmp", "description": "ping"}

RUNS: dict[str, list[Task]] = {
    "a rule beside one of an earlier task": [
        ("ans.firewall_rule", {"name": "first", "source": "internal"}, "present"),
        ("ans.firewall_rule", {"name": "second", "after": "first"}, "present"),
        ("ans.firewall_rule", {"name": "zeroth", "before": "second"}, "present"),
        ("ans.firewall_rule", {"name": "second", "after": "first"}, "present"),
    ],
    "a rule beside one of a list": [
        ("ans.firewall", {"rules": [{"name": "a"}, {"name": "b"}]}, "exact_lists"),
        ("ans.firewall_rule", {"name": "c", "before": "b"}, "present"),
        ("ans.firewall", {"rules": [{"name": "a"}, {"name": "c"}]}, "exact_lists"),
        ("ans.firewall_rule", {"name": "b"}, "absent"),
    ],
    "a rule beside one of a document": [
        ("ans.edge", {"firewall": {"rules": [{"name": "a"}]}, "nat": {"rules": [DNAT]}}, "exact"),
        ("ans.firewall_rule", {"name": "b", "before": "a"}, "present"),
        ("ans.nat_rule", {**PING, "after": "web"}, "present"),
    ],
    "NAT rules": [
        ("ans.nat_rule", DNAT, "present"),
        ("ans.nat_rule", {**PING, "before": "web"}, "present"),
        ("ans.nat_rule", {"match_by": "description", "description": "ping", "enabled": False}, "present"),
        ("ans.nat", {"rules": [PING, DNAT]}, "present"),
    ],
    "a service that needs the tunnel of the task before": [
        ("ans.ipsec_tunnel", BRANCH, "present"),
        ("ans.ipsec", {"enabled": True}, "present"),
        ("ans.ipsec_tunnel", {"name": "branch", "mtu": 1400}, "present"),
    ],
    "a tunnel twice": [
        ("ans.ipsec_tunnel", BRANCH, "present"),
        ("ans.ipsec_tunnel", BRANCH, "present"),
        ("ans.ipsec", {"tunnels": [BRANCH]}, "exact_lists"),
    ],
    "a peer that is free after the task before": [
        ("ans.ipsec_tunnel", BRANCH, "present"),
        ("ans.ipsec_tunnel", {"name": "branch"}, "absent"),
        ("ans.ipsec_tunnel", {**BRANCH, "name": "other"}, "present"),
    ],
}


@contextmanager
def task(simulator: Simulator, folder: Path, edge_api: str = "network_json", **more: Any) -> Iterator[Client]:
    """Return the client of one task. Tasks share only the state folder."""
    edge = next(iter(simulator.world.edges.values())).name
    settings = {**simulator_settings(simulator), "edge": edge, "edge_api": edge_api, "state_dir": str(folder), **more}
    with simulated_app(simulator).client(**settings) as client:
        client.session.clock = client.session._pipeline.clock = FakeClock()
        yield client


@pytest.mark.parametrize("edge_api", EDGE_APIS)
@pytest.mark.parametrize("tasks", list(RUNS.values()), ids=list(RUNS))
def test_check_mode_reports_the_changes_of_the_real_run(
    vca_simulator: Simulator, tmp_path: Path, edge_api: str, tasks: list[Task]
) -> None:
    results: dict[bool, list[tuple[bool, str]]] = {True: [], False: []}
    for check in (True, False):
        for kind, specs, state in tasks:
            with task(vca_simulator, tmp_path, edge_api) as client:
                client.join_check_run("run-1")
                outcome = client.ensure(kind, specs, state=state, check=check)
                results[check].append((outcome.changed, outcome.plan.summary()))
        if check:
            assert RequestView(vca_simulator).count("PUT", "/config") == 0
    assert results[True] == results[False]


def test_a_typo_is_an_error_in_check_mode_too(vca_simulator: Simulator, tmp_path: Path) -> None:
    with task(vca_simulator, tmp_path) as client:
        client.join_check_run("run-1")
        client.ensure("ans.firewall_rule", {"name": "first"}, check=True)
        with pytest.raises(SpecError, match="there is no firewall rule 'frist'; did you mean 'first'"):
            client.ensure("ans.firewall_rule", {"name": "second", "after": "frist"}, check=True)


def test_warnings_consider_firewall_changes_of_earlier_tasks(vca_simulator: Simulator, tmp_path: Path) -> None:
    with task(vca_simulator, tmp_path) as client:
        assert any("No firewall rule" in text for text in client.ensure("ans.nat_rule", DNAT, check=True).warnings)
        client.join_check_run("run-1")
        client.ensure("ans.firewall_rule", {"name": "in", "destination": "203.0.113.10"}, check=True)
        assert client.ensure("ans.nat_rule", DNAT, check=True).warnings == ()


def test_other_runs_real_runs_and_reads_ignore_expected_changes(vca_simulator: Simulator, tmp_path: Path) -> None:
    with task(vca_simulator, tmp_path) as client:
        client.join_check_run("run-1")
        client.ensure("ans.firewall_rule", {"name": "first"}, check=True)
        assert client.read("ans.firewall_rule") == []
        second = {"name": "second", "after": "first"}
        with pytest.raises(SpecError):
            client.ensure("ans.firewall_rule", second)
        client.join_check_run("run-2")
        with pytest.raises(SpecError):
            client.ensure("ans.firewall_rule", second, check=True)


def test_a_real_task_clears_the_expected_changes(vca_simulator: Simulator, tmp_path: Path) -> None:
    with task(vca_simulator, tmp_path) as client:
        client.join_check_run("run-1")
        client.ensure("ans.firewall_rule", {"name": "first"}, check=True)
    with task(vca_simulator, tmp_path) as client:
        client.forget_check_run("run-1")
        made = client.ensure("ans.firewall_rule", {"name": "first"})
    with task(vca_simulator, tmp_path) as client:
        client.join_check_run("run-1")
        removed = client.ensure("ans.firewall_rule", {"name": "first"}, state="absent", check=True)
    assert (made.changed, removed.changed) == (True, True)


def test_a_check_mode_commit_records_expected_changes(vca_simulator: Simulator, tmp_path: Path) -> None:
    with task(vca_simulator, tmp_path) as client:
        client.join_check_run("run-1")
        client.ensure("ans.firewall_rule", {"name": "first"}, check=True)
        staged = {"name": "second", "after": "first"}
        assert client.stage("ans.firewall_rule", staged, stage_id="run-1", check=True).changed
        with pytest.raises(SpecError):
            client.ensure("ans.firewall_rule", {"name": "third", "after": "second"}, check=True)
        assert client.commit_stage("run-1", check=True)[0].changed
        assert client.ensure("ans.firewall_rule", {"name": "third", "after": "second"}, check=True).changed


def test_secrets_are_not_stored_and_old_files_are_removed(vca_simulator: Simulator, tmp_path: Path) -> None:
    folder = tmp_path / "check-runs"
    with task(vca_simulator, tmp_path) as client:
        client.join_check_run("run-1")
        client.ensure("ans.ipsec", {"tunnels": [BRANCH], "global_psk": KEY}, check=True)
        client.ensure("ans.edge", {"ipsec": {"tunnels": [{**BRANCH, "name": "b", "peer_id": "b"}]}}, check=True)
        text = (folder / "run-1.jsonl").read_text(encoding="utf-8")
        assert text.count("\n") == 2
        assert KEY not in text
        assert "c4n4ry" not in text
        old = folder / "run-0.jsonl"
        old.write_text("", encoding="utf-8")
        os.utime(old, (time.time() - 100_000,) * 2)
        client.ensure("ans.firewall_rule", {"name": "first"}, check=True)
    assert [path.name for path in folder.iterdir()] == ["run-1.jsonl"]
    assert (folder / "run-1.jsonl").stat().st_mode & 0o077 == 0


def test_a_file_that_cannot_be_used_does_not_fail_a_task(vca_simulator: Simulator, tmp_path: Path) -> None:
    (tmp_path / "check-runs").write_text("a file", encoding="utf-8")
    with task(vca_simulator, tmp_path) as client:
        for run_id in ("run-1", "../run"):
            client.join_check_run(run_id)
            assert client.ensure("ans.firewall_rule", {"name": "first"}, check=True).changed
