"""Tests of shared runs: resume on another host, unreachable storage, lost leases."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.recovery_cloud import RecoveryCloud, name, recovery_cloud
from tests.support.s3_server import s3_bucket
from vcloudair_core.client import Client
from vcloudair_core.errors import ConfigurationError
from vcloudair_core.recovery.journal import lease
from vcloudair_core.recovery.journal.events import Event
from vcloudair_core.recovery.journal.file_store import FileStore, FolderStore, StoreError
from vcloudair_core.recovery.journal.object_store import ObjectStore
from vcloudair_core.recovery.journal.run_folders import read_journal, run_folder, run_ids
from vcloudair_core.recovery.journal.run_storage import storage_of
from vcloudair_core.recovery.plan.model import Group, PlannedVm, RecoveryPlan
from vcloudair_core.recovery.run.history import all_runs, typical_seconds
from vcloudair_core.recovery.run.runner import RunOptions, resume, start
from vcloudair_core.services.dr.operation_options import Stop
from vcloudair_core.settings.settings import Settings
from vcloudair_core.testing import simulated_app, simulator_settings

PLAN = RecoveryPlan(
    "payroll", (Group("a", (PlannedVm(name(1)), PlannedVm(name(2)))), Group("b", (PlannedVm(name(3)),), 2))
)
NAMES = [name(1), name(2), name(3)]
Host = Callable[[str], Client]


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    with s3_bucket() as url:
        yield url


@pytest.fixture(params=["folder", "memory", "s3"])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return f"file://{tmp_path}/shared"
    unique = uuid.uuid4().hex
    return f"memory://{unique}" if request.param == "memory" else f"{request.getfixturevalue('s3_url')}/{unique}"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[RecoveryCloud]:
    with recovery_cloud(tmp_path, 3) as made:
        yield made


@pytest.fixture
def host(cloud: RecoveryCloud, state_url: str, tmp_path: Path) -> Iterator[Host]:
    """Return a function that creates the client of a host."""
    with ExitStack() as stack:

        def make(title: str) -> Client:
            settings = {
                **simulator_settings(cloud.simulator),
                "state_dir": str(tmp_path / title),
                "state_url": state_url,
            }
            return stack.enter_context(simulated_app(cloud.simulator, cloud.clock).client(**settings))

        yield make


def stopping(stop: Stop, event: str, count: int = 1) -> Callable[[Event], None]:
    """Return an observer that stops a run after some events."""
    left = iter(range(count - 1))

    def observe(observed: Event) -> None:
        if observed["event"] == event and next(left, None) is None:
            stop.request("the test")

    return observe


def test_a_run_is_resumed_on_another_host(cloud: RecoveryCloud, host: Host) -> None:
    stop = Stop()
    first = start(host("one"), PLAN, "failover", RunOptions(stop=stop, observers=(stopping(stop, "vm_finished"),)))
    assert first.verdict == "interrupted"
    other = host("two")
    assert run_ids(other.settings) == [first.run_id]
    second = resume(other)
    assert (second.run_id, second.verdict) == (first.run_id, "succeeded")
    assert sorted(cloud.begun()) == NAMES
    for title in ("one", "two", "three"):
        folder = run_folder(host(title).settings)
        assert {"journal.jsonl", "plan.json", "report.html", "report.json", "report.xml"} <= {
            path.name for path in folder.iterdir()
        }
        assert json.loads((folder / "report.json").read_text(encoding="utf-8"))["verdict"] == "succeeded"
        events = read_journal(folder)
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        assert Counter(event["event"] for event in events)["vm_starting"] == 3
    assert typical_seconds(host("four").settings, "failover")
    assert [path.name for path, _ in all_runs(host("four").settings)] == [first.run_id]
    assert not list((Path(other.settings.state_dir or "") / "dr").glob("shared/*/active/*"))


@pytest.mark.parametrize("at", range(4, 22, 3))
def test_nothing_is_started_while_the_storage_is_unreachable(
    cloud: RecoveryCloud, host: Host, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    kinds: tuple[type, ...] = (FolderStore, ObjectStore)
    calls = iter(range(1, 10_000))
    stored: list[str] = []

    def failing(real: Any) -> Any:
        def call(store: FileStore, file: str, *arguments: Any) -> Any:
            if next(calls) >= at:
                raise StoreError("The storage is not reachable.", hint="Check the network.")
            return real(store, file, *arguments)

        return call

    client = host("one")
    with monkeypatch.context() as patch:
        for kind in kinds:
            for method in ("create", "read", "replace"):
                patch.setattr(kind, method, failing(getattr(kind, method)))
        try:
            report = start(client, PLAN, "failover")
            assert (report.verdict, report.reason) == ("interrupted", "The storage is not reachable")
        except ConfigurationError as exc:
            assert "not reachable" in exc.message
            assert cloud.begun() == []
        began = cloud.begun()
    assert len(began) < 3
    other = host("two")
    ids = run_ids(other.settings)
    if ids and began:
        stored = [
            event["name"] for event in read_journal(run_folder(other.settings)) if event["event"] == "vm_starting"
        ]
        assert set(began) <= set(stored), "an action was started before its event was stored"
        # The first process did not release its lease. It has ended in reality, which this process cannot see.
        report = resume(other, options=RunOptions(take_over=True))
        assert report.verdict == "succeeded"
        assert sorted(cloud.begun()) == NAMES


def test_a_lost_lease_stops_the_run_before_the_next_start(cloud: RecoveryCloud, host: Host) -> None:
    one, two = host("one"), host("two")
    taken: list[lease.Lease] = []
    begun: list[int] = []
    first = iter([True])  # threads report events of several VMs at the same time

    def take_over(event: Event) -> None:
        if event["event"] == "vm_finished" and next(first, False):
            storage = storage_of(two.settings)
            assert storage.store is not None
            taken.append(lease.acquire(storage.store, run_ids(two.settings)[0], take_over=True))
            begun.append(len(cloud.begun()))

    report = start(one, PLAN, "failover", RunOptions(observers=(take_over,)))
    assert report.verdict == "interrupted"
    assert "It was taken over by process" in report.reason
    assert len(cloud.begun()) == begun[0] < 3
    before = read_journal(run_folder(two.settings))
    assert before[-1]["event"] not in ("run_interrupted", "run_finished"), "the earlier holder appended nothing"
    taken[0].release()
    assert resume(two).verdict == "succeeded"
    assert sorted(cloud.begun()) == NAMES


def test_a_resumed_run_cannot_be_appended_by_an_earlier_holder(cloud: RecoveryCloud, host: Host) -> None:
    stop = Stop()
    start(host("one"), PLAN, "failover", RunOptions(stop=stop, observers=(stopping(stop, "vm_finished"),)))
    from vcloudair_core.recovery.journal.run_journal import JournalError, reopen_journal

    settings = host("two").settings
    (run_id,) = run_ids(settings)
    late, _ = reopen_journal(settings, run_id)
    late.append("run_resumed")
    current, _ = reopen_journal(settings, run_id, take_over=True)
    current.append("run_resumed")
    for _ in range(2):
        with pytest.raises(JournalError, match="taken over by process"):
            late.append("vm_starting")
    current.append("run_interrupted")
    late.close()
    current.close()
    names = [event["event"] for event in read_journal(run_folder(settings))]
    assert names[-3:] == ["run_resumed", "run_resumed", "run_interrupted"]
    assert "vm_starting" not in names[-3:]


# -- addresses --------------------------------------------------------------------------------------------------------


def settings_of(tmp_path: Path, url: str) -> Settings:
    return Settings.load({"state_dir": str(tmp_path), "state_url": url}, environ={"VCA_CONFIG_FILE": ""})


@pytest.mark.parametrize("form", ["{}", "file://{}", "file://localhost{}"])
def test_a_folder_can_be_a_path_or_a_url(tmp_path: Path, form: str) -> None:
    folder = tmp_path / "with space"
    storage = storage_of(settings_of(tmp_path, form.format(str(folder))))
    assert storage.runs == folder / "dr" / "runs"
    assert isinstance(storage.store, FolderStore)


def test_a_url_can_contain_escapes(tmp_path: Path) -> None:
    assert storage_of(settings_of(tmp_path, "file:///mnt/with%20space")).runs == Path("/mnt/with space/dr/runs")


def test_without_a_url_runs_stay_in_the_state_folder(tmp_path: Path) -> None:
    storage = storage_of(settings_of(tmp_path, ""))
    assert (storage.runs, storage.store) == (tmp_path / "dr" / "runs", None)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("relative/folder", "must be absolute"),
        ("file:relative", "must be absolute"),
        ("file://server/share", "must not name a host"),
        ("s3://key:secret@bucket/x", "contains credentials"),
        ("file://user:secret@localhost/x", "contains credentials"),
        ("https://bucket.example.com/x", "cannot create a file only if it does not exist"),
    ],
)
def test_invalid_addresses_are_rejected(tmp_path: Path, url: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason) as raised:
        storage_of(settings_of(tmp_path, url))
    assert "secret" not in f"{raised.value}{raised.value.hint}"
