"""Follow the README in a fresh clone with only Python, git and make.

``nox -s demos`` runs the test.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.documents import ROOT, execute
from tests.support.fresh_clone import clone

INSTALLATION_S = 900


@pytest.mark.slow
@pytest.mark.network
def test_readme_commands_work_from_an_empty_environment(user: dict[str, str], tmp_path: Path) -> None:
    folder = clone(tmp_path / "clone")
    assert not (folder / ".venv").exists()
    execute(ROOT / "README.md", folder, user, timeout_s=INSTALLATION_S)
    assert (folder / ".venv" / "bin" / "vca").exists()
    assert (Path(user["HOME"]) / ".ansible/collections/ansible_collections/vcloudair/cloud/MANIFEST.json").exists()
