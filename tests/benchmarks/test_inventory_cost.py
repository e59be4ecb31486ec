"""Cost of an inventory: calls, and time compared with a YAML file of its hosts.

Budget: one call for each 128 VMs, and five calls to sign in, read the VDCs and sign out. The time is at most 1.5 times
the time of the YAML file. A cached inventory takes no calls. VCA_BENCH_HOSTS sets the number of hosts, such as 10,000.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.ansible import BIN, ROOT, environment
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

HOSTS = int(os.environ.get("VCA_BENCH_HOSTS", "1000"))
CALLS = -(-HOSTS // 128) + 5


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    options = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    for name, more in (("plain", {}), ("cached", options)):
        (tmp_path / f"{name}.vca.yml").write_text(json.dumps({"plugin": "vcloudair.cloud.vca_vms", **more}))
    return tmp_path


def _listed(env: dict[str, str], file: Path, *words: str) -> tuple[float, str]:
    began = time.monotonic()
    command = [str(BIN / "ansible-inventory"), "-i", str(file), *words]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True, timeout=300)
    return time.monotonic() - began, done.stdout


@pytest.mark.parametrize("form", ["--list", "--graph"])
def test_inventory_takes_little_more_time_than_a_file(form: str, folder: Path) -> None:
    with SimulatorServer(SimulatorConfig(profile="vcd", vms=HOSTS, latency_ms=20)) as server:
        env = {**environment(server.env(), folder), "VCA_SESSION_CACHE": "false"}
        entries = server.simulator.request_log.entries
        tries = []
        for _ in range(2):
            server.simulator.request_log.clear()
            taken, shown = _listed(env, folder / "plain.vca.yml", form)
            tries.append(taken)
            assert f"vm-{HOSTS:04}" in shown
            assert len(entries()) <= CALLS
        ours = min(tries)
        written = folder / "hosts.yml"
        written.write_text(_listed(env, folder / "cached.vca.yml", "--list", "--yaml")[1], encoding="utf-8")
        server.simulator.request_log.clear()
        cached = _listed(env, folder / "cached.vca.yml", form)[0]
        assert entries() == []
        theirs, same = _listed(env, written, form)
        assert f"vm-{HOSTS:04}" in same
    print(f"\n{HOSTS} hosts, {form}: {ours:.1f} s in {CALLS} calls; {cached:.1f} s cached; {theirs:.1f} s from YAML")
    assert ours <= 1.5 * theirs
