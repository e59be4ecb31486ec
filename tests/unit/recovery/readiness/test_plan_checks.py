"""Each check of what a plan does around VMs, and of its last test, in each way that it can end."""

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


def _stepped(tmp_path: Path, work: Any, **words: Any) -> RecoveryPlan:
    step = Step("It", work, **words)
    return replace(plan_of_vms([ONE], name="payroll"), before=(step,), path=str(tmp_path / "plan.yml"))


def test_programs_and_playbooks_have_to_be_there(make: Make, tmp_path: Path) -> None:
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
        found = cloud.check("step", _stepped(tmp_path, work))
        assert seen(found)[0] == expected, work
        assert "word" not in found.message
    program.chmod(0o755)
    assert cloud.check("step", _stepped(tmp_path, Command(("./quiesce.sh",)))).status == "ok"


def test_a_playbook_needs_something_that_runs_it(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud, plan = make(1), _stepped(tmp_path, Playbook("smoke.yml", inventory="hosts"))
    (tmp_path / "smoke.yml").write_text("[]\n")
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert "ansible-core" in cloud.check("step", plan).hint
    (tmp_path / "bin" / "ansible-playbook").write_text("")
    (tmp_path / "bin" / "ansible-playbook").chmod(0o755)
    assert "no inventory hosts" in seen(cloud.check("step", plan))[1]
    (tmp_path / "hosts").write_text("")
    assert seen(cloud.check("step", plan))[0] == "ok"


def test_only_the_steps_of_the_action_are_looked_at(make: Make, tmp_path: Path) -> None:
    plan = _stepped(tmp_path, Command(("no-such-program",)), only=frozenset({"failover"}))
    cloud = make(1)
    assert "step" not in {check.name for check in cloud.assess(plan, "test").checks}
    assert cloud.check("step", plan).status == "fail"


EDGE = "org1-vdc1-edge1"
RULES = """firewall:
  rules:
    - {name: web, services: [{protocol: tcp, port: "443"}], action: accept}
"""


@pytest.mark.parametrize(
    ("text", "expected", "said"),
    [
        (f"edge: {EDGE}\n{RULES}", "ok", "takes dr-edge.yml"),
        (f"edge: nowhere\n{RULES}", "fail", "nowhere"),
        (f"edge: {EDGE}\nfirewall:\n  rulez: []\n", "fail", "rulez"),
        (f"edge: {EDGE}\n: :\n  - [", "fail", "dr-edge.yml"),
        (f"edge: {EDGE}\n", "fail", "no section"),
        (RULES, "ok", EDGE),  # the setting names it
        (f"edge: {EDGE}\nfirewall:\n  rules:\n    - {{name: open, action: accept}}\n", "warn", "open"),
        (None, "fail", "cannot be read"),
    ],
)
def test_a_network_change_needs_its_edge_and_a_right_document(
    make: Make, tmp_path: Path, text: str | None, expected: str, said: str
) -> None:
    cloud = make(1)
    if text is not None:
        (tmp_path / "dr-edge.yml").write_text(text)
    found = cloud.check("edge", _stepped(tmp_path, NetworkChange("dr-edge.yml")))
    assert seen(found)[0] == expected, found
    assert said in found.message
    assert {entry.method for entry in cloud.simulator.request_log.entries()} == {"GET"}


def test_an_edge_that_nobody_names(make: Make, tmp_path: Path) -> None:
    cloud = make(1, unset="edge")
    (tmp_path / "dr-edge.yml").write_text(RULES)
    status, said = seen(cloud.check("edge", _stepped(tmp_path, NetworkChange("dr-edge.yml"))))
    assert (status, "names no edge gateway" in said) == ("fail", True)


def test_an_edge_that_cannot_be_read_now_is_not_known(make: Make, tmp_path: Path) -> None:
    cloud = make(1)
    (tmp_path / "dr-edge.yml").write_text(f"edge: {EDGE}\n{RULES}")
    plan = _stepped(tmp_path, NetworkChange("dr-edge.yml", rollback="gone.yml"))
    cloud.refuse("/firewall/config", status=500, count=0)
    forward, back = (check for check in cloud.assess(plan).checks if check.name == "edge")
    assert ("gone.yml" in seen(forward)[1], forward.status) == (True, "fail")
    assert seen(back)[0] == "unknown"


# -- tests of it ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "most", "action", "expected"),
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
def test_how_long_ago_it_was_tested(
    make: Make, days: int | None, most: float | None, action: str, expected: str
) -> None:
    cloud = make(1)
    plan = replace(plan_of_vms([ONE], name="payroll"), test_max_age_days=most)
    last = None if days is None else cloud.now - timedelta(days=days)
    assert seen(cloud.check("last_test", plan, action, last_test=last))[0] == expected


def test_vms_that_somebody_names_are_no_plan_that_was_tested(make: Make) -> None:
    assert "last_test" not in {check.name for check in make(1).assess(last_test=None).checks}


def test_journals_tell_when_it_was_tested(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    cloud, plan = make(1), plan_of_vms([ONE], name="payroll")
    plan = replace(plan, test_max_age_days=90)
    assert not assess(cloud.client, plan).is_ready
    assert start(cloud.client, plan, "test").verdict == "succeeded"
    tested = assess(cloud.client, plan)
    statuses = {check.name: check.status for check in tested.checks}
    assert (statuses["last_test"], statuses["state"]) == ("ok", "fail")
    assert "network" not in statuses  # the VM that is seen is that of the test
    start(cloud.client, plan, "cleanup")
    assert assess(cloud.client, plan).score == 100
    assert not assess(cloud.client, replace(plan, name="another")).is_ready


def test_without_a_moment_the_clock_of_the_session_counts(make: Make) -> None:
    cloud = make(1)
    cloud.client.session.clock = FakeClock(wall=cloud.simulator.clock.now() + 86400 * 30)
    found = assess(cloud.client, plan_of_vms([ONE], rpo_minutes=60))
    assert next(check for check in found.checks if check.name == "rpo").status == "fail"
