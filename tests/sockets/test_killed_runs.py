"""Runs of real processes that are killed at random points, again and again, and taken up: nothing is begun twice.

``VCA_KILLED_RUNS`` and ``VCA_KILLS_A_RUN`` say how many; by default fifty kills in all.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

MACHINES = 200
RUNS = int(os.environ.get("VCA_KILLED_RUNS", "2"))
KILLS = int(os.environ.get("VCA_KILLS_A_RUN", "25"))
LINES = 3 * MACHINES - MACHINES // 5
"""A journal has three for each machine. Behind so many of them a run may be over before it can be killed."""

FAILOVER = ("failover", "--all", "--yes")
RESUME = ("resume", "--lost-grace", "0.5")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(RUNS))
def test_a_run_that_is_killed_again_and_again_begins_each_machine_once(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(seed)
    points = sorted(chance.sample(range(1, LINES), KILLS))
    config = SimulatorConfig(profile="vcd", replications=MACHINES, dr_task_s=0.3)
    with SimulatorServer(config, tls=False) as server:
        env = _environment(server.env(), tmp_path)
        killed = 0
        words: tuple[str, ...] = FAILOVER
        for point in points:
            killed += _killed_at(point, chance.uniform(0, 0.02), words, env, tmp_path)
            words = RESUME if _journal(tmp_path) else FAILOVER
        last = _vca((*words, "-o", "json"), env)
        out, err = last.communicate(timeout=120)
        assert last.returncode == 0, err
        begun = Counter(
            one.path.split("/")[4] for one in server.simulator.journal.entries() if one.path.endswith("action/failover")
        )
        states = {one.recovery_state for one in server.simulator.world.replications.values()}
    assert (len(begun), set(begun.values())) == (MACHINES, {1})
    assert states == {"complete"}
    assert Counter(one["verdict"] for one in json.loads(out)) == {"done": MACHINES}
    report = json.loads(next((tmp_path / "state" / "dr" / "runs").glob("*/report.json")).read_text())
    assert report["verdict"] == "done"
    assert sum(len(group["machines"]) for group in report["groups"]) == MACHINES
    assert killed >= KILLS - 1  # one may come when the journal is not there yet
    with capsys.disabled():
        print(f"\n{killed} kills of one run of {MACHINES} machines (seed {seed}): each machine was begun once")


def _killed_at(point: int, more_s: float, words: tuple[str, ...], env: Mapping[str, str], folder: Path) -> bool:
    """Run until the journal has so many lines, then kill -9. Returns whether it was still running."""
    process = _vca(words, env)
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if _journal(folder).count(b"\n") >= point:
            break
        time.sleep(0.002)
    time.sleep(more_s)
    is_running = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=10)
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()
    return is_running


def _journal(folder: Path) -> bytes:
    found = list((folder / "state" / "dr" / "runs").glob("*/journal.jsonl"))
    assert len(found) < 2, "a second run was started"
    return found[0].read_bytes() if found else b""


def _vca(words: tuple[str, ...], env: Mapping[str, str]) -> subprocess.Popen[str]:
    command = [str(Path(sys.executable).parent / "vca"), "dr", *words]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _environment(variables: Mapping[str, str], folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VCA_")}
    return {
        **kept, **variables, "VCA_STATE_DIR": str(folder / "state"), "VCA_CACHE_DIR": str(folder / "cache"),
        "HOME": str(folder),
    }  # fmt: skip
