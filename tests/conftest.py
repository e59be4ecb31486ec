"""Fixtures for all tests."""

from __future__ import annotations

import functools
import gc
import os
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.tiers import one_in

# A loaded host makes each example slow; the number of examples bounds a test, not its time.
settings.register_profile("any host", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any host")


@pytest.hookimpl(tryfirst=True, specname="pytest_collection_modifyitems")
def pytest_select_variants(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect exhaustive variants if TEST_ONE_IN asks for a sample."""
    kept = set(map(id, one_in(int(os.environ.get("TEST_ONE_IN", "1")), items)))
    dropped = [item for item in items if id(item) not in kept]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if id(item) in kept]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move slow tests to the start, and distribute these tests to all processes."""
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    slow = [item for item in items if item.get_closest_marker("slow")]
    if processes == 1 or not slow:
        return
    quick = [item for item in items if not item.get_closest_marker("slow")]
    # xdist gives each process this number of consecutive tests at first.
    size, remainder = divmod(len(items), processes)
    ordered: list[pytest.Item] = []
    for number in range(processes):
        first = slow[number::processes]
        quick_count = size + (number < remainder) - len(first)
        ordered += first + quick[: max(0, quick_count)]
        del quick[: max(0, quick_count)]
    items[:] = ordered + quick


def pytest_collection_finish() -> None:
    """Exclude the objects of collected tests from garbage collection, to save time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def _cached_entry_points() -> Iterator[None]:
    """Find plugins only once for each value of ``sys.path``.

    Each test has an empty cache folder, so the plugin cache itself does not save time.
    """
    from vcloudair_core.plugin import installed_plugins

    find = installed_plugins.installed_plugins

    @functools.cache
    def find_once(path: tuple[str, ...]) -> list[installed_plugins.InstalledPlugin]:
        return find()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(installed_plugins, "installed_plugins", lambda: find_once(tuple(sys.path)))
        yield


@pytest.fixture(scope="session")
def _folder_paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return numbered folder paths. A folder is created when it is first written to.

    Creating a temporary folder for each of thousands of tests takes too long.
    """
    base = tmp_path_factory.mktemp("homes")
    return (base / str(number) for number in count())


@pytest.fixture(autouse=True)
def _separate_state_folders(_folder_paths: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test separate folders for locks, staged changes and sessions."""
    base = next(_folder_paths)
    monkeypatch.setenv("XDG_STATE_HOME", str(base / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(base / "cache"))
