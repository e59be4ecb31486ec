"""Test a play with ``vca_dr_failover`` that is killed and run again."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
import uuid
from pathlib import Path

from tests.start_once.cloud import Cloud, Operator, cloud_of
from tests.start_once.figures import Figures
from tests.start_once.modes import Mode
from tests.support import processes
from tests.support.ansible import BIN, ROOT, environment

PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Fail over
      vcloudair.cloud.vca_dr_failover:
        action: failover
        all: true
      register: failover
      until: failover is succeeded
      retries: 1
      delay: 1
"""


def killed_play(
    mode: Mode, seed: int, folder: Path, figures: Figures, *, in_controller: bool, kills: int = 1, vms: int = 2
) -> None:
    """Kill a play ``kills`` times after a request, repeat it, and check the results.

    Raises AssertionError if a check fails.
    """
    chance = random.Random(f"{mode.name} {seed} {in_controller}")
    figures.runs, figures.vms = figures.runs + 1, figures.vms + vms
    path = folder / "play.yml"
    path.write_text(PLAY)
    with cloud_of(mode, vms) as cloud:
        operator = Operator(cloud, folder)
        variables = {name: value for name, value in operator.env.items() if name.startswith("VCA_")}
        env = {**environment(variables, folder), "VCA_IN_CONTROLLER": str(in_controller).lower(), "HOME": str(folder)}
        env |= {"ANSIBLE_LOCAL_TEMP": str(folder / "tmp"), "VCA_CACHE_DIR": str(folder / "cache")}
        for _ in range(kills):
            is_killed = _kill(path, env, cloud, chance)
            figures.kills += is_killed
            figures.kills_in_window += is_killed and bool(operator.unanswered())
        cloud.settle()
        code, output = _run(path, env)
        if code:
            cloud.settle()
            code, output = _run(path, env)
        more = {name: count for name, count in cloud.posts().items() if count > 1}
        assert not more, f"POSTs: {more}\n{output}"
        figures.note(cloud)
        assert code == 0, output
        assert cloud.recovered() == set(cloud.names), output


def _start(path: Path, env: dict[str, str]) -> subprocess.Popen[str]:
    return processes.Process(
        [str(BIN / "ansible-playbook"), str(path)], cwd=ROOT, env=env, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def _run(path: Path, env: dict[str, str]) -> tuple[int, str]:
    process = _start(path, env)
    output, _ = process.communicate(timeout=240)
    return process.returncode, output


def _kill(path: Path, env: dict[str, str], cloud: Cloud, chance: random.Random) -> bool:
    """Run the play, and kill it after a request, with or without child processes.

    If only the play is killed, the module continues. Return True if the play was still running.
    """
    mark = uuid.uuid4().hex
    with (path.parent / "killed.log").open("w") as log:
        process = processes.Process(
            [str(BIN / "ansible-playbook"), str(path)], cwd=ROOT, env={**env, "VCA_TEST_MARK": mark},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        sent = sum(cloud.posts().values())
        deadline = time.monotonic() + 120
        while sum(cloud.posts().values()) <= sent and process.poll() is None:
            assert time.monotonic() < deadline, "the play sends nothing"
            time.sleep(0.005)
        time.sleep(chance.uniform(0, cloud.mode.window_s))
        is_running = process.poll() is None
        process.send_signal(signal.SIGKILL)
        if chance.random() < 0.7:
            _kill_marked(mark)
        process.wait(timeout=300)
    return is_running


def _kill_marked(mark: str) -> None:
    """Kill every process with the mark in its environment, regardless of its session."""
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if f"VCA_TEST_MARK={mark}".encode() in (entry / "environ").read_bytes():
                os.kill(int(entry.name), signal.SIGKILL)
