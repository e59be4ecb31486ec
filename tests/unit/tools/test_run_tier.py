"""Tests of tools/run_tier.py: lanes of sessions, and the line with test counts."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.support.documents import ROOT
from tools import run_tier
from tools.run_tier import TAGS, count_session, describe_failures, lanes_of, sum_seconds

REPORT = '<testsuites><testsuite tests="9" failures="{failures}" errors="1" skipped="2"/></testsuites>'


@pytest.mark.parametrize(("result", "word"), [("success", "passed"), ("skipped", "skipped"), ("failed", "failed")])
def test_a_session_without_tests_counts_itself(result: str, word: str, tmp_path: Path) -> None:
    assert count_session({"name": "lint", "result": result}, tmp_path) == {word: 1}


def test_a_session_with_tests_counts_them(tmp_path: Path) -> None:
    (tmp_path / "unit.xml").write_text(REPORT.format(failures=3), encoding="utf-8")
    counts = count_session({"name": "unit", "result": "failed"}, tmp_path)
    assert counts == {"passed": 3, "failed": 4, "skipped": 2}


def test_a_session_that_fails_after_its_tests_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "unit.xml").write_text('<testsuites><testsuite tests="2"/></testsuites>', encoding="utf-8")
    counts = count_session({"name": "unit", "result": "failed"}, tmp_path)
    assert counts == Counter(passed=2, failed=1)


def test_each_failed_test_is_described_with_the_end_of_its_message(tmp_path: Path) -> None:
    failed = (
        '<testcase classname="tests.test_a" name="test_b"><failure message="a&#10;b&#10;c&#10;E 1 == 2"/></testcase>'
    )
    (tmp_path / "unit.xml").write_text(f'<testsuites><testsuite>{failed}<testcase name="ok"/></testsuite></testsuites>')
    failures = describe_failures({"name": "unit", "result": "failed"}, tmp_path)
    assert failures == ["unit: tests.test_a::test_b: b\n    c\n    E 1 == 2"]


def test_a_session_that_fails_without_a_failed_test_shows_the_end_of_its_log(tmp_path: Path) -> None:
    types = "nox > Running session types\na.py:1: error: wrong\nnox > Session types failed.\n"
    log = f"{types}nox > Running session awx\nfine\n"
    (tmp_path / "network.log").write_text(log)
    assert describe_failures({"name": "types", "result": "failed"}, tmp_path) == ["types: a.py:1: error: wrong"]
    assert describe_failures({"name": "cores", "result": "failed"}, tmp_path) == ["cores: its log is above"]
    assert describe_failures({"name": "awx", "result": "success"}, tmp_path) == []


def test_sessions_are_grouped_by_lane() -> None:
    sessions = [
        {"name": "lint", "tags": ["check", "all", "lane:static"]},
        {"name": "cores", "tags": ["rest", "all"]},
        {"name": "awx", "tags": ["rest", "all", "lane:network"]},
        {"name": "eda", "tags": ["rest", "all", "lane:network"]},
        {"name": "soak", "tags": []},
    ]
    assert lanes_of(sessions, "all") == {"static": ["lint"], "shown": ["cores"], "network": ["awx", "eda"]}
    assert lanes_of(sessions, "check") == {"static": ["lint"]}


class FakeProcess:
    """A fake process of a lane. Calling ``wait`` ends the process."""

    def __init__(self, lane: str, events: list[str], status: int) -> None:
        self.lane, self.events, self.status = lane, events, status
        events.append(f"start {lane}")

    def wait(self) -> int:
        self.events.append(f"end {self.lane}")
        return self.status


def test_the_last_lane_waits_for_all_other_lanes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    events: list[str] = []
    statuses = {"network": 1}
    monkeypatch.setattr(run_tier, "_start", lambda lane, names: FakeProcess(lane, events, statuses.get(lane, 0)))
    monkeypatch.setattr(run_tier, "REPORTS", tmp_path)
    lanes = {"shown": ["tests"], "last": ["figures"], "network": ["awx"], "bounds": ["bounds"]}
    for lane in lanes:
        (tmp_path / f"{lane}.log").touch()
    assert run_tier.run_lanes(lanes) == 1
    assert events == [
        "start shown",
        "start network",
        "start bounds",
        "end shown",
        "end network",
        "end bounds",
        "start last",
        "end last",
    ]


def test_every_target_has_its_sessions() -> None:
    tags = {tag for session in run_tier.list_sessions() for tag in session["tags"]}
    assert set(TAGS.values()) == {tag for tag in tags if not tag.startswith("lane:")}
    assert {"lane:last", "lane:bounds"} <= tags
    targets = re.search(r"^(.*): \$\(VENV\)/.installed\n\t@\$\(TIER\)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert targets is not None
    assert targets[1].split() == list(TAGS)


def test_the_duration_of_a_session_includes_all_commands(tmp_path: Path) -> None:
    (tmp_path / "lint.seconds").write_text("1.5\n2.0\n")
    assert sum_seconds("lint", tmp_path) == 3.5
    assert sum_seconds("types", tmp_path) == 0
