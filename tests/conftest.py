"""Fixtures of all tests."""

from __future__ import annotations

import functools
import gc
import importlib.metadata
import os
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# A loaded host makes each example slow; the number of examples bounds a test, not its time.
settings.register_profile("any host", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any host")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each process of a parallel run begin with its share of the slow tests, so that none of them is the last."""
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    slow = [item for item in items if item.get_closest_marker("slow")]
    if processes == 1 or not slow:
        return
    quick = [item for item in items if not item.get_closest_marker("slow")]
    # Each process gets so many neighbors at first.
    size, left = divmod(len(items), processes)
    ordered: list[pytest.Item] = []
    for number in range(processes):
        first = slow[number::processes]
        more = size + (number < left) - len(first)
        ordered += first + quick[: max(0, more)]
        del quick[: max(0, more)]
    items[:] = ordered + quick


def pytest_collection_finish() -> None:
    """Look for garbage among what tests make only: all that is collected stays to the end, and is much."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def _entry_points_read_once() -> Iterator[None]:
    """Read entry points once for each ``sys.path``: reading them takes most of the time of an App."""
    read = importlib.metadata.entry_points

    @functools.cache
    def read_once(path: tuple[str, ...], **parameters: str) -> Any:
        return read(**parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importlib.metadata, "entry_points", lambda **parameters: read_once(tuple(sys.path), **parameters))
        yield


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folders that are not made before somebody writes there: looking for a free number among thousands takes long."""
    base = tmp_path_factory.mktemp("homes")
    return (base / str(number) for number in count())


@pytest.fixture(autouse=True)
def _own_folders(_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks, stages, fingerprints and kept sessions of a test are its own, and not those of whoever runs it."""
    base = next(_homes)
    monkeypatch.setenv("XDG_STATE_HOME", str(base / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(base / "cache"))
