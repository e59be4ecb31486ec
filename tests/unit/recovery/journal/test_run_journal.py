"""Tests of the run journal: full disks, clock changes, and a second process."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.recovery_cloud import RecoveryCloud, name, recovery_cloud
from vcloudair_core.errors import ConfigurationError, LockTimeoutError
from vcloudair_core.recovery.journal import run_journal as module
from vcloudair_core.recovery.journal.run_folders import newest_run, read_journal, run_ids, runs_folder
from vcloudair_core.recovery.journal.run_journal import JournalError, create_journal, reopen_journal
from vcloudair_core.recovery.plan.model import Group, PlannedVm, RecoveryPlan
from vcloudair_core.recovery.report.run_report import report_of
from vcloudair_core.recovery.run.history import all_runs
from vcloudair_core.recovery.run.runner import resume, start

Make = Callable[..., RecoveryCloud]
PLAN = RecoveryPlan("payroll", (Group("g", (PlannedVm(name(1)), PlannedVm(name(2)))),))


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    with ExitStack() as stack:
        yield lambda count=2, **config: stack.enter_context(recovery_cloud(tmp_path, count, **config))


@pytest.mark.parametrize("at", range(1, 9))
@pytest.mark.parametrize("written", [0, 5])
def test_a_failed_write_interrupts_the_run_and_leaves_whole_lines(
    make: Make, monkeypatch: pytest.MonkeyPatch, at: int, written: int
) -> None:
    cloud = make()
    real, count = os.write, iter(range(1, 10_000))

    def write(file: int, data: bytes) -> int:
        if next(count) < at:
            return real(file, data)
        if written and len(data) > written:
            real(file, data[:written])  # part of a line is written before the disk is full
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(module, "_write_all", lambda file, data: write(file, data))
    report = start(cloud.client, PLAN, "failover") if at > 1 else None
    if report is None:
        with pytest.raises(ConfigurationError):
            start(cloud.client, PLAN, "failover")
        assert cloud.posts() == []
        return
    assert report.verdict == "interrupted"
    assert "Writing the run journal failed" in report.reason
    assert "failed" not in {vm.verdict for vm in report.vms}
    path = runs_folder(cloud.client.settings) / report.run_id / "journal.jsonl"
    assert path.read_bytes().endswith(b"\n")
    assert len(read_journal(path.parent)) == at - 1
    monkeypatch.undo()
    again = resume(cloud.client)
    assert (again.verdict, sorted(cloud.begun())) == ("succeeded", [name(1), name(2)])


def test_nothing_is_appended_after_a_failed_write(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = create_journal(make(0).client.settings)
    journal.append("first")

    def full(file: int, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(module, "_write_all", full)
        with pytest.raises(JournalError):
            journal.append("second")
    with pytest.raises(JournalError):
        journal.append("third")
    assert [event["event"] for event in read_journal(journal.folder)] == ["first"]
    journal.close()


def test_the_newest_run_is_last_even_if_the_clock_was_set_back(make: Make) -> None:
    settings = make(0).client.settings
    folder = runs_folder(settings)
    (folder / "20991231-235959-999-abcd").mkdir(parents=True, mode=0o700)
    (folder / "20991231-235959-999-abcd" / "journal.jsonl").write_text("")
    journal = create_journal(settings)
    journal.close()
    assert newest_run(settings) == journal.run_id == run_ids(settings)[-1]


def test_a_run_is_locked_from_reading_to_closing(make: Make) -> None:
    settings = make(0).client.settings
    first = create_journal(settings)
    first.append("run_started")
    first.close()
    again, _ = reopen_journal(settings, first.run_id)
    with pytest.raises(LockTimeoutError):
        reopen_journal(settings, first.run_id)
    again.close()
    reopen_journal(settings, first.run_id)[0].close()


def test_unreadable_runs_are_listed_with_the_reason(make: Make) -> None:
    settings = make(0).client.settings
    folder = runs_folder(settings)
    for run, text in (("20260101-000000-000-aaaa", "nonsense\n"), ("20260102-000000-000-bbbb", "")):
        (folder / run).mkdir(parents=True, mode=0o700)
        (folder / run / "journal.jsonl").write_text(text)
    (folder / "20260103-000000-000-cccc").mkdir(mode=0o700)
    listed = {path.name: reason for path, reason in all_runs(settings)}
    assert "damaged" in listed["20260101-000000-000-aaaa"]
    assert "before anything was started" in listed["20260102-000000-000-bbbb"]
    assert listed["20260103-000000-000-cccc"] == "The folder has no journal"


def test_durations_do_not_depend_on_the_clock_of_the_host() -> None:
    def event(seq: int, at: str, mono: float, kind: str, **fields: Any) -> dict[str, Any]:
        return {"seq": seq, "at": f"2026-11-29T{at}Z", "mono": mono, "event": kind, **fields}

    vms = [{"id": "a", "name": "web1", "href": "x"}]
    events = [
        event(1, "12:00:00.000", 100.0, "run_started", groups=[{"name": "g", "vms": vms}], action="failover"),
        event(2, "12:00:10.000", 110.0, "vm_starting", id="a", name="web1", group="g", attempt=1),
        event(3, "09:00:40.000", 140.0, "vm_started", id="a", task="t"),
        event(4, "09:01:10.000", 170.0, "vm_finished", id="a", name="web1", group="g", attempt=1, verdict="succeeded"),
        event(5, "09:01:11.000", 171.0, "run_finished", verdict="succeeded", summary={}),
    ]
    report = report_of(events)
    assert (report.seconds, report.vms[0].seconds, report.rto.reached_s) == (71.0, 60.0, 70.0)
    assert any("set back" in doubt for doubt in report.doubts)
