"""Expensive fixtures that one test process creates for all test processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def make_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that ``make`` fills once in a test run with several processes.

    Tests must not write to the folder. If ``make`` fails, all tests that need the folder fail.
    """
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # The parent folder is common to all processes of the run.
    folder, done, failed = base / name, base / f"{name}.done", base / f"{name}.failed"
    with FileLock(base / f"{name}.lock"):
        if failed.exists():
            pytest.fail(failed.read_text(encoding="utf-8"))
        if not done.exists():
            folder.mkdir()
            try:
                make(folder)
            except Exception as exc:
                failed.write_text(f"{type(exc).__name__}: {exc}", encoding="utf-8")
                raise
            done.touch()
    return folder
