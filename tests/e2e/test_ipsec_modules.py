"""Tests of the IPsec modules: API calls, invalid options, and masking of keys."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support import processes
from tests.support.ansible import ROOT, run_module, run_playbook
from vcloudair_core.simulator import SimulatorServer

CANARY = "c4n4ry"
KEY = f'{CANARY} "of" it\'s <own> & \\ ümläut'
"""Key with all characters that are escaped in JSON, XML, URLs and Python."""

TUNNEL: dict[str, Any] = {
    "name": "branch",
    "local_ip": "203.0.113.10",
    "local_subnets": ["192.168.10.0/24"],
    "peer_ip": "198.51.100.7",
    "peer_subnets": ["10.20.0.0/16"],
    "psk": KEY,
}


def calls(server: SimulatorServer, tail: str) -> list[str]:
    return [entry.method for entry in server.simulator.request_log.entries() if entry.path.endswith(f"ipsec/{tail}")]


def held(server: SimulatorServer) -> dict[str, str]:
    """Return the pre-shared keys on the server, by tunnel."""
    edge = next(iter(server.simulator.world.edges.values()))
    return {site["name"]: site["psk"] for site in edge.sections["ipsec"]["sites"]}


@pytest.fixture
def env(env: dict[str, str], tmp_path: Path) -> dict[str, str]:
    folders = {name: str(tmp_path / name.lower()) for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    return {**env, **folders, "BRANCH_PSK": KEY, "TMPDIR": str(_made(tmp_path / "tmp"))}


def _made(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def test_first_play_writes_once_and_second_play_only_reads(
    env: dict[str, str], vca_simulator_server: SimulatorServer
) -> None:
    first = run_playbook("ipsec_converge.yml", env)
    assert first.status == 0, first.output
    assert calls(vca_simulator_server, "config") == ["GET", "PUT", "GET"]
    assert calls(vca_simulator_server, "statistics") == ["GET"]
    assert held(vca_simulator_server) == {"branch": KEY}
    vca_simulator_server.simulator.request_log.clear()
    second = run_playbook("ipsec_converge.yml", env)
    assert second.counts["changed"] == 0, second.output
    assert calls(vca_simulator_server, "config") == ["GET"]


def test_tunnel_that_stays_down_fails_the_changed_task(
    env: dict[str, str], vca_simulator_server: SimulatorServer
) -> None:
    made = run_module("vca_ipsec", {"enabled": True, "tunnels": [TUNNEL]}, env)
    assert made.status == 0, made.output
    vca_simulator_server.simulator.world.edges  # noqa: B018 - the edge is the first one
    edge = next(iter(vca_simulator_server.simulator.world.edges.values()))
    edge.sections["ipsec"]["down"]["branch"] = "no proposal chosen"
    changed = run_module(
        "vca_ipsec_tunnel", {"name": "branch", "dh_group": 16, "wait_for_up": True, "wait_timeout": 1}, env
    )
    assert changed.status != 0
    assert "branch is down (no proposal chosen)" in changed.output
    assert '"changed": true' in changed.output
    assert "vca ipsec peer" in changed.output


@pytest.mark.parametrize(
    ("module", "options", "words"),
    [
        ("vca_ipsec_tunnel", {**TUNNEL, "psk_file": "/nowhere"}, "mutually exclusive"),
        ("vca_ipsec_tunnel", {**TUNNEL, "encryption": "blowfish"}, "is not one of aes, aes256"),
        ("vca_ipsec_tunnel", {**TUNNEL, "peer_subnets": ["192.168.10.0/25"]}, "overlaps"),
        ("vca_ipsec_tunnel", {**TUNNEL, "psk": "******"}, "is the mask that the server shows"),
        ("vca_ipsec", {"tunnels": [TUNNEL], "state": "absent", "enabled": False}, "cannot be combined with"),
        ("vca_ipsec", {"tunnels": [{**TUNNEL, "pks": KEY}]}, "pks"),
        ("vca_edge_config", {"config": {"ipsec": {"tunnels": [{**TUNNEL, "mtu": 1}]}}}, "ipsec.tunnels[0].mtu"),
        ("vca_edge_config", {"config": {"ipsec": {"tunnels": [TUNNEL]}}, "purge": "perhaps"}, "purge"),
    ],
)
def test_invalid_options_send_no_request_and_show_no_key(
    env: dict[str, str], vca_simulator_server: SimulatorServer, module: str, options: dict[str, Any], words: str
) -> None:
    run = run_module(module, options, env, "-vvv")
    assert run.status != 0
    assert words in run.output
    if "pks" not in str(options):  # Ansible shows unknown options
        assert CANARY not in run.output
    assert vca_simulator_server.simulator.request_log.entries() == []


# -- masking of keys --------------------------------------------------------------------------------------------


@contextmanager
def system_log() -> Iterator[list[bytes]]:
    """Collect the lines written to the system log, on a host without a log daemon."""
    found: list[bytes] = []
    path = Path("/dev/log")
    if path.exists() or os.geteuid() != 0:
        yield found
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(path))
        receiver.settimeout(0.2)
        done = threading.Event()

        def collect() -> None:
            while not done.is_set():
                try:
                    found.append(receiver.recv(65536))
                except TimeoutError:
                    continue

        thread = threading.Thread(target=collect)
        thread.start()
        try:
            yield found
        finally:
            done.set()
            thread.join()
            path.unlink()


@pytest.mark.slow
def test_key_is_never_readable(env: dict[str, str], vca_simulator_server: SimulatorServer, tmp_path: Path) -> None:
    """Search for the key in results, diffs, logs at -vvvv, files and the system log."""
    tasks = [
        {"vcloudair.cloud.vca_ipsec": {"enabled": True, "tunnels": [TUNNEL], "global_psk": KEY}, "check_mode": True},
        {"vcloudair.cloud.vca_ipsec": {"enabled": True, "tunnels": [TUNNEL], "global_psk": KEY}, "register": "made"},
        {"vcloudair.cloud.vca_ipsec_tunnel": {**TUNNEL, "update_psk": "always", "wait_for_up": True}},
        {
            "vcloudair.cloud.vca_edge_config": {
                "config": {"ipsec": {"tunnels": [TUNNEL], "log_level": "debug"}},
                "purge": False,
            }
        },
        {"vcloudair.cloud.vca_ipsec_info": {}, "register": "live"},
        {"vcloudair.cloud.vca_edge_info": {}, "register": "edge"},
        {"ansible.builtin.debug": {"var": "made"}},
        {"ansible.builtin.debug": {"var": "live"}},
        {"ansible.builtin.debug": {"var": "edge"}},
        {"vcloudair.cloud.vca_ipsec_tunnel": {**TUNNEL, "mtu": 1}, "ignore_errors": True},
        {"vcloudair.cloud.vca_ipsec_tunnel": {**TUNNEL, "edge": "nowhere"}, "ignore_errors": True},
        {"vcloudair.cloud.vca_ipsec_tunnel": {**TUNNEL, "update_psk": "always", "mtu": 1400}, "ignore_errors": True},
    ]
    play = tmp_path / "given" / "play.yml"
    _made(play.parent)
    play.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    vca_simulator_server.simulator.faults.add(
        "status", method="PUT", path="/ipsec/config", skip=3, status=400, message=f"what is {KEY} supposed to be"
    )
    facts = {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(tmp_path / "facts")}
    with system_log() as logged:
        run = run_playbook(
            str(play), {**env, **facts, "ANSIBLE_LOG_PATH": str(tmp_path / "ansible.log")}, "-vvvv", "-D"
        )
    assert run.counts["failed"] == 0, run.output
    assert run.output.count("...ignoring") == 3
    assert "what is *** supposed to be" in run.output.replace("\\", "") or "supposed to be" in run.output
    assert held(vca_simulator_server) == {"branch": KEY}

    shown = [run.output]
    document = tmp_path / "given" / "edge.yml"
    document.write_text(json.dumps({"ipsec": {"tunnels": [{**TUNNEL, "description": "new"}]}}), encoding="utf-8")
    edge = env["VCA_EDGE"]
    for arguments, status in (
        (["edge", "export", "--edge", edge, "-vv"], 0),
        (["edge", "plan", "--edge", edge, str(document), "--out", str(tmp_path / "saved.plan"), "-vv"], 2),
        (["edge", "apply", "--plan", str(tmp_path / "saved.plan"), "--yes", "-vv"], 0),
        (["ipsec", "list", "--edge", edge, "-o", "json", "-vv"], 0),
        (["ipsec", "peer", "branch", "--edge", edge, "-vv"], 0),
        (["config", "-o", "json"], 0),
    ):
        done = processes.run(
            [sys.executable, "-c", "from vcloudair_core.cli.main import main; main()", *arguments],
            env=env, capture_output=True, text=True, timeout=300, check=False, cwd=ROOT,
        )  # fmt: skip
        assert done.returncode == status, (arguments, done.stdout, done.stderr)
        shown += [done.stdout, done.stderr]
    assert (tmp_path / "saved.plan").exists()

    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "given"]
    assert {"saved.plan", "ansible.log", "fingerprints.json", "hmac.key"} <= {path.name for path in files}
    for text in (*shown, *(path.read_bytes().decode("utf-8", "replace") for path in files)):
        assert CANARY not in text
    assert not [line for line in logged if CANARY.encode() in line]
