"""Tests of the drill history: states, trends, untested VMs and limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.drill_runs import NOW, write_program, write_run
from vcloudair_core.recovery.drills.drill_history import DrillHistory, drill_history
from vcloudair_core.recovery.plan.model import Group, PlannedVm, RecoveryPlan
from vcloudair_core.settings.settings import Settings


def settings(folder: Path, **values: str) -> Settings:
    return Settings.load({"state_dir": str(folder), **values}, environ={"VCA_CONFIG_FILE": ""})


def history(folder: Path, **options: Any) -> DrillHistory:
    return drill_history(settings(folder), now=NOW, **options)


def states(drills: DrillHistory) -> dict[str, str]:
    return {record.name: record.state for record in (*drills.plans, *drills.vms)}


def test_a_program_of_plans_shows_what_is_due(tmp_path: Path) -> None:
    write_program(tmp_path)
    drills = history(tmp_path)
    assert {plan.name: (plan.state, plan.is_due) for plan in drills.plans} == {
        "mail": ("failed", True), "payroll": ("ok", False), "web shop with a rather long name": ("overdue", True),
    }  # fmt: skip
    assert drills.untested == ("mail3",)
    assert drills.is_due
    payroll = drills.plans[1]
    assert payroll.last is not None and payroll.last.rto_s == 820
    assert (payroll.rto_trend, payroll.rpo_trend) == ("better", "better")
    assert payroll.age_s == 12 * 86400
    assert payroll.due_at is not None and (payroll.due_at - NOW).days == 78
    assert [group.name for group in payroll.groups] == ["database", "web"]
    assert drills.plans[2].rto_trend == "worse"
    mail = drills.plans[0].as_dict()
    assert (mail["verdict"], mail["last_success"][:10], mail["untested"]) == ("failed", "2026-10-02", ["mail3"])


def test_a_group_is_tested_if_all_of_its_vms_succeeded(tmp_path: Path) -> None:
    write_run(tmp_path, "p", 20, vms={"a": ["a1"], "b": ["b1"]})
    write_run(tmp_path, "p", 5, vms={"a": ["a1"], "b": ["b1"]}, failed=["b1"])
    (plan,) = history(tmp_path).plans
    assert [(group.name, group.age_s) for group in plan.groups] == [("a", 5 * 86400), ("b", 20 * 86400)]


@pytest.mark.parametrize(
    ("own", "option", "state"), [(None, 90, "ok"), (None, 30, "overdue"), (30, 90, "overdue"), (60, 10, "ok")]
)
def test_the_maximum_age_of_the_plan_takes_precedence(
    tmp_path: Path, own: float | None, option: float, state: str
) -> None:
    write_run(tmp_path, "p", 40, vms={"g": ["a"]}, max_age_days=own)
    assert set(states(history(tmp_path, max_age_days=option)).values()) == {state}


def test_only_tests_count_and_an_unfinished_test_is_no_success(tmp_path: Path) -> None:
    write_run(tmp_path, "p", 9, vms={"g": ["a"]}, action="failover")
    assert states(history(tmp_path)) == {"p": "never", "a": "never"}
    write_run(tmp_path, "p", 3, vms={"g": ["a"]}, is_finished=False)
    assert states(history(tmp_path))["p"] == "failed"


def test_a_damaged_journal_is_left_out(tmp_path: Path) -> None:
    run = write_run(tmp_path, "p", 9, vms={"g": ["a"]})
    write_run(tmp_path, "q", 9, vms={"g": ["b"]})
    (tmp_path / "dr" / "runs" / run / "journal.jsonl").write_text("nonsense\n")
    assert states(history(tmp_path)) == {"q": "ok", "b": "ok"}


def test_runs_of_other_clouds_are_left_out(tmp_path: Path) -> None:
    write_run(tmp_path, "p", 9, vms={"g": ["a"]}, cloud={"url": "https://other.test", "org": "acme"})
    write_run(tmp_path, "q", 9, vms={"g": ["b"]})
    chosen = settings(tmp_path, url="https://vcd.test", org="acme")
    assert states(drill_history(chosen, now=NOW)) == {"q": "ok", "b": "ok"}


def test_a_plan_lists_its_vms_even_if_they_were_never_tested(tmp_path: Path) -> None:
    write_run(tmp_path, "p", 9, vms={"g": ["a", "gone"]})
    write_run(tmp_path, "other", 8, vms={"g": ["b"]})
    plan = RecoveryPlan("p", (Group("g", (PlannedVm("a"), PlannedVm("b"), PlannedVm("new"))),), test_max_age_days=30)
    drills = history(tmp_path, plan=plan)
    assert states(drills) == {"p": "ok", "a": "ok", "b": "ok", "new": "never"}
    assert drills.untested == drills.plans[0].untested == ("new",)
    assert {plan.max_age_days for plan in drills.plans} == {30}
    new = history(tmp_path, plan=RecoveryPlan("new", (Group("g", (PlannedVm("x"),)),)))
    assert states(new) == {"new": "never", "x": "never"}


def test_replicated_vms_without_runs_are_untested(tmp_path: Path) -> None:
    write_run(tmp_path, "p", 9, vms={"g": ["a"]})
    drills = history(tmp_path, replicated=[("id-a", "a"), ("id-z", "z")])
    assert drills.untested == ("z",)
    limited = history(tmp_path, replicated=[("id-a", "a"), ("id-z", "z")], vms=["z"])
    assert (states(limited), limited.plans) == ({"z": "never"}, ())
    assert history(tmp_path / "empty").is_due
    assert history(tmp_path / "empty").as_dict() == {"due": True, "plans": [], "vms": [], "untested": []}
