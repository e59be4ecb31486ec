"""Tests of the storage of runs: folders and object stores."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.s3_server import s3_bucket
from vcloudair_core.errors import ConfigurationError
from vcloudair_core.recovery.journal.file_store import FileStore, FolderStore, StoreError
from vcloudair_core.recovery.journal.object_store import ObjectStore


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    with s3_bucket() as url:
        yield url


@pytest.fixture(params=["folder", "memory", "local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    unique = uuid.uuid4().hex
    if request.param == "folder":
        return FolderStore(tmp_path / "runs")
    if request.param == "s3":
        return ObjectStore(f"{request.getfixturevalue('s3_url')}/{unique}")
    return ObjectStore(f"memory://{unique}" if request.param == "memory" else f"local://{tmp_path}/runs")


def test_files_can_be_created_once_and_replaced(store: FileStore) -> None:
    assert store.read("run/a.json") is None
    assert store.create("run/a.json", b"first")
    assert not store.create("run/a.json", b"second")
    assert store.read("run/a.json") == b"first"
    store.replace("run/a.json", b"third")
    store.replace("run/b.json", b"other")
    assert store.create("run/events/00000001.json", b"event")
    assert store.names("run") == ["a.json", "b.json", "events"]
    assert store.names("missing") == []
    contents = store.read_all(["run/a.json", "run/b.json", "run/events/00000001.json", "run/missing.json"])
    assert contents == {"run/a.json": b"third", "run/b.json": b"other", "run/events/00000001.json": b"event"}


def test_the_age_of_a_file_uses_the_clock_of_the_storage(store: FileStore) -> None:
    assert store.age_s("run/a.json") is None
    store.create("run/a.json", b"")
    age = store.age_s("run/a.json")
    assert age is not None and -1 <= age < 60
    assert store.names("run") == ["a.json"], "the probe was removed"


def test_one_of_several_threads_creates_a_file(store: FileStore) -> None:
    for number in range(10):
        with ThreadPoolExecutor(4) as pool:
            created = list(pool.map(lambda at: store.create(f"run/{number}.json", b"%d" % at), range(4)))  # noqa: B023 - the pool ends in the loop
        assert created.count(True) == 1


def test_the_storage_refuses_to_create_a_file_twice(store: FileStore) -> None:
    if isinstance(store, ObjectStore):
        store.check_exclusive()
    assert store.names("") == []


def test_a_repeated_request_whose_response_was_lost_succeeds(s3_url: str) -> None:
    store = ObjectStore(f"{s3_url}/{uuid.uuid4().hex}")
    assert store.create("a.json", b"ours")
    assert store.create("a.json", b"ours")
    assert not store.create("a.json", b"theirs")


def test_a_server_that_ignores_conditions_is_refused(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ObjectStore(f"{s3_url}/{uuid.uuid4().hex}")
    real = store._fs.pipe_file

    def unconditional(path: str, data: bytes, mode: str = "overwrite", **options: Any) -> Any:
        return real(path, data, **options)

    monkeypatch.setattr(store._fs, "pipe_file", unconditional)
    with pytest.raises(ConfigurationError, match="ignores the header If-None-Match"):
        store.check_exclusive()


@pytest.mark.parametrize("url", ["gs://bucket/x", "http://host/x", "sftp://host/x", "nonsense://x"])
def test_backends_without_conditional_create_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot create a file only if it does not exist"):
        ObjectStore(url)


def test_an_unreachable_server_is_reported_with_the_address(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ObjectStore(f"{s3_url}/x")

    def fail(*arguments: Any, **options: Any) -> Any:
        raise ConnectionError("connection\nrefused")

    for name in ("pipe_file", "cat_file", "ls", "modified", "cat"):
        monkeypatch.setattr(store._fs, name, fail)
    calls = (
        lambda: store.create("a", b""), lambda: store.replace("a", b""), lambda: store.read("a"),
        lambda: store.names(""), lambda: store.age_s("a/b"), lambda: store.read_all(["a"]),
    )  # fmt: skip
    for call in calls:
        with pytest.raises(StoreError, match=r"s3://runs-\w+/state/x\. ConnectionError: connection refused\."):
            call()


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="Writing the storage of runs failed"):
        FolderStore(tmp_path / "file").create("run/a.json", b"")
