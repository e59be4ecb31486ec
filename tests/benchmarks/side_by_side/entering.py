"""Create a contender by name, for a scenario, a size and a cloud."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.side_by_side import scenarios as s
from tests.benchmarks.side_by_side.ansible_programs import DEBUG, PING, RULE, Inventory, Tasks
from tests.benchmarks.side_by_side.contestants import PACKAGE, Contestant, Program, Worker, python_of_pyvcloud
from tests.support.ansible import BIN, ROOT, environment

MODULES = {
    s.OURS: "ours", s.ORIGINAL: "original", s.PYVCLOUD: "pyvcloud",
    s.FLOOR: "floor", s.SAME_CALLS: "floor", s.PARSED: "floor",
}  # fmt: skip
JOB_SUFFIXES = {s.SAME_CALLS: "_same_calls", s.PARSED: "_parsed"}
ANSIBLE = {
    s.ACTION: (RULE, True), s.MODULE: (RULE, False), s.STAGED: (RULE, True),
    s.PING: (PING, True), s.DEBUG: (DEBUG, True),
}  # fmt: skip
IMPORTS = {
    s.ORIGINAL: "import vcloudair",
    s.PYVCLOUD: "import pyvcloud.vcd.client",
    s.FLOOR: "pass",
}


@dataclass(frozen=True)
class Entry:
    """The arguments for creating a contender for a scenario.

    ``variables`` are the arguments of the contender's job, which is the function that does the work of the scenario.
    ``env`` has the environment variables of its process.
    """

    contender: str
    scenario: s.Scenario
    variables: Mapping[str, Any]
    env: Mapping[str, str]
    folder: Path

    @property
    def python(self) -> str:
        return python_of_pyvcloud() if self.contender == s.PYVCLOUD else sys.executable

    @property
    def vca_env(self) -> dict[str, str]:
        """Return the settings of ``vca`` and modules. NSX-T edges are in another VDC."""
        return {**self.env, **({"VCA_VDC": ""} if self.scenario.backend else {})}

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of the process, with the CA bundle and without proxies."""
        kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        kept = {name: value for name, value in kept.items() if not name.startswith("VCA_")}
        homes = {"XDG_STATE_HOME": str(self.folder / "state"), "XDG_CACHE_HOME": str(self.folder / "cache")}
        return {**kept, **homes, "REQUESTS_CA_BUNDLE": self.variables["ca_path"], "PYTHONPATH": str(ROOT)}


def enter(entry: Entry) -> Contestant:
    """Return a contender that is ready to be measured.

    Raises ContestantError if it cannot start.
    """
    return _WAYS.get(entry.scenario.job, _worker)(entry)


def _worker(entry: Entry) -> Contestant:
    log = entry.folder / "errors.log"
    job = entry.scenario.job + JOB_SUFFIXES.get(entry.contender, "")
    return Worker(entry.python, MODULES[entry.contender], job, entry.variables, entry.environment, log)


def _help(entry: Entry) -> Contestant:
    command = (
        [str(BIN / "vca"), "--help"] if entry.contender == s.OURS else [entry.python, "-c", IMPORTS[entry.contender]]
    )
    return Program(command, entry.environment, entry.folder / "help.log")


def _list(entry: Entry) -> Contestant:
    if entry.contender == s.OURS:
        env = {**environment(entry.vca_env, entry.folder), "VCA_SESSION_CACHE": "false"}
        return Program([str(BIN / "vca"), "edge", "list"], env, entry.folder / "list.log")
    job = "edges" + JOB_SUFFIXES.get(entry.contender, "")
    words = ["-W", "ignore", "-m", f"{PACKAGE}.{MODULES[entry.contender]}", job, json.dumps(dict(entry.variables))]
    return Program([entry.python, *words], entry.environment, entry.folder / "list.log")


def _tasks(entry: Entry) -> Contestant:
    action, in_controller = ANSIBLE[entry.contender]
    variables = {**entry.variables, "staged": entry.contender == s.STAGED}
    return Tasks(action, variables, entry.vca_env, entry.folder, in_controller=in_controller)


def _inventory(entry: Entry) -> Contestant:
    """Return a contender that reads an inventory.

    By default, the plugin of this collection reads the hosts from the cloud. The contender ``CACHED`` reads the same
    hosts from the cache of the plugin, ``FILE`` from a YAML file, and ``MINIMAL`` from a JSON file with a minimal
    plugin.
    """
    cached = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile"}
    options = {**cached, "cache_connection": str(entry.folder / "kept")} if entry.contender == s.CACHED else {}
    file = entry.folder / "hosts.vca.yml"
    file.write_text(json.dumps({"plugin": "vcloudair.cloud.vca_vms", **options}), encoding="utf-8")
    if entry.contender in (s.FILE, s.CACHED, s.MINIMAL):
        env = {**environment(entry.env, entry.folder), "VCA_SESSION_CACHE": "false"}
        form = [] if entry.contender == s.MINIMAL else ["--yaml"]
        listed = [str(BIN / "ansible-inventory"), "-i", str(file), "--list", *form]
        written = entry.folder / ("hosts.json" if entry.contender == s.MINIMAL else "hosts.yml")
        with written.open("w") as output:
            subprocess.run(listed, cwd=ROOT, env=env, stdout=output, check=True)
        file = written if entry.contender == s.FILE else file
    if entry.contender == s.MINIMAL:
        file = entry.folder / "hosts.minimal.yml"
        file.write_text(json.dumps({"plugin": "minimal", "hosts": str(written)}), encoding="utf-8")
    return Inventory(file, entry.env, entry.folder)


def _completion(entry: Entry) -> Contestant:
    """Return a contender that completes a word, or only starts an interpreter."""
    if entry.contender == s.FLOOR:
        return Program([entry.python, "-c", "pass"], entry.environment, entry.folder / "completion.log")
    env = {**environment(entry.env, entry.folder), "_VCA_COMPLETE": "zsh"}
    command = [str(BIN / "vca"), "firewall", "list", "--edge", ""]
    return Program(command, env, entry.folder / "completion.log")


_WAYS: dict[str, Callable[[Entry], Contestant]] = {
    "completion": _completion,
    "help": _help,
    "list": _list,
    "tasks": _tasks,
    "inventory": _inventory,
}
