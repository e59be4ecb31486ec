"""Tests of the HTML report in a browser: layout, contrast, keyboard and printing."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from pypdf import PdfReader

from tests.support.recovery_events import Shape, run_events
from vcloudair_core.recovery.report.html_report import html_of
from vcloudair_core.recovery.report.run_report import report_of

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
LONG = "a-name-of-a-vm-that-is-longer-than-anybody-would-like-" * 3
SHAPES = {
    1: Shape(vms=1, steps=False),
    20: Shape(vms=20, failed=[3], retried=[9], unchanged=[15], names={5: LONG, 6: "<script>alert(1)</script>"}),
    500: Shape(vms=500, groups=5, failed=[30, 402], retried=range(100, 120), skipped=range(480, 500),
               max_concurrent=40, pauses=[(900, 300)]),
}  # fmt: skip
PAPER_WIDTH = 1032
"""Width of landscape A4 between its margins, in CSS pixels."""

sizes = pytest.mark.parametrize("vms", [1, 20, pytest.param(500, marks=pytest.mark.exhaustive)])
schemes = pytest.mark.parametrize("scheme", ["light", "dark"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as tool:
        started = tool.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Return the file of a report, by the number of VMs in the report."""
    folder = tmp_path_factory.mktemp("reports")
    for vms, shape in SHAPES.items():
        (folder / f"{vms}.html").write_text(html_of(report_of(run_events(shape))), encoding="utf-8")
    return {vms: folder / f"{vms}.html" for vms in SHAPES}


def opened(browser: Browser, path: Path, *, width: int = 1280, scheme: Any = "light") -> Page:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(path.as_uri())
    return page


@sizes
def test_report_sends_no_requests_and_logs_no_errors(browser: Browser, pages: dict[int, Path], vms: int) -> None:
    page = browser.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(pages[vms].as_uri(), wait_until="networkidle")
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [pages[vms].as_uri()]
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontWeight") == "650", "its style is let in"
    page.close()


@sizes
@pytest.mark.parametrize("width", [360, 1280])
def test_page_never_scrolls_horizontally(browser: Browser, pages: dict[int, Path], vms: int, width: int) -> None:
    page = opened(browser, pages[vms], width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_names_do_not_overlap_the_bars(browser: Browser, pages: dict[int, Path]) -> None:
    for width in (360, 1280):
        page = opened(browser, pages[20], width=width)
        assert page.evaluate(
            """() => [...document.querySelectorAll('.gantt')].flatMap(chart => {
                 const begin = chart.querySelector('.grid').getBoundingClientRect().left;
                 return [...chart.querySelectorAll('text.row[x="0"]')]
                   .filter(text => text.getBoundingClientRect().right > begin + 1).map(text => text.textContent); })"""
        ) == []  # fmt: skip
        page.close()


# -- colors -------------------------------------------------------------------------------------------------------

_CONTRAST = """() => {
  const parse = color => {
    const found = color.match(/[\\d.]+/g).map(Number);
    return {rgb: found.slice(0, 3), alpha: found.length > 3 ? found[3] : 1};
  };
  const light = rgb => {
    const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, two) => {
    const [low, high] = [light(one), light(two)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.alpha === 1) return color.rgb;
      if (color.alpha > 0) throw new Error('a color that lets others through');
    }
    throw new Error('nothing is behind');
  };
  const found = {texts: 0, lowest: 99, low: [], faint: []};
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest('title, desc')) continue;
    const style = getComputedStyle(element);
    const color = parse(element.closest('svg') ? style.fill : style.color);
    const value = color.alpha === 1 && style.opacity === '1' ? ratio(color.rgb, behind(element)) : 0;
    found.texts += 1;
    found.lowest = Math.min(found.lowest, value);
    if (value < 4.5) found.low.push([element.className.baseVal ?? element.className, value, walker.currentNode.data]);
  }
  const shapes = '.bar-succeeded, .diamond, .bar-in_flight, .bar-failed, .good-fill, .bad-fill';
  for (const shape of document.querySelectorAll(shapes)) {
    const style = getComputedStyle(shape);
    const edge = style.stroke === 'none' || shape.matches('.diamond') ? style.fill : style.stroke;
    if (ratio(parse(edge).rgb, behind(shape)) < 3) found.faint.push([shape.className.baseVal, edge]);
  }
  return found;
}"""


@sizes
@schemes
def test_text_and_bars_have_enough_contrast(browser: Browser, pages: dict[int, Path], vms: int, scheme: str) -> None:
    page = opened(browser, pages[vms], scheme=scheme)
    found = page.evaluate(_CONTRAST)
    page.close()
    assert found["texts"] > 50
    assert (found["low"], found["faint"]) == ([], [])
    print(f"\n{vms} VMs, {scheme}: {found['texts']} texts, the lowest contrast is {found['lowest']:.2f}")
    assert found["lowest"] >= 7


@schemes
def test_dark_mode_is_dark_and_print_is_white(browser: Browser, pages: dict[int, Path], scheme: str) -> None:
    page = opened(browser, pages[20], scheme=scheme)
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(18, 21, 24)")
    page.emulate_media(media="print")
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    assert page.evaluate(_CONTRAST)["low"] == []
    page.close()


# -- keyboard and accessibility ------------------------------------------------------------------------------------


def _heard(page: Page) -> list[dict[str, Any]]:
    """Return the accessibility tree as rows with role, name, description and level."""
    session = page.context.new_cdp_session(page)
    found = []
    for node in session.send("Accessibility.getFullAXTree")["nodes"]:
        if node.get("ignored"):
            continue
        level = next((one["value"]["value"] for one in node.get("properties", ()) if one["name"] == "level"), None)
        words = {key: node.get(key, {}).get("value", "") for key in ("role", "name", "description")}
        found.append({**words, "level": level})
    return found


@sizes
def test_screen_readers_can_read_the_report(browser: Browser, pages: dict[int, Path], vms: int) -> None:
    page = opened(browser, pages[vms])
    heard = _heard(page)
    page.close()
    roles = [one["role"] for one in heard]
    assert [roles.count(one) for one in ("banner", "navigation", "main", "contentinfo")] == [1, 1, 1, 1]
    levels = [one["level"] for one in heard if one["role"] == "heading"]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), "no level is left out"
    charts = [one for one in heard if one["role"] in ("image", "img")]
    assert charts and all(one["name"].startswith("Timeline: ") for one in charts)
    assert all("The tables below have the same data." in one["name"] + one["description"] for one in charts)
    assert any(one["name"].startswith("Timeline: database") and "VMs: " in one["name"] for one in charts)
    tables = [one for one in heard if one["role"] == "table"]
    assert sum(one["name"].startswith("database") for one in tables) == 1
    assert roles.count("rowheader") >= vms


@pytest.mark.parametrize("width", [360, 1280])
def test_chart_can_be_focused_and_scrolled_with_the_keyboard(
    browser: Browser, pages: dict[int, Path], width: int
) -> None:
    page = opened(browser, pages[20], width=width)
    focused = "document.activeElement.classList.contains('chart')"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(focused):
            break
    assert page.evaluate(focused)
    outline = (
        "getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).outlineWidth"
    )
    assert page.evaluate(outline) == "solid3px"
    if width == 360:
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        # wait_for_function uses eval, which the page forbids.
        moved = "document.activeElement.scrollLeft > 0"
        for _ in range(100):
            if page.evaluate(moved):
                break
            page.wait_for_timeout(50)
        assert page.evaluate(moved)
    page.close()


def test_first_tab_key_skips_the_navigation(browser: Browser, pages: dict[int, Path]) -> None:
    page = opened(browser, pages[20])
    page.keyboard.press("Tab")
    skip = page.evaluate("document.activeElement.getBoundingClientRect().left")
    assert skip >= 0, "it is seen once it is reached"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#objectives"
    page.close()


# -- printing ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("vms", "most"), [(1, 3), (20, 7), pytest.param(500, 40, marks=pytest.mark.exhaustive)])
def test_report_is_printed_completely(browser: Browser, pages: dict[int, Path], vms: int, most: int) -> None:
    page = opened(browser, pages[vms], width=PAPER_WIDTH)
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER_WIDTH
    printed = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))
    page.close()
    count = len(printed.pages)
    width, height = float(printed.pages[0].mediabox.width), float(printed.pages[0].mediabox.height)
    assert (round(width), round(height)) == (842, 595), "A4 across, in points"
    text = [one.extract_text() for one in printed.pages]
    words = re.findall(r"\w+", " ".join(text))
    print(f"\n{vms} VMs: {count} pages")
    assert 1 < count <= most and all(one.strip() for one in text)
    for vm in report_of(run_events(SHAPES[vms])).vms:
        if vm.name.isalnum():
            assert words.count(vm.name) >= 2, f"{vm.name} is in the chart and in the table"


@pytest.mark.exhaustive
def test_a_large_report_stays_small(pages: dict[int, Path], browser: Browser) -> None:
    """Check the number of elements of a page with 500 VMs."""
    page = opened(browser, pages[500])
    elements = page.evaluate("document.getElementsByTagName('*').length")
    page.close()
    size = pages[500].stat().st_size
    print(f"\n500 VMs: {size / 1000:.0f} kB, {elements} elements")
    assert size < 600_000 and elements < 15_000
