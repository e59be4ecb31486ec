"""Tests of ``vca audit``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Vca
from vcloudair_core.audit.log_file import LogFile
from vcloudair_core.audit.record import KEYS

CHANGE = {
    "action": "update",
    "identity": "web in",
    "before": {"action": "deny"},
    "after": {"action": "accept"},
    "fields": ["action"],
    "positions": {"before": 0, "after": 1},
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VCA_STATE_DIR", str(tmp_path))
    return tmp_path / "audit"


def write(folder: Path, identifier: str, day: int, **values: Any) -> None:
    record = {**dict.fromkeys(KEYS, ""), "id": identifier, "event": "end", "result": "changed", "user": "ops"}
    started = f"2026-11-{day:02}T10:00:00.000Z"
    record |= {"started": started, "time": started, "target": "edge gateway web-edge", "edge": "web-edge"}
    LogFile(folder).append({**record, "summary": "1 to update", "changes": [CHANGE], **values})


def listed(vca: Vca, *arguments: str) -> list[str]:
    result = vca("audit", "list", "-o", "json", *arguments)
    assert result.code == 0, result.err
    return [entry["id"] for entry in json.loads(result.out)]


def test_list_is_filtered_and_latest_first(vca: Vca, folder: Path) -> None:
    write(folder, "aa", 1)
    write(folder, "bb", 2, result="failed", user="root")
    write(folder, "cc", 3, edge="dmz")
    assert listed(vca) == ["cc", "bb", "aa"]
    assert listed(vca, "--limit", "1") == ["cc"]
    assert listed(vca, "--edge", "web-edge") == ["bb", "aa"]
    assert listed(vca, "--user", "root") == ["bb"]
    assert listed(vca, "--result", "failed") == ["bb"]
    assert listed(vca, "--since", "2026-11-02") == ["cc", "bb"]
    assert listed(vca, "--until", "2026-11-02T12:00Z") == ["bb", "aa"]
    assert listed(vca, "--until", "20w") == []


def test_list_is_a_table_or_csv(vca: Vca, folder: Path) -> None:
    write(folder, "aa", 1, program="vca edge apply")
    table = vca("audit", "list").out
    assert table.splitlines()[0].split() == ["STARTED", "RESULT", "USER", "PROGRAM", "TARGET", "SUMMARY"]
    assert "2026-11-01T10:00:00Z" in table
    assert vca("audit", "list", "-o", "csv").out.splitlines()[0].startswith("format,id,event")
    assert json.loads(vca("audit", "list", "-o", "jsonl").out)["id"] == "aa"


def test_an_empty_log_says_so(vca: Vca) -> None:
    result = vca("audit", "list")
    assert (result.code, result.out, result.err) == (0, "", "No writes found in the audit log.\n")


def test_show_prints_the_changes(vca: Vca, folder: Path) -> None:
    write(folder, "aa11", 1)
    shown = vca("audit", "show", "aa")
    assert shown.code == 0
    assert "action: deny -> accept" in shown.out
    assert "1 to update" in shown.out
    assert json.loads(vca("audit", "show", "aa11", "-o", "json").out)["changes"] == [CHANGE]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("list", "--result", "good"), "Unknown result: 'good'"),
        (("list", "--since", "soon"), "--since: 'soon' is neither a duration"),
        (("show", "zz"), "Audit record not found: 'zz'"),
    ],
)
def test_invalid_input_is_refused(vca: Vca, arguments: tuple[str, ...], message: str) -> None:
    result = vca("audit", *arguments)
    assert result.code != 0
    assert message in result.err
