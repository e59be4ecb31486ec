"""Check that each playbook makes changes in its first run, but not in its second.

The playbooks run by their full names from the installed collection, because users have no checkout.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.ansible import ROOT, from_elsewhere, run_playbook, run_program
from tests.support.tiers import sampled
from vcloudair_core.simulator import SimulatorServer

PLAYBOOKS = {
    "edge_converge.yml": 3,
    "edge_migrate.yml": 2,
    "firewall_converge.yml": 1,
    "firewall_rules.yml": 2,
    "firewall_report.yml": 0,
    "firewall_staged.yml": 3,
    "ipsec_converge.yml": 2,
    "vm_facts.yml": 0,
    "vm_report.yml": 0,
    "metrics_gate.yml": 0,
    "nat_converge.yml": 2,
}
"""Playbooks, with the number of changed tasks in the first run."""

ELSEWHERE = {
    "dr_cleanup.yml": "test_drill.py",
    "dr_drill.yml": "test_drill.py",
    "dr_failover.yml": "test_drill.py",
    "dr_readiness.yml": "test_drill.py",
    "dr_test.yml": "test_drill.py",
    "dr_verify.yml": "test_drill.py",
    "edges_converge.yml": "test_edges.py",
}
"""Playbooks that other test files run, with another inventory or cloud."""

OF_AN_INVENTORY = {"vm_facts.yml"}
"""Playbooks whose hosts are the VMs of the cloud."""

SECRETS = ("demo-password", "a key of the tests")


def _full_name(playbook: str) -> str:
    return f"vcloudair.cloud.{playbook.removesuffix('.yml')}"


def _edge_calls(server: SimulatorServer, section: str = "") -> list[str]:
    """Return the methods of requests for a section of an edge, or for all sections."""
    ending = f"{section}/config"
    return [entry.method for entry in server.simulator.request_log.entries() if entry.path.endswith(ending)]


def test_every_playbook_is_tested() -> None:
    assert sorted({*PLAYBOOKS, *ELSEWHERE}) == sorted(path.name for path in (ROOT / "playbooks").glob("*.yml"))
    for playbook, file in ELSEWHERE.items():
        assert f'"{playbook}"' in (Path(__file__).parent / file).read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "changes"), sampled(PLAYBOOKS.items(), 3))
def test_playbook_changes_nothing_in_the_second_run(
    name: str,
    changes: int,
    env: dict[str, str],
    installed: Path,
    tmp_path: Path,
    vca_simulator_server: SimulatorServer,
) -> None:
    env = {**from_elsewhere(env, installed), "BRANCH_PSK": SECRETS[1]}
    inventory = tmp_path / "cloud.vca.yml"
    inventory.write_text("plugin: vcloudair.cloud.vca_vms\n", encoding="utf-8")
    arguments = ["--diff", *(["-i", str(inventory)] if name in OF_AN_INVENTORY else [])]
    first = run_playbook(_full_name(name), env, *arguments)
    assert first.status == 0, first.output
    assert first.counts["changed"] == changes
    assert first.counts["ok"] > 0
    assert "WARNING" not in first.output
    assert all(secret not in first.output for secret in SECRETS)

    vca_simulator_server.simulator.request_log.clear()
    second = run_playbook(_full_name(name), env, *arguments)
    assert second.status == 0, second.output
    assert second.counts["changed"] == 0
    assert set(_edge_calls(vca_simulator_server)) <= {"GET"}


def test_playbooks_of_other_tests_are_in_the_built_collection(env: dict[str, str], installed: Path) -> None:
    names = [_full_name(name) for name in ELSEWHERE]
    done = run_program("ansible-playbook", from_elsewhere(env, installed), "--syntax-check", *names)
    assert done.status == 0, done.output
    checked = [Path(line).name for line in done.output.splitlines() if line.startswith("playbook: ")]
    assert sorted(checked) == sorted(ELSEWHERE)


def test_playbooks_run_from_the_installed_collection(env: dict[str, str], installed: Path) -> None:
    shown = run_playbook(_full_name("firewall_report.yml"), from_elsewhere(env, installed), "-vv")
    assert f"{installed}/ansible_collections/vcloudair/cloud/playbooks/firewall_report.yml" in shown.output
    assert str(ROOT / "collections") not in shown.output


def test_old_rule_lists_are_migrated(env: dict[str, str], vca_simulator_server: SimulatorServer) -> None:
    old = {
        "fw_rules": [
            {"policy": "drop", "protocol": "Tcp", "dest_port": 25, "is_enable": False},
            {"description": 'says "description": all', "source_ip": "10.0.0.0/8", "enable_logging": True},
        ],
        "nat_rules": [{"original_ip": "203.0.113.10", "translated_ip": "10.0.0.1"}],
    }
    done = run_playbook("edge_migrate.yml", env, "-e", json.dumps(old))
    assert done.status == 0, done.output
    edge = next(iter(vca_simulator_server.simulator.world.edges.values()))
    rules = [(rule["name"], rule["action"], rule["enabled"]) for rule in edge.firewall["user"]]
    assert rules == [("rule added by Ansible", "deny", False), ('says "description": all', "accept", True)]
    nothing = run_playbook("edge_migrate.yml", env, "-e", json.dumps({"fw_rules": [], "nat_rules": []}))
    assert (nothing.status, nothing.counts["changed"]) == (0, 0), nothing.output


def test_converging_takes_one_read_and_one_write(env: dict[str, str], vca_simulator_server: SimulatorServer) -> None:
    run_playbook("firewall_converge.yml", env)
    assert _edge_calls(vca_simulator_server, "firewall") == ["GET", "PUT", "GET"]
    vca_simulator_server.simulator.request_log.clear()
    run_playbook("firewall_converge.yml", env)
    assert _edge_calls(vca_simulator_server) == ["GET"]
    # The session of the first run is cached, so the second run does not sign in.
    assert "POST" not in {entry.method for entry in vca_simulator_server.simulator.request_log.entries()}


def test_check_mode_predicts_the_changes_and_writes_nothing(
    env: dict[str, str], vca_simulator_server: SimulatorServer
) -> None:
    predicted = run_playbook("firewall_converge.yml", env, "--check", "--diff")
    assert predicted.counts["changed"] == 1
    assert _edge_calls(vca_simulator_server) == ["GET"]
    assert "+web in:" in predicted.output
    real = run_playbook("firewall_converge.yml", env, "--diff")
    assert real.counts["changed"] == 1


def test_the_password_is_never_shown(env: dict[str, str], tmp_path: Path) -> None:
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
