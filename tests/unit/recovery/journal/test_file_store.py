"""Tests of the files of runs in a folder that several hosts can mount."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from vcloudair_core.recovery.journal.file_store import FolderStore


def test_a_file_is_created_once(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    assert store.create("run/lease-000001.json", b"first") is True
    assert store.create("run/lease-000001.json", b"second") is False
    assert store.read("run/lease-000001.json") == b"first"
    assert store.names("run") == ["lease-000001.json"]
    assert (tmp_path / "run" / "lease-000001.json").stat().st_mode & 0o777 == 0o600


def test_a_new_file_is_never_seen_without_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    link = os.link

    def observed(draft: Path, path: Path) -> None:
        seen.append((path.exists(), draft.read_bytes()))
        link(draft, path)

    monkeypatch.setattr(os, "link", observed)
    assert FolderStore(tmp_path).create("a", b"content") is True
    assert seen == [(False, b"content")]


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOTSUP, errno.ENOSYS])
def test_file_systems_without_hard_links_are_supported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refused(draft: Path, path: Path) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refused)
    store = FolderStore(tmp_path)
    assert store.create("a", b"first") is True
    assert store.create("a", b"second") is False
    assert (store.read("a"), store.names("")) == (b"first", ["a"])


def test_a_repeated_request_of_nfs_counts_as_created(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link

    def repeated(draft: Path, path: Path) -> None:
        link(draft, path)
        link(draft, path)

    monkeypatch.setattr(os, "link", repeated)
    assert FolderStore(tmp_path).create("a", b"content") is True
