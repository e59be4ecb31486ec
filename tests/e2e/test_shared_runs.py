"""Tests of ``vca dr`` processes on several hosts that share their runs."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

from tests.start_once.cloud import Cloud, Ended, Operator, cloud_of, ended, wait_for
from tests.start_once.modes import MODES
from tests.start_once.vcda_modes import VCDA_MODES
from tests.support.s3_server import s3_bucket
from vcloudair_core.errors import LockTimeoutError
from vcloudair_core.recovery.journal.run_folders import read_run, run_ids
from vcloudair_core.recovery.journal.run_journal import create_journal, reopen_journal
from vcloudair_core.settings.settings import Settings

RACES = [8, pytest.param(60, marks=pytest.mark.exhaustive)]
"""Numbers of races: a few in each run, and many if every variant is tested."""
FAILOVER = ("failover", "--all", "--yes", "--max-concurrent", "1")


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    with s3_bucket() as url:
        yield url


@pytest.fixture(params=["folder", "s3"])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return f"file://{tmp_path}/shared"
    return f"{request.getfixturevalue('s3_url')}/{uuid.uuid4().hex}"


@pytest.fixture(params=["prompt", "vcda, prompt"])
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    with cloud_of(next(mode for mode in (*MODES, *VCDA_MODES) if mode.name == request.param), 3) as made:
        yield made


def settings_of(folder: Path, state_url: str) -> Settings:
    return Settings.load({"state_dir": str(folder), "state_url": state_url}, environ={"VCA_CONFIG_FILE": ""})


def killed(cloud: Cloud, operator: Operator) -> None:
    """Start a failover, and kill its process after it started an operation."""
    process = operator.start(*FAILOVER)
    assert wait_for(lambda: sum(cloud.posts().values()) >= 1, process)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL


def test_a_killed_run_is_resumed_by_another_host(cloud: Cloud, state_url: str, tmp_path: Path) -> None:
    first = Operator(cloud, tmp_path / "one", VCA_STATE_URL=state_url)
    killed(cloud, first)
    assert 1 <= len(cloud.posts()) < 3
    cloud.settle()
    second = Operator(cloud, tmp_path / "two", VCA_STATE_URL=state_url)
    result = second.run("resume", "--lost-grace", "0.5")
    assert result.code == 0, result.output
    assert set(result.rows.values()) <= {"succeeded", "unchanged"}
    assert cloud.posts() == Counter(cloud.names), "each operation was started once"
    assert cloud.recovered() == set(cloud.names)
    settings = settings_of(tmp_path / "three", state_url)
    events = read_run(settings)
    assert [event["event"] for event in events].count("run_resumed") == 1
    assert events[-1]["event"] == "run_finished"
    assert len(run_ids(settings)) == 1
    assert not (tmp_path / "one" / "state" / "dr" / "runs").exists(), "the runs are only in the shared storage"


def test_a_run_of_another_host_needs_take_over_until_its_lease_expires(cloud: Cloud, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    killed(cloud, Operator(cloud, tmp_path / "one", VCA_STATE_URL=str(shared)))
    (lease,) = shared.glob("dr/runs/*/lease-000001.json")
    record = json.loads(lease.read_bytes())
    record["process"].update(host="pod-1", boot="another host", user="awx")
    lease.write_text(json.dumps(record), encoding="utf-8")
    second = Operator(cloud, tmp_path / "two", VCA_STATE_URL=str(shared))
    posts = cloud.posts()
    refused = second.run("resume")
    assert refused.code != 0
    assert f"held by process {record['process']['pid']} of user awx on host pod-1" in refused.output
    assert "--take-over" in refused.output
    assert cloud.posts() == posts
    cloud.settle()
    done = second.run("resume", "--take-over", "--lost-grace", "0.5")
    assert done.code == 0, done.output
    assert cloud.posts() == Counter(cloud.names)


def test_of_two_resumes_at_the_same_time_one_continues_the_run(cloud: Cloud, tmp_path: Path) -> None:
    """Resume a run as two processes.

    The actions wait until the other process has ended.
    """
    shared = str(tmp_path / "shared")
    killed(cloud, Operator(cloud, tmp_path / "one", VCA_STATE_URL=shared))
    cloud.settle()
    is_refused = threading.Event()
    cloud.server.simulator.faults.add(
        "edit", method="POST", path=cloud.mode.action, count=0, edit=lambda simulator: is_refused.wait(60)
    )
    operators = [Operator(cloud, tmp_path / name, VCA_STATE_URL=shared, VCA_TIMEOUT="90") for name in ("two", "three")]
    processes = [operator.start("resume", "--lost-grace", "0.5") for operator in operators]
    assert wait_until(lambda: any(process.poll() is not None for process in processes))
    is_refused.set()
    results = {process.pid: ended(process) for process in processes}
    (winner,) = [pid for pid, result in results.items() if result.code == 0]
    (loser,) = [result for pid, result in results.items() if pid != winner]
    assert f"held by process {winner} of user " in loser.output, loser.output
    assert cloud.posts() == Counter(cloud.names), "each operation was started once"
    assert cloud.recovered() == set(cloud.names)


# -- hosts with names and processes of their own -----------------------------------------------------------------

PROGRAM = """
import os
from vcloudair_core.recovery.journal import lease
lease.TIMES = lease.LeaseTimes(renew_s=0.3, fence_s=5.0, expires_s=float(os.environ["LEASE_S"]), watch_s=1.0)
from vcloudair_core.cli.start.entry import main
main()
"""
"""A ``vca`` whose leases expire after seconds."""


@pytest.fixture(scope="module")
def isolation() -> list[str]:
    """Return the command that isolates a program.

    As in a container, the program has its own host name and process IDs.
    """
    base = ["unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
    for command in (base, [base[0], "--user", "--map-root-user", *base[1:]]):
        with contextlib.suppress(OSError):
            if not subprocess.run([*command, "hostname", "pod"], capture_output=True, check=False).returncode:
                return command
    pytest.skip("this host does not allow namespaces")


class Pod(Operator):
    """An operator on a host of its own. Its processes cannot be seen from other hosts."""

    def __init__(self, cloud: Cloud, folder: Path, name: str, isolation: list[str], state_url: str) -> None:
        super().__init__(cloud, folder, VCA_STATE_URL=state_url, LEASE_S="600")
        self.name, self.isolation = name, isolation

    def start(self, *words: str) -> subprocess.Popen[str]:
        program = [sys.executable, "-c", PROGRAM, "dr", *words, "-o", "json"]
        command = [*self.isolation, "sh", "-c", 'hostname "$0" && exec "$@"', self.name, *program]
        return subprocess.Popen(
            command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
            start_new_session=True,
        )  # fmt: skip

    def resume_when_expired(self) -> Ended:
        """Resume a run without ``--take-over`` when the lease has expired."""
        self.env["LEASE_S"] = "10"
        deadline = time.monotonic() + 120
        while True:
            result = self.run("resume", "--lost-grace", "0.5")
            if result.code == 0 or "held by process" not in result.output or time.monotonic() > deadline:
                return result


@pytest.mark.parametrize("cloud", ["vcda, prompt"], indirect=True)
@pytest.mark.parametrize("is_frozen", [False, True], ids=["killed", "frozen"])
def test_another_host_takes_over_when_the_lease_has_expired(
    cloud: Cloud, state_url: str, tmp_path: Path, isolation: list[str], is_frozen: bool
) -> None:
    """A host that was frozen starts nothing more when it continues."""
    first = Pod(cloud, tmp_path / "one", "pod-1", isolation, state_url)
    second = Pod(cloud, tmp_path / "two", "pod-2", isolation, state_url)
    process = first.start(*FAILOVER)
    try:
        assert wait_for(lambda: sum(cloud.posts().values()) >= 1, process)
        os.killpg(process.pid, signal.SIGSTOP if is_frozen else signal.SIGKILL)
        posts = cloud.posts()
        refused = second.run("resume", "--lost-grace", "0.5")
        assert refused.code != 0
        assert re.search(r"held by process \d+ of user \S+ on host pod-1", refused.output), refused.output
        assert cloud.posts() == posts
        done = second.resume_when_expired()
        assert done.code == 0, done.output
        if is_frozen:
            os.killpg(process.pid, signal.SIGCONT)
            late = ended(process)
            assert late.code != 0
            assert "taken over by" in late.output or "could not be renewed" in late.output, late.output
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
    cloud.settle()
    assert cloud.posts() == Counter(cloud.names), "each operation was started once"
    assert cloud.recovered() == set(cloud.names)
    events = read_run(settings_of(tmp_path / "three", state_url))
    hosts = [event["host"] for event in events if event["event"] in ("run_started", "run_resumed")]
    assert hosts == ["pod-1", "pod-2"]
    assert events[-1]["event"] == "run_finished"


def test_a_killed_run_leaves_no_files_after_the_next_run_of_the_host(cloud: Cloud, s3_url: str, tmp_path: Path) -> None:
    operator = Operator(cloud, tmp_path / "one", VCA_STATE_URL=f"{s3_url}/{uuid.uuid4().hex}")
    killed(cloud, operator)
    active = operator.folder / "state" / "dr" / "shared"
    assert list(active.glob("*/active/*/*/journal.jsonl")), "the killed process leaves its folder behind"
    cloud.settle()
    assert operator.run("resume", "--lost-grace", "0.5").code == 0
    assert not list(active.glob("*/active/*"))


def wait_until(condition: Callable[[], bool], timeout_s: float = 120) -> bool:
    """Wait until a condition holds. Return False after the timeout."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.01)
    return True


def resumer(pipe: Connection, barrier: Barrier, folder: str, state_url: str) -> None:
    """Resume each run whose ID is received, at the same time as another process.

    For each run, send the ID of this process and the error message, which is empty if the run was resumed.
    """
    settings = settings_of(Path(folder), state_url)
    for run_id in iter(pipe.recv, ""):
        barrier.wait()
        try:
            journal, _ = reopen_journal(settings, run_id)
        except LockTimeoutError as exc:
            pipe.send((os.getpid(), exc.message))
            barrier.wait()
            continue
        journal.append("run_resumed", pid=os.getpid())
        barrier.wait()  # the lease is held until the other process has its result
        pipe.send((os.getpid(), ""))
        journal.close()


@pytest.mark.parametrize("races", RACES)
def test_of_two_simultaneous_resumes_one_wins_and_the_other_names_the_holder(
    state_url: str, races: int, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path / "main", state_url)
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(2)
    pipes, processes = [], []
    for title in ("one", "two"):
        ours, theirs = spawn.Pipe()
        pipes.append(ours)
        processes.append(spawn.Process(target=resumer, args=(theirs, barrier, str(tmp_path / title), state_url)))
        processes[-1].start()
    wins: Counter[int] = Counter()
    for _ in range(races):
        journal = create_journal(settings)
        journal.append("run_started")
        run_id = journal.run_id
        journal.close()
        for pipe in pipes:
            pipe.send(run_id)
        results: list[tuple[int, Any]] = [pipe.recv() for pipe in pipes]
        winners = [pid for pid, message in results if not message]
        assert len(winners) == 1, results
        (refusal,) = [message for _, message in results if message]
        assert f"held by process {winners[0]} of user " in refusal
        wins[winners[0]] += 1
        events = read_run(settings, run_id)
        assert [(event["event"], event.get("pid")) for event in events[1:]] == [("run_resumed", winners[0])]
    for pipe, process in zip(pipes, processes, strict=True):
        pipe.send("")
        process.join(60)
        assert process.exitcode == 0
    assert sum(wins.values()) == races
