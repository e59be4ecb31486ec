"""Every playbook of the project, run twice over TLS: the first run changes what differs, the second nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.ansible import ROOT, run_playbook
from vcloudair_core.simulator import SimulatorServer

PLAYBOOKS = {
    "edge_converge.yml": 3,
    "firewall_converge.yml": 1,
    "firewall_rules.yml": 2,
    "firewall_report.yml": 0,
    "firewall_staged.yml": 3,
    "ipsec_converge.yml": 2,
    "machines_report.yml": 0,
    "metrics_gate.yml": 0,
    "nat_converge.yml": 2,
}
"""Name of the playbook: how many tasks change something in the first run."""

ELSEWHERE = {
    "dr_cleanup.yml": "test_drill.py",
    "dr_test.yml": "test_drill.py",
    "dr_verify.yml": "test_drill.py",
    "edges_converge.yml": "test_edges.py",
}
"""Playbooks that need a cloud or an inventory of their own, and the file here that runs them."""

SECRETS = ("demo-password", "a key of the tests")


def _edge_calls(server: SimulatorServer, section: str = "") -> list[str]:
    """What was asked of one section of an edge, or of all of them."""
    ending = f"{section}/config"
    return [entry.method for entry in server.simulator.journal.entries() if entry.path.endswith(ending)]


def test_every_playbook_is_run_here() -> None:
    assert sorted({*PLAYBOOKS, *ELSEWHERE}) == sorted(path.name for path in (ROOT / "playbooks").glob("*.yml"))
    for playbook, file in ELSEWHERE.items():
        assert f'"{playbook}"' in (Path(__file__).parent / file).read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "changes"), PLAYBOOKS.items())
def test_twice(name: str, changes: int, env: dict[str, str], vca_simulator_server: SimulatorServer) -> None:
    env = {**env, "BRANCH_PSK": SECRETS[1]}
    first = run_playbook(name, env, "--diff")
    assert first.status == 0, first.output
    assert first.counts["changed"] == changes
    assert "WARNING" not in first.output
    assert all(secret not in first.output for secret in SECRETS)

    vca_simulator_server.simulator.journal.clear()
    second = run_playbook(name, env, "--diff")
    assert second.status == 0, second.output
    assert second.counts["changed"] == 0
    assert set(_edge_calls(vca_simulator_server)) <= {"GET"}


def test_converging_costs_one_read_and_one_write(env: dict[str, str], vca_simulator_server: SimulatorServer) -> None:
    run_playbook("firewall_converge.yml", env)
    assert _edge_calls(vca_simulator_server, "firewall") == ["GET", "PUT", "GET"]
    vca_simulator_server.simulator.journal.clear()
    run_playbook("firewall_converge.yml", env)
    assert _edge_calls(vca_simulator_server) == ["GET"]
    # The token of the first run is kept, so the second one does not sign in.
    assert "POST" not in {entry.method for entry in vca_simulator_server.simulator.journal.entries()}


def test_check_mode_says_the_same_and_writes_nothing(
    env: dict[str, str], vca_simulator_server: SimulatorServer
) -> None:
    predicted = run_playbook("firewall_converge.yml", env, "--check", "--diff")
    assert predicted.counts["changed"] == 1
    assert _edge_calls(vca_simulator_server) == ["GET"]
    assert "+web in:" in predicted.output
    real = run_playbook("firewall_converge.yml", env, "--diff")
    assert real.counts["changed"] == 1


def test_the_password_shows_nowhere_however_much_is_said(env: dict[str, str], tmp_path: Path) -> None:
    playbook = tmp_path / "secret.yml"
    playbook.write_text(
        json.dumps(
            [
                {
                    "hosts": "localhost",
                    "gather_facts": False,
                    "tasks": [
                        {
                            "vcloudair.cloud.vca_firewall_info": {
                                "password": "{{ lookup('env', 'VCA_PASSWORD') }}",
                                "token": "canary-token-0815",
                            },
                            "ignore_errors": True,
                        },
                        {"vcloudair.cloud.vca_firewall_info": {"password": "{{ lookup('env', 'VCA_PASSWORD') }}"}},
                    ],
                }
            ]
        )
    )
    shown = run_playbook(str(playbook), env, "-vvvv")
    assert shown.status == 0, shown.output
    assert "demo-password" not in shown.output
    assert "canary-token-0815" not in shown.output
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path != playbook]
    assert any("cache" in str(path) for path in written)
    assert [path for path in written if b"demo-password" in path.read_bytes()] == []
