"""Tests of dependency reviews and licenses, and of the vulnerability audit."""

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


def test_exactly_the_shipped_dependencies_are_reviewed() -> None:
    assert set(dependencies.shipped()) == set(dependencies.REVIEWS)
    for name, review in dependencies.REVIEWS.items():
        assert all((review.why, review.license, review.given, review.reviewed)), name


@pytest.mark.parametrize("name", dependencies.REVIEWS)
def test_reviewed_license_equals_package_metadata(name: str) -> None:
    try:
        metadata: Any = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed here")
    license_text = metadata.get("License-Expression") or " ".join(
        [metadata.get("License") or "", *(metadata.get_all("Classifier") or [])]
    )
    reviewed_license = dependencies.REVIEWS[name].license
    first = re.split(r"[ -]", reviewed_license.replace("PSF-like", "Python Software Foundation"))[0]
    assert {"GPL": "GNU General"}.get(first, first) in license_text, f"{name}: {license_text[:200]}"


@pytest.mark.parametrize("name", dependencies.REVIEWS)
def test_installed_version_meets_the_requirement(name: str) -> None:
    least, _ = dependencies.shipped()[name]
    try:
        installed = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed here")
    assert _numbers(installed) >= _numbers(least)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


WELL: dict[str, Any] = {"name": "requests", "version": "2.34.2", "vulns": []}
WEAK: dict[str, Any] = {"name": "lxml", "version": "5.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["5.1"]}]}
UNKNOWN_KEY: dict[str, Any] = {"name": "rich", "skip_reason": "not found on PyPI"}


@pytest.mark.parametrize(
    ("output", "status", "message"),
    [
        ([WELL], 0, "1 packages were audited, 0 have"),
        ([WELL, WEAK], 1, "lxml 5.0: PYSEC-1, fixed in 5.1"),
        ([UNKNOWN_KEY], audit.UNKNOWN, "Nothing was audited"),
        ([WELL, UNKNOWN_KEY], 1, "Not audited: rich"),
        ([{"name": "vcloudair-core", "skip_reason": "x"}, WELL], 0, "1 packages"),
        ([], audit.UNKNOWN, "Nothing was audited"),
    ],
)
def test_audit_without_data_fails(
    output: list[dict[str, Any]], status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.report(output) == status
    assert message in capsys.readouterr().out


@pytest.mark.parametrize("output", ["", "not json", json.dumps([]), json.dumps({"x": 1})])
def test_failed_audit_fails(output: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    completed = subprocess.CompletedProcess([], 1, output, "no route to host")
    monkeypatch.setattr(audit.subprocess, "run", lambda *arguments, **keywords: completed)
    assert audit.main() == audit.UNKNOWN
    assert "no route to host" in capsys.readouterr().out
