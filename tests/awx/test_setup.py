"""Tests of ``awx/setup.yml`` with the modules of awx.awx and a simulated AWX."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.ansible import BIN, ROOT, Run, environment, run_playbook
from tests.support.awx import TOKEN, AwxServer, FakeAwx, objects

FOUND_AT = ROOT / ".nox" / "awx"
COLLECTIONS = os.pathsep.join((str(ROOT / "collections"), str(FOUND_AT)))
CLOUD = {"VCA_URL": "https://vcd.example.com", "VCA_ORG": "acme", "VCA_USERNAME": "ops", "VCA_PASSWORD": "sesame"}
SETUP = str(ROOT / "awx" / "setup.yml")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (FOUND_AT / "ansible_collections" / "awx").is_dir(),
        reason="awx.awx is not here: python tools/fetch_awx.py, or nox -s awx",
    ),
]


@dataclass(frozen=True)
class Made:
    """The results of two runs of ``awx/setup.yml``.

    Between the runs, an administrator changes objects. ``writes`` has the writes of the second run.
    """

    first: Run
    second: Run
    awx: FakeAwx
    writes: list[str]


def controller(server: AwxServer, folder: Path) -> dict[str, str]:
    return {
        **environment(CLOUD, folder),
        "CONTROLLER_HOST": server.url,
        "CONTROLLER_OAUTH_TOKEN": TOKEN,
        "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS,
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with AwxServer() as server:
        awx = server.awx
        env = controller(server, tmp_path_factory.mktemp("setup"))
        missing = run_playbook(SETUP, env)
        assert missing.status != 0 and "Copy awx/project into a git repository" in missing.output
        assert awx.writes == []
        project = ("-e", "awx_project_url=https://git.example.com/you/vcloudair.git")
        first = run_playbook(SETUP, env, *project)
        assert first.status == 0, first.output
        _by_hand(awx)
        awx.writes.clear()
        second = run_playbook(SETUP, env, *project)
        assert second.status == 0, second.output
        yield Made(first, second, awx, list(awx.writes))


def _by_hand(awx: FakeAwx) -> None:
    """Add a notification and change the password, as an administrator would."""
    mail = awx.add("notification_templates", {"name": "mail"})
    gate = awx.named("job_templates", "vCloud Air: metrics gate")
    awx.linked["job_templates", gate["id"], "notification_templates_error"] = [mail["id"]]
    awx.named("credentials", "vCloud Air")["inputs"]["password"] = "another"


def test_first_run_creates_all_objects(made: Made) -> None:
    assert made.first.counts["changed"] == 8
    for kind in ("credential_types", "inventories", "job_templates", "schedules", "workflows"):
        found = made.awx.objects["workflow_job_templates" if kind == "workflows" else kind]
        assert sorted(one["name"] for one in found.values()) == sorted(one["name"] for one in objects(kind))


def test_the_second_run_changes_nothing(made: Made) -> None:
    assert made.second.counts["changed"] == 0
    assert made.writes == []


def test_changes_by_an_administrator_are_kept(made: Made) -> None:
    gate = made.awx.named("job_templates", "vCloud Air: metrics gate")
    assert made.awx.links("job_templates", gate["id"], "notification_templates_error") == ["mail"]
    assert made.awx.named("credentials", "vCloud Air")["inputs"]["password"] == "another"


def test_credential_has_the_values_of_the_environment(made: Made) -> None:
    given = made.awx.named("credentials", "vCloud Air")["inputs"]
    assert {**given, "password": "sesame"} == {
        name.removeprefix("VCA_").lower(): value for name, value in CLOUD.items()
    }
    for run in (made.first, made.second):
        assert "sesame" not in run.output and TOKEN not in run.output


def test_job_template_matches_its_file(made: Made) -> None:
    found = made.awx.named("job_templates", "vCloud Air: converge edge gateways")
    assert found["playbook"] == "vcloudair.yml"
    assert (found["job_slice_count"], found["diff_mode"], found["survey_enabled"]) == (4, True, True)
    variables = {"vca_playbook": "edges_converge", "edge_documents": "/runner/project/edges"}
    assert json.loads(found["extra_vars"]) == variables
    assert made.awx.links("job_templates", found["id"], "credentials") == ["vCloud Air"]
    assert made.awx.surveys["job_templates", found["id"]]["spec"][0]["variable"] == "edge_purge"


def test_inventory_updates_find_the_collection(made: Made) -> None:
    found = made.awx.named("inventory_sources", "vCloud Air edge gateways")
    assert json.loads(found["source_vars"])["ANSIBLE_COLLECTIONS_PATH"].startswith("/runner/project/collections:")
    assert (found["overwrite"], found["update_on_launch"]) == (True, True)
    assert made.awx.objects["credentials"][found["credential"]]["name"] == "vCloud Air"


def test_drill_is_always_cleaned_up(made: Made) -> None:
    nodes = {one["identifier"]: number for number, one in made.awx.objects["workflow_job_template_nodes"].items()}

    def after(node: str) -> dict[str, list[str]]:
        kinds = ("success_nodes", "failure_nodes", "always_nodes")
        found = {kind: made.awx.links("workflow_job_template_nodes", nodes[node], kind) for kind in kinds}
        return {kind.removesuffix("_nodes"): names for kind, names in found.items() if names}

    assert after("readiness") == {"success": ["approval"]}
    assert after("approval") == {"success": ["test"]}
    assert after("test") == {"success": ["verify"], "failure": ["cleanup"]}
    assert after("verify") == {"always": ["cleanup"]}
    assert after("cleanup") == {}
    approval = next(iter(made.awx.objects["workflow_approval_templates"].values()))
    assert (approval["name"], approval["timeout"]) == ("Start the drill", 86400)


def test_schedules_are_disabled(made: Made) -> None:
    assert {one["enabled"] for one in made.awx.objects["schedules"].values()} == {False}


def test_ansible_lint_passes(tmp_path: Path) -> None:
    env = {**environment({}, tmp_path), "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS, "NO_COLOR": "1"}
    command = [str(BIN / "ansible-lint"), "--offline", "--strict", "--profile", "production", "--config-file"]
    done = subprocess.run(
        [*command, str(ROOT / ".ansible-lint"), "awx"], cwd=ROOT, env=env, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
