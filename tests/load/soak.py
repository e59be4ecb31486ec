"""Soak test: many clients use one simulator for some minutes.

Several processes, each with ten clients, run concurrently with an exporter and failovers. Every client checks its
results and records the rules that it writes. At the end, the edges must have exactly the recorded rules. Memory,
threads, sockets and files of all processes are measured. Steady growth is a leak. The exit status is 1 if a check
fails.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.side_by_side.cloud import Cloud
from tests.load.watch import Trend, Watch
from tests.support.ansible import BIN, ROOT, environment
from tests.support.served import served

VMS, SHARED_EDGES = 200, 3
TASK_S, LATENCY_MS = 0.5, 5
CLIENTS_OF_PROCESS = 10
CLIENTS_OF_EDGE = 5
DRILLS = 20
"""Number of clients that test the recovery of a VM."""


@dataclass
class Outcome:
    """The result of a run. ``statuses`` has the number of responses by status."""

    seconds: float
    clients: dict[str, Any]
    verdicts: Counter[str]
    statuses: Counter[int]
    lost: list[str]
    trends: list[Trend]
    leaks: list[Trend]
    trouble: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return sum(self.statuses.values())

    @property
    def done(self) -> Counter[str]:
        """Return the number of completed tasks by name."""
        return sum((Counter(one["done"]) for one in self.clients.values()), Counter())

    def all_of(self, what: str) -> list[str]:
        """Return the ``errors`` or the ``wrong`` results of all clients as one list."""
        return [text for one in self.clients.values() for text in one[what]]

    @property
    def is_good(self) -> bool:
        failures = [*self.all_of("errors"), *self.all_of("wrong"), *self.lost, *self.leaks, *self.trouble]
        return not failures and set(self.verdicts) <= {"succeeded"}


class Tally:
    """A counter of responses by status, which clears the request log.

    A growing request log would look like a leak.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._lock = threading.Lock()
        self.statuses: Counter[int] = Counter()

    def take(self) -> None:
        with self._lock:
            self.statuses.update(entry["status"] for entry in self._cloud.take_request_log())


def soak(seconds: float, clients: int, folder: Path) -> Outcome:
    """Run the soak test and return the outcome."""
    long_run = max(1, int(seconds / (TASK_S + 2)))
    with ExitStack() as stack:
        edges = SHARED_EDGES + -(-clients // CLIENTS_OF_EDGE)
        counts = {"vms": VMS, "edges": edges, "replications": DRILLS + long_run, "latency-ms": LATENCY_MS}
        size = [word for name, count in counts.items() for word in (f"--{name}", str(count))]
        base = environment({}, folder)
        temporary = {"TMPDIR": str(folder), "VCA_STATE_DIR": str(folder / "state"), "VCA_CACHE_DIR": str(folder / "c")}
        # The C library keeps memory pools for each thread, which vary by 10 MB. With one pool, a leak shows.
        base |= {**temporary, "MALLOC_ARENA_MAX": "1"}
        simulator_pid: list[int] = []
        profile = ("--api", "vcd", "--set", f"dr_task_s={TASK_S}", *size)
        exported = stack.enter_context(served(folder, base, *profile, started=simulator_pid.append))
        cloud = Cloud(exported)
        tally = Tally(cloud)
        names = [name for name, _ in cloud.edges]
        exporter, exporter_pid = stack.enter_context(_exporter({**base, **exported}, folder))
        orders = _orders(exported, names, clients, seconds, exporter, long_run)
        workers = [_start(order, base, folder / f"worker {number}.log") for number, order in enumerate(orders)]
        pids = {"simulator": simulator_pid[0], "exporter": exporter_pid}
        pids |= {f"clients {number}": worker.pid for number, worker in enumerate(workers)}
        watch = Watch(pids, folder, max(0.5, seconds / 60), tally.take)
        began = time.monotonic()
        watch.start()
        answers = [_ended(worker, seconds) for worker in workers]
        taken = time.monotonic() - began
        watch.stop()
        tally.take()
        for number, answer in enumerate(answers):
            points = [(moment, float(count)) for moment, count in answer.get("objects", ())]
            if points:
                watch.add(Trend(f"clients {number} objects", points))
        reports: dict[str, Any] = {owner: one for answer in answers for owner, one in answer.get("clients", {}).items()}
        verdicts = Counter(word for answer in answers for word in answer.get("long_run") or ())
        trouble = [answer["trouble"] for answer in answers if "trouble" in answer]
        trouble += [f"the watch ended: {watch.problem}"] if watch.problem else []
        if sum(verdicts.values()) != long_run:
            trouble.append(f"the long run has {sum(verdicts.values())} verdicts of {long_run}")
        lost = _differences(cloud, reports)
        return Outcome(
            taken, reports, verdicts, tally.statuses, lost, list(watch.trends.values()), watch.leaks(), trouble
        )


def _orders(
    env: dict[str, str], edges: Sequence[str], clients: int, seconds: float, exporter: str, long_run: int
) -> list[dict[str, Any]]:
    """Return the input of each worker process."""
    options = ("url", "username", "password", "org", "ca_path")
    settings = {name: env[f"VCA_{name.upper()}"] for name in options}
    replicated = [f"replicated-{number:04}" for number in range(1, DRILLS + long_run + 1)]
    whole = []
    for number in range(clients):
        own = edges[SHARED_EDGES + number // CLIENTS_OF_EDGE]
        whole.append((number, own, replicated[number] if number < DRILLS else ""))
    common = {"settings": settings, "vms": VMS, "shared": list(edges[:SHARED_EDGES]), "exporter": exporter}
    orders = []
    for first in range(0, clients, CLIENTS_OF_PROCESS):
        mine = whole[first : first + CLIENTS_OF_PROCESS]
        orders.append({**common, "seconds": seconds, "clients": mine, "long_run": [] if first else replicated[DRILLS:]})
    return orders


def _start(order: dict[str, Any], env: dict[str, str], log: Path) -> subprocess.Popen[str]:
    with log.open("w") as errors:
        worker = subprocess.Popen(
            [sys.executable, "-m", "tests.load.worker"], cwd=ROOT, env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
        )  # fmt: skip
    assert worker.stdin is not None
    worker.stdin.write(json.dumps(order))
    worker.stdin.close()
    worker.stdin = None
    return worker


def _ended(worker: subprocess.Popen[str], seconds: float) -> dict[str, Any]:
    try:
        said, _ = worker.communicate(timeout=2 * seconds + 120)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.communicate()
        return {"trouble": f"process {worker.pid} of clients did not come to an end"}
    if worker.returncode != 0 or not said:
        return {"trouble": f"process {worker.pid} of clients ended with {worker.returncode}"}
    found: dict[str, Any] = json.loads(said)
    return found


@contextmanager
def _exporter(env: dict[str, str], folder: Path) -> Iterator[tuple[str, int]]:
    """Run ``vca metrics serve``. Yield the address and process ID of the exporter."""
    log = folder / "exporter.log"
    command = [str(BIN / "vca"), "metrics", "serve", "--listen", "127.0.0.1:0", "--interval", "2"]
    command += ["--where", "name~vm-*", "--metric", "cpu.usage.average"]
    with log.open("w") as output:
        process = subprocess.Popen(command, env=env, stdout=output, stderr=output)
    try:
        yield _address(log, process), process.pid
    finally:
        process.terminate()
        process.wait(60)


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    """Return the address of the exporter, after the exporter has collected once."""
    import urllib.request

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        words = [word.rstrip("/.,") for word in log.read_text(encoding="utf-8").split() if word.startswith("http://")]
        if words:
            url = words[0].removesuffix("/metrics")
            with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:
                if b"vca_exporter_up 1.0" in answer.read():
                    return url
        time.sleep(0.1)
    raise AssertionError(f"the exporter did not start:\n{log.read_text(encoding='utf-8')}")


def _differences(cloud: Cloud, reports: dict[str, Any]) -> list[str]:
    """Return the differences between the rules of the edges and the recorded rules."""
    found = []
    for name, edge_id in cloud.edges:
        there = [(rule["name"], rule["action"]) for rule in cloud.user_rules(edge_id)]
        owned = 0
        for owner, report in reports.items():
            booked = list(report["edges"].get(name, {}).items())
            mine = [rule for rule in there if rule[0].startswith(owner)]
            owned += len(mine)
            if mine != booked:
                found.append(f"{name}: {owner} booked {booked}, there is {mine}")
        if owned != len(there):
            found.append(f"{name}: {len(there) - owned} rules have no owner")
    return found


def show(outcome: Outcome) -> str:
    """Return a report of the outcome."""
    done = ", ".join(f"{count} {name}" for name, count in outcome.done.most_common())
    statuses = ", ".join(f"{count} of {status}" for status, count in sorted(outcome.statuses.items()))
    failures = {
        "errors": outcome.all_of("errors"), "wrong results": outcome.all_of("wrong"), "lost or doubled": outcome.lost,
        "trouble": outcome.trouble,
    }  # fmt: skip
    rules = sum(len(rules) for one in outcome.clients.values() for rules in one["edges"].values())
    lines = [
        f"{len(outcome.clients)} clients, {outcome.seconds:.0f} s: {outcome.requests} requests, "
        f"{outcome.requests / outcome.seconds:.0f} each second ({statuses})",
        f"works: {sum(outcome.done.values())} ({done})",
        f"failovers of the long run: {dict(outcome.verdicts)}",
        f"rules at the end: {rules} in the books, as on the edges" if not outcome.lost else "rules: see below",
        "; ".join(f"{what}: {len(texts)}" for what, texts in failures.items()),
        f"{'':24}{'start':>9}{'settled':>9}{'end':>9}{'growth':>9}",
    ]
    for trend in sorted(outcome.trends, key=lambda one: one.name):
        mark = "  LEAK" if trend in outcome.leaks else ""
        values = (trend.start, (trend.settled() or [(0, 0.0)])[0][1], trend.end)
        lines.append(f"{trend.name:24}{''.join(f'{one:9.0f}' for one in values)}{trend.growth():+9.1f}{mark}")
    lines += [text for texts in failures.values() for text in texts[:10]]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Return 0 if everything is correct."""
    parser = argparse.ArgumentParser(prog="soak", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--clients", type=int, default=50)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="vca-soak-") as folder:
        outcome = soak(given.minutes * 60, given.clients, Path(folder))
    print(show(outcome))
    print("all is well" if outcome.is_good else "NOT WELL")
    return 0 if outcome.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
