"""Tests of the built site: links, search, redirects and pages in a browser."""

from __future__ import annotations

import functools
import http.server
import os
import posixpath
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from lxml import html

from tests.support.browser import launched, needs_chromium, visiting
from tests.support.documents import ROOT
from tests.support.shared import make_once
from tests.support.tiers import sampled
from vcloudair_core.plugin import hooks
from vcloudair_core.services.metrics.catalog import known_metrics

load_config = pytest.importorskip("mkdocs.config").load_config
pytest.importorskip("material", reason="the extra docs is not installed")

MODULE = "reference/collection/vca_firewall_rule.html"
HOOK = "reference/hooks/vca_plan_ready.html"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site once and return its folder. Warnings are failures."""
    return make_once(tmp_path_factory, "site", _build)


def _build(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start one browser for this module.

    Playwright allows only one browser at a time in a process.
    """
    with launched() as chromium:
        yield chromium


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Suppress the log of requests."""


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Return the URL of the served site, with a trailing slash."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(site))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def _search(page: Any, words: str) -> None:
    page.keyboard.press("/")
    page.wait_for_function("document.querySelector('#__search').checked")
    page.keyboard.type(words)
    page.wait_for_selector(".md-search-result__item")


@needs_chromium
@pytest.mark.slow
@pytest.mark.parametrize("colors", sampled(["light", "dark"], 2))
def test_pages_send_no_external_requests_and_log_no_errors(browser: Any, address: str, colors: str) -> None:
    with visiting(browser, color_scheme=colors) as visit:
        for path, heading in (("index.html", "Describe"), (MODULE, "vca_firewall_rule"), (HOOK, "vca_plan_ready")):
            visit.page.goto(address + path, wait_until="networkidle")
            assert heading in visit.page.text_content("h1")
        scheme = visit.page.get_attribute("body", "data-md-color-scheme")
        assert scheme == {"light": "default", "dark": "slate"}[colors]
    assert visit.asked_elsewhere(address) == []
    assert visit.complaints == []


@needs_chromium
@pytest.mark.slow
def test_search_finds_a_page_about_the_term(browser: Any, address: str) -> None:
    with visiting(browser) as visit:
        visit.page.goto(f"{address}index.html", wait_until="networkidle")
        _search(visit.page, "firewall")
        visit.page.click(".md-search-result__item a")
        visit.page.wait_for_url(lambda url: "index.html" not in url)
        assert "firewall" in visit.page.text_content("article").lower()
    assert visit.asked_elsewhere(address) == []
    assert visit.complaints == []


SEARCHES = {
    "edge": "how-to/nsxt-edges.html",
    "firewall rule": "tutorial/first-firewall.html",
    "nat": "how-to/nat.html",
    "ipsec psk": "explanation/pre-shared-keys.html",
    "install": "how-to/install.html",
    "upgrade": "how-to/upgrade.html",
    "awx": "how-to/awx.html",
    "inventory": "how-to/inventory-and-queries.html",
    "failover": "how-to/failover-test.html",
    "exit codes": "reference/exit-codes.html",
    "api token": "reference/settings.html",
    "metrics": "how-to/metrics.html",
    "container": "how-to/simulator-in-a-container.html",
    "login": "how-to/contexts-and-login.html",
    "certificate": "how-to/troubleshooting.html",
    "query attributes": "reference/query-attributes.html",
    "vca_nat": "reference/collection/vca_nat.html",
}
"""Search terms, and the page that must be found."""
QUESTIONS = {
    "restore rule order": "how-to/export-plan-apply.html",
    "rotate psk": "explanation/pre-shared-keys.html",
    "failover test report": "how-to/failover-test.html",
    "exit codes": "reference/exit-codes.html",
    "proxy": "how-to/proxy-and-ca-certificates.html",
    "inventory cache": "how-to/inventory-and-queries.html",
    "concurrent writers": "how-to/concurrent-writers.html",
    "ca certificate": "how-to/proxy-and-ca-certificates.html",
    "dry run": "explanation/plan-and-apply.html",
    "lost response": "explanation/plan-and-apply.html",
    "awx credential": "how-to/awx.html",
    "prometheus exporter": "how-to/metrics.html",
    "api token": "reference/settings.html",
    "metrics csv": "how-to/metrics.html",
    "write a plugin": "how-to/write-a-plugin.html",
}
"""Search terms, and the page that must be the first result."""


def _results(page: Any, term: str) -> list[str]:
    """Return the paths of the first search results for a term.

    Wait until the results of the previous search have disappeared.
    """
    for text, some in (("", False), (term, True)):
        page.fill(".md-search__input", text)
        page.press(".md-search__input", "End")  # the search reacts to key events
        page.wait_for_function(f"(document.querySelector('.md-search-result__item') !== null) === {str(some).lower()}")
    links = page.eval_on_selector_all(".md-search-result__item", "items => items.map(i => i.querySelector('a').href)")
    return [urlsplit(link).path.removeprefix("/") for link in links]


@needs_chromium
@pytest.mark.slow
@pytest.mark.parametrize(("searches", "places"), [(SEARCHES, 3), (QUESTIONS, 1)], ids=["terms", "questions"])
def test_search_ranks_the_page_first(browser: Any, address: str, searches: dict[str, str], places: int) -> None:
    with visiting(browser) as visit:
        visit.page.goto(f"{address}index.html", wait_until="networkidle")
        visit.page.keyboard.press("/")
        results = {term: _results(visit.page, term)[:places] for term in searches}
    assert {term: pages for term, pages in results.items() if searches[term] not in pages} == {}


@needs_chromium
@pytest.mark.exhaustive
@pytest.mark.slow
def test_site_works_without_a_server(browser: Any, site: Path) -> None:
    with visiting(browser) as visit:
        visit.page.goto((site / "index.html").as_uri(), wait_until="networkidle")
        _search(visit.page, "purge")
        visit.page.click(".md-search-result__item a")
        visit.page.wait_for_url(lambda url: "index.html" not in url)
    assert visit.asked_elsewhere("file:") == []
    assert visit.complaints == []


@needs_chromium
@pytest.mark.exhaustive
@pytest.mark.slow
def test_pages_fit_the_width_of_a_phone(browser: Any, address: str, site: Path) -> None:
    with visiting(browser, viewport={"width": 390, "height": 844}) as visit:
        for path in ("index.html", MODULE, HOOK, "how-to/metrics.html", "reference/settings.html"):
            visit.page.goto(address + path)
            width = visit.page.evaluate("document.scrollingElement.scrollWidth")
            assert width <= 390, f"{path} is {width} wide"


@needs_chromium
@pytest.mark.slow
def test_copied_commands_have_no_prompts_and_no_output(browser: Any, address: str) -> None:
    with visiting(browser, permissions=["clipboard-read", "clipboard-write"]) as visit:
        visit.page.goto(f"{address}tutorial/first-firewall.html")
        block = visit.page.locator(".highlight", has_text="READY").first
        block.locator("button.md-clipboard, .md-code__button").first.click()
        copied = visit.page.evaluate("navigator.clipboard.readText()").split("\n")
    assert copied[0] == "vca edge list"
    assert not any(line.startswith("$") or "READY" in line for line in copied)


def _redirects() -> dict[str, str]:
    """Return the redirects in mkdocs.yml as a mapping from old to new addresses."""
    maps = load_config(str(ROOT / "mkdocs.yml")).plugins["redirects"].config["redirect_maps"]
    return {old.replace(".md", ".html"): new.replace(".md", ".html") for old, new in maps.items()}


def _pages(site: Path) -> dict[str, Any]:
    return {path.relative_to(site).as_posix(): html.parse(str(path)) for path in site.rglob("*.html")}


def test_every_link_and_anchor_has_a_target(site: Path) -> None:
    pages = _pages(site)
    anchors = {name: set(tree.xpath("//@id | //a/@name")) for name, tree in pages.items()}
    broken, followed = [], 0
    for name, tree in pages.items():
        for link in {*tree.xpath("//@href"), *tree.xpath("//@src")}:
            url = urlsplit(link)
            if url.scheme or url.netloc:
                continue
            followed += 1
            path = unquote(url.path)
            base = "" if name == "404.html" else posixpath.dirname(name)
            target = posixpath.normpath(posixpath.join("/", base, path))[1:] if path else name
            is_there = (site / target).is_file() or (site / target / "index.html").is_file()
            wanted = unquote(url.fragment)
            if not is_there or (wanted and target in anchors and wanted not in anchors[target]):
                broken.append(f"{name}: {link}")
    assert broken == []
    assert followed > 1000


def test_pages_load_no_external_resources(site: Path) -> None:
    links = "//link[@rel='stylesheet' or @rel='icon' or @rel='preconnect']/@href"
    fetched = f"//script/@src | //img/@src | //iframe/@src | {links}"
    outside = {url for tree in _pages(site).values() for url in tree.xpath(fetched) if urlsplit(url).netloc}
    assert outside == set()


def test_every_documented_object_has_a_page(site: Path) -> None:
    ours = {
        path.stem
        for folder in ("modules", "inventory", "lookup", "callback")
        for path in (ROOT / "plugins" / folder).glob("[!_]*.py")
    }
    ours |= {path.parent.parent.name for path in (ROOT / "roles").glob("*/meta/argument_specs.yml")}
    assert ours - {path.stem for path in (site / "reference" / "collection").glob("*.html")} == set()
    wanted = {name for name in vars(hooks) if name.startswith("vca_")}
    assert wanted - {path.stem for path in (site / "reference" / "hooks").glob("*.html")} == set()
    sources = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    named = {path.with_name("index.html") if path.stem == "README" else path for path in sources}
    assert {str(path) for path in named if not (site / path).is_file()} == set()
    metrics = (site / "reference" / "metrics.html").read_text(encoding="utf-8")
    assert [name for name in known_metrics() if name not in metrics] == []


def test_navigation_has_every_page(site: Path) -> None:
    pages = _pages(site)
    without = {"404.html", *_redirects()}
    for name, tree in pages.items():
        if name not in without:
            assert tree.xpath("//nav//a[contains(@class, '--active')]"), f"{name} is not in the navigation"


def test_old_addresses_redirect_to_the_renamed_pages(site: Path) -> None:
    redirects = _redirects()
    assert redirects
    for old, new in redirects.items():
        assert (site / new).is_file()
        refresh = html.parse(str(site / old)).xpath("string(//meta[@http-equiv='refresh']/@content)")
        target = posixpath.join(posixpath.dirname(old), refresh.partition("url=")[2])
        assert posixpath.normpath(target) == new, old


@needs_chromium
@pytest.mark.slow
def test_an_old_address_keeps_its_anchor(browser: Any, address: str) -> None:
    with visiting(browser) as visit:
        visit.page.goto(f"{address}how-to/find-things.html#create-an-inventory")
        visit.page.wait_for_url(f"{address}how-to/inventory-and-queries.html#create-an-inventory")
        assert "Inventory" in visit.page.text_content("h1")
    assert visit.complaints == []
