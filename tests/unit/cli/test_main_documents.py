"""Tests of conflicts between documents and options."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Vca
from vcloudair_core.cli.commands.dr import dr
from vcloudair_core.recovery.plan.model import RecoveryPlan

PLAN = "name: payroll\n{setting}\ngroups:\n- name: g\n  {group}\n  vms:\n  - {vm}\n"
EDGE = "edge: web\nvdc: gold\nallow_empty: false\nfirewall:\n  rules: []\n  allow_empty: false\n"

AT_THE_TOP = [
    ("max_concurrent: 5", ["--max-concurrent", "6"], ["--max-concurrent", "5"]),
    ("power_on: true", ["--power-off"], ["--power-on"]),
    ("synchronize: false", ["--synchronize"], []),
    ("stuck_after: 60", ["--stuck-after", "61"], ["--stuck-after", "60"]),
    ("on_error: continue", ["--on-error", "stop"], ["--on-error", "continue"]),
    ("on_error: roll_back", ["--on-error", "continue"], []),
    ("on_unknown: start", ["--on-unknown", "fail"], ["--on-unknown", "start"]),
]


@pytest.fixture
def plans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[RecoveryPlan]]:
    """Yield a list of the plans that commands pass to the start of a run."""
    chosen: list[RecoveryPlan] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(dr, "start_or_preview", lambda run, action, plan, *_: chosen.append(plan))
    yield chosen


def write_plan(setting: str = "description: d", group: str = "priority: 1", vm: str = "db1") -> None:
    text = PLAN.format(setting=setting, group=group, vm=vm)
    Path("plan.yml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(("setting", "other", "same"), AT_THE_TOP)
def test_plan_setting_and_option_must_agree(
    vca: Vca, plans: list[RecoveryPlan], setting: str, other: list[str], same: list[str]
) -> None:
    write_plan(setting)
    for words in (["dr", "test", "--plan", "plan.yml", *other], ["dr", "test", *other, "--plan", "plan.yml"]):
        refused = vca(*words)
        assert (refused.code, plans) == (64, []), refused.err
        assert f"plan.yml:2: {setting.partition(':')[0]} is " in refused.err
        assert f"the option {other[0]} is" in refused.err
    assert vca("dr", "test", "--plan", "plan.yml", *same).code == 0
    assert len(plans) == 1


@pytest.mark.parametrize(
    ("inner", "option", "place"),
    [
        (
            {"vm": "{name: db1, power_on: true}"},
            ["--power-off"],
            "7: groups[0].vms[0].power_on is true",
        ),
        (
            {"vm": "{name: db1, vm_timeout: 300}"},
            ["--vm-timeout", "200"],
            "7: groups[0].vms[0].vm_timeout",
        ),
        (
            {"vm": "{name: db1, vm_timeout: 300}"},
            ["--vm-timeout", "0"],
            "7: groups[0].vms[0].vm_timeout",
        ),
        ({"group": "on_error: continue"}, ["--on-error", "stop"], "5: groups[0].on_error is 'continue'"),
    ],
)
def test_vm_or_group_setting_and_option_must_agree(
    vca: Vca, plans: list[RecoveryPlan], inner: dict[str, str], option: list[str], place: str
) -> None:
    write_plan(**inner)
    refused = vca("dr", "failover", "--yes", "--plan", "plan.yml", *option)
    assert (refused.code, plans) == (64, [])
    assert f"plan.yml:{place}" in refused.err


def test_options_apply_to_unset_plan_settings(vca: Vca, plans: list[RecoveryPlan]) -> None:
    write_plan()
    words = [
        "--max-concurrent",
        "3",
        "--vm-timeout",
        "60",
        "--stuck-after",
        "9",
        "--on-error",
        "continue",
        "--on-unknown",
        "start",
    ]
    assert vca("dr", "test", "--plan", "plan.yml", "--power-off", "--synchronize", *words).code == 0
    plan = plans[0]
    assert (plan.max_concurrent, plan.vm_timeout, plan.stuck_after) == (3, 60, 9)
    assert (plan.power_on, plan.synchronize, plan.on_error, plan.on_unknown) == (False, True, "continue", "start")
    assert vca("dr", "test", "db1", "--vm-timeout", "0", "--on-unknown", "fail").code == 0
    assert (plans[1].vm_timeout, plans[1].on_unknown, plans[1].on_error) == (None, "fail", "continue")
    assert vca("dr", "cleanup", "--plan", "plan.yml").code == 0
    assert plans[2].on_error == "continue"


@pytest.mark.parametrize("command", [["plan", "edge.yml"], ["apply", "edge.yml", "--yes"]])
@pytest.mark.parametrize(
    ("option", "is_shared", "said"),
    [
        (["--edge", "db"], True, "edge.yml:1: edge is 'web', but the option edge is 'db'"),
        (["--vdc", "silver"], True, "edge.yml:2: vdc is 'gold', but the option vdc is 'silver'"),
        (["--allow-empty"], False, "edge.yml:3: allow_empty is false, but the option --allow-empty is true"),
    ],
)
def test_edge_document_and_option_must_agree(
    vca: Vca, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], option: list[str],
    is_shared: bool, said: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    fake = client()
    Path("edge.yml").write_text(EDGE, encoding="utf-8")
    placed = [["edge", *command, *option], *([[*option, "edge", *command]] if is_shared else [])]
    for words in placed:
        refused = vca(*words)
        assert (refused.code, said in refused.err) == (64, True), refused.err
    Path("edge.yml").write_text(EDGE.replace("allow_empty: false\nf", "f"), encoding="utf-8")
    assert "edge.yml:5: firewall.allow_empty is false" in vca("edge", *command, "--allow-empty").err
    assert fake.asked == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--inventory", "cloud.yml", "--vms", "3"], "You cannot use --vms and --inventory together"),
        (
            ["--vms", "3", "--edges", "2", "--inventory", "cloud.yml"],
            "You cannot use --vms, --edges and --inventory together",
        ),
        (["--vms", "3", "--set", "vms=4"], "--vms 3 and --set vms=4 conflict"),
        (["--set", "edges=4", "--edges", "0"], "--edges 0 and --set edges=4 conflict"),
    ],
)
def test_inventory_or_set_option_and_option_must_agree(vca: Vca, options: list[str], message: str) -> None:
    refused = vca("sim", "serve", *options)
    assert (refused.code, refused.out) == (64, "")
    assert message in refused.err


def test_option_can_be_repeated_with_the_same_value(vca: Vca) -> None:
    assert "two different values" in vca("--edge", "a", "firewall", "list", "--edge", "b").err
    assert "two different values" not in vca("--edge", "a", "firewall", "list", "--edge", "A").err
