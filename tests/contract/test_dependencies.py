"""Dependencies are reviewed, with their licenses. An audit without data fails."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import re
import subprocess
import sys
from typing import Any

import pytest

from tests.support.documents import ROOT

sys.path.insert(0, str(ROOT / "tools"))
audit: Any = importlib.import_module("audit")
dependencies: Any = importlib.import_module("dependencies")
sys.path.remove(str(ROOT / "tools"))


def test_everything_shipped_is_reviewed_and_nothing_else() -> None:
    assert set(dependencies.shipped()) == set(dependencies.REVIEWS)
    for name, review in dependencies.REVIEWS.items():
        assert all((review.why, review.licence, review.given, review.reviewed)), name


@pytest.mark.parametrize("name", dependencies.REVIEWS)
def test_the_licence_is_what_the_package_says(name: str) -> None:
    try:
        said: Any = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed here")
    words = said.get("License-Expression") or " ".join([said.get("License") or "", *(said.get_all("Classifier") or [])])
    wanted = dependencies.REVIEWS[name].licence
    first = re.split(r"[ -]", wanted.replace("PSF-like", "Python Software Foundation"))[0]
    assert {"GPL": "GNU General"}.get(first, first) in words, f"{name}: {words[:200]}"


@pytest.mark.parametrize("name", dependencies.REVIEWS)
def test_what_is_installed_is_no_older_than_what_is_asked_for(name: str) -> None:
    least, _ = dependencies.shipped()[name]
    try:
        installed = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed here")
    assert _numbers(installed) >= _numbers(least)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


WELL: dict[str, Any] = {"name": "requests", "version": "2.34.2", "vulns": []}
WEAK: dict[str, Any] = {"name": "lxml", "version": "5.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["5.1"]}]}
UNKNOWN_KEY: dict[str, Any] = {"name": "rich", "skip_reason": "not found on PyPI"}


@pytest.mark.parametrize(
    ("found", "status", "says"),
    [
        ([WELL], 0, "1 packages were audited, 0 have"),
        ([WELL, WEAK], 1, "lxml 5.0: PYSEC-1, mended in 5.1"),
        ([UNKNOWN_KEY], audit.UNKNOWN, "Nothing was audited"),
        ([WELL, UNKNOWN_KEY], 1, "Not audited: rich"),
        ([{"name": "vcloudair-core", "skip_reason": "x"}, WELL], 0, "1 packages"),
        ([], audit.UNKNOWN, "Nothing was audited"),
    ],
)
def test_an_audit_that_saw_nothing_does_not_pass(
    found: list[dict[str, Any]], status: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.told(found) == status
    assert says in capsys.readouterr().out


@pytest.mark.parametrize("said", ["", "not json", json.dumps([]), json.dumps({"x": 1})])
def test_nor_one_that_failed(said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    done = subprocess.CompletedProcess([], 1, said, "no route to host")
    monkeypatch.setattr(audit.subprocess, "run", lambda *arguments, **keywords: done)
    assert audit.main() == audit.UNKNOWN
    assert "no route to host" in capsys.readouterr().out
