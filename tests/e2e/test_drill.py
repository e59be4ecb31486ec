"""Tests of recovery drills, with the role and with separate playbooks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.support.ansible import ROOT, environment, run_playbook
from tests.support.tiers import sampled
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

pytestmark = pytest.mark.slow

ALL = ("-e", "dr_vms=all")
PLAN = ("-e", f"dr_plan={ROOT / 'playbooks' / 'files' / 'recovery_plan.yml'}")
VMS = 3
NAMES = ", ".join(f"replicated-{number:04}" for number in range(1, VMS + 1))


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(profile="vcd", replications=VMS, dr_task_s=0.2)) as server:
        yield server


@pytest.fixture
def server(running: SimulatorServer) -> SimulatorServer:
    running.simulator.reset()
    return running


@pytest.fixture
def env(server: SimulatorServer, tmp_path: Path) -> dict[str, str]:
    return {**environment(server.env(), tmp_path), "VCA_STATE_DIR": str(tmp_path / "state")}


def actions(server: SimulatorServer) -> Counter[str]:
    """Return the number of requests for each action.

    Assert that no action is requested twice for a VM.
    """
    asked = [
        one.path for one in server.simulator.request_log.entries() if one.method == "POST" and "/action/" in one.path
    ]
    assert len(set(asked)) == len(asked), asked
    return Counter(path.rpartition("/")[2] for path in asked)


def extra(**variables: Any) -> tuple[str, str]:
    return "-e", json.dumps(variables)


DRILL = Counter(testFailover=VMS, testCleanup=VMS)


# -- role -------------------------------------------------------------------------------------------------


def test_drill_with_a_plan_can_run_twice_and_reports_each_run(
    env: dict[str, str], server: SimulatorServer, tmp_path: Path
) -> None:
    (tmp_path / "look.yml").write_text(
        "- ansible.builtin.assert:\n    that: dr_drill_test.vms | length == 3\n", encoding="utf-8"
    )
    port = int(server.url.rpartition(":")[2])
    checks: list[dict[str, Any]] = [
        {"name": "a port", "port": port, "timeout": 5},
        {"url": f"{server.url}/api/versions", "contains": "SupportedVersions", "validate_certs": False, "timeout": 5},
        {"tasks": str(tmp_path / "look.yml")},
    ]
    for _ in range(2):
        server.simulator.request_log.clear()
        drill = extra(dr_drill_report_dir=str(tmp_path / "reports"), dr_drill_checks=checks)
        done = run_playbook("dr_drill.yml", env, *PLAN, *drill)
        assert done.status == 0, done.output
        assert actions(server) == DRILL
        for said in ("Verdict: succeeded", "VMs: 3 of 3", "target 30.0 min, met", "3 checks passed"):
            assert said in done.output
    folders = sorted((tmp_path / "reports").iterdir())
    assert len(folders) == 2
    for folder in folders:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert json.loads((folder / "report.json").read_text(encoding="utf-8"))["verdict"] == "succeeded"
        assert etree.parse(str(folder / "report.xml")).getroot().get("failures") == "0"
        assert "replicated-0001" in (folder / "report.html").read_text(encoding="utf-8")
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


@pytest.mark.exhaustive
def test_all_failed_checks_are_named_and_the_test_is_cleaned_up(
    env: dict[str, str], server: SimulatorServer, tmp_path: Path
) -> None:
    (tmp_path / "mine.yml").write_text("- ansible.builtin.fail:\n    msg: payroll is empty\n", encoding="utf-8")
    checks = [
        {"name": "the database", "port": 1, "timeout": 1},
        {"url": f"{server.url}/api/versions", "contains": "nonsense", "validate_certs": False, "timeout": 0},
        {"url": f"{server.url}/nowhere", "validate_certs": False, "timeout": 0},
        {"url": f"{server.url}/nowhere", "validate_certs": False, "status": [404], "timeout": 0},
        {"name": "ours", "tasks": str(tmp_path / "mine.yml")},
    ]
    done = run_playbook("dr_drill.yml", env, *ALL, *extra(dr_drill_checks=checks))
    assert done.status == 2
    assert actions(server) == DRILL
    ending = done.output.rpartition("TASK [vcloudair.cloud.dr_drill : Fail if the drill failed]")[2]
    assert "The drill failed: 4 of 5 checks failed: the database: Timeout" in ending
    assert f"{server.url}/api/versions: the response does not contain 'nonsense'" in ending
    assert "ours: payroll is empty" in ending
    assert "Verdict: failed" in done.output
    assert "NOT CLEANED UP" not in done.output


def test_a_failing_vm_fails_the_drill_and_is_cleaned_up(env: dict[str, str], server: SimulatorServer) -> None:
    next(iter(server.simulator.world.replications.values())).trouble = "error"
    done = run_playbook("dr_drill.yml", env, *ALL)
    assert done.status == 2
    assert actions(server) == DRILL
    assert "The drill failed: 1 of 3 VMs failed: replicated-0001: " in done.output
    assert "RecoveryFault" in done.output
    assert {one.test_state for one in server.simulator.world.replications.values()} == {"none"}


@pytest.mark.exhaustive
def test_a_failed_cleanup_is_reported_first(env: dict[str, str], server: SimulatorServer, tmp_path: Path) -> None:
    # While the checks run, a fault is injected that makes the cleanup of a VM fail.
    server.simulator.faults.add("status", method="POST", path="/action/testCleanup", status=403, count=1)
    done = run_playbook("dr_drill.yml", env, *ALL, *extra(dr_drill_checks=[{"port": 1, "timeout": 1}]))
    assert done.status == 2
    ending = done.output.rpartition("fatal: ")[2]
    assert "THE TEST WAS NOT CLEANED UP" in ending
    assert "1 of 3 VMs failed" in ending
    assert ending.index("THE TEST WAS NOT") < ending.index("The drill failed: 1 of 1 checks failed")
    again = run_playbook("dr_cleanup.yml", env, *ALL)
    assert again.status == 0, again.output
    assert {one.test_state for one in server.simulator.world.replications.values()} == {"none"}


@pytest.mark.exhaustive
def test_low_score_starts_no_action_and_lists_the_reasons(env: dict[str, str], server: SimulatorServer) -> None:
    list(server.simulator.world.replications.values())[1].test_state = "testError"
    for playbook in ("dr_drill.yml", "dr_readiness.yml"):
        refused = run_playbook(playbook, env, *PLAN)
        assert refused.status == 2
        assert "Not ready for a drill. Nothing was started. The readiness score is 40 of 100" in refused.output
        assert "replicated-0002: " in refused.output
    assert actions(server) == Counter()
    forced = run_playbook("dr_readiness.yml", env, *PLAN, *extra(dr_drill_min_score=0))
    assert forced.status == 0, forced.output


def test_a_drill_keeps_tests_of_other_users(env: dict[str, str], server: SimulatorServer) -> None:
    world = server.simulator.world
    replication = list(world.replications.values())[1]
    replication.test_state = "complete"
    world.add_recovered(world.recovered_vm(replication, "POWERED_ON", "lan"))
    refused = run_playbook("dr_drill.yml", env, *ALL, *extra(dr_drill_min_score=0))
    assert refused.status == 2
    assert "The drill was not started, because it would remove the existing tests of replicated-0002" in refused.output
    assert actions(server) == Counter()
    assert replication.test_state == "complete"


@pytest.mark.parametrize("text", sampled(["- ansible.builtin.fail: {\n", "- no_such_module_anywhere:\n", None], 3))
def test_unreadable_check_tasks_fail_before_the_drill_starts(
    text: str | None, env: dict[str, str], server: SimulatorServer, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / "mine.yml").write_text(text, encoding="utf-8")
    done = run_playbook("dr_drill.yml", env, *ALL, *extra(dr_drill_checks=[{"tasks": str(tmp_path / "mine.yml")}]))
    assert done.status != 0
    assert actions(server) == Counter()


@pytest.mark.parametrize("check", sampled([{"port": 1, "url": "https://x"}, {"name": "nothing"}], 2))
def test_an_invalid_check_is_rejected(check: dict[str, Any], env: dict[str, str], server: SimulatorServer) -> None:
    done = run_playbook("dr_drill.yml", env, *ALL, *extra(dr_drill_checks=[check]))
    assert done.status == 2
    assert "Validation of arguments failed" in done.output
    assert actions(server) == Counter()


@pytest.mark.exhaustive
def test_check_mode_shows_planned_actions(env: dict[str, str], server: SimulatorServer) -> None:
    done = run_playbook("dr_drill.yml", env, *PLAN, *extra(dr_drill_checks=[{"port": 1}]), "--check")
    assert done.status == 0, done.output
    assert actions(server) == Counter()
    assert "planned: vm replicated-0001, 0.0 s to ~60.0 s" in done.output
    assert "planned: vm replicated-0003, 60.0 s to ~120.0 s" in done.output
    assert "then: 1 checks and the cleanup" in done.output


@pytest.mark.exhaustive
def test_a_missed_target_fails_the_drill_if_required(
    env: dict[str, str], server: SimulatorServer, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.yml"
    plan.write_text("name: strict\nrpo_minutes: 1\ngroups:\n- {name: all, vms: [replicated-0001]}\n", encoding="utf-8")
    kept = run_playbook("dr_drill.yml", env, *extra(dr_plan=str(plan)))
    assert kept.status == 0, kept.output
    assert "RPO: 120.0 min, target 1.0 min, missed" in kept.output
    failed = run_playbook("dr_drill.yml", env, *extra(dr_plan=str(plan), dr_drill_requires_targets=True))
    assert failed.status == 2
    assert "Targets missed: RPO" in failed.output


# -- separate playbooks, in the order of the AWX workflow -----------------------------------------


@pytest.mark.exhaustive
def test_test_verify_and_cleanup_playbooks_can_run_twice(env: dict[str, str]) -> None:
    jobs = {"dr_readiness.yml": 0, "dr_test.yml": 1, "dr_verify.yml": 0, "dr_cleanup.yml": 1}
    for playbook, changes in jobs.items():
        first = run_playbook(playbook, env, *ALL)
        assert first.status == 0, first.output
        assert first.counts["changed"] == changes
        second = run_playbook(playbook, env, *ALL)
        assert second.status == 0 and second.counts["changed"] == 0, second.output
    after = run_playbook("dr_verify.yml", env, *ALL)
    assert after.status == 2
    assert f"VMs without a running test: {NAMES}" in after.output


@pytest.mark.exhaustive
def test_only_named_vms_are_tested(env: dict[str, str]) -> None:
    assert run_playbook("dr_test.yml", env, "-e", "dr_vms=replicated-0002").counts["changed"] == 1
    assert run_playbook("dr_verify.yml", env, "-e", "dr_vms=replicated-0002").status == 0
    assert "VMs without a running test: replicated-0001" in run_playbook("dr_verify.yml", env, *ALL).output


@pytest.mark.parametrize(
    "name", sampled(["dr_test", "dr_verify", "dr_cleanup", "dr_drill", "dr_readiness", "dr_failover"], 3)
)
def test_empty_names_never_select_all_vms(name: str, env: dict[str, str], server: SimulatorServer) -> None:
    refused = run_playbook(f"{name}.yml", env, "-e", '{"dr_vms": " \\n "}')
    assert refused.status == 2
    assert "one of plan, vms and all" in refused.output or "no VMs are selected" in refused.output
    assert actions(server) == Counter()


# -- failover -------------------------------------------------------------------------------

APPROVED = extra(dr_approve="The primary site is down")


@pytest.mark.exhaustive
def test_failover_with_a_plan_can_run_twice(env: dict[str, str], server: SimulatorServer) -> None:
    first = run_playbook("dr_failover.yml", env, *PLAN, *APPROVED)
    assert first.status == 0, first.output
    assert first.counts["changed"] == 1
    assert actions(server) == Counter(failover=VMS)
    server.simulator.request_log.clear()
    second = run_playbook("dr_failover.yml", env, *PLAN, *APPROVED)
    assert second.status == 0, second.output
    assert second.counts["changed"] == 0
    assert actions(server) == Counter()


def test_failover_without_approval_starts_no_action(env: dict[str, str], server: SimulatorServer) -> None:
    refused = run_playbook("dr_failover.yml", env, *PLAN)
    assert refused.status == 2
    assert "the step needs an approval" in refused.output
    assert "`approve` of the module" in refused.output
    assert actions(server) == Counter()


def test_an_interrupted_failover_is_resumed(env: dict[str, str], server: SimulatorServer, tmp_path: Path) -> None:
    cut = tmp_path / "cut.yml"
    task = {
        "vcloudair.cloud.vca_dr_failover": {
            "action": "failover", "plan": PLAN[1].partition("=")[2], "run_timeout": 0.05,
            "approve": ["The primary site is down"],
        }
    }  # fmt: skip
    cut.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]), encoding="utf-8")
    stopped = run_playbook(str(cut), env)
    assert stopped.status == 2
    assert "the timeout of the run was reached" in stopped.output
    begun = actions(server)["failover"]
    assert begun < VMS
    done = run_playbook("dr_failover.yml", env, *PLAN, *APPROVED)
    assert done.status == 0, done.output
    assert actions(server) == Counter(failover=VMS)
    assert len(list((tmp_path / "state" / "dr" / "runs").iterdir())) == 1, "it is the same run"


# -- drills that are due --------------------------------------------------------------------------


def test_a_drill_runs_only_if_it_is_due(env: dict[str, str], server: SimulatorServer) -> None:
    due = extra(dr_drill_only_due=True)
    first = run_playbook("dr_drill.yml", env, *ALL, *due)
    assert first.status == 0, first.output
    assert actions(server) == DRILL
    server.simulator.request_log.clear()
    second = run_playbook("dr_drill.yml", env, *ALL, *due)
    assert second.status == 0, second.output
    assert actions(server) == Counter()
    assert "The drill is not due. Nothing was started. Last successful test: 20" in second.output
    aged = run_playbook("dr_drill.yml", env, *ALL, *due, *extra(dr_drill_max_age_days=0))
    assert aged.status == 0, aged.output
    assert actions(server) == DRILL


@pytest.mark.exhaustive
def test_a_plan_with_a_failed_drill_is_due_again(env: dict[str, str], server: SimulatorServer) -> None:
    due = extra(dr_drill_only_due=True)
    replication = next(iter(server.simulator.world.replications.values()))
    replication.trouble = "error"
    assert run_playbook("dr_drill.yml", env, *ALL, *due).status == 2
    replication.trouble = ""
    server.simulator.request_log.clear()
    again = run_playbook("dr_drill.yml", env, *ALL, *due)
    assert again.status == 0, again.output
    assert actions(server) == DRILL
