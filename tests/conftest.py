"""What every test gets."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

MAY_RUN_AGAIN = (
    "awx/",
    "benchmarks/",
    "eda/",
    "e2e/test_docs_site.py",
    "e2e/test_exporter.py",
    "e2e/test_report_in_chromium.py",
)
"""Tests that drive programs of others (browsers, Prometheus, Java) or measure time; ``--reruns`` counts for them only.

All others prove what must hold each time: nothing is started twice, no update is lost, verdicts and secrets. One that
fails now and then has found something.
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Never run a failed test again unless its file is among those that may."""
    base = Path(__file__).parent
    for item in items:
        if not item.path.is_relative_to(base):
            continue
        if not item.path.relative_to(base).as_posix().startswith(MAY_RUN_AGAIN):
            item.add_marker(pytest.mark.flaky(reruns=0))


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
