"""Tests of the page of the drill history."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.browser import launched, needs_chromium
from tests.support.drill_runs import NOW, write_program, write_run
from vcloudair_core.recovery.drills.drill_history import DrillHistory, drill_history
from vcloudair_core.recovery.drills.drill_page import line_of, page_of, sentence_of
from vcloudair_core.settings.settings import Settings


def history(folder: Path) -> DrillHistory:
    return drill_history(Settings.load({"state_dir": str(folder)}, environ={"VCA_CONFIG_FILE": ""}), now=NOW)


def test_the_page_lists_plans_vms_and_reasons(tmp_path: Path) -> None:
    write_program(tmp_path)
    page = page_of(history(tmp_path))
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "2 of 3 plans are due. 1 of 10 VMs is untested." in text
    assert "The test of 2026-11-27 has the verdict failed. The last successful test was on 2026-10-02." in text
    assert "The maximum age of a test is 90 days. The last successful test was on 2026-08-03." in text
    assert "<script" not in page
    assert page.count("<polyline") == 2 + 2 + 5 + 2


def test_names_are_escaped(tmp_path: Path) -> None:
    write_run(tmp_path, "<b>plan</b>", 5, vms={"g": ["<i>vm</i>"]}, failed=["<i>vm</i>"])
    page = page_of(history(tmp_path))
    assert "<b>plan" not in page and "<i>vm" not in page
    assert "&lt;b&gt;plan" in page


def test_an_empty_history_has_a_page(tmp_path: Path) -> None:
    drills = history(tmp_path)
    assert sentence_of(drills) == "No drill is known."
    assert "No VMs are known." in page_of(drills)


def test_the_line_contains_the_target_if_it_is_near(tmp_path: Path) -> None:
    for days_ago, rto_s in ((40, 600), (20, 1200)):
        write_run(tmp_path, "near", days_ago, vms={"g": ["a"]}, rto_s=rto_s, rto_minutes=20)
        write_run(tmp_path, "far", days_ago, vms={"g": ["b"]}, rto_s=rto_s, rto_minutes=600)
    far, near = (line_of(plan) for plan in history(tmp_path).plans)
    assert near is not None and far is not None
    assert near.points == "0.0,12.0 100.0,3.0"
    assert (near.goal, far.goal) == (3.0, None)
    assert near.text == "RTO of the tests: 2026-10-22 10 min, 2026-11-11 20 min"


@needs_chromium
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_screens(tmp_path: Path, width: int) -> None:
    write_program(tmp_path)
    (tmp_path / "drills.html").write_text(page_of(history(tmp_path)), encoding="utf-8")
    with launched() as browser:
        page = browser.new_page(viewport={"width": width, "height": 800})
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto((tmp_path / "drills.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert complaints == []
