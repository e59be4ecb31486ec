"""Tests that plays and commands for L2 VPN tunnels show no secrets."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import processes
from tests.support.ansible import ROOT, environment, run_playbook
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer
from vcloudair_core.simulator.nsxt.l2vpn.tunnels import l2vpn_state, peer_code

CANARY = "c4n4ry"
KEY = f'{CANARY} "of" it\'s <own> & \\ ümläut'
INVENTORY = ROOT / "tests" / "data" / "nsxt_two_edges.yml"
TUNNEL: dict[str, Any] = {
    "edge": "nsxt-edge1", "name": "stretch", "session_mode": "server", "local_ip": "203.0.113.100",
    "peer_ip": "198.51.100.7", "networks": [{"network": "lan"}], "psk": KEY,
}  # fmt: skip
CLIENT: dict[str, Any] = {
    "edge": "nsxt-edge2", "name": "branch", "session_mode": "client", "local_ip": "198.51.100.7",
    "peer_ip": "203.0.113.100", "networks": [{"network": "lan", "tunnel_id": 1}],
}  # fmt: skip


@pytest.fixture(params=["10.4", "10.6"], ids=["visible", "masked"])
def server(request: pytest.FixtureRequest) -> Iterator[SimulatorServer]:
    config = SimulatorConfig(
        profile="vcd", release=request.param, external_address="any", nsxt_task_s=0.01, inventory_file=str(INVENTORY)
    )
    with SimulatorServer(config) as running:
        yield running


@pytest.fixture
def env(server: SimulatorServer, tmp_path: Path) -> dict[str, str]:
    variables = environment(server.env(), tmp_path)
    variables.pop("VCA_VDC", None)
    return {**variables, "VCA_STATE_DIR": str(tmp_path / "state"), "HOME": str(tmp_path)}


def tunnel(server: SimulatorServer, edge: str = "nsxt-edge1") -> dict[str, Any]:
    """Return the only tunnel of an edge gateway, with its key in clear text."""
    tunnels: list[dict[str, Any]] = l2vpn_state(
        next(one for one in server.simulator.world.edges.values() if one.name == edge)
    )["tunnels"]
    [only] = tunnels
    return only


def test_plays_and_commands_show_neither_keys_nor_peer_codes(
    server: SimulatorServer, env: dict[str, str], tmp_path: Path
) -> None:
    given = tmp_path / "given"
    given.mkdir()
    code_file = str(given / "stretch.code")

    def play(key: str) -> str:
        server_tunnel = {**TUNNEL, "psk": key, "peer_code_dest": code_file}
        tasks = [
            {"vcloudair.cloud.vca_l2vpn_tunnel": server_tunnel, "register": "made"},
            {"ansible.builtin.debug": {"var": "made"}},
            {"vcloudair.cloud.vca_l2vpn_tunnel": {**CLIENT, "peer_code_file": code_file}},
            {
                "vcloudair.cloud.vca_l2vpn_tunnel": {
                    **CLIENT, "peer_code": "{{ lookup('ansible.builtin.file', code_file) | trim }}",
                },
                "vars": {"code_file": code_file},
            },
            {"vcloudair.cloud.vca_l2vpn_info": {"edge": "nsxt-edge1"}, "register": "live"},
            {"ansible.builtin.debug": {"var": "live"}},
            {
                "vcloudair.cloud.vca_l2vpn_tunnel": {**TUNNEL, "psk": f"{key}\n", "peer_code": "c4n4ry"},
                "ignore_errors": True,
            },
        ]  # fmt: skip
        path = given / "play.yml"
        path.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
        return str(path)

    logged = {**env, "ANSIBLE_LOG_PATH": str(tmp_path / "ansible.log")}
    first = run_playbook(play(KEY), logged, "-vvvv", "-D")
    assert (first.counts["failed"], first.counts["changed"]) == (0, 2), first.output
    codes = [peer_code(tunnel(server))]
    second = run_playbook(play(KEY), logged, "-vvvv", "-D")
    assert second.counts["changed"] == 0, second.output
    check = run_playbook(play(f"{KEY} 2"), logged, "-vvvv", "-D", "--check")
    assert check.counts["changed"] == 1, check.output
    third = run_playbook(play(f"{KEY} 2"), logged, "-vvvv", "-D")
    assert third.counts["changed"] == 2, third.output
    codes.append(peer_code(tunnel(server)))
    assert codes[0] != codes[1]
    assert {tunnel(server, edge)["preSharedKey"] for edge in ("nsxt-edge1", "nsxt-edge2")} == {f"{KEY} 2"}

    runs = [first, second, check, third]
    assert all(run.output.count("...ignoring") == 1 for run in runs)
    shown = [*(run.output for run in runs), *commands(env)]
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent != given]
    assert "ansible.log" in {path.name for path in files}
    for text in (*shown, *(path.read_bytes().decode("utf-8", "replace") for path in files)):
        for secret in (CANARY, *codes):
            assert secret not in text


def commands(env: dict[str, str]) -> list[str]:
    """Run commands that read the tunnels, and return their output."""
    shown = []
    for arguments in (["list"], ["list", "-o", "json"], ["show", "stretch", "-o", "json"]):
        done = processes.run(
            [
                sys.executable, "-c", "from vcloudair_core.cli.main import main; main()",
                "l2vpn", *arguments, "--edge", "nsxt-edge1", "-vvv",
            ],
            env=env, capture_output=True, text=True, timeout=300, check=False, cwd=ROOT,
        )  # fmt: skip
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        shown += [done.stdout, done.stderr]
    return shown
