"""Tests of the role that signs out at the end of a play."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.ansible import run_playbook
from vcloudair_core.simulator import SimulatorServer

READ: dict[str, Any] = {"vcloudair.cloud.vca_firewall_info": {}}


@pytest.fixture
def cached(env: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Return the environment variables of a controller that caches sessions."""
    return {**env, "VCA_SESSION_CACHE": "true", "VCA_CACHE_DIR": str(tmp_path / "cache")}


def play(folder: Path, *tasks: dict[str, Any], **variables: Any) -> str:
    role = {"ansible.builtin.include_role": {"name": "vcloudair.cloud.logout"}, "vars": variables}
    path = folder / "play.yml"
    text = [{"hosts": "localhost", "gather_facts": False, "tasks": [*tasks, role]}]
    path.write_text(json.dumps(text), encoding="utf-8")
    return str(path)


def open_sessions(server: SimulatorServer) -> int:
    return len(server.simulator.sessions.vcd_logins())


def tokens(folder: Path) -> list[Path]:
    return list((folder / "cache").glob("*.token"))


def test_the_session_of_a_play_is_ended_and_its_token_deleted(
    cached: dict[str, str], vca_simulator_server: SimulatorServer, tmp_path: Path
) -> None:
    (tmp_path / "first.yml").write_text(
        json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [READ]}]), encoding="utf-8"
    )
    assert run_playbook(str(tmp_path / "first.yml"), cached).status == 0
    assert (open_sessions(vca_simulator_server), len(tokens(tmp_path))) == (1, 1)
    signed_out = run_playbook(play(tmp_path, READ), cached, "--check")
    assert signed_out.counts["changed"] == 1, signed_out.output
    assert (open_sessions(vca_simulator_server), tokens(tmp_path)) == (0, [])
    again = run_playbook(play(tmp_path), cached)
    assert (again.status, again.counts["changed"]) == (0, 0), again.output


def test_the_connection_can_be_a_variable_and_failures_are_shown(
    cached: dict[str, str], vca_simulator_server: SimulatorServer, tmp_path: Path
) -> None:
    names = {"VCA_URL": "url", "VCA_ORG": "org", "VCA_USERNAME": "username", "VCA_PASSWORD": "password"}
    connection = {option: cached[name] for name, option in names.items()}
    others = {name: value for name, value in cached.items() if name not in names}
    read = {"vcloudair.cloud.vca_firewall_info": {**connection, "edge": cached["VCA_EDGE"]}}
    done = run_playbook(play(tmp_path, read, logout_connection=connection), others)
    assert done.counts["changed"] == 1, done.output
    assert open_sessions(vca_simulator_server) == 0
    failed = run_playbook(play(tmp_path, logout_connection={**connection, "unknown": "x"}), others)
    assert failed.status == 2
    assert "Signing out failed." in failed.output
    assert connection["password"] not in failed.output
