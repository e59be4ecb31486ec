"""Tests of install hints for extras."""

from __future__ import annotations

import importlib.metadata
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import ROOT, pages
from vcloudair_core.util.install_hint import install_hint

NAMED = re.compile(
    r"pip install[^\n`]*vcloudair-core\b|collection install vcloudair\."
    r"|(pypi\.org/project|galaxy\.ansible\.com)/[\w/]*vcloudair"
)
"""Commands and pages that will exist only after the first release."""


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Return a function that installs package metadata with a PEP 610 record."""

    def install(record: str | None) -> None:
        folder = tmp_path / "vcloudair_core-0.1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: vcloudair-core\nVersion: 0.1.0\n")
        if record is not None:
            (folder / "direct_url.json").write_text(record)
        distribution = importlib.metadata.PathDistribution(folder)
        monkeypatch.setattr(importlib.metadata, "distribution", lambda name: distribution)

    return install


def test_hint_for_a_package_from_an_index(installed: Any) -> None:
    installed(None)
    assert install_hint("dr") == "Run: pip install 'vcloudair-core[dr]'"


@pytest.mark.parametrize(("editable", "option"), [(True, "-e "), (False, "")])
def test_hint_for_a_package_from_a_checkout(installed: Any, tmp_path: Path, editable: bool, option: str) -> None:
    source = tmp_path / "my checkout"
    source.mkdir()
    installed(json.dumps({"url": source.as_uri(), "dir_info": {"editable": editable}}))
    assert install_hint("metrics") == f"Run: pip install {option}'{source}[metrics]'"


@pytest.mark.parametrize(
    "record",
    [
        '{"url": "file:///no/such/checkout", "dir_info": {}}',
        '{"url": "https://example.org/vcloudair.git", "vcs_info": {"vcs": "git"}}',
        "[]",
        "{",
    ],
)
def test_hint_for_a_missing_or_remote_source(installed: Any, record: str) -> None:
    installed(record)
    assert install_hint("cli") == "From a checkout of vcloudair-core, run: pip install '.[cli]'"


def test_hint_for_a_package_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    assert install_hint("cli") == "From a checkout of vcloudair-core, run: pip install '.[cli]'"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_install_from_a_checkout(page: Path) -> None:
    """Require "once a release is published" near commands that use the package index."""
    lines = page.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if NAMED.search(line):
            around = " ".join(lines[max(0, number - 8) : number + 1])
            assert "once a release is published" in around.lower(), f"{page.relative_to(ROOT)}:{number + 1}: {line}"


def test_only_install_hints_name_the_package() -> None:
    """Allow pip commands with the unpublished package name only in ``install_hint``."""
    folders = ("vcloudair_core", "plugins", "roles", "playbooks", "extensions", "awx", "meta")
    files = [
        path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".yml", ".tmpl"}
    ]
    texts = {path.relative_to(ROOT): path.read_text(encoding="utf-8") for path in files}
    assert len(texts) > 100
    assert [path for path, text in texts.items() if NAMED.search(text)] == [Path("vcloudair_core/util/install_hint.py")]
