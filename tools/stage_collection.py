"""Copy the collection to a folder that ansible-test can use, without links.

``python tools/stage_collection.py FOLDER`` prints the path of the copy, ``FOLDER/ansible_collections/vcloudair/cloud``.
"""

from __future__ import annotations

import fnmatch
import shutil
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml
from checkout import ROOT, sources
from distlib.manifest import Manifest

TESTS = ("tests/config.yml", "tests/integration/*", "tests/unit/plugins/*")
"""Files outside the collection that ansible-test needs."""
IGNORED = "tests/sanity/ignore.txt"
"""Errors that sanity tests ignore, with reasons.

ansible-test requires a file with these errors for each ansible-core version.
"""
PUBLISHED_README = "README.md"


def galaxy() -> dict[str, Any]:
    """Return the content of ``galaxy.yml``."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    return found


def collection_files() -> list[str]:
    """Return the files that ``galaxy.yml`` includes, as ``ansible-galaxy`` does."""
    manifest = Manifest(str(ROOT))
    manifest.allfiles = [str(ROOT / name) for name in sources()]
    for directive in galaxy()["manifest"]["directives"]:
        manifest.process_directive(directive)
    return [str(Path(path).relative_to(ROOT)) for path in manifest.sorted()]


def test_files() -> list[str]:
    """Return the tests of the collection that ansible-test runs."""
    return [name for name in sources() if _matches(name, TESTS)]


def stage(folder: Path) -> Path:
    """Copy the collection and its tests below ``folder``. Return the root of the copy.

    The README of the collection is renamed to README.md, because Galaxy shows only this file.
    """
    about = galaxy()
    target = folder / "ansible_collections" / about["namespace"] / about["name"]
    for name in (*collection_files(), *test_files()):
        copy = target / (PUBLISHED_README if name == about["readme"] else name)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy)
    definition = (ROOT / "galaxy.yml").read_text(encoding="utf-8")
    (target / "galaxy.yml").write_text(definition.replace(about["readme"], PUBLISHED_README), encoding="utf-8")
    version = ".".join(metadata.version("ansible-core").split(".")[:2])
    (target / "tests" / "sanity").mkdir(parents=True, exist_ok=True)
    shutil.copy2(ROOT / IGNORED, target / "tests" / "sanity" / f"ignore-{version}.txt")
    return target


def _matches(name: str, patterns: Iterable[str]) -> bool:
    # The pattern is matched with the whole path, so * includes slashes.
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


if __name__ == "__main__":
    print(stage(Path(sys.argv[1]).resolve()))
