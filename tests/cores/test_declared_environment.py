"""Run every shipped playbook with only the declared dependencies.

The build context of the execution environment is created from this checkout. Its steps run without a container
engine: install the local tarball, introspect the collection, install the reported packages and the local wheel.
"""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.ansible import environment, from_elsewhere, run_playbook
from tools.environments import ROOT, ansible_requirement
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

PLAN = ("-e", f"dr_plan={ROOT / 'playbooks' / 'files' / 'recovery_plan.yml'}")
IN_ORDER = ("dr_readiness", "dr_test", "dr_verify", "dr_cleanup", "dr_drill", "dr_failover")
"""Recovery playbooks, each of which needs the state of the previous one."""

OTHERS = sorted({path.stem for path in (ROOT / "playbooks").glob("*.yml")} - set(IN_ORDER))


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the build context that ``nox -s execution_environment`` creates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "tools"))
        tool = importlib.import_module("execution_environment")
        return tool.create(tmp_path_factory.mktemp("ee") / "made")


@pytest.fixture(scope="module")
def programs(context: Any, collections: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bin folder of an environment with only the image's packages."""
    folder = tmp_path_factory.mktemp("declared")
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    local = f"{_installed_in_base(context)} @ {(context.build / 'local' / context.wheel.name).as_uri()}"
    subprocess.run([*pip, ansible_requirement(), local], check=True)
    requirements = folder / "requirements.txt"
    requirements.write_text("\n".join(_introspected(context, collections)["python"]), encoding="utf-8")
    # No index is needed, because the wheel meets the collection's requirement in version and extras.
    subprocess.run([*pip, "--no-index", "--requirement", str(requirements)], check=True)
    return python.parent


def _installed_in_base(context: Any) -> str:
    """Return the library requirement that the first stage of the image installs."""
    text = (context.folder / "Containerfile").read_text(encoding="utf-8").partition("# Galaxy build stage")[0]
    name = re.escape(context.wheel.name)
    match = re.search(
        rf"^COPY _build/local/{name} /tmp/{name}\nRUN .* pip install .*'(\S+) @ file:///tmp/{name}'", text, re.M
    )
    assert match is not None, text
    return match[1]


def _introspected(context: Any, collections: Path) -> Any:
    """Return the packages that the introspection script of the context reports."""
    command = [sys.executable, str(context.build / "scripts" / "introspect.py"), "introspect", str(collections)]
    return yaml.safe_load(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.fixture(scope="module")
def collections(context: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the collections in requirements.yml, as the build of the image does."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / "ansible.cfg").touch()
    env = {**environment({}, folder), "ANSIBLE_CONFIG": str(folder / "ansible.cfg")}
    where = ["-r", "requirements.yml", "--collections-path", str(folder / "collections")]
    command = [str(Path(sys.executable).with_name("ansible-galaxy")), "collection", "install", "--offline", *where]
    subprocess.run(command, cwd=context.build, env=env, check=True, capture_output=True)
    return folder / "collections"


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(replications=3, dr_task_s=0.2)) as running:
        yield running


def test_image_has_this_checkout_and_the_declared_dependencies(context: Any, collections: Path) -> None:
    declared = (ROOT / "requirements.txt").read_text(encoding="utf-8").strip()
    packages = _introspected(context, collections)
    assert packages["python"] == [f"{declared}  # from collection vcloudair.cloud"]
    assert packages["system"] == ["ca-certificates [platform:dpkg platform:rpm]  # from collection vcloudair.cloud"]
    assert declared.startswith(_installed_in_base(context))
    galaxy = yaml.safe_load((context.build / "requirements.yml").read_text(encoding="utf-8"))
    assert galaxy == {"collections": [{"name": f"local/{context.tarball.name}", "type": "file"}]}
    assert {path.name for path in (context.build / "local").iterdir()} == {context.wheel.name, context.tarball.name}


def test_only_declared_packages_are_installed(programs: Path) -> None:
    # Undeclared packages would hide missing dependencies.
    command = [str(programs / "python"), "-c", "import typer"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("playbook", OTHERS)
def test_playbook_runs_with_declared_dependencies(
    playbook: str, programs: Path, collections: Path, server: SimulatorServer, tmp_path: Path
) -> None:
    run_shipped(playbook, programs, collections, server, tmp_path)


def test_recovery_playbooks_run_in_order(
    programs: Path, collections: Path, server: SimulatorServer, tmp_path: Path
) -> None:
    # One test for all, because each playbook needs the state of the previous and parallel tests run in any order.
    for playbook in IN_ORDER:
        folder = tmp_path / playbook
        folder.mkdir()
        run_shipped(playbook, programs, collections, server, folder)


def run_shipped(playbook: str, programs: Path, collections: Path, server: SimulatorServer, tmp_path: Path) -> None:
    env = {**from_elsewhere(environment(server.env(), tmp_path, programs), collections), "BRANCH_PSK": "a key"}
    env["VCA_STATE_DIR"] = str(tmp_path / "state")
    arguments = list(PLAN) if playbook in IN_ORDER else []
    if playbook == "dr_drill":
        arguments += ["-e", json.dumps({"dr_drill_report_dir": str(tmp_path / "report")})]
    if playbook == "dr_failover":
        arguments += ["-e", json.dumps({"dr_approve": "The primary site is down"})]
    plugin = {"vm_facts": "vca_vms", "edges_converge": "vca_edges"}.get(playbook)
    if plugin:
        inventory = tmp_path / "cloud.vca.yml"
        inventory.write_text(f"plugin: vcloudair.cloud.{plugin}\n", encoding="utf-8")
        document = {"firewall": {"rules": [{"name": "of a document", "action": "deny"}]}}
        arguments += ["-i", str(inventory), "-e", json.dumps({"edge_config": document})]
    run = run_playbook(f"vcloudair.cloud.{playbook}", env, *arguments)
    assert run.status == 0, run.output
    assert run.counts["ok"] > 0


def test_a_copy_of_the_awx_project_runs(
    programs: Path, collections: Path, server: SimulatorServer, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    shutil.copytree(ROOT / "awx" / "project", project)
    env = from_elsewhere(environment(server.env(), tmp_path, programs), collections)
    variables = json.dumps({"vca_playbook": "edges_converge", "edge_documents": str(project / "edges")})
    inventory = str(project / "inventory" / "edges.vca.yml")
    for changed in (1, 0):
        run = run_playbook(str(project / "vcloudair.yml"), env, "-i", inventory, "-e", variables)
        assert run.status == 0, run.output
        assert run.counts["changed"] == changed, run.output
