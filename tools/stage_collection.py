"""Copies the collection to where ansible-test accepts it: a folder without links, named as it is imported.

``python tools/stage_collection.py FOLDER`` prints the path of the copy, ``FOLDER/ansible_collections/vcloudair/cloud``.
"""

from __future__ import annotations

import fnmatch
import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
TESTS = ("tests/config.yml", "tests/integration/*", "tests/unit/plugins/*")
"""What ansible-test needs on top of the collection."""
IGNORED = "tests/sanity/ignore.txt"
"""What sanity tests are to overlook, with reasons. ansible-test wants one such file for each of its own versions."""


def galaxy() -> dict[str, Any]:
    """What ``galaxy.yml`` says."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    return found


def sources() -> list[str]:
    """Every file that is in git or about to be, relative to the root. Links are no files of their own."""
    # A checkout may belong to somebody else than who runs this, as in containers; git would refuse to look at it.
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    names = sorted(set(listed.stdout.decode().split("\0")) - {""})
    return [name for name in names if (ROOT / name).is_file() and not (ROOT / name).is_symlink()]


def collection_files() -> list[str]:
    """What ``build_ignore`` lets through."""
    patterns = galaxy()["build_ignore"]
    return [name for name in sources() if not any(_matches(part, patterns) for part in _with_parents(name))]


def test_files() -> list[str]:
    """Tests of the collection that ansible-test runs."""
    return [name for name in sources() if _matches(name, TESTS)]


def stage(folder: Path) -> Path:
    """Copies the collection and its tests below ``folder``. Returns the collection's root there."""
    about = galaxy()
    target = folder / "ansible_collections" / about["namespace"] / about["name"]
    for name in (*collection_files(), *test_files()):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)
    version = ".".join(metadata.version("ansible-core").split(".")[:2])
    (target / "tests" / "sanity").mkdir(parents=True, exist_ok=True)
    shutil.copy2(ROOT / IGNORED, target / "tests" / "sanity" / f"ignore-{version}.txt")
    return target


def _with_parents(name: str) -> list[str]:
    path = Path(name)
    return [name, *(str(parent) for parent in path.parents if parent != Path())]


def _matches(name: str, patterns: Iterable[str]) -> bool:
    # As ansible-galaxy does it: the whole path, and * goes across folders.
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


if __name__ == "__main__":
    print(stage(Path(sys.argv[1]).resolve()))
