"""Tests of every module and plugin with each supported ansible-core.

``nox -s cores`` tests each ansible-core with one compatible Python. ``nox -s cores -- --every`` tests each ansible-core
with all compatible Python versions.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock
import pytest
import yaml

from tests.e2e.test_both_ways import told
from tests.support.ansible import BIN, environment, forked_interpreter, run_program
from tests.support.modules import MODULES
from tests.support.recorded import Recorded, record
from tools.checkout import copy_checkout
from tools.environments import CORES, KEPT, ROOT, ansible_requirement, find_python, make, pairs
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

PLAY = Path(__file__).parent / "every_module.yml"
PAIRS = pairs(every=bool(os.environ.get("TEST_EVERY_PAIR")))
SECRETS = ("demo-password", "canary")
OF_ONE_MOMENT = re.compile(r'("(?:avg|last|max|min|p95|value)": )-?[\d.]+')
"""Keys of measured values, which differ between runs."""
MESSAGES = {"staged rule": "1 change of edge gateway org1-vdc1-edge1 (nat) was staged and not committed"}


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: "core-{}-python-{}".format(*pair))
def programs(request: pytest.FixtureRequest) -> Path:
    """Return the bin folder of an environment with one ansible-core version."""
    core, version = request.param
    python = find_python(version)
    if python is None:
        pytest.skip(f"Python {version} is not installed, so ansible-core {core} is not tested on it")
    KEPT.mkdir(parents=True, exist_ok=True)
    name = f"core-{core}-python-{version}"
    with filelock.FileLock(KEPT / f"{name}.lock"):
        return make(name, python, f"ansible-core=={core}.*", "distlib", "--editable", f"{ROOT}[all]").parent


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(replications=3, dr_task_s=0.2)) as running:
        yield running


def exported(server: SimulatorServer, programs: Path, folder: Path) -> dict[str, str]:
    """Return the variables that a user exports, with deprecation warnings enabled.

    A deprecated feature stops working in a later version of ansible-core.
    """
    own = {"VCA_STATE_DIR": str(folder / "state"), "XDG_STATE_HOME": str(folder / "xdg")}
    return {**environment(server.env(), folder, programs), **own, "ANSIBLE_DEPRECATION_WARNINGS": "true"}


def play(server: SimulatorServer, programs: Path, folder: Path, *, in_controller: bool) -> Recorded:
    """Run the play with every module."""
    folder.mkdir()
    env = {**exported(server, programs, folder), "VCA_IN_CONTROLLER": str(in_controller).lower()}
    python = str(programs / "python") if in_controller else forked_interpreter(folder / "programs", programs)
    interpreter = {"ansible_python_interpreter": python}
    recorded = record(PLAY, env, folder, "-vvv", "-e", json.dumps(interpreter))
    assert recorded.run.status == 0, recorded.run.output[-8000:]
    return recorded


def test_play_has_every_module() -> None:
    (every,) = yaml.safe_load(PLAY.read_text(encoding="utf-8"))
    actions = {key for task in every["tasks"] for key in task}
    assert {f"vcloudair.cloud.{name}" for name in MODULES} <= actions


def test_every_ansible_core_builds_the_same_collection(programs: Path, tmp_path: Path) -> None:
    checkout = copy_checkout(tmp_path / "checkout")

    def contents(galaxy: Path, folder: str) -> Any:
        command = [str(galaxy / "ansible-galaxy"), "collection", "build", "--output-path", str(tmp_path / folder), "."]
        env = {**os.environ, "ANSIBLE_HOME": str(tmp_path / "home")}
        completed = subprocess.run(command, cwd=checkout, env=env, capture_output=True, text=True, check=False)
        assert completed.returncode == 0, completed.stderr
        with tarfile.open(next((tmp_path / folder).glob("*.tar.gz"))) as tarball:
            listed = tarball.extractfile("FILES.json")
            assert listed is not None
            return json.load(listed)

    assert contents(programs, "that core") == contents(BIN, "this core")


def test_every_module_runs_in_the_controller_and_on_the_host(
    programs: Path, server: SimulatorServer, tmp_path: Path
) -> None:
    results: list[list[str]] = []
    for in_controller in (True, False):
        server.simulator.reset()
        folder = tmp_path / str(in_controller)
        recorded = play(server, programs, folder, in_controller=in_controller)
        output = recorded.run.output
        where = "runs in the controller" if in_controller else "runs as a module process: vca_in_controller is false"
        # Each loop item counts separately, and one task is asynchronous.
        assert output.count(where) == sum(_items(line) for line in recorded.results() if _is_ours(line)) - 1
        assert "DEPRECATION" not in output
        assert "the output has been hidden" in output
        assert [secret for secret in SECRETS if secret in output.replace(str(tmp_path), "")] == []
        assert MESSAGES["staged rule"] in " ".join(output.split())
        url = server.env()["VCA_URL"]
        names = {str(folder): "folder", url: "url", server.env()["VCA_CA_PATH"]: "ca_path"}
        lines = told(recorded, names, sort_keys=True)  # Ansible does not sort the keys of a censored result
        lines = [re.sub(r"run-\d+-\d+", "run", line) for line in lines]
        results.append([OF_ONE_MOMENT.sub(r"\1...", line) for line in lines])
    here, as_module = results
    assert here == as_module, "\n".join(difflib.unified_diff(as_module, here, "as a module", "in the controller"))


def test_inventory_plugins_return_hosts(programs: Path, server: SimulatorServer, tmp_path: Path) -> None:
    env = {**exported(server, programs, tmp_path), "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
    for plugin, host in (("vca_vms", "vm-0001"), ("vca_edges", "org1-vdc1-edge1")):
        file = tmp_path / f"{plugin}.vca.yml"
        options: dict[str, Any] = {"plugin": f"vcloudair.cloud.{plugin}", "strict": True}
        options |= {"keyed_groups": [{"key": "vca_status | default('edge')", "prefix": "status"}]}
        options |= {"compose": {"composed": "vca_name ~ '!'"}, "groups": {"every": True}}
        file.write_text(yaml.safe_dump(options), encoding="utf-8")
        listed = run_program("ansible-inventory", env, "-i", str(file), "--list", "--export")
        assert listed.status == 0, listed.output
        assert f'"{host}!"' in listed.output
        assert "WARNING" not in listed.output
        graph = run_program("ansible-inventory", env, "-i", str(file), "--graph", "every")
        assert f"--{host}" in graph.output


def test_declared_ansible_core_range_is_tested() -> None:
    oldest, *_, newest = CORES
    assert ansible_requirement() in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    required = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["requires_ansible"]
    least, _, below = ansible_requirement().removeprefix("ansible-core").partition(",")
    assert required == f"{least}.0,{below}.0"
    for name in ("galaxy.yml", "README.md"):
        assert f"ansible-core {oldest} to {newest}" in (ROOT / name).read_text(encoding="utf-8")


def _is_ours(line: dict[str, Any]) -> bool:
    return str(line["action"]).startswith("vcloudair.cloud.")


def _items(line: dict[str, Any]) -> int:
    items = line["result"].get("results") or []
    return len(items) if items and "ansible_loop_var" in items[0] else 1
