"""The jobs of a drill, in the order in which a workflow of AWX runs them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ansible import environment, run_playbook
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

ALL = ("-e", "dr_machines=all")


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    with SimulatorServer(SimulatorConfig(profile="vcd", replications=2, dr_task_s=0.2)) as server:
        yield environment(server.env(), tmp_path)


def test_test_verify_and_clean_up_each_twice(env: dict[str, str]) -> None:
    for playbook, changes in (("dr_test.yml", 1), ("dr_verify.yml", 0), ("dr_cleanup.yml", 1)):
        first = run_playbook(playbook, env, *ALL)
        assert first.status == 0, first.output
        assert first.counts["changed"] == changes
        second = run_playbook(playbook, env, *ALL)
        assert second.status == 0 and second.counts["changed"] == 0, second.output
    after = run_playbook("dr_verify.yml", env, *ALL)
    assert after.status == 2
    assert "Not tested: replicated-0001, replicated-0002" in after.output


def test_only_those_that_are_named(env: dict[str, str]) -> None:
    assert run_playbook("dr_test.yml", env, "-e", "dr_machines=replicated-0002").counts["changed"] == 1
    assert run_playbook("dr_verify.yml", env, "-e", "dr_machines=replicated-0002").status == 0
    assert "Not tested: replicated-0001" in run_playbook("dr_verify.yml", env, *ALL).output


@pytest.mark.parametrize("playbook", ["dr_test.yml", "dr_verify.yml", "dr_cleanup.yml"])
def test_no_names_is_never_everything(playbook: str, env: dict[str, str]) -> None:
    refused = run_playbook(playbook, env, "-e", '{"dr_machines": " \\n "}')
    assert refused.status == 2
    assert "Say in dr_machines which machines" in refused.output
