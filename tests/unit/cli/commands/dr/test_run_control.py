"""Tests of the final message of a run, and of the failover confirmation."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from vcloudair_core.cli.commands.dr.action_start import confirm
from vcloudair_core.cli.commands.dr.run_control import closing_sentence
from vcloudair_core.recovery.plan.model import plan_of_vms


def report(action: str, names: list[str], path: str = "", *, rto: bool | None = None, there: int | None = None) -> Any:
    count = len(names) if there is None else there
    vms = [SimpleNamespace(name=name, has_succeeded=place < count) for place, name in enumerate(names)]
    objectives = {"rto": SimpleNamespace(is_met=rto), "rpo": SimpleNamespace(is_met=None)}
    return SimpleNamespace(action=action, vms=vms, plan={"path": path}, **objectives)


@pytest.mark.parametrize(
    ("run", "sentence"),
    [
        (
            report("test", ["a", "b", "c"], "my plan.yml", rto=True),
            "3 of 3 VMs recovered, RTO met. To clean up, run: vca dr cleanup --plan 'my plan.yml'",
        ),
        (report("test", ["db1", "web 1"]), "2 of 2 VMs recovered. To clean up, run: vca dr cleanup db1 'web 1'"),
        (report("test", list("abcdef")), "6 of 6 VMs recovered. To clean up, run: vca dr cleanup --all"),
        (report("failover", ["a"], "p.yml", rto=False), "1 of 1 VMs failed over, RTO missed."),
        (report("cleanup", ["a", "b"]), "2 of 2 VMs cleaned up."),
        (report("reverse", ["a"]), "1 of 1 VMs reversed."),
        (report("test", [], there=0), "0 of 0 VMs recovered."),
    ],
)
def test_final_message(run: Any, sentence: str) -> None:
    assert closing_sentence(run) == sentence


def test_failover_confirmation_lists_ten_vms(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "failover")
    effect = "This fails over {}. Replication from the source ends."
    confirm(plan_of_vms([f"vm-{number}" for number in range(1, 48)]), "failover", effect)
    said = capsys.readouterr().err
    assert "47 VMs: vm-1, " in said and "vm-10 and 37 more. Replication" in said and "vm-11" not in said
