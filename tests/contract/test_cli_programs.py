"""Tests of ``vca`` as a program over TLS, including errors for user mistakes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.served import read_exports, served

VCA = [sys.executable, "-c", "from vcloudair_core.cli.main import main; main()"]


def _base(home: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("VCA_")}
    return {**inherited, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)}


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("served")
    with served(folder, _base(folder), "--api", "all", "--edges", "2") as exported:
        yield {**_base(folder), **exported}


def vca(env: dict[str, str], *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return processes.run([*VCA, *arguments], env={**env, **variables}, capture_output=True, text=True, timeout=300)


def test_lists_edges_firewall_and_nat_rules(env: dict[str, str]) -> None:
    edges = json.loads(vca(env, "edge", "list", "-o", "json").stdout)
    assert len(edges) == 2
    completed = vca(env, "firewall", "list", "--edge", edges[1]["id"], "-o", "yaml")
    assert (completed.returncode, completed.stderr) == (0, "")
    assert "rules:" in completed.stdout
    completed = vca(env, "nat", "list", "--edge", edges[1]["id"], "-o", "yaml")
    assert (completed.returncode, completed.stderr) == (0, "")
    assert "rules: []" in completed.stdout


def test_doctor_reports_an_unknown_vdc(env: dict[str, str]) -> None:
    completed = vca(env, "doctor", "--vdc", "nope", VCA_SERVICE_TYPE="vcd")
    assert completed.returncode == 4
    assert "VDC not found: 'nope'" in completed.stdout and "Use one of these VDCs: " in completed.stdout


def test_ipsec_list_and_peer_show_the_applied_tunnel(env: dict[str, str], tmp_path: Path) -> None:
    edge = env["VCA_EDGE"]
    tunnel = {
        "name": "branch",
        "local_ip": "203.0.113.10",
        "local_subnets": ["192.168.10.0/24"],
        "peer_ip": "198.51.100.7",
        "peer_id": "branch.example.com",
        "peer_subnets": ["10.20.0.0/16"],
        "psk": "never shown",
    }
    document = tmp_path / "edge.yml"
    document.write_text(json.dumps({"edge": edge, "ipsec": {"enabled": True, "tunnels": [tunnel]}}))
    completed = vca(env, "edge", "apply", "--yes", str(document))
    assert completed.returncode == 0, completed.stderr

    listed = vca(env, "ipsec", "list", "--edge", edge)
    assert (listed.returncode, listed.stderr) == (0, "IPsec on.\n")
    heading, row = listed.stdout.splitlines()
    assert heading.split("  ")[0] == "NAME"
    for word in ("branch", "up", "198.51.100.7", "branch.example.com", "192.168.10.0/24", "10.20.0.0/16", "aes256"):
        assert f"  {word}  " in f"  {row}  "
    plain = json.loads(vca(env, "ipsec", "list", "--edge", edge, "--no-status", "-o", "json").stdout)
    assert "status" not in plain["tunnels"][0]

    sheet = vca(env, "ipsec", "peer", "branch", "--edge", edge, "-o", "json")
    assert sheet.returncode == 0, sheet.stderr
    assert json.loads(sheet.stdout)["local_id"] == "branch.example.com"
    assert "same pre-shared key" in vca(env, "ipsec", "peer", "branch", "--edge", edge).stderr
    missing = vca(env, "ipsec", "peer", "brunch", "--edge", edge)
    assert missing.returncode == 4
    assert "Did you mean 'branch'?" in missing.stderr


@pytest.mark.parametrize("service_type", ["vcd", "vchs", "vca"])
def test_every_service_type_signs_in(env: dict[str, str], service_type: str) -> None:
    completed = vca(env, "whoami", "-o", "json", "--service-type", service_type, VCA_SESSION_CACHE="false")
    assert completed.returncode == 0, completed.stderr
    assert json.loads(completed.stdout)["service_type"] == service_type


def test_login_caches_the_session_and_logout_deletes_it(env: dict[str, str], tmp_path: Path) -> None:
    cache = {"VCA_CACHE_DIR": str(tmp_path / "cache")}
    assert vca(env, "login", **cache).returncode == 0
    assert list((tmp_path / "cache").glob("*.token"))
    verbose = vca(env, "edge", "list", "-v", **cache)
    assert "/api/query" in verbose.stderr
    assert "/sessions" not in verbose.stderr
    assert env["VCA_PASSWORD"] not in verbose.stderr
    assert vca(env, "logout", **cache).returncode == 0
    assert not list((tmp_path / "cache").glob("*.token"))


def test_doctor_reports_no_problem(env: dict[str, str]) -> None:
    completed = vca(env, "doctor", "-o", "json")
    assert completed.returncode == 0, completed.stdout
    assert {step["status"] for step in json.loads(completed.stdout)} == {"ok"}


@pytest.mark.parametrize(
    ("arguments", "variables", "code", "message"),
    [
        (["edge", "list"], {"VCA_PASSWORD": "wrong"}, 3, "failed (401)"),
        (["edge", "list"], {"VCA_ORG": "nobody"}, 3, "failed (401)"),
        (["firewall", "list", "--edge", "no-such-edge"], {}, 4, "Use one of these edge gateways: "),
        (["edge", "list"], {"VCA_CA_PATH": ""}, 6, "ca_path"),
        (["edge", "list"], {"VCA_URL": "https://127.0.0.1:9"}, 6, "127.0.0.1:9"),
        (["edge", "list"], {"VCA_URL": "https://name.invalid"}, 6, "name.invalid"),
        (["edge", "list"], {"VCA_API_VERSION": "5.99"}, 64, "does not offer API version 5.99. It offers "),
        (["edge", "list", "--vdc", "nope"], {}, 4, "VDC not found: 'nope'"),
        (["edge", "list", "--edge", "nope"], {}, 4, "Edge gateway not found: 'nope'"),
        (["edge", "list"], {"VCA_URL": ""}, 64, "VCA_URL"),
        (["edge", "list"], {"VCA_SERVICE_TYPE": "aws"}, 64, "must be one of"),
        (["sim", "serve", "--api", "nsx"], {}, 64, "vchs, vca, vcd, all"),
        (["sim", "serve", "--inventory", "/nowhere.yml"], {}, 64, "it does not exist"),
        (["sim", "serve", "--host", "192.0.2.1"], {}, 64, "192.0.2.1"),
    ],
)
def test_each_mistake_prints_one_error(
    env: dict[str, str], arguments: list[str], variables: dict[str, str], code: int, message: str
) -> None:
    completed = vca(env, *arguments, VCA_SESSION_CACHE="false", VCA_RETRIES="0", **variables)
    assert (completed.returncode, completed.stdout) == (code, ""), completed.stderr
    assert completed.stderr.startswith("Error: ")
    assert message in completed.stderr
    assert "Traceback" not in completed.stderr
    assert len(completed.stderr.splitlines()) <= 2


def test_error_names_a_port_that_is_in_use(env: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        completed = vca(env, "sim", "serve", "--port", str(port))
    assert completed.returncode == 64
    assert f"port {port}" in completed.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_sim_serve_stops_cleanly_on_a_signal(tmp_path: Path, number: int) -> None:
    env_file = tmp_path / "sim.env"
    command = [*VCA, "sim", "serve", "--no-tls", "--env-file", str(env_file)]
    server = subprocess.Popen(command, env=_base(tmp_path), stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    printed = [server.stderr.readline()]
    assert printed[0].startswith("Serving all on http://")
    while not printed[-1].startswith("Press Ctrl-C"):
        printed.append(server.stderr.readline())
    assert f". {env_file}\n" in printed
    while not env_file.exists():
        assert server.poll() is None
    assert env_file.stat().st_mode & 0o077 == 0
    assert read_exports(env_file)["VCA_URL"].startswith("http://")
    server.send_signal(number)
    stderr = server.communicate(timeout=300)[1]
    assert (server.returncode, stderr) == (0, "")
    assert not env_file.exists()
