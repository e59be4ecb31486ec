"""Tests of locks on file systems with and without ``flock``."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from pathlib import Path
from typing import Any

import filelock
import pytest

from vcloudair_core.engine.lock import held
from vcloudair_core.util.file_locks import file_lock


@pytest.fixture
def no_flock(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*arguments: Any) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", missing)


def test_a_leftover_flock_file_does_not_block_a_soft_lock(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    with file_lock(tmp_path / "x.lock").acquire(timeout=1):
        pass
    (tmp_path / "x.lock").touch()  # some versions remove it
    request.getfixturevalue("no_flock")
    with held(tmp_path, "key", "the edge", 1.0):
        pass
    with file_lock(tmp_path / "x.lock").acquire(timeout=1):
        assert _is_taken(tmp_path / "x.lock")
    assert not _is_taken(tmp_path / "x.lock")


def test_a_lock_blocks_other_processes(tmp_path: Path) -> None:
    with file_lock(tmp_path / "x.lock").acquire(timeout=1):
        assert _is_taken(tmp_path / "x.lock")
    assert not _is_taken(tmp_path / "x.lock")


def _is_taken(path: Path) -> bool:
    results: list[bool] = []

    def attempt() -> None:
        try:
            with file_lock(path).acquire(timeout=0):
                results.append(False)
        except filelock.Timeout:
            results.append(True)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join(60)
    return results[0]
