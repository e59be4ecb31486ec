"""Tests of plays and commands for IPsec tunnels of an NSX-T edge gateway."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import processes
from tests.support.ansible import ROOT, environment, run_playbook
from tests.support.recorded import record
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer
from vcloudair_core.simulator.nsxt.ipsec.status import ipsec_state

CANARY = "c4n4ry"
KEY = f'{CANARY} "of" it\'s <own> & \\ ümläut'
TUNNEL: dict[str, Any] = {
    "name": "branch",
    "local_ip": "203.0.113.100",
    "local_subnets": ["192.168.10.0/24"],
    "peer_ip": "198.51.100.7",
    "peer_subnets": ["10.20.0.0/16"],
    "psk": KEY,
    "encryption": "aes256",
    "dh_group": 14,
}
DEPOT = {**TUNNEL, "name": "depot", "peer_ip": "198.51.100.8", "peer_subnets": ["10.30.0.0/16"], "psk": f"{KEY} 2"}
RELEASES = {"37.2": "10.4", "39.1": "10.6"}


@pytest.fixture(params=RELEASES)
def server(request: pytest.FixtureRequest) -> Iterator[SimulatorServer]:
    config = SimulatorConfig(profile="vcd", release=RELEASES[request.param], external_address="any", nsxt_task_s=0.01)
    with SimulatorServer(config) as running:
        yield running


@pytest.fixture
def env(server: SimulatorServer, tmp_path: Path) -> dict[str, str]:
    variables = environment(server.env(), tmp_path)
    return {**variables, "VCA_STATE_DIR": str(tmp_path / "state"), "HOME": str(tmp_path), "VCA_EDGE": "nsxt-edge1"}


def tunnels(server: SimulatorServer) -> dict[str, dict[str, Any]]:
    """Return the tunnels on the server, by name."""
    edge = next(edge for edge in server.simulator.world.edges.values() if edge.name == "nsxt-edge1")
    return {tunnel["name"]: tunnel for tunnel in ipsec_state(edge)["tunnels"]}


def play(folder: Path, *tasks: dict[str, Any]) -> str:
    path = folder / "given" / "play.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    return str(path)


def test_a_play_converges_repairs_drift_and_shows_no_key(
    server: SimulatorServer, env: dict[str, str], tmp_path: Path
) -> None:
    section = {"vcloudair.cloud.vca_ipsec": {"enabled": True, "tunnels": [TUNNEL, DEPOT], "wait_for_up": True}}
    converge = play(
        tmp_path,
        {**section, "register": "made"},
        {"ansible.builtin.debug": {"var": "made"}},
        {"vcloudair.cloud.vca_ipsec_info": {}, "register": "live"},
        {"ansible.builtin.debug": {"var": "live"}},
        {"vcloudair.cloud.vca_edge_info": {}, "register": "edge"},
        {"ansible.builtin.debug": {"var": "edge"}},
        {"vcloudair.cloud.vca_ipsec_tunnel": {**TUNNEL, "mtu": 1400}, "ignore_errors": True},
        {
            "vcloudair.cloud.vca_ipsec_tunnel": {**TUNNEL, "certificate": "x", "encryption": "3des"},
            "ignore_errors": True,
        },
    )
    logged = {**env, "ANSIBLE_LOG_PATH": str(tmp_path / "ansible.log")}
    check = run_playbook(converge, logged, "-vvvv", "-D", "--check")
    first = run_playbook(converge, logged, "-vvvv", "-D")
    assert (check.counts["failed"], first.counts["failed"]) == (0, 0), first.output
    assert (check.counts["changed"], first.counts["changed"]) == (1, 1), first.output
    assert first.output.count("...ignoring") == 2
    assert "is not supported on NSX-T edge gateways: tunnels have no MTU" in first.output
    assert {name: tunnel["preSharedKey"] for name, tunnel in tunnels(server).items()} == {
        "branch": KEY, "depot": f"{KEY} 2",
    }  # fmt: skip
    second = run_playbook(converge, logged, "-vvvv", "-D")
    assert second.counts["changed"] == 0, second.output

    tunnels(server)["branch"]["preSharedKey"] = f"{CANARY} of the portal"
    tunnels(server)["depot"].update(properties=None, securityType="DEFAULT")
    repaired = run_playbook(converge, logged, "-vvvv", "-D")
    assert repaired.counts["changed"] == 1, repaired.output
    assert tunnels(server)["branch"]["preSharedKey"] == KEY
    assert tunnels(server)["depot"]["securityType"] == "CUSTOM"

    shown = [check.output, first.output, second.output, repaired.output, *commands(env, tmp_path)]
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "given"]
    assert {"saved.plan", "ansible.log"} <= {path.name for path in files}
    assert "fingerprints.json" not in {path.name for path in files}
    for text in (*shown, *(path.read_bytes().decode("utf-8", "replace") for path in files)):
        assert CANARY not in text

    assert set(tunnels(server)) == {"branch"}, "apply deletes tunnels that are not in the document"
    removed = run_playbook(
        play(tmp_path, {"vcloudair.cloud.vca_ipsec_tunnel": {"name": "branch", "state": "absent"}}), env
    )
    assert removed.counts["changed"] == 1, removed.output
    assert tunnels(server) == {}


@pytest.mark.parametrize("in_controller", ["true", "false"])
def test_info_modules_describe_the_edge_in_each_process(
    in_controller: str, server: SimulatorServer, env: dict[str, str], tmp_path: Path
) -> None:
    names = ("vca_edge_info", "vca_ipsec_info")
    path = play(tmp_path, *({f"vcloudair.cloud.{name}": {}} for name in names))
    recorded = record(Path(path), {**env, "VCA_IN_CONTROLLER": in_controller}, tmp_path)
    results = [line["result"]["edge"] for line in recorded.results()]
    edge = next(edge for edge in server.simulator.world.edges.values() if edge.name == "nsxt-edge1")
    expected = {"name": "nsxt-edge1", "id": edge.edge_id, "backend": "nsxt", "owner_type": "vdc"}
    assert [{key: result[key] for key in expected} for result in results] == [expected, expected]


def commands(env: dict[str, str], folder: Path) -> list[str]:
    """Run commands that read and change the tunnels, and return their output."""
    document = folder / "given" / "edge.yml"
    document.write_text(json.dumps({"ipsec": {"tunnels": [{**TUNNEL, "description": "new"}]}}), encoding="utf-8")
    shown = []
    for arguments, status in (
        (["edge", "plan", str(document), "--out", str(folder / "saved.plan"), "-vv"], 2),
        (["edge", "apply", "--plan", str(folder / "saved.plan"), "--yes", "-vv"], 0),
        (["edge", "plan", str(document), "-vv"], 0),
        (["ipsec", "list", "-o", "json", "-vv"], 0),
        (["ipsec", "peer", "branch", "-vv"], 0),
    ):
        done = processes.run(
            [sys.executable, "-c", "from vcloudair_core.cli.main import main; main()", *arguments],
            env=env, capture_output=True, text=True, timeout=300, check=False, cwd=ROOT,
        )  # fmt: skip
        assert done.returncode == status, (arguments, done.stdout, done.stderr)
        shown += [done.stdout, done.stderr]
    return shown
