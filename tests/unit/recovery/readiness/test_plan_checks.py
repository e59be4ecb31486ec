"""Test every result of two readiness checks: plan steps, and age of the last test."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.readiness import ONE, Make, seen
from vcloudair_core.recovery.plan.model import (
    Command,
    HttpCheck,
    NetworkChange,
    Playbook,
    RecoveryPlan,
    Step,
    plan_of_vms,
)
from vcloudair_core.recovery.readiness.assessment import assess
from vcloudair_core.recovery.run.runner import start
from vcloudair_core.util.clock import FakeClock

# -- steps ---------------------------------------------------------------------------------------------------------


def _plan_with_step(tmp_path: Path, work: Any, **fields: Any) -> RecoveryPlan:
    step = Step("It", work, **fields)
    return replace(plan_of_vms([ONE], name="payroll"), before=(step,), path=str(tmp_path / "plan.yml"))


def test_programs_playbooks_and_urls_are_checked(make: Make, tmp_path: Path) -> None:
    cloud = make(1)
    program = tmp_path / "quiesce.sh"
    program.write_text("#!/bin/sh\n")
    for work, expected in (
        (Command(("true",)), "ok"),
        (Command(("./quiesce.sh",)), "fail"),  # not executable yet
        (Command(("no-such-program",)), "fail"),
        (Command(()), "fail"),
        (Playbook("smoke.yml"), "fail"),
        (HttpCheck("https://user:word@10.0.0.5/health"), "ok"),
        (HttpCheck("10.0.0.5/health"), "fail"),
    ):
        found = cloud.check("step", _plan_with_step(tmp_path, work))
        assert seen(found)[0] == expected, work
        assert "word" not in found.message
    program.chmod(0o755)
    assert cloud.check("step", _plan_with_step(tmp_path, Command(("./quiesce.sh",)))).status == "ok"


def test_a_playbook_needs_ansible_playbook(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud, plan = make(1), _plan_with_step(tmp_path, Playbook("smoke.yml", inventory="hosts"))
    (tmp_path / "smoke.yml").write_text("[]\n")
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert "ansible-core" in cloud.check("step", plan).hint
    (tmp_path / "bin" / "ansible-playbook").write_text("")
    (tmp_path / "bin" / "ansible-playbook").chmod(0o755)
    assert "inventory hosts does not exist" in seen(cloud.check("step", plan))[1]
    (tmp_path / "hosts").write_text("")
    assert seen(cloud.check("step", plan))[0] == "ok"


def test_only_the_steps_of_the_action_are_checked(make: Make, tmp_path: Path) -> None:
    plan = _plan_with_step(tmp_path, Command(("no-such-program",)), only=frozenset({"failover"}))
    cloud = make(1)
    assert "step" not in {check.name for check in cloud.assess(plan, "test").checks}
    assert cloud.check("step", plan).status == "fail"


EDGE = "org1-vdc1-edge1"
RULES = """firewall:
  rules:
    - {name: web, services: [{protocol: tcp, port: "443"}], action: accept}
"""


@pytest.mark.parametrize(
    ("text", "expected", "message"),
    [
        (f"edge: {EDGE}\n{RULES}", "ok", "accepts dr-edge.yml"),
        (f"edge: nowhere\n{RULES}", "fail", "nowhere"),
        (f"edge: {EDGE}\nfirewall:\n  rulez: []\n", "fail", "rulez"),
        (f"edge: {EDGE}\n: :\n  - [", "fail", "dr-edge.yml"),
        (f"edge: {EDGE}\n", "fail", "no section"),
        (RULES, "ok", EDGE),  # the settings name the edge
        (f"edge: {EDGE}\nfirewall:\n  rules:\n    - {{name: open, action: accept}}\n", "warn", "open"),
        (None, "fail", "cannot be read"),
    ],
)
def test_a_network_change_needs_its_edge_and_a_valid_document(
    make: Make, tmp_path: Path, text: str | None, expected: str, message: str
) -> None:
    cloud = make(1)
    if text is not None:
        (tmp_path / "dr-edge.yml").write_text(text)
    found = cloud.check("edge", _plan_with_step(tmp_path, NetworkChange("dr-edge.yml")))
    assert seen(found)[0] == expected, found
    assert message in found.message
    assert {entry.method for entry in cloud.simulator.request_log.entries()} == {"GET"}


def test_a_document_without_an_edge_fails(make: Make, tmp_path: Path) -> None:
    cloud = make(1, unset="edge")
    (tmp_path / "dr-edge.yml").write_text(RULES)
    status, message = seen(cloud.check("edge", _plan_with_step(tmp_path, NetworkChange("dr-edge.yml"))))
    assert (status, "edge gateway is not set" in message) == ("fail", True)


def test_an_edge_that_is_temporarily_unreadable_is_unknown(make: Make, tmp_path: Path) -> None:
    cloud = make(1)
    (tmp_path / "dr-edge.yml").write_text(f"edge: {EDGE}\n{RULES}")
    plan = _plan_with_step(tmp_path, NetworkChange("dr-edge.yml", rollback="gone.yml"))
    cloud.refuse("/firewall/config", status=500, count=0)
    change, rollback = (check for check in cloud.assess(plan).checks if check.name == "edge")
    assert ("gone.yml" in seen(change)[1], change.status) == (True, "fail")
    assert seen(rollback)[0] == "unknown"


# -- the last test -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "limit", "action", "expected"),
    [
        (1, 90, "failover", "ok"),
        (1, None, "failover", "ok"),
        (85, 90, "failover", "warn"),
        (91, 90, "failover", "fail"),
        (91, 90, "test", "warn"),
        (None, 90, "failover", "fail"),
        (None, 90, "test", "warn"),
        (None, None, "failover", "warn"),
        (-1, 90, "failover", "unknown"),
    ],
)
def test_the_age_of_the_last_test(
    make: Make, days: int | None, limit: float | None, action: str, expected: str
) -> None:
    cloud = make(1)
    plan = replace(plan_of_vms([ONE], name="payroll"), test_max_age_days=limit)
    last = None if days is None else cloud.now - timedelta(days=days)
    assert seen(cloud.check("last_test", plan, action, last_test=last))[0] == expected


def test_named_vms_without_a_plan_have_no_last_test(make: Make) -> None:
    assert "last_test" not in {check.name for check in make(1).assess(last_test=None).checks}


def test_the_last_test_is_read_from_journals(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    cloud, plan = make(1), plan_of_vms([ONE], name="payroll")
    plan = replace(plan, test_max_age_days=90)
    assert not assess(cloud.client, plan).is_ready
    assert start(cloud.client, plan, "test").verdict == "succeeded"
    tested = assess(cloud.client, plan)
    statuses = {check.name: check.status for check in tested.checks}
    assert (statuses["last_test"], statuses["state"]) == ("ok", "fail")
    assert "network" not in statuses  # the query returns the VM of the test
    start(cloud.client, plan, "cleanup")
    assert assess(cloud.client, plan).score == 100
    assert not assess(cloud.client, replace(plan, name="another")).is_ready


def test_ages_are_measured_with_the_clock_of_the_session(make: Make) -> None:
    cloud = make(1)
    cloud.client.session.clock = FakeClock(wall=cloud.simulator.clock.now() + 86400 * 30)
    found = assess(cloud.client, plan_of_vms([ONE], rpo_minutes=60))
    assert next(check for check in found.checks if check.name == "rpo").status == "fail"
