"""Tests of version numbers in all files, and of the generated changelog."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import processes
from tests.support.ansible import BIN, ROOT
from vcloudair_core.util import strict_yaml


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return ``tools/release.py`` as a module."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module("release")


def test_every_file_has_the_library_version(release: Any) -> None:
    assert release.problems() == []
    assert release.problems(f"v{release.version()}") == []


def test_reports_a_wrong_tag_or_version(release: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert release.problems("v9.9.9") == [f"The tag is v9.9.9, not v{release.version()}."]
    monkeypatch.setattr(release, "version", lambda: "9.9.9")
    lines = release.problems()
    assert len(lines) == len(release.places()) + len(release.requirements())
    assert any(line.startswith("galaxy.yml names version") for line in lines)


def test_collection_requires_the_minor_release_of_the_library(release: Any) -> None:
    major, minor, _ = release.version().split(".")
    declared = (ROOT / "requirements.txt").read_text(encoding="utf-8").strip()
    assert declared == f"vcloudair-core[dr]>={release.requirements()['requirements.txt']},<{major}.{int(minor) + 1}"


def test_changelog_has_the_released_changes(tmp_path: Path) -> None:
    output = tmp_path / "CHANGELOG.md"
    command = [str(BIN / "antsibull-changelog"), "generate", "--output", str(output), "--output-format", "md"]
    processes.run(command, cwd=ROOT, check=True, capture_output=True)
    assert (ROOT / "CHANGELOG.md").read_text(encoding="utf-8") == output.read_text(encoding="utf-8")


def test_changes_have_no_duplicate_keys() -> None:
    for path in (ROOT / "changelogs").rglob("*.y*ml"):
        assert strict_yaml.read(path.read_text(encoding="utf-8")).issues == (), path.name


def test_fragments_are_yaml_with_known_sections() -> None:
    config = yaml.safe_load((ROOT / "changelogs" / "config.yaml").read_text(encoding="utf-8"))
    known = {name for name, _ in config["sections"]} | {"release_summary", "trivial"}
    assert "bugfixes" in known
    for path in (ROOT / "changelogs" / "fragments").glob("*.yml"):
        assert set(yaml.safe_load(path.read_text(encoding="utf-8"))) <= known, path.name
