"""Tests of the programs against simulators that are configured like each release.

The simulator must know every request that the client sends to the release.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import processes
from tests.support.ansible import BIN, ROOT, environment, run_playbook
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer
from vcloudair_core.simulator.releases import NSXT_RELEASES, RELEASES

UNKNOWN = {404, 405, 406, 501}
PUBLIC = "203.0.113.10"
DOCUMENT = {
    "firewall": {
        "rules": [{"name": "web in", "source": ["external"], "destination": [PUBLIC],
                   "services": [{"protocol": "tcp", "port": 443}]}],
    },
    "nat": {
        "rules": [{"action": "dnat", "vnic": 0, "protocol": "tcp", "original_address": PUBLIC, "original_port": 443,
                   "translated_address": "192.168.10.20", "translated_port": 8443}],
    },
    "ipsec": {
        "enabled": True,
        "tunnels": [{"name": "branch", "local_ip": PUBLIC, "local_subnets": ["192.168.10.0/24"],
                     "peer_ip": "198.51.100.7", "peer_subnets": ["10.20.0.0/16"], "psk": "a-Long-enough-key-1"}],
    },
}  # fmt: skip
PRESETS = [(release, "vcd") for release in sorted(set(RELEASES) - {"air"})] + [("air", "vchs"), ("air", "vca")]


@pytest.fixture(params=PRESETS, ids="-".join)
def server(request: pytest.FixtureRequest) -> Iterator[SimulatorServer]:
    release, profile = request.param
    # In memory of the server, so that the test reads its request log.
    config = SimulatorConfig(profile=profile, release=release, replications=2, dr_task_s=0.1)
    with SimulatorServer(config) as running:
        yield running


@pytest.fixture
def env(server: SimulatorServer, tmp_path: Path) -> dict[str, str]:
    variables = environment(server.env(), tmp_path)
    return {**variables, "VCA_STATE_DIR": str(tmp_path / "state"), "HOME": str(tmp_path)}


def vca(env: Mapping[str, str], *arguments: str) -> str:
    """Return the output of ``vca``. Assert that the command succeeds."""
    done = processes.run(
        [str(BIN / "vca"), *arguments], cwd=ROOT, env=dict(env), text=True, capture_output=True, timeout=120
    )
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return str(done.stdout)


def vca_json(env: Mapping[str, str], *arguments: str) -> Any:
    return json.loads(vca(env, *arguments, "-o", "json"))


def rejected(server: SimulatorServer) -> list[str]:
    """Return the requests to paths that the server does not know."""
    entries = server.simulator.request_log.entries()
    assert len(entries) > 3
    return [f"{entry.method} {entry.path}: {entry.status}" for entry in entries if entry.status in UNKNOWN]


def test_the_command_line_works_with_each_release(server: SimulatorServer, env: dict[str, str], tmp_path: Path) -> None:
    vca(env, "login")
    edge = env["VCA_EDGE"]
    edges = {record["name"]: record for record in vca_json(env, "edge", "list")}
    has_nsxt = server.simulator.config.release in NSXT_RELEASES and server.simulator.config.profile == "vcd"
    assert set(edges) == {edge, *(["nsxt-edge1"] if has_nsxt else [])}
    document = tmp_path / "edge.yml"
    document.write_text(yaml.safe_dump(DOCUMENT), encoding="utf-8")
    vca(env, "edge", "apply", str(document), "--yes", "--edge", edge)
    plan = vca_json(env, "edge", "plan", str(document), "--edge", edge)
    assert plan["changed"] is False, plan
    for section, key in (("firewall", "rules"), ("nat", "rules"), ("ipsec", "tunnels")):
        assert len(vca_json(env, section, "list")[key]) == 1, section
    assert len(vca_json(env, "query", "vm")) == 3
    assert vca_json(env, "metrics", "show", "vm-0001")
    assert len(vca_json(env, "dr", "list")) == 2
    vca(env, "dr", "test", "--all")
    vca(env, "dr", "cleanup", "--all")
    vca(env, "logout")
    assert rejected(server) == []


def test_the_collection_works_with_each_release(server: SimulatorServer, env: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "cloud.vca.yml"
    file.write_text(yaml.safe_dump({"plugin": "vcloudair.cloud.vca_vms"}), encoding="utf-8")
    command = [str(BIN / "ansible-inventory"), "-i", str(file), "--list"]
    done = processes.run(command, cwd=ROOT, env=env, text=True, capture_output=True, check=True, timeout=120)
    assert len(json.loads(done.stdout)["_meta"]["hostvars"]) == 3, done.stderr
    run = run_playbook("edge_converge.yml", {**env, "BRANCH_PSK": "a-Long-enough-key-1"})
    assert (run.status, run.counts["changed"]) == (0, 3), run.output
    again = run_playbook("edge_converge.yml", {**env, "BRANCH_PSK": "a-Long-enough-key-1"})
    assert (again.status, again.counts["changed"]) == (0, 0), again.output
    assert rejected(server) == []


RECOVERY = [
    {"name": "Test", "vcloudair.cloud.vca_dr_failover": {"action": "test", "all": True}},
    {"name": "Test again", "vcloudair.cloud.vca_dr_failover": {"action": "test", "all": True}},
    {"name": "Clean up", "vcloudair.cloud.vca_dr_failover": {"action": "cleanup", "all": True}},
]


def test_recovery_playbook_works_with_each_release(
    server: SimulatorServer, env: dict[str, str], tmp_path: Path
) -> None:
    play = {"name": "Recovery drill", "hosts": "localhost", "gather_facts": False, "tasks": RECOVERY}
    playbook = tmp_path / "drill.yml"
    playbook.write_text(yaml.safe_dump([play]), encoding="utf-8")
    run = run_playbook(str(playbook), env)
    assert (run.status, run.counts["changed"]) == (0, 2), run.output
    replications = server.simulator.world.replications.values()
    assert {(item.test_state, item.recovery_state) for item in replications} == {("none", "notStarted")}
    started = [entry.path for entry in server.simulator.request_log.entries() if entry.method == "POST"]
    for action in ("testFailover", "testCleanup"):
        assert sum(path.endswith(f"/action/{action}") for path in started) == len(replications), action
    assert rejected(server) == []


def test_api_token_works_with_each_release_that_supports_it(server: SimulatorServer, env: dict[str, str]) -> None:
    token = server.simulator.first_api_token()
    assert bool(token) == (server.simulator.config.release in ("10.4", "10.5", "10.6"))
    if not token:
        pytest.skip("API tokens are new in API 36.1")
    variables = {name: value for name, value in env.items() if name not in ("VCA_USERNAME", "VCA_PASSWORD")}
    assert len(vca_json({**variables, "VCA_API_TOKEN": token, "VCA_SESSION_CACHE": "false"}, "query", "vm")) == 3
    assert rejected(server) == []
