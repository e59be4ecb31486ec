"""Tests of the vca_edges inventory, and of plays that use it in parallel slices."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import processes
from tests.support.ansible import BIN, ROOT, environment, run_playbook
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

CLOUD = {
    "orgs": [
        {
            "name": "acme",
            "users": [{"name": "ops", "password": "sesame-1"}],
            "vdcs": [
                {"name": "gold", "edges": [{"name": "web"}]},
                {"name": "silver", "edges": [{"name": "db"}, {"name": "{{ 7 * 7 }}"}]},
            ],
        }
    ]
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SimulatorServer]:
    file = tmp_path / "cloud.yml"
    file.write_text(yaml.safe_dump(CLOUD), encoding="utf-8")
    with SimulatorServer(SimulatorConfig(profile="vcd", inventory_file=str(file))) as running:
        yield running


@pytest.fixture
def env(server: SimulatorServer, tmp_path: Path) -> dict[str, str]:
    found = environment(server.env(), tmp_path)
    for name in ("VCA_VDC", "VCA_EDGE"):
        found.pop(name, None)
    return {**found, "VCA_STATE_DIR": str(tmp_path / "state")}


def listed(env: dict[str, str], folder: Path, **options: Any) -> dict[str, Any]:
    file = folder / "edges.vca.yml"
    file.write_text(yaml.safe_dump({"plugin": "vcloudair.cloud.vca_edges", **options}), encoding="utf-8")
    command = [str(BIN / "ansible-inventory"), "-i", str(file), "--list", "--export"]
    done = processes.run(command, cwd=ROOT, env=env, text=True, capture_output=True, check=True, timeout=120)
    found: dict[str, Any] = plain(json.loads(done.stdout))
    return {**found, "said": " ".join(done.stderr.split())}


def plain(value: Any) -> Any:
    """Return a value without Ansible's marks for unsafe text."""
    if isinstance(value, dict):
        return (
            value["__ansible_unsafe"] if set(value) == {"__ansible_unsafe"} else {k: plain(v) for k, v in value.items()}
        )
    return [plain(item) for item in value] if isinstance(value, list) else value


def rules(server: SimulatorServer, name: str = "web") -> list[str]:
    edge = next(one for one in server.simulator.world.edges.values() if one.name == name)
    return [rule["name"] for rule in edge.firewall["user"]]


def test_environment_variables_are_sufficient(env: dict[str, str], tmp_path: Path, server: SimulatorServer) -> None:
    found = listed(env, tmp_path)
    assert set(found["vca_edges"]["hosts"]) == {"web", "db", "{{ 7 * 7 }}"}
    assert set(found["vdc_silver"]["hosts"]) == {"db", "{{ 7 * 7 }}"}
    assert set(found["status_ready"]["hosts"]) == set(found["org_acme"]["hosts"]) == set(found["vca_edges"]["hosts"])
    web = found["_meta"]["hostvars"]["web"]
    assert (web["ansible_connection"], web["vca_vdc"], web["vca_org"]) == ("local", "gold", "acme")
    assert web["vca_edge"] == web["vca_id"]
    assert "49" not in json.dumps(found["_meta"]["hostvars"]["{{ 7 * 7 }}"]["vca_name"])
    # Versions, sign-in, VDC, edge gateways and the names of their VDCs, sign-out.
    assert len(server.simulator.request_log.entries()) <= 6


def test_options(env: dict[str, str], tmp_path: Path) -> None:
    found = listed(env, tmp_path, vdcs=["silver"], include=["vca_name == 'db'"], hostnames=["id"],
                   hostvars=["edge"], group_by=[], root_group="gateways", local_connection=False,
                   keyed_groups=[{"key": "vca_vdc", "prefix": "in"}])  # fmt: skip
    [host] = found["gateways"]["hosts"]
    assert found["in_silver"]["hosts"] == [host]
    assert found["_meta"]["hostvars"][host] == {"vca_edge": host}


def test_duplicate_host_names_are_qualified(env: dict[str, str], tmp_path: Path) -> None:
    found = listed(env, tmp_path, hostnames=["'edge'"])
    hosts = set(found["vca_edges"]["hosts"])
    assert len(hosts) == 3 and "edge_gold" in hosts
    assert {host[: len("edge_silver_")] for host in hosts - {"edge_gold"}} == {"edge_silver_"}
    assert "several edge gateways have the name edge" in found["said"]


DOCUMENT = {"firewall": {"enabled": True, "rules": [{"name": "of web", "action": "accept"}]}}


def test_edges_without_a_document_are_skipped(env: dict[str, str], tmp_path: Path, server: SimulatorServer) -> None:
    inventory, documents = tmp_path / "edges.vca.yml", tmp_path / "documents"
    inventory.write_text("plugin: vcloudair.cloud.vca_edges\n", encoding="utf-8")
    documents.mkdir()
    (documents / "web.yml").write_text(yaml.safe_dump(DOCUMENT), encoding="utf-8")
    (documents / "db.yml").write_text(yaml.safe_dump(DOCUMENT), encoding="utf-8")
    arguments = ("-i", str(inventory), "-e", f"edge_documents={documents}")
    first = run_playbook("edges_converge.yml", env, *arguments)
    assert first.status == 0, first.output
    assert first.output.count("changed=1") == 2
    assert "{{ 7 * 7 }} was skipped. It has neither edge_config nor" in first.output
    assert rules(server) == ["of web"]
    second = run_playbook("edges_converge.yml", env, *arguments)
    assert second.status == 0 and "changed=1" not in second.output, second.output


# -- slices, as AWX makes them -----------------------------------------------------------------------------------

HOSTS = {
    f"{team}-on-{edge}": {
        "vca_edge": edge,
        "ansible_connection": "local",
        "edge_config": {"firewall": {"rules": [{"name": f"{team} {n}", "action": "accept"} for n in range(3)]}},
    }
    for edge in ("web",)
    for team in ("shop", "blog", "mail", "wiki", "news", "chat")
}
"""Inventory of six hosts that share an edge gateway. Each host has its own rules."""


def sliced(hosts: dict[str, Any], number: int, count: int) -> dict[str, Any]:
    """Return the inventory of slice ``number`` of ``count``, as AWX creates it."""
    names = sorted(hosts)[number - 1 :: count]
    return {"vca_edges": {"hosts": names}, "_meta": {"hostvars": {name: hosts[name] for name in names}}}


def private_folder(folder: Path, inventory: dict[str, Any], env: dict[str, str]) -> Path:
    """Make a private data folder for ansible-runner, as AWX does.

    The folder shares no files with other slices, not even locks.
    """
    for name in ("env", "inventory"):
        (folder / name).mkdir(parents=True)
    (folder / "project").symlink_to(ROOT)
    script = folder / "inventory" / "hosts"
    script.write_text(f"#!{sys.executable}\nprint({json.dumps(json.dumps(inventory))})\n", encoding="utf-8")
    script.chmod(0o700)
    kept = {name: value for name, value in env.items() if name.startswith(("VCA_", "ANSIBLE_")) or name == "PATH"}
    own = {"ANSIBLE_HOME": "ansible", "VCA_STATE_DIR": "state", "VCA_CACHE_DIR": "cache"}
    variables = {**kept, **{name: str(folder / part) for name, part in own.items()}}
    (folder / "env" / "envvars").write_text(json.dumps(variables), encoding="utf-8")
    return folder


def both_have_read(simulator: Any) -> None:
    """Wait until both slices have read the firewall, so that their writes collide."""
    deadline = time.monotonic() + 120
    while len(simulator.request_log.entries(method="GET", path="/firewall/config")) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)


def test_concurrent_slices_that_share_an_edge_lose_no_rules(
    env: dict[str, str], tmp_path: Path, server: SimulatorServer
) -> None:
    server.simulator.faults.add("edit", method="PUT", path="/firewall/config", edit=both_have_read)
    folders = [private_folder(tmp_path / f"slice-{n}", sliced(HOSTS, n, 2), env) for n in (1, 2)]
    command = [str(BIN / "ansible-runner"), "run", "--ident", "job", "-p", "playbooks/edges_converge.yml"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("VCA_", "ANSIBLE_"))}
    jobs = [
        subprocess.Popen([*command, str(folder)], env={**clean, "PATH": env["PATH"]}, stdout=subprocess.PIPE, text=True)
        for folder in folders
    ]
    for job in jobs:
        output, _ = job.communicate(timeout=300)
        assert job.returncode == 0, output
        assert output.count("changed=1") == 3
    written = server.simulator.request_log.entries(method="PUT", path="/firewall/config")
    assert 409 in [entry.status for entry in written], "they were not in each other's way, so this shows nothing"
    found = rules(server)
    assert sorted(found) == sorted(f"{name.split('-')[0]} {n}" for name in HOSTS for n in range(3))
    for team in {name.split("-")[0] for name in HOSTS}:
        ours = [rule for rule in found if rule.startswith(team)]
        assert ours == [f"{team} {n}" for n in range(3)], "not in the order asked for"
