"""Tests that plays and commands for NSX-V L2 VPN show no passwords."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.support import processes
from tests.support.ansible import ROOT, environment, run_playbook
from tests.support.simulated import first_edge
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer
from vcloudair_core.simulator.edge_services.l2vpn import stored

CANARY = "c4n4ry"
PASSWORD = f'{CANARY} "of" <the> & \\ site'


def test_plays_and_commands_show_no_passwords(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()

    def play(password: str) -> str:
        site = {"name": "branch", "user_id": "branch", "psk": password, "networks": [{"network": "lan"}]}
        settings: dict[str, Any] = {"enabled": True, "listener_ip": "203.0.113.10"}
        settings["encryption_algorithms"] = ["AES128-GCM-SHA256"]
        tasks = [
            {"vcloudair.cloud.vca_l2vpn": {**settings, "tunnels": [site]}, "register": "made"},
            {"ansible.builtin.debug": {"var": "made"}},
            {"vcloudair.cloud.vca_l2vpn_info": {}, "register": "live"},
            {"ansible.builtin.debug": {"var": "live"}},
            {"vcloudair.cloud.vca_l2vpn_tunnel": {**site, "networks": []}, "ignore_errors": True},
        ]
        path = given / "play.yml"
        path.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
        return str(path)

    with SimulatorServer(SimulatorConfig(profile="vcd", external_address="any")) as server:
        env = {**environment(server.env(), tmp_path), "VCA_STATE_DIR": str(tmp_path / "state"), "HOME": str(tmp_path)}
        logged = {**env, "ANSIBLE_LOG_PATH": str(tmp_path / "ansible.log")}
        runs = [run_playbook(play(PASSWORD), logged, "-vvvv", "-D", *mode) for mode in (["--check"], [], [])]
        assert [run.counts["changed"] for run in runs] == [1, 1, 0], runs[1].output
        runs.append(run_playbook(play(f"{PASSWORD} 2"), logged, "-vvvv", "-D"))
        assert runs[-1].counts["changed"] == 1, runs[-1].output
        assert stored(first_edge(server.simulator)).findtext(".//password") == f"{PASSWORD} 2"
        shown = [run.output for run in runs]
        for arguments in (["list"], ["list", "-o", "json"], ["show", "branch", "-o", "json"]):
            done = processes.run(
                [sys.executable, "-c", "from vcloudair_core.cli.main import main; main()", "l2vpn", *arguments, "-vvv"],
                env=env, capture_output=True, text=True, timeout=300, check=False, cwd=ROOT,
            )  # fmt: skip
            assert done.returncode == 0, (arguments, done.stdout, done.stderr)
            shown += [done.stdout, done.stderr]
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent != given]
    assert "ansible.log" in {path.name for path in files}
    for text in (*shown, *(path.read_bytes().decode("utf-8", "replace") for path in files)):
        assert CANARY not in text
