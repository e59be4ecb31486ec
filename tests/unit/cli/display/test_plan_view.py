"""Tests of printed plans."""

from __future__ import annotations

import pytest

from vcloudair_core.cli.display.plan_view import show_plan
from vcloudair_core.engine.plan import Change, Plan


def shown(capsys: pytest.CaptureFixture[str], *changes: Change) -> list[str]:
    show_plan(Plan("ans.firewall", changes, target="edge gateway web"))
    return capsys.readouterr().out.splitlines()


def test_deletion_shows_the_deleted_fields(capsys: pytest.CaptureFixture[str]) -> None:
    before = {"name": "https in", "action": "accept", "source": ["any"], "destination": ["203.0.113.10"], "rule_id": 7}
    lines = shown(capsys, Change("delete", "https in", before=before, title="firewall: https in"))
    assert lines[1:] == [
        "  - firewall: https in",
        "      action: accept, destination: [203.0.113.10]",
        "1 to delete",
    ]


def test_deletion_without_content_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, Change("delete", "x", before={"name": "x"}))[1:] == ["  - x", "1 to delete"]
