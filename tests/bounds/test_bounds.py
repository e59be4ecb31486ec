"""Run the unit tests with the lowest and the newest dependency versions.

The lowest versions in pyproject.toml run on the oldest Python, and the newest versions run on the newest Python. ``nox
-s bounds`` runs the tests. Type checks and collection checks don't use old versions.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tools.environments import PYTHONS, ROOT, find_python, find_uv, make

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EXTRAS = "all,ansible,test"
RARELY_AFFECTED = (
    "audit",
    "engine",
    "extensions",
    "plugins",
    "recovery",
    "services/ans",
    "services/dr",
    "simulator/edge",
    "simulator/edge_services",
    "simulator/json_documents",
    "simulator/nsxt",
    "simulator/query",
    "simulator/replication",
    "simulator/state",
    "simulator/writes",
    "staging",
    "tools",
)
"""Folders of unit tests whose code hardly uses dependencies.

Runs with TEST_ONE_IN leave them out.
"""
_VERSIONS = """
import importlib.metadata, json, re
found = {re.sub("[-_.]+", "-", d.metadata["Name"]).lower(): d.version for d in importlib.metadata.distributions()}
print(json.dumps(found))
"""


def declared() -> dict[str, str]:
    """Return the lowest declared version of each dependency, including extras."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    names = ("cli", "simulator", "metrics", "dr", "ansible", "test")
    lines = [*project["dependencies"], *(line for name in names for line in extras[name])]
    matches = [re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?[>=]=([0-9.]+)", line) for line in lines]
    return {re.sub(r"[-_.]+", "-", match[1]).lower(): match[2] for match in matches if match is not None}


def environment(name: str, version: str, options: Sequence[str] = ()) -> Path:
    python = find_python(version)
    if python is None:
        pytest.skip(f"Python {version} is not installed")
    if options and find_uv() is None:
        pytest.skip("uv is not installed, which resolves the lowest versions")
    return make(name, python, "--editable", f"{ROOT}[{EXTRAS}]", options=options)


def run_unit_tests(python: Path, *options: str) -> None:
    pytest = [str(python), "-m", "pytest", "-q", "-n", "auto", "-p", "no:cacheprovider"]
    is_sample = int(os.environ.get("TEST_ONE_IN", "1")) > 1
    left_out = [f"--ignore=tests/unit/{folder}" for folder in RARELY_AFFECTED if is_sample]
    command = [*pytest, "-m", "not exhaustive", *options, *left_out, "tests/unit"]
    completed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=3600)
    assert completed.returncode == 0, completed.stdout[-8000:] + completed.stderr[-2000:]


def test_unit_tests_pass_with_the_lowest_declared_versions() -> None:
    python = environment("lowest", PYTHONS[0], ("--resolution", "lowest-direct"))
    output = subprocess.run([str(python), "-c", _VERSIONS], capture_output=True, text=True, check=True).stdout
    installed: dict[str, str] = json.loads(output)
    # Every declared lower bound must be installed, otherwise it is untested.
    false = {
        name: (least, installed.get(name))
        for name, least in declared().items()
        if not f"{installed.get(name, '')}.".startswith(f"{least}.")
    }
    assert false == {}
    # typer's lowest version uses functions that the newest click deprecates. Users do not see these warnings.
    run_unit_tests(python, "-W", "ignore::DeprecationWarning")


def test_unit_tests_pass_with_the_newest_versions_on_the_newest_python() -> None:
    run_unit_tests(environment("newest", PYTHONS[-1]))
