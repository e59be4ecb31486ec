"""Check that library, command, module and report agree on the verdict of a fault."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

TABLE = {
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
"""The verdict of a failover and a part of the reason, by fault."""

STUCK_S, VERIFY_S = 2.0, 1.5
FAILED = sorted(trouble for trouble, (verdict, _) in TABLE.items() if verdict == "failed")


class Said(NamedTuple):
    """A verdict on a VM, and its reason without details that differ between runs.

    These details are times in seconds, and the state of an unfinished task at the last poll.
    """

    verdict: str
    reason: str
    hint: str


def said(vm: dict[str, Any]) -> Said:
    reason = re.sub(r"the task is (queued|running)", "the task is not over", vm["reason"])
    return Said(vm["verdict"], re.sub(r"\d+ s\b", "N s", reason), vm["hint"])


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorServer]:
    config = SimulatorConfig(profile="vcd", replications=len(TABLE), dr_task_s=0.8)
    with SimulatorServer(config) as server:
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


@contextmanager
def troubled(server: SimulatorServer) -> Iterator[None]:
    """Add a fault for each VM, failing polls, and sessions that expire midway."""
    server.simulator.reset()
    for vm, trouble in zip(_vms(server).values(), TABLE, strict=True):
        vm.trouble = trouble
    server.simulator.faults.clear()
    server.simulator.faults.add("status", method="GET", path="/api/task", status=503, count=3)
    is_over = threading.Event()
    watcher = threading.Thread(target=_end_sessions_half_way, args=(server, is_over))
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()


def _end_sessions_half_way(server: SimulatorServer, is_over: threading.Event) -> None:
    while not is_over.wait(0.02):
        if len(_begun(server)) == len(TABLE):
            server.simulator.sessions.expire_all()
            return


def _begun(server: SimulatorServer) -> list[str]:
    """Return the accepted requests for a failover."""
    sent = server.simulator.request_log.entries(method="POST", path="/action/failover")
    return [entry.path for entry in sent if entry.status in (200, 201, 202)]


def _vms(server: SimulatorServer) -> dict[str, Any]:
    return {one.name: one for one in server.simulator.world.replications.values()}


def _by_trouble(vms: dict[str, dict[str, Any]]) -> dict[str, Said]:
    return {trouble: said(vms[name]) for trouble, name in _names().items()}


def _names() -> dict[str, str]:
    return {trouble: f"replicated-{number:04}" for number, trouble in enumerate(TABLE, 1)}


# -- interfaces ----------------------------------------------------------------------------------------------------


def by_library(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, dict[str, Any]], bool]:
    with connect() as client:
        options = OperationOptions(stuck_after=STUCK_S, verify_timeout=VERIFY_S)
        found = client.dr.act("failover", sorted(_names().values()), options=options)
    return {one.name: one.as_dict() for one in found}, any(one.is_failed for one in found)


def by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, dict[str, Any]], bool]:
    limits = ("--stuck-after", str(STUCK_S), "--verify-timeout", str(VERIFY_S))
    code = run(("dr", "failover", *_names().values(), "--yes", *limits, "-o", "json"))
    out, err = capsys.readouterr()
    assert code in (0, 8), err
    assert f"{len(FAILED)} of {len(TABLE)} VMs were not recovered" in err
    return {one["name"]: one for one in json.loads(out)}, code == 8


def by_module(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, dict[str, Any]], bool]:
    env = {**environment({name: value for name, value in os.environ.items() if name.startswith("VCA_")}, tmp_path)}
    limits = {"stuck_after": STUCK_S, "verify_timeout": VERIFY_S}
    done = run_module("vca_dr_failover", {"action": "failover", "vms": sorted(_names().values()), **limits}, env)
    result = json.loads(done.output[done.output.index("=> {") + 3 :])
    assert result["summary"]["failed"] == len(FAILED)
    assert f"{len(FAILED)} of {len(TABLE)} VMs failed" in result["msg"]
    assert result["changed"] is True
    return {one["name"]: one for one in result["vms"]}, done.status != 0 and "FAILED! =>" in done.output


Teller = Callable[[Path, "pytest.CaptureFixture[str]"], "tuple[dict[str, dict[str, Any]], bool]"]
TELLERS: dict[str, Teller] = {"library": by_library, "command": by_command, "module": by_module}


# -- the table -----------------------------------------------------------------------------------------------------


def test_table_has_every_simulated_fault() -> None:
    assert set(TABLE) - {""} == set(TROUBLES)


def test_library_command_module_and_report_agree_on_the_verdict(
    running: SimulatorServer, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heard: dict[str, dict[str, Said]] = {}
    for teller, tell in TELLERS.items():
        # The cloud is a new one at the same address, so it must not use the saved state of the old one.
        shutil.rmtree(home / "state", ignore_errors=True)
        with troubled(running):
            vms, has_failed = tell(home, capsys)
        found = heard[teller] = _by_trouble(vms)
        assert has_failed
        assert len(_begun(running)) == len(set(_begun(running))) == len(TABLE), "each of them was begun once"
        signed_in = [one for one in running.simulator.request_log.entries() if one.path == "/cloudapi/1.0.0/sessions"]
        assert len(signed_in) in (1, 2), "every session was over half way; the first may be of an earlier program"
        if teller != "library":
            _check_reports(home, found)
    for trouble, (verdict, word) in TABLE.items():
        said_of_it = heard["library"][trouble]
        assert said_of_it.verdict == verdict, (trouble, said_of_it)
        assert word in said_of_it.reason, (trouble, said_of_it)
        assert bool(said_of_it.hint) == (verdict == "failed"), (trouble, said_of_it)
    assert heard["command"] == heard["library"]
    assert heard["module"] == heard["library"]


def _check_reports(tmp_path: Path, found: dict[str, Said]) -> None:
    folder = max((tmp_path / "state" / "dr" / "runs").iterdir())
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "failed"
    assert _by_trouble({one["name"]: one for group in report["groups"] for one in group["vms"]}) == found
    assert sorted(one["name"] for one in report["failures"]) == sorted(_names()[trouble] for trouble in FAILED)
    cases = {case.get("name"): case for case in etree.parse(str(folder / "report.xml")).iter("testcase")}
    text = re.sub(
        r"\s+",
        " ",
        etree.tostring(page.fromstring((folder / "report.html").read_bytes()), method="text", encoding="unicode"),
    )
    for trouble, name in _names().items():
        (case,) = [case for title, case in cases.items() if title and title.startswith(name)]
        assert (case.find("failure") is not None) == (trouble in FAILED), trouble
        assert name in text
        if trouble in FAILED:
            assert TABLE[trouble][1] in etree.tostring(case, encoding="unicode")
            assert TABLE[trouble][1].lower() in text.lower()


# -- duplicate names -----------------------------------------------------------------------------------------------


def test_duplicate_name_starts_no_action(
    running: SimulatorServer, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vms = _vms(running)
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
