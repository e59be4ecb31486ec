"""Every shipped playbook in an environment made of exactly what the collection declares, as execution environments are.

That is ``requirements.txt``, the dependencies of ``galaxy.yml`` and the packages of ``bindep.txt``; and ansible-core.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import filelock
import pytest
import yaml

from tests.support.ansible import environment, from_elsewhere, install_collection, run_playbook
from tools.environments import KEPT, ROOT, ansible_requirement, make
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

PLAN = ("-e", f"dr_plan={ROOT / 'playbooks' / 'files' / 'recovery_plan.yml'}")
IN_ORDER = ("dr_readiness", "dr_test", "dr_verify", "dr_cleanup", "dr_drill", "dr_failover")
"""Recovery playbooks act on what the one before left; the others may come in any order, before them."""

OTHERS = sorted({path.stem for path in (ROOT / "playbooks").glob("*.yml")} - set(IN_ORDER))


@pytest.fixture(scope="module")
def programs() -> Path:
    """The programs of that environment; the library in it is that of the checkout."""
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8").split()
    assert len(requirements) == 1, "what else the collection needs is to be installed here, too"
    extras = requirements[0].partition("[")[2].partition("]")[0]
    KEPT.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(KEPT / "declared.lock"):
        library = ("--editable", f"{ROOT}[{extras}]" if extras else str(ROOT))
        return make("declared", sys.executable, *library, ansible_requirement()).parent


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["dependencies"] == {}
    return install_collection(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(replications=3, dr_task_s=0.2)) as running:
        yield running


def test_nothing_else_is_installed(programs: Path) -> None:
    # What the declared extras leave out would hide what is missing.
    command = [str(programs / "python"), "-c", "import typer"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("playbook", [*OTHERS, *IN_ORDER])
def test_every_playbook_runs(
    playbook: str, programs: Path, collections: Path, server: SimulatorServer, tmp_path: Path
) -> None:
    env = {**from_elsewhere(environment(server.env(), tmp_path, programs), collections), "BRANCH_PSK": "a key"}
    env["VCA_STATE_DIR"] = str(tmp_path / "state")
    arguments = list(PLAN) if playbook in IN_ORDER else []
    if playbook == "dr_drill":
        arguments += ["-e", json.dumps({"dr_drill_report_dir": str(tmp_path / "report")})]
    if playbook == "dr_failover":
        arguments += ["-e", json.dumps({"dr_approve": "The primary site is down"})]
    plugin = {"machines_facts": "vca_vms", "edges_converge": "vca_edges"}.get(playbook)
    if plugin:
        inventory = tmp_path / "cloud.vca.yml"
        inventory.write_text(f"plugin: vcloudair.cloud.{plugin}\n", encoding="utf-8")
        document = {"firewall": {"rules": [{"name": "of a document", "action": "deny"}]}}
        arguments += ["-i", str(inventory), "-e", json.dumps({"edge_config": document})]
    run = run_playbook(f"vcloudair.cloud.{playbook}", env, *arguments)
    assert run.status == 0, run.output
    assert run.counts["ok"] > 0
