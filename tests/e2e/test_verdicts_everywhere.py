"""Check that library, command, module and report agree on the verdict of a fault."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from lxml import etree
from lxml import html as page

from tests.support.ansible import environment, run_module
from vcloudair_core import connect
from vcloudair_core.cli.main import run
from vcloudair_core.errors import AmbiguousMatchError
from vcloudair_core.services.dr.operation_options import OperationOptions
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer
from vcloudair_core.simulator.replication.replication_states import TROUBLES
from vcloudair_core.simulator.vcda.operations.operation_states import VCDA_TROUBLES

VR_TABLE = {
    "": ("succeeded", ""),
    "error": ("failed", "RecoveryFault"),
    "abort": ("failed", "aborted"),
    "cancel": ("failed", "canceled"),
    "hang": ("failed", "nothing changed for"),
    "progress-100": ("succeeded", ""),
    "lie": ("failed", "the task succeeded, but the check after"),
    "no-vm": ("failed", "no VM"),
    "off": ("failed", "POWERED_OFF"),
    "vanish": ("succeeded", ""),
    "gone": ("failed", "the replication can no longer be read"),
}
"""The verdict of a failover and a part of the reason, by fault of DR 2.x."""

VCDA_TABLE = {
    "": ("succeeded", ""),
    "error": ("failed", "GeneralServerFailure"),
    "hang": ("failed", "nothing changed for"),
    "progress-100": ("succeeded", ""),
    "queued": ("succeeded", ""),
    "warning": ("succeeded", ""),
    "lie": ("failed", "the task succeeded, but the check after"),
    "no-vm": ("failed", "does not return the recovered VM"),
    "off": ("failed", "POWERED_OFF"),
    "vanish": ("succeeded", ""),
    "gone": ("failed", "the replication can no longer be read"),
}
"""The verdict of a failover and a part of the reason, by fault of VCDA."""

STUCK_S, VERIFY_S = 2.0, 1.5


class Adapter(NamedTuple):
    """A DR API with its verdicts, its simulated cloud and its request paths."""

    table: dict[str, tuple[str, str]]
    troubles: tuple[str, ...]
    config: dict[str, Any]
    prefix: str
    start_path: str
    task_path: str

    @property
    def failed(self) -> list[str]:
        return sorted(trouble for trouble, (verdict, _) in self.table.items() if verdict == "failed")

    @property
    def names(self) -> dict[str, str]:
        """Return the names of the VMs by fault."""
        return {trouble: f"{self.prefix}-{number:04}" for number, trouble in enumerate(self.table, 1)}

    def by_trouble(self, vms: dict[str, dict[str, Any]]) -> dict[str, Said]:
        return {trouble: said(vms[name]) for trouble, name in self.names.items()}

    def replications(self, server: SimulatorServer) -> dict[str, Any]:
        """Return the simulated replications by the name of the VM."""
        world = server.simulator.world
        if world.vm_replications:
            return {replication.vm_name: replication for replication in world.vm_replications.values()}
        return {replication.name: replication for replication in world.replications.values()}

    def begun(self, server: SimulatorServer) -> list[str]:
        """Return the accepted requests for a failover."""
        sent = server.simulator.request_log.entries(method="POST", path=self.start_path)
        return [entry.path for entry in sent if entry.status in (200, 201, 202)]


VR = Adapter(
    VR_TABLE, TROUBLES, {"replications": len(VR_TABLE), "dr_task_s": 0.8},
    "replicated", "/action/failover", "/api/task",
)  # fmt: skip
VCDA = Adapter(
    VCDA_TABLE, VCDA_TROUBLES, {"vcda_replications": len(VCDA_TABLE), "vcda_task_s": 0.8},
    "protected", "/failover", "/tasks",
)  # fmt: skip


class Said(NamedTuple):
    """A verdict on a VM, and its reason without details that differ between runs.

    These details are times, durations, and the state of an unfinished task at the last poll.
    """

    verdict: str
    reason: str
    hint: str


def said(vm: dict[str, Any]) -> Said:
    reason = re.sub(r"the task is (queued|running)", "the task is not over", vm["reason"])
    reason = re.sub(r"data of \S+", "data of TIME", reason)
    return Said(vm["verdict"], re.sub(r"\d+ s\b", "N s", reason), vm["hint"])


@pytest.fixture(scope="module", params=[VR, VCDA], ids=["vr", "vcda"])
def adapter(request: pytest.FixtureRequest) -> Adapter:
    chosen: Adapter = request.param
    return chosen


@pytest.fixture(scope="module")
def running(adapter: Adapter) -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(profile="vcd", **adapter.config)) as server:
        yield server


@pytest.fixture
def home(running: SimulatorServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Set the connection variables of the cloud. Return an empty home folder."""
    running.simulator.reset()
    for name in [name for name in os.environ if name.startswith("VCA_")]:
        monkeypatch.delenv(name)
    own = {"HOME": str(tmp_path), "VCA_STATE_DIR": str(tmp_path / "state"), "VCA_CACHE_DIR": str(tmp_path / "cache")}
    for name, value in {**running.env(), **own}.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def separate_vapps(server: SimulatorServer) -> None:
    """Give each VM of VCDA a vApp of its own.

    One action on a vApp would have one fault for all its VMs.
    """
    world = server.simulator.world
    for replication in world.vm_replications.values():
        vapp = world.vapp_replications[replication.vapp_replication_id]
        identifier = replication.replication_id.replace("C4-", "C4VAPP-")
        world.vapp_replications[identifier] = replace(vapp, replication_id=identifier, recovered_vapps={})
        replication.vapp_replication_id = identifier
    used = {replication.vapp_replication_id for replication in world.vm_replications.values()}
    for identifier in set(world.vapp_replications) - used:
        del world.vapp_replications[identifier]


@contextmanager
def troubled(server: SimulatorServer, adapter: Adapter) -> Iterator[None]:
    """Add a fault for each VM, failing polls, and sessions that expire midway."""
    server.simulator.reset()
    replications = adapter.replications(server)
    assert sorted(replications) == sorted(adapter.names.values())
    for trouble, name in adapter.names.items():
        replications[name].trouble = trouble
    separate_vapps(server)
    server.simulator.faults.clear()
    server.simulator.faults.add("status", method="GET", path=adapter.task_path, status=503, count=3)
    is_over = threading.Event()
    watcher = threading.Thread(target=_end_sessions_half_way, args=(server, adapter, is_over))
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()


def _end_sessions_half_way(server: SimulatorServer, adapter: Adapter, is_over: threading.Event) -> None:
    while not is_over.wait(0.02):
        if len(adapter.begun(server)) == len(adapter.table):
            server.simulator.sessions.expire_all()
            for endpoint in server.simulator.vcda.values():
                endpoint.sessions.expire_all()
            return


# -- interfaces ----------------------------------------------------------------------------------------------------


def by_library(
    adapter: Adapter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[dict[str, dict[str, Any]], bool]:
    with connect() as client:
        options = OperationOptions(stuck_after=STUCK_S, verify_timeout=VERIFY_S)
        found = client.dr.act("failover", sorted(adapter.names.values()), options=options)
    return {one.name: one.as_dict() for one in found}, any(one.is_failed for one in found)


def by_command(
    adapter: Adapter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[dict[str, dict[str, Any]], bool]:
    limits = ("--stuck-after", str(STUCK_S), "--verify-timeout", str(VERIFY_S))
    code = run(("dr", "failover", *adapter.names.values(), "--yes", *limits, "-o", "json"))
    out, err = capsys.readouterr()
    assert code in (0, 8), err
    assert f"{len(adapter.failed)} of {len(adapter.table)} VMs were not recovered" in err
    return {one["name"]: one for one in json.loads(out)}, code == 8


def by_module(
    adapter: Adapter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[dict[str, dict[str, Any]], bool]:
    env = {**environment({name: value for name, value in os.environ.items() if name.startswith("VCA_")}, tmp_path)}
    limits = {"stuck_after": STUCK_S, "verify_timeout": VERIFY_S}
    done = run_module("vca_dr_failover", {"action": "failover", "vms": sorted(adapter.names.values()), **limits}, env)
    result = json.loads(done.output[done.output.index("=> {") + 3 :])
    assert result["summary"]["failed"] == len(adapter.failed)
    assert f"{len(adapter.failed)} of {len(adapter.table)} VMs failed" in result["msg"]
    assert result["changed"] is True
    return {one["name"]: one for one in result["vms"]}, done.status != 0 and "FAILED! =>" in done.output


Teller = Callable[[Adapter, Path, "pytest.CaptureFixture[str]"], "tuple[dict[str, dict[str, Any]], bool]"]
TELLERS: dict[str, Teller] = {"library": by_library, "command": by_command, "module": by_module}


# -- the table -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chosen", [VR, VCDA], ids=["vr", "vcda"])
def test_table_has_every_simulated_fault(chosen: Adapter) -> None:
    assert set(chosen.table) - {""} == set(chosen.troubles)


def test_library_command_module_and_report_agree_on_the_verdict(
    adapter: Adapter, running: SimulatorServer, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heard: dict[str, dict[str, Said]] = {}
    for teller, tell in TELLERS.items():
        # The cloud is a new one at the same address, so it must not use the saved state of the old one.
        shutil.rmtree(home / "state", ignore_errors=True)
        with troubled(running, adapter):
            vms, has_failed = tell(adapter, home, capsys)
        found = heard[teller] = adapter.by_trouble(vms)
        assert has_failed
        assert len(adapter.begun(running)) == len(set(adapter.begun(running))) == len(adapter.table), (
            "each of them was begun once"
        )
        signed_in = [one for one in running.simulator.request_log.entries() if one.path == "/cloudapi/1.0.0/sessions"]
        assert len(signed_in) in (1, 2), "every session was over half way; the first may be of an earlier program"
        if teller != "library":
            _check_reports(adapter, home, found)
    for trouble, (verdict, word) in adapter.table.items():
        said_of_it = heard["library"][trouble]
        assert said_of_it.verdict == verdict, (trouble, said_of_it)
        assert word in said_of_it.reason, (trouble, said_of_it)
        assert bool(said_of_it.hint) == (verdict == "failed"), (trouble, said_of_it)
    assert heard["command"] == heard["library"]
    assert heard["module"] == heard["library"]


def _check_reports(adapter: Adapter, tmp_path: Path, found: dict[str, Said]) -> None:
    folder = max((tmp_path / "state" / "dr" / "runs").iterdir())
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "failed"
    assert adapter.by_trouble({one["name"]: one for group in report["groups"] for one in group["vms"]}) == found
    assert sorted(one["name"] for one in report["failures"]) == sorted(
        adapter.names[trouble] for trouble in adapter.failed
    )
    cases = {case.get("name"): case for case in etree.parse(str(folder / "report.xml")).iter("testcase")}
    text = re.sub(
        r"\s+",
        " ",
        etree.tostring(page.fromstring((folder / "report.html").read_bytes()), method="text", encoding="unicode"),
    )
    for trouble, name in adapter.names.items():
        (case,) = [case for title, case in cases.items() if title and title.startswith(name)]
        assert (case.find("failure") is not None) == (trouble in adapter.failed), trouble
        assert name in text
        if trouble in adapter.failed:
            assert adapter.table[trouble][1] in etree.tostring(case, encoding="unicode")
            assert adapter.table[trouble][1].lower() in text.lower()


# -- duplicate names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("adapter", [VR], ids=["vr"], indirect=True, scope="module")
def test_duplicate_name_starts_no_action(
    adapter: Adapter, running: SimulatorServer, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vms = adapter.replications(running)
    vms["replicated-0002"].name = "replicated-0001"
    with connect() as client, pytest.raises(AmbiguousMatchError, match="replicated-0001"):
        client.dr.act("failover", ["replicated-0001"])
    code = run(("dr", "failover", "replicated-0001", "--yes"))
    assert (code, "replicated-0001" in capsys.readouterr().err) == (9, True)
    env = environment({name: value for name, value in os.environ.items() if name.startswith("VCA_")}, home)
    done = run_module("vca_dr_failover", {"action": "failover", "vms": ["replicated-0001"]}, env)
    assert done.status != 0
    assert "AmbiguousMatchError" in done.output
    assert [one for one in running.simulator.request_log.entries() if "/action/" in one.path] == []
    assert not (home / "state" / "dr" / "runs").exists()
