"""Run Ansible as a program, configured by environment variables only."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import processes

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = processes.PYTHON
"""Python that runs Ansible, in this or another environment that has the library."""
BIN = Path(PYTHON).parent
_RECAP = re.compile(r"ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)")


@dataclass(frozen=True)
class Run:
    """The result of a run. ``ok``, ``changed`` and ``failed`` are from the recap."""

    status: int
    output: str

    @property
    def counts(self) -> dict[str, int]:
        found = _RECAP.search(self.output)
        assert found is not None, self.output
        return dict(zip(("ok", "changed", "unreachable", "failed"), map(int, found.groups()), strict=True))


def environment(variables: Mapping[str, str], folder: Path, programs: Path = BIN) -> dict[str, str]:
    """Return a clean environment with the collection and the ``VCA_*`` variables.

    ``programs`` is the folder of ``ansible-playbook``.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VCA_", "ANSIBLE_"))}
    return {
        **kept,
        **variables,
        "PATH": f"{programs}{os.pathsep}{kept.get('PATH', '')}",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        # Since ansible-core 2.21, results contain the module arguments only on request.
        "ANSIBLE_INJECT_INVOCATION": "true",
        "VCA_CACHE_DIR": str(folder / "cache"),
    }


def forked_interpreter(folder: Path, programs: Path = BIN) -> str:
    """Create a script for ``ansible_python_interpreter``, and return its path.

    The script runs programs as forks of a server that has imported the library, but not Ansible. ``programs`` is the
    folder of the real Python.
    """
    folder.mkdir()
    return str(processes.stand_ins(folder, programs, os.environ, libraries_only=True) / "python")


def install_collection(folder: Path) -> Path:
    """Build the collection and install it in ``folder``. Return the collections path."""
    (folder / "ansible.cfg").touch()
    env = {**os.environ, "ANSIBLE_HOME": str(folder / "home"), "ANSIBLE_CONFIG": str(folder / "ansible.cfg")}
    galaxy = [str(BIN / "ansible-galaxy"), "collection"]
    built = _run([*galaxy, "build", "--output-path", str(folder), str(ROOT)], env)
    assert built.status == 0, built.output
    tarball = next(folder.glob("*.tar.gz"))
    done = _run([*galaxy, "install", "--offline", "-p", str(folder / "collections"), str(tarball)], env)
    assert done.status == 0, done.output
    return folder / "collections"


def from_elsewhere(env: Mapping[str, str], collections: Path) -> dict[str, str]:
    """Return the environment of a user who has the collection but no checkout."""
    empty = collections.parent / "ansible.cfg"
    return {**env, "ANSIBLE_CONFIG": str(empty), "ANSIBLE_COLLECTIONS_PATH": str(collections)}


def run_playbook(name: str, env: Mapping[str, str], *arguments: str) -> Run:
    """Run a playbook by name, by path, or by its full name in a collection."""
    path = str(ROOT / "playbooks" / name) if name.endswith(".yml") and "/" not in name else name
    return run_program("ansible-playbook", env, *arguments, path)


def run_module(name: str, options: Mapping[str, Any], env: Mapping[str, str], *arguments: str) -> Run:
    """Run one task without a playbook."""
    module = f"vcloudair.cloud.{name}"
    return run_program("ansible", env, "localhost", "-m", module, "-a", json.dumps(options), *arguments)


def run_program(name: str, env: Mapping[str, str], *arguments: str) -> Run:
    """Run an Ansible program from the first folder in PATH."""
    return _run([str(Path(env["PATH"].partition(os.pathsep)[0]) / name), *arguments], env)


def _run(command: list[str], env: Mapping[str, str]) -> Run:
    run = processes.run(
        command, cwd=ROOT, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        timeout=1200, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return Run(run.returncode, run.stdout)
