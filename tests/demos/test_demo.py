"""``make demo`` on each supported Python, in a fresh clone. ``nox -s demos`` runs it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tools.environments import PYTHONS, ROOT, find_python


@pytest.mark.parametrize("version", PYTHONS)
def test_make_demo(version: str, tmp_path: Path) -> None:
    python = find_python(version)
    if python is None:
        pytest.skip(f"Python {version} is not installed")
    clone = tmp_path / "clone"
    git = ["git", "-c", f"safe.directory={ROOT}", "-c", "safe.directory=*", "clone", "--quiet", str(ROOT), str(clone)]
    subprocess.run(git, check=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VCA_", "ANSIBLE_", "XDG_"))}
    done = subprocess.run(
        ["make", "demo", f"PYTHON={python}"], cwd=clone, env=kept, capture_output=True, text=True, check=False,
        timeout=1800,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-4000:]
    assert (clone / "demo-report").is_dir()
