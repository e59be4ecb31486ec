"""Tests of the HTML report: content, external resources, and escaping of names."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree, html

from tests.support.documents import ROOT
from tests.support.recovery_events import run_events
from vcloudair_core.recovery.report.html_report import html_of
from vcloudair_core.recovery.report.report_files import save_report
from vcloudair_core.recovery.report.run_report import report_of
from vcloudair_core.recovery.report.timeline import density_of, panels_of, scale_of, ticks_of

TEMPLATES = ROOT / "vcloudair_core" / "recovery" / "report" / "templates"
HOSTILE = "<script>alert(1)</script>\"'&{{ 7*7 }}</style>"


def page(**shape: Any) -> str:
    return html_of(report_of(run_events(**shape)))


def tree(text: str) -> Any:
    return html.document_fromstring(text)


def text_of(element: Any) -> str:
    return re.sub(r"\s+", " ", element.text_content()).strip()


def test_the_sections_are_in_the_order_of_an_audit() -> None:
    root = tree(page(vms=20, failed=[3]))
    assert text_of(root.xpath("//h1")[0]) == "Test of payroll: ✗ failed"
    assert "19 of 20 VMs were recovered" in text_of(root.xpath("//header")[0])
    assert [text_of(title) for title in root.xpath("//h2")] == [
        "Objectives", "Failures and unknown outcomes", "Timeline", "VMs", "Steps and approvals",
        "Interruptions", "Details", "How the verdict is determined",
    ]  # fmt: skip
    first = text_of(root.xpath("//ul[@class='attention']/li")[0])
    for word in ("db04", "failed", "The task failed", "Next: Check the VM", "codes:", "req-0003-2", "replication:"):
        assert word in first


def test_the_page_loads_no_other_resources() -> None:
    text = page(vms=20)
    root = tree(text)
    assert not root.xpath("//script|//img|//iframe|//object|//embed|//@style|//@onclick|//@onload")
    assert root.xpath("//link/@href") == ["data:,"]
    assert "@import" not in text and not re.search(r"url\((?!#)", text)
    policy = root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert "default-src 'none'" in policy and "unsafe" not in policy


def test_names_are_escaped_everywhere() -> None:
    events = run_events(vms=3, failed=[0], names={0: HOSTILE, 1: "\x1b[31m", 2: "n" * 200})
    events[0]["plan"]["name"] = events[0]["user"] = events[0]["groups"][0]["name"] = HOSTILE
    for event in events:
        event |= {key: HOSTILE for key in ("group", "reason", "hint", "by", "output", "step") if event.get(key)}
    text = html_of(report_of(events))
    root = tree(text)
    assert not root.xpath("//script") and text.count("</style>") == 1
    assert "49" not in text_of(root.xpath("//h1")[0])
    assert HOSTILE in text_of(root.xpath("//table")[0]) and HOSTILE in root.xpath("//svg/title/text()")[1]


def test_the_timeline_has_a_title_and_a_table_with_the_same_times() -> None:
    root = tree(page(vms=20, retried=[9], pauses=[(300, 120)]))
    charts = root.xpath("//svg[@role='img']")
    assert len(charts) == 4
    ids = set(root.xpath("//@id"))
    assert len(ids) == len(root.xpath("//@id")), "ids are unique"
    for chart in charts:
        assert {element.tag for element in chart[:2]} == {"title", "desc"}
        assert set(chart.get("aria-labelledby").split()) <= ids
    assert {target[1:] for target in root.xpath("//a/@href")} <= ids
    drawn = re.findall(r"attempt \d: (\d\d:\d\d:\d\d to \d\d:\d\d:\d\d)", " ".join(root.xpath("//rect/title/text()")))
    tables = " ".join(text_of(table) for table in root.xpath("//table"))
    vms = [times for times in drawn if times in tables]
    assert len(vms) == 21, "20 VMs, one of them twice"
    assert text_of(root.xpath("//tr[contains(., 'app10')]/td[2]")[0]).count(" to ") == 2


def test_verdicts_have_a_symbol_and_a_label_besides_their_color() -> None:
    root = tree(page(vms=8, failed=[0], skipped=[1], unchanged=[2], ends_at=200))
    for label in root.xpath("//span[starts-with(@class, 'verdict')]"):
        assert re.fullmatch(r"[✓✗?‖↩\N{EN DASH}] \w.*", text_of(label)), text_of(label)
    for text in root.xpath("//svg[@role='img']//text[starts-with(@class, 'row s-')]"):
        assert re.match(r"[✓✗?↩\N{EN DASH}] \w", text.text), text.text


def test_vms_with_the_same_reason_share_an_entry() -> None:
    root = tree(page(vms=30, skipped=range(10, 30), failed=[1]))
    entries = root.xpath("//ul[@class='attention']/li")
    assert len(entries) == 2 and text_of(entries[1]).startswith("20 VMs")
    assert len(entries[1].xpath(".//a")) == 20


def test_times_of_a_run_of_two_days_have_dates() -> None:
    text = text_of(tree(page(vms=2, pauses=[(100, 86_400)])).xpath("//section[@aria-labelledby='vms']")[0])
    assert "14 Mar 09:00:55 to 15 Mar 09:0" in text


def test_interruptions_and_rollbacks_are_shown() -> None:
    paused = tree(page(vms=5, pauses=[(100, 600)]))
    rows = [text_of(row) for row in paused.xpath("//section[@aria-labelledby='interruptions']//tbody/tr")]
    assert "maria on ops1" in rows[0] and "interrupted" in rows[0] and "in progress: db01" in rows[0]
    assert "ines on ops2" in rows[1]
    rolled_back = tree(page(vms=5, failing_step=True, rolled_back=True))
    assert text_of(rolled_back.xpath("//h2[@id='rollback']")[0]) == "Rollback: ✗ failed"


@pytest.mark.parametrize(
    "events",
    [
        [],
        [{"event": "run_started"}],
        run_events(vms=3)[1:],
        run_events(vms=3, action="cleanup"),
        run_events(vms=3, action="juggle", rto_minutes=0, last_sync=False),
    ],
)
def test_odd_events_still_give_a_page(events: list[Any]) -> None:
    assert tree(html_of(report_of(events))).xpath("//h1")


def test_each_prefix_of_a_run_has_a_page() -> None:
    events = run_events(vms=2, retried=[1], pauses=[(60, 30)])
    for count in range(len(events) + 1):
        assert tree(html_of(report_of(events[:count]))).xpath("//h1")


# -- layout of the timeline ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("vms", "most"), [(1, 26), (40, 26), (41, 26), (121, 46), (500, 46)])
def test_many_vms_have_thinner_rows_and_panels_that_fit_a_page(vms: int, most: int) -> None:
    report = report_of(run_events(vms=vms, groups=1))
    panels = panels_of(report)
    vm_rows = [row.full for panel in panels for row in panel.rows if row.kind == "vm"]
    assert len(vm_rows) == len(set(vm_rows)) == vms
    assert all(len(panel.rows) <= most and panel.height <= 660 for panel in panels)
    assert all(bar.x >= 0 and bar.x + bar.width <= 85.4 for panel in panels for row in panel.rows for bar in row.bars)
    assert density_of(report).row >= 15, "the text must fit"


@pytest.mark.parametrize("seconds", [0.2, 7, 100, 3000, 40_000, 900_000, 9_000_000])
def test_ticks_are_few_and_in_order(seconds: float) -> None:
    events = run_events(vms=1, steps=False, rto_minutes=None)
    at = report_of(events).started
    assert at is not None
    from datetime import timedelta

    events[-1]["at"] = (at + timedelta(seconds=seconds)).isoformat()
    scale = scale_of(report_of([events[0], events[-1]]))
    assert scale is not None
    ticks = list(ticks_of(scale))
    assert 1 <= len(ticks) <= 11
    assert [tick.x for tick in ticks] == sorted({tick.x for tick in ticks})


# -- files ---------------------------------------------------------------------------------------------------------


def test_only_the_owner_can_read_the_three_files(tmp_path: Path) -> None:
    folder, report = tmp_path / "run" / "report", report_of(run_events(vms=3))
    paths = save_report(report, folder)
    assert {name: path.name for name, path in paths.items()} == {
        "json": "report.json", "junit": "report.xml", "html": "report.html",
    }  # fmt: skip
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert json.loads(paths["json"].read_text(encoding="utf-8")) == report.as_dict()
    assert etree.parse(str(paths["junit"])).getroot().tag == "testsuites"
    assert save_report(report_of([]), folder) == paths, "a second report replaces the first"
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "report.json", "report.xml"]
    assert json.loads(paths["json"].read_text(encoding="utf-8"))["verdict"] == "unfinished"


def test_a_failed_write_keeps_the_old_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = save_report(report_of(run_events(vms=3)), tmp_path)["json"].read_bytes()

    def full(self: Path, target: Path) -> Iterator[None]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        save_report(report_of([]), tmp_path)
    assert (tmp_path / "report.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json", "report.xml"]


def test_jinja2_and_lxml_are_only_imported_when_needed() -> None:
    program = (
        "import sys; from vcloudair_core.recovery.report import html_report, report_files, run_report;"
        "print(run_report.report_of([]).verdict, 'jinja2' in sys.modules, 'lxml' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["unfinished", "False", "False"]


@pytest.mark.parametrize("verdict", ["succeeded", "unchanged", "failed", "retrying", "in_flight", "unknown", "skipped"])
def test_each_verdict_of_an_attempt_has_a_style_in_the_timeline(verdict: str) -> None:
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    assert re.search(rf"\.bar-{verdict}\b", style)
    assert re.search(rf"\.s-{verdict}\b", style)
