"""Tests of the line that ends each tier: what its sessions and their tests came to."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.support.documents import ROOT
from tools.run_tier import TAGS, count_session, select_sessions, sum_seconds

REPORT = '<testsuites><testsuite tests="9" failures="{failures}" errors="1" skipped="2"/></testsuites>'


@pytest.mark.parametrize(("result", "word"), [("success", "passed"), ("skipped", "skipped"), ("failed", "failed")])
def test_a_session_without_tests_counts_itself(result: str, word: str, tmp_path: Path) -> None:
    assert count_session({"name": "lint", "result": result}, tmp_path) == {word: 1}


def test_a_session_with_tests_counts_them(tmp_path: Path) -> None:
    (tmp_path / "unit.xml").write_text(REPORT.format(failures=3), encoding="utf-8")
    counts = count_session({"name": "unit", "result": "failed"}, tmp_path)
    assert counts == {"passed": 3, "failed": 4, "skipped": 2}


def test_a_session_that_fails_beside_its_tests_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "unit.xml").write_text('<testsuites><testsuite tests="2"/></testsuites>', encoding="utf-8")
    counts = count_session({"name": "unit", "result": "failed"}, tmp_path)
    assert counts == Counter(passed=2, failed=1)


def test_sessions_that_run_beside_others_are_apart() -> None:
    sessions = [
        {"name": "lint", "tags": ["check", "all"]},
        {"name": "cores", "tags": ["rest", "all"]},
        {"name": "awx", "tags": ["rest", "all", "aside"]},
        {"name": "soak", "tags": []},
    ]
    assert select_sessions(sessions, "all") == (["lint", "cores"], ["awx"])
    assert select_sessions(sessions, "check") == (["lint"], [])


def test_every_target_has_its_sessions() -> None:
    text = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    lines = re.findall(r"^(?:CHECK|TEST|REST|ASIDE) = .*|tags=\[.*\]", text, re.MULTILINE)
    assert {*TAGS.values(), "aside"} == set(re.findall(r'"(\w+)"', "".join(lines)))
    targets = re.search(r"^(.*): \$\(VENV\)/.installed\n\t@\$\(TIER\)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert targets is not None
    assert targets[1].split() == list(TAGS)


def test_seconds_of_a_session_are_those_of_all_its_commands(tmp_path: Path) -> None:
    (tmp_path / "lint.seconds").write_text("1.5\n2.0\n")
    assert sum_seconds("lint", tmp_path) == 3.5
    assert sum_seconds("types", tmp_path) == 0
