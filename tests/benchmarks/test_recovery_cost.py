"""Cost of a failover of 200 VMs, 20 at a time, compared with vcloudair 0.5.

Polling calls are GET requests for tasks, the task list, replications and VMs, after the first action has begun. Reads
of a replication count only after the action of its VM has begun. vcloudair 0.5 polls tasks only. This library also
reads each replication once after its task, for the verdict. Before each batch, it reads the task list once, to find
actions of other hosts. The calls are shown by kind, and the bounds are:

* the time is at most 1.1 times the ideal: ten batches, each as long as one task;
* the calls for task states are at most a fifth of the calls of vcloudair 0.5;
* with tasks of five minutes, all polling calls are also at most a fifth of those of vcloudair 0.5.

With VCDA, the bound of the time is the same. Each replication is read before its action and after its task. Tasks are
read from the task list only, for all VMs together.
"""

from __future__ import annotations

import json
import math
import os
import time
import urllib.request
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.original_sdk import CLOCK, run_original
from tests.support.served import served
from vcloudair_core import connect
from vcloudair_core.app import preload
from vcloudair_core.services.dr.operation_options import OperationOptions
from vcloudair_core.simulator import Simulator, SimulatorConfig, SimulatorServer
from vcloudair_core.testing import LinkedClock, simulated_app, simulator_settings

VMS, AT_ONCE = 200, 20
WATCHED = int(os.environ.get("VCA_BENCH_FAILOVERS", "60"))
"""Number of VMs in the real-time test. ``nox -s bench`` uses 200."""
TASK_SECONDS = [float(text) for text in os.environ.get("VCA_BENCH_TASK_SECONDS", "5,300").split(",")]
"""Durations of tasks, in seconds of simulated time.

The last duration is used for the test of all polling calls.
"""
KINDS = {"/api/task/": "tasks", "/api/tasksList": "task lists", "/api/vr/": "replications", "/api/query": "VMs"}
VCDA_KINDS = {"/vm-replications/": "replications", "/tasks/": "tasks", "/tasks": "task lists", "/api/query": "VMs"}
VCDA_TASK_LISTS = {5.0: 45, 300.0: 400}
"""Bounds for the requests of task lists with VCDA, by duration of the tasks.

A list has up to two pages, because it also has the tasks of the batch before.
"""

ORIGINAL = """
import time
session = vcloudair.VCASession('5.6', user, password)
org_info = session.login(orgname=org, vcd_url=vcd_url)
dr = vcloudair.DisasterRecovery(
    vcdurl=org_info['vcdurl'], token=org_info['token'], org_uuid=org_id, version='5.7')
dr.retrieve_replications()
began = time.monotonic()
dr.do_failover(total=True)
found['seconds'] = time.monotonic() - began
found['count'] = len(dr.replications)
found['errors'] = len(dr.action_errors)
print("\\nFOUND " + json.dumps(found), flush=True)
os._exit(0)
"""


def _config(seconds: float, vms: int = VMS) -> SimulatorConfig:
    """Return options that vcloudair 0.5 needs: task progress, and one page of VMs."""
    return SimulatorConfig(profile="vcd", replications=vms, dr_task_s=seconds, queued_progress="0", list_page_size=VMS)


def _polls(calls: Iterable[tuple[str, str]]) -> Counter[str]:
    """Return the polling calls of a run by kind."""
    begun: set[str] = set()
    found: Counter[str] = Counter()
    for method, path in calls:
        kind = next((name for part, name in KINDS.items() if part in path), "")
        if "/action/" in path:
            begun.add(path.rsplit("/", 3)[1])
        elif method == "GET" and kind and begun:
            is_before = kind == "replications" and path.rpartition("/")[2] not in begun
            found["before" if is_before else kind] += 1
    del found["before"]
    return found


def _kept(simulator: Simulator) -> list[tuple[str, str]]:
    return [(entry.method, entry.path) for entry in simulator.request_log.entries()]


def _journal(url: str) -> list[tuple[str, str]]:
    with urllib.request.urlopen(f"{url}/_sim/request-log", timeout=30) as answer:
        return [(entry["method"], entry["path"]) for entry in json.load(answer)]


def _vcda_kind(path: str) -> str:
    return next((name for part, name in VCDA_KINDS.items() if part in path), "")


def _original(env: Mapping[str, str], before: str = "") -> dict[str, Any]:
    org_id = Simulator(_config(1)).world.orgs[env["VCA_ORG"]].org_id  # The same seed gives the same IDs.
    given = {"user": env["VCA_USERNAME"], "password": env["VCA_PASSWORD"], "org": env["VCA_ORG"]}
    return run_original(ORIGINAL, given | {"vcd_url": env["VCA_URL"], "org_id": org_id}, ca_path="", before=before)


def _original_polls(seconds: float) -> int:
    """Return the calls of vcloudair 0.5 for one VM.

    The number of calls is the same for each VM. vcloudair 0.5 uses the clock of the simulated cloud.
    """
    with SimulatorServer(_config(seconds, 1), tls=False) as server:
        found = _original(server.env(), f"{CLOCK}\ncurrent[0] = {server.url!r}\n")
        assert (found["count"], found["errors"]) == (1, 0)
        return sum(_polls(_kept(server.simulator)).values())


def _ours_virtual(seconds: float) -> tuple[float, Counter[str]]:
    """Return the simulated failover duration with this library, and its calls."""
    taken, calls = _simulated(_config(seconds))
    return taken, _polls(calls)


def _simulated(config: SimulatorConfig, **settings: Any) -> tuple[float, list[tuple[str, str]]]:
    """Fail over all VMs in simulated time.

    Return the duration, and the method and path of each request.
    """
    simulator = Simulator(config)
    began = time.time()
    simulator.clock.now = lambda: began + simulator.clock._ahead_s  # type: ignore[method-assign]
    with simulated_app(simulator).client(**simulator_settings(simulator), **settings) as client:
        live: Any = client.session
        live.clock = live._pipeline.clock = LinkedClock(simulator)
        results = client.dr.act("failover", options=OperationOptions(max_concurrent=AT_ONCE))
    assert [one.verdict for one in results] == ["succeeded"] * VMS
    return simulator.clock.now() - began, _kept(simulator)


def test_recovery_sends_fewer_calls_than_vcloudair(capsys: pytest.CaptureFixture[str]) -> None:
    rows = []
    for seconds in TASK_SECONDS:
        ideal = math.ceil(VMS / AT_ONCE) * seconds
        taken, polls = _ours_virtual(seconds)
        theirs = _original_polls(seconds) * VMS
        asking = polls["tasks"] + polls["task lists"]
        rows.append((seconds, ideal, taken, theirs, sum(polls.values()), asking, polls["replications"], polls["VMs"]))
        assert taken <= 1.1 * ideal
        assert asking <= theirs / 5
        assert polls["replications"] <= 1.1 * VMS
    assert rows[-1][4] <= rows[-1][3] / 5
    head = ("task s", "ideal s", "ours s", "original's calls", "ours", "of tasks", "of replications", "of VMs")
    with capsys.disabled():
        print(f"\n{VMS} failovers, {AT_ONCE} at a time; polling calls")
        for row in (head, *rows):
            print("".join(f"{one:>17.0f}" if isinstance(one, (int, float)) else f"{one:>17}" for one in row))


@pytest.mark.parametrize("seconds", TASK_SECONDS)
def test_recovery_with_vcda_reads_tasks_together(seconds: float, capsys: pytest.CaptureFixture[str]) -> None:
    """Compare the duration with the ideal one, and count the requests of each kind."""
    ideal = math.ceil(VMS / AT_ONCE) * seconds
    config = SimulatorConfig(profile="vcd", vcda_replications=VMS, vcda_task_s=seconds)
    taken, calls = _simulated(config)
    polls = Counter(kind for method, path in calls if method == "GET" and (kind := _vcda_kind(path)))
    with capsys.disabled():
        print(f"\n{VMS} failovers with VCDA, {AT_ONCE} at a time, tasks of {seconds:.0f} s; ideal {ideal:.0f} s, "
              f"taken {taken:.1f} s; polling calls: {dict(sorted(polls.items()))}")  # fmt: skip
    assert taken <= 1.1 * ideal
    assert polls["tasks"] == 0, "the list contains all tasks"
    assert polls["task lists"] <= VCDA_TASK_LISTS.get(seconds, math.inf)
    assert polls["replications"] <= 2.1 * VMS, "each replication is read before its action, and after its task"
    assert polls["VMs"] <= 2 * math.ceil(VMS / AT_ONCE)


@pytest.mark.slow
def test_recovery_in_real_time_compared_with_vcloudair(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Run both clients at the same time, each with its own simulator process.

    Another test compares the duration of this library with the ideal duration. It uses simulated time, which does not
    depend on the load of the host.
    """
    seconds, ideal = 5.0, math.ceil(WATCHED / AT_ONCE) * 5.0
    base = {**{k: v for k, v in os.environ.items() if not k.startswith("VCA_")}, "HOME": str(tmp_path)}
    size = ["--api", "vcd", "--replications", str(WATCHED), "--no-tls"]
    for switch in (f"dr_task_s={seconds}", "queued_progress=0", f"list_page_size={WATCHED}"):
        size += ["--set", switch]
    with ExitStack() as stack:
        clouds = []
        for name in ("original", "ours"):
            (tmp_path / name).mkdir()
            clouds.append(stack.enter_context(served(tmp_path / name, base, *size)))
        pool = stack.enter_context(ThreadPoolExecutor(1))
        original = pool.submit(_original, clouds[0])
        settings: dict[str, Any] = {name: clouds[1][f"VCA_{name.upper()}"] for name in ("url", "username", "org")}
        settings |= {"password": clouds[1]["VCA_PASSWORD"], "session_cache": False}
        preload()
        with connect(service_type="vcd", **settings) as client:
            client.session.login()  # The clock of vcloudair 0.5 starts after the sign-in, too.
            began = time.monotonic()
            results = client.dr.act("failover", options=OperationOptions(max_concurrent=AT_ONCE))
            ours = time.monotonic() - began
        assert [one.verdict for one in results] == ["succeeded"] * WATCHED
        theirs = original.result()
        assert (theirs["count"], theirs["errors"]) == (WATCHED, 0)
        counts = [_polls(_journal(cloud["VCA_URL"])) for cloud in clouds]
    with capsys.disabled():
        print(f"\n{WATCHED} failovers of {seconds:.0f} s, {AT_ONCE} at a time, in real time; ideal {ideal:.0f} s")
        for name, taken, polls in (("vcloudair 0.5", theirs["seconds"], counts[0]), ("ours", ours, counts[1])):
            print(f"{name:14}{taken:7.1f} s {sum(polls.values()):5} polling calls: {dict(sorted(polls.items()))}")
    assert theirs["seconds"] >= 1.5 * ours
