"""The README, followed in a fresh clone with nothing but Python, git and make. ``nox -s demos`` runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.documents import ROOT, execute
from tests.support.fresh_clone import clone

INSTALLATION_S = 900


@pytest.mark.slow
@pytest.mark.network
def test_the_readme_can_be_followed_from_nothing(user: dict[str, str], tmp_path: Path) -> None:
    folder = clone(tmp_path / "clone")
    assert not (folder / ".venv").exists()
    execute(ROOT / "README.md", folder, user, timeout_s=INSTALLATION_S)
    assert (folder / ".venv" / "bin" / "vca").exists()
    assert (Path(user["HOME"]) / ".ansible/collections/ansible_collections/vcloudair/cloud/MANIFEST.json").exists()
