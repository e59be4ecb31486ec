"""Tests of leases: exclusion, take-over, renewals and fencing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from vcloudair_core.errors import LockTimeoutError
from vcloudair_core.recovery.journal import lease as module
from vcloudair_core.recovery.journal.file_store import FolderStore, StoreError
from vcloudair_core.recovery.journal.lease import Lease, LeaseLostError, RunHeldError, acquire, holder_of
from vcloudair_core.util.clock import FakeClock

RUN = "20261201-010203-004-abcd"


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def edit(store: FolderStore, number: int = 1, age_s: float = 0.0, **process: Any) -> Path:
    """Change the process in a lease file, and the age of the file."""
    path = store.root / RUN / f"lease-{number:06}.json"
    record = json.loads(path.read_bytes())
    record["process"].update(process)
    path.write_text(json.dumps(record), encoding="utf-8")
    written = time.time() - age_s
    os.utime(path, (written, written))
    return path


def elsewhere(store: FolderStore, number: int = 1, age_s: float = 0.0) -> Path:
    """Turn the holder of a lease into a process on another host."""
    return edit(store, number, age_s, host="pod-1", boot="another", user="awx", pid=7)


def test_a_second_process_is_refused_and_the_holder_is_named(store: FolderStore) -> None:
    held = acquire(store, RUN)
    with pytest.raises(RunHeldError, match=f"held by process {os.getpid()} of user ") as raised:
        acquire(store, RUN)
    assert isinstance(raised.value, LockTimeoutError)
    held.release()


def test_a_released_lease_is_free(store: FolderStore) -> None:
    acquire(store, RUN).release()
    assert holder_of(store, RUN) == ""
    again = acquire(store, RUN)
    assert str(os.getpid()) in holder_of(store, RUN)
    again.check()
    again.release()


def test_a_process_of_this_host_that_ended_holds_nothing(store: FolderStore) -> None:
    acquire(store, RUN)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    edit(store, pid=ended.pid)
    acquire(store, RUN).release()


def test_a_reused_process_id_is_recognized(store: FolderStore) -> None:
    acquire(store, RUN)
    edit(store, ticks="1")
    acquire(store, RUN).release()


def test_a_running_process_of_this_host_is_never_taken_over(store: FolderStore) -> None:
    acquire(store, RUN)
    edit(store, age_s=86400)
    with pytest.raises(RunHeldError):
        acquire(store, RUN)


def test_a_lease_of_another_host_is_kept_until_it_expires(store: FolderStore, clock: FakeClock) -> None:
    acquire(store, RUN)
    elsewhere(store, age_s=40)
    with pytest.raises(RunHeldError, match="process 7 of user awx on host pod-1") as raised:
        acquire(store, RUN, clock=clock)
    assert "after 20 seconds" in raised.value.hint
    assert "--take-over" in raised.value.hint
    assert clock.slept == []


def test_an_expired_lease_is_watched_before_it_is_taken_over(store: FolderStore, clock: FakeClock) -> None:
    acquire(store, RUN)
    elsewhere(store, age_s=61)
    acquire(store, RUN, clock=clock).release()
    assert sum(clock.slept) == module.TIMES.watch_s


def test_a_renewal_while_the_lease_is_watched_keeps_it(store: FolderStore, clock: FakeClock) -> None:
    acquire(store, RUN)
    path = elsewhere(store, age_s=61)

    class Renewing(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if len(self.slept) == 5:
                path.write_text(path.read_text(encoding="utf-8").replace('"renewals": 0', '"renewals": 1'))

    with pytest.raises(RunHeldError, match="pod-1"):
        acquire(store, RUN, clock=Renewing())


def test_an_operator_can_take_over_and_the_earlier_holder_stops(store: FolderStore) -> None:
    first = acquire(store, RUN)
    first.check()
    second = acquire(store, RUN, take_over=True)
    with pytest.raises(LeaseLostError, match=f"taken over by process {os.getpid()}"):
        first.check()
    assert first.is_lost
    first.release()
    second.check()
    assert holder_of(store, RUN) != "", "the earlier holder must not release the new lease"
    second.release()


def test_a_holder_that_cannot_renew_stops_before_the_lease_expires(store: FolderStore, clock: FakeClock) -> None:
    held = acquire(store, RUN, clock=clock)
    clock.advance(module.TIMES.fence_s)
    held.check()
    held.renew()
    clock.advance(module.TIMES.fence_s)
    held.check()
    clock.advance(1)
    with pytest.raises(LeaseLostError, match="could not be renewed for 30 seconds"):
        held.check()
    with pytest.raises(LeaseLostError):
        held.renew()
    assert module.TIMES.fence_s < module.TIMES.expires_s


def test_a_failing_renewal_is_repeated_by_the_thread(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMES", module.LeaseTimes(renew_s=0.001))
    failures = iter(range(3))
    real = Lease.renew
    outcomes: list[str] = []

    def renew(self: Lease) -> None:
        if next(failures, None) is not None:
            outcomes.append("failed")
            raise StoreError("The storage is not reachable.")
        real(self)
        outcomes.append("renewed")

    monkeypatch.setattr(Lease, "renew", renew)
    held = acquire(store, RUN)
    while "renewed" not in outcomes:
        time.sleep(0.001)
    held.release()
    assert outcomes[:4] == ["failed", "failed", "failed", "renewed"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"process": {}}'])
def test_an_unreadable_lease_is_held_until_it_expires(store: FolderStore, clock: FakeClock, content: bytes) -> None:
    assert store.create(f"{RUN}/lease-000001.json", content)
    with pytest.raises(RunHeldError, match="an unknown process"):
        acquire(store, RUN, clock=clock)
    path = store.root / RUN / "lease-000001.json"
    os.utime(path, (time.time() - 61, time.time() - 61))
    acquire(store, RUN, clock=clock).release()


def test_the_storage_decides_between_two_processes_that_see_a_free_lease(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    acquire(store, RUN).release()
    monkeypatch.setattr(module, "_newest_number", lambda store, run_id: 1)
    winner = acquire(store, RUN)
    with pytest.raises(RunHeldError, match=str(os.getpid())):
        acquire(store, RUN)
    winner.release()
