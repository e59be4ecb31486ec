"""A simulated cloud with its request log, and operators who run ``vca`` processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from tests.start_once.modes import VCDA, Mode
from tests.support import processes
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer
from vcloudair_core.simulator.vcda.entities import COMPLETE, SUCCEEDED

TASK_S = 0.5
VAPP = "shop"
"""Name of the vApp of the VMs in modes with a vApp."""
NOT_EXECUTED = ("throttle", "busy")
"""Faults with which the API rejects a request, so that it can be repeated."""


class Cloud:
    """A simulated cloud with the behavior of a :class:`Mode`."""

    id_at: ClassVar[int] = 4
    """Position of the ID of the replication in the paths of actions."""

    def __init__(self, server: SimulatorServer, mode: Mode) -> None:
        self.server, self.mode = server, mode
        self.names = list(self.by_id().values())

    def by_id(self) -> dict[str, str]:
        """Return the VM names by the ID of the replication."""
        return {key: one.name for key, one in self.server.simulator.world.replications.items()}

    def posts(self, user: str = "") -> Counter[str]:
        """Return the number of POSTs that the API did not reject, by VM name."""
        simulator = self.server.simulator
        log = simulator.request_log.entries(method="POST", path=self.mode.action)
        names = self.by_id()
        counted = [entry for entry in log if entry.note not in NOT_EXECUTED and user in ("", entry.user)]
        return Counter(names[entry.path.split("/")[self.id_at]] for entry in counted)

    def carried_out(self) -> Counter[str]:
        """Return the number of actions that the cloud executed, by VM name."""
        simulator = self.server.simulator
        with simulator._lock:
            simulator.tasks.settle()
            return Counter(
                task.owner.name
                for task in simulator.tasks._tasks.values()  # This includes tasks that clients cannot read any more.
                if task.operation_name == "vrFailover" and task.end_status == "success"
            )

    def recovered(self) -> set[str]:
        """Return the names of the VMs that are failed over."""
        simulator = self.server.simulator
        with simulator._lock:
            simulator.tasks.settle()
            return {one.name for one in simulator.world.replications.values() if one.recovered_at is not None}

    def allow_reading(self) -> None:
        """Remove all faults except those of the DR action, so that reads work.

        The client repeats an action only after it has searched for the task, so reads must succeed.
        """
        self.server.simulator.faults.clear()
        for order in self.mode.faults:
            if order["method"] == "POST":
                self.server.simulator.faults.add(**order)

    def settle(self) -> None:
        """Wait until all accepted actions are executed and visible."""
        time.sleep(self.mode.settle_s + TASK_S)


class VcdaCloud(Cloud):
    """A simulated cloud with replications of VCDA."""

    id_at = 2

    def by_id(self) -> dict[str, str]:
        return {key: one.vm_name for key, one in self.server.simulator.world.vm_replications.items()}

    def posts(self, user: str = "") -> Counter[str]:
        log = self.server.simulator.request_log.entries(method="POST", path=self.mode.action)
        counted = [entry for entry in log if entry.note not in NOT_EXECUTED and user in ("", entry.user)]
        return Counter(name for entry in counted for name in self._names_of(entry.path.split("/")[self.id_at]))

    def vapp_posts(self) -> int:
        """Return the number of POSTs for a vApp that the API did not reject."""
        log = self.server.simulator.request_log.entries(method="POST", path="/vapp-replications/")
        return len([entry for entry in log if entry.note not in NOT_EXECUTED])

    def _names_of(self, replication_id: str) -> list[str]:
        """Return the VM names of a replication of a VM or of a vApp."""
        replications = self.server.simulator.world.vm_replications.values()
        return [one.vm_name for one in replications if replication_id in (one.replication_id, one.vapp_replication_id)]

    def carried_out(self) -> Counter[str]:
        simulator = self.server.simulator
        with simulator._lock:
            simulator.tasks.settle()
            tasks = simulator.world.vcda_tasks.values()
            return Counter(
                name
                for task in tasks
                if (task.workflow, task.state) == ("failover", SUCCEEDED)
                for name in self._names_of(task.resource_id)
            )

    def recovered(self) -> set[str]:
        simulator = self.server.simulator
        with simulator._lock:
            simulator.tasks.settle()
            replications = simulator.world.vm_replications.values()
            return {one.vm_name for one in replications if one.recovery_state == COMPLETE}


@contextmanager
def cloud_of(mode: Mode, vms: int, *, users: tuple[str, ...] = ("demo",)) -> Iterator[Cloud]:
    """Start a simulated cloud with replicated VMs and the behavior ``mode``.

    All users share one password.
    """
    with tempfile.TemporaryDirectory(prefix="vca-cloud-") as folder:
        inventory = Path(folder) / "inventory.json"
        inventory.write_text(json.dumps(_inventory(vms, users, mode)))
        is_vcda = mode.provider == VCDA
        options = {"vcda_task_s" if is_vcda else "dr_task_s": TASK_S, **mode.options}
        config = SimulatorConfig(**{"profile": "vcd", "inventory_file": str(inventory), **options})
        with SimulatorServer(config, tls=False) as server:
            for order in mode.faults:
                server.simulator.faults.add(**order)
            yield (VcdaCloud if is_vcda else Cloud)(server, mode)


def _inventory(vms: int, users: tuple[str, ...], mode: Mode) -> dict[str, Any]:
    names = [f"vm{number}" for number in range(1, vms + 1)]
    people = [{"name": name, "password": "demo-password"} for name in users]
    vdcs: list[dict[str, Any]] = [{"name": "vdc1", "replications": [{"name": name} for name in names]}]
    if mode.provider == VCDA:
        replications = [{"name": name, "source_vdc": "source1"} for name in names]
        source = {"name": "source1", "site": "site1", "vms": [_source_vm(name, mode) for name in names]}
        vdcs = [{"name": "vdc1", "site": "site2", "vcda_replications": replications}, source]
    return {"orgs": [{"name": "org1", "users": people, "vdcs": vdcs}]}


def _source_vm(name: str, mode: Mode) -> dict[str, str]:
    return {"name": name, "vapp": VAPP if mode.vapp else f"{name}-vapp"}


@dataclass(frozen=True)
class Ended:
    """The result of a ``vca`` process. ``rows`` are the printed verdicts by VM name."""

    code: int
    rows: Mapping[str, str]
    output: str


class Operator:
    """A user with a separate state folder who runs ``vca dr``."""

    def __init__(self, cloud: Cloud, folder: Path, **variables: str) -> None:
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("VCA_")}
        self.env = {
            **kept,
            **cloud.server.env(),
            "VCA_STATE_DIR": str(folder / "state"),
            "VCA_CACHE_DIR": str(folder / "cache"),
            "VCA_TIMEOUT": str(cloud.mode.timeout_s),
            "HOME": str(folder),
            **variables,
        }

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start ``vca dr`` with JSON output."""
        command = [str(Path(sys.executable).parent / "vca"), "dr", *words, "-o", "json"]
        return processes.Process(
            command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
        )

    def run(self, *words: str) -> Ended:
        """Run ``vca dr`` until the process ends, and return the result."""
        return ended(self.start(*words))

    def events(self, name: str = "") -> list[dict[str, Any]]:
        """Return the events of all runs in the state folder.

        If the last line of a journal is incomplete, it is left out.
        """
        found = []
        for path in sorted((self.folder / "state" / "dr" / "runs").glob("*/journal.jsonl")):
            lines = path.read_bytes().split(b"\n")[:-1]
            found += [json.loads(line) for line in lines]
        return [event for event in found if name in ("", event["event"])]

    def has_run(self) -> bool:
        """Return True if there is a run that can be resumed."""
        return bool(self.events("run_started"))

    def intents(self) -> set[str]:
        """Return the IDs of VMs with a ``vm_starting`` event in a journal."""
        return {str(event["id"]) for event in self.events("vm_starting")}

    def unanswered(self) -> set[str]:
        """Return the IDs of VMs with a ``vm_starting`` event but no recorded response."""
        started = {str(event["id"]) for event in self.events() if event["event"] in ("vm_started", "vm_finished")}
        return self.intents() - started


def ended(process: subprocess.Popen[str], timeout_s: float = 240) -> Ended:
    """Wait until a process of an operator ends, and return its result."""
    try:
        out, err = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"it does not end:\n{out}{err}") from None
    try:
        rows = {row["name"]: row["verdict"] for row in json.loads(out)}
    except (ValueError, TypeError, KeyError):
        rows = {}
    return Ended(process.returncode, rows, out + err)


def wait_for(condition: Callable[[], object], process: subprocess.Popen[str], timeout_s: float = 120) -> bool:
    """Wait until a condition holds. Return False if the process ends first."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if process.poll() is not None:
            return False
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.002)
    return True
