"""Tests of the audit records of playbooks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.ansible import run_playbook
from vcloudair_core.audit.history import entries_of
from vcloudair_core.audit.log_file import read_records
from vcloudair_core.simulator import SimulatorServer


@pytest.mark.parametrize("in_controller", ["true", "false"])
def test_a_record_names_the_module_and_the_awx_job(
    env: dict[str, str], vca_simulator_server: SimulatorServer, tmp_path: Path, in_controller: str
) -> None:
    rule = {"vcloudair.cloud.vca_firewall_rule": {"name": "web in"}}
    play = tmp_path / "play.yml"
    tasks = [rule, {**rule, "check_mode": True}, rule]
    play.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    variables = ("-e", "awx_job_id=981", "-e", f"vca_in_controller={in_controller}")
    run = run_playbook(str(play), {**env, "VCA_STATE_DIR": str(tmp_path / "state")}, *variables)
    assert run.status == 0, run.output
    (entry,) = entries_of(read_records(tmp_path / "state" / "audit"))
    assert (entry["program"], entry["awx_job_id"], entry["result"]) == (
        "vcloudair.cloud.vca_firewall_rule",
        "981",
        "changed",
    )
