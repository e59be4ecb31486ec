"""Test that follows the README in a clone, as a user with an empty home directory.

All packages are already installed, so the test does not download packages. tests/demos/test_readme.py follows the
README with only Python, git and make.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.support.documents import ROOT, blocks, execute
from tests.support.fresh_clone import clone, new_user


@pytest.mark.slow
def test_readme_commands_work(tmp_path: Path) -> None:
    user = new_user(tmp_path / "user")
    env = {
        **user,
        # pip sees the packages of this environment as installed.
        "PATH": f"{user['PATH']}{os.pathsep}{Path(sys.executable).parent}",
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PIP_NO_BUILD_ISOLATION": "false",  # pip's name for "true"
        "PIP_NO_INDEX": "1",
    }
    folder = clone(tmp_path / "clone")
    before = _status(folder)
    execute(ROOT / "README.md", folder, env)
    assert _status(folder) == before, "Following the README must leave no files in the checkout."


def _status(folder: Path) -> str:
    git = ["git", "-c", "safe.directory=*", "status", "--short"]
    return subprocess.run(git, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_makefile_has_the_two_readme_targets() -> None:
    first = blocks(ROOT / "README.md")[0]
    commands = [line.partition("#")[0].strip() for line in first.text.splitlines()]
    assert commands == ["make demo", "make test"]
    rules = re.findall(r"^([\w -]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"demo", "test"} <= {target for rule in rules for target in rule.split()}
