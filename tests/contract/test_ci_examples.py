"""Tests of the GitHub Actions and GitLab CI examples.

The steps of the examples start the simulator and run a playbook twice. Installation steps are skipped, because all
packages are installed. ``nox -s workflows`` validates the files.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.ansible import BIN, ROOT

EXAMPLES = ROOT / "docs" / "how-to" / "ci"
PAGE = ROOT / "docs" / "how-to" / "simulator-in-ci.md"
PLAYBOOK = """
- name: Allow HTTPS to the web server
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Manage the firewall rule
      vcloudair.cloud.vca_firewall:
        rules:
          - {name: https, source: [any], destination: [192.0.2.10], protocol: tcp, dest_port: "443"}
"""


def load(name: str) -> Any:
    return yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))


def steps_of_github() -> list[str]:
    return [step["run"] for step in load("github-actions.yml")["jobs"]["simulate"]["steps"] if "run" in step]


def steps_of_gitlab() -> list[str]:
    job = load("gitlab-ci.yml")["playbooks"]
    return [*job["before_script"], *job["script"]]


def is_installation(step: str) -> bool:
    return bool(re.match(r"(git clone|pip install|ansible-galaxy collection install)", step))


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.iterdir()))
def test_page_shows_the_example_file(name: str) -> None:
    assert f"```yaml\n{(EXAMPLES / name).read_text(encoding='utf-8')}```" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("steps", [steps_of_github(), steps_of_gitlab()], ids=["github", "gitlab"])
def test_example_steps_run_a_playbook_twice(steps: list[str], tmp_path: Path) -> None:
    (tmp_path / "site.yml").write_text(PLAYBOOK, encoding="utf-8")
    run = [step for step in steps if not is_installation(step)]
    assert len(run) < len(steps), "The example must install what it uses."
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("VCA_", "ANSIBLE_"))}
    env = {
        **environment,
        "PATH": f"{BIN}{os.pathsep}{environment.get('PATH', os.defpath)}",
        "HOME": str(tmp_path),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
    }
    script = "\n".join(["set -e", *run])
    # The simulator keeps running after the script, as it does after a CI step, so end its process group.
    with (tmp_path / "output.log").open("w") as output:
        process = subprocess.Popen(
            ["bash", "-c", script], cwd=tmp_path, env=env, stdout=output, stderr=output, start_new_session=True
        )
        try:
            status = process.wait(timeout=180)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
    text = (tmp_path / "output.log").read_text(encoding="utf-8")
    assert status == 0, text
    assert "changed=1" in text and "changed=0" in text


def test_new_plugin_has_a_workflow_that_runs_its_tests(tmp_path: Path) -> None:
    from vcloudair_core.cli.skeleton import write_plugin

    written = write_plugin("acme", tmp_path / "acme")
    workflow = tmp_path / "acme" / ".github" / "workflows" / "test.yml"
    assert workflow in written
    steps = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]["test"]["steps"]
    assert steps[-1]["run"].split()[0] == "pytest" and "pip install" in steps[-2]["run"]
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows", str(workflow)]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
