"""Drive the Chromium of this host with Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed on this host")
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Visit:
    """An open page in the browser, with its requests and errors."""

    page: Any
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def asked_elsewhere(self, *allowed: str) -> list[str]:
        """Return the requested URLs that start with none of the ``allowed`` prefixes."""
        return [url for url in self.asked if not url.startswith((*allowed, "data:", "blob:"))]


def _failures(request: Any) -> list[str]:
    """Return a list with the error of a failed request.

    The list is empty if the request was aborted because the browser left the page.
    """
    return [] if request.failure == "net::ERR_ABORTED" else [f"failed: {request.url} ({request.failure})"]


@contextmanager
def launched() -> Iterator[Any]:
    """Start a browser that tests can share."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_QUIET))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visiting(shared: Any = None, **context: Any) -> Iterator[Visit]:
    """Open a page in a shared browser, or in a new browser.

    ``context`` has options of Playwright's ``new_context``, such as ``viewport``.
    """
    with nullcontext(shared) if shared is not None else launched() as browser, browser.new_context(**context) as tab:
        page = tab.new_page()
        # A busy host needs more than the 30 seconds that a page gets by default.
        page.set_default_timeout(180_000)
        visit = Visit(page)
        visit.page.on("request", lambda request: visit.asked.append(request.url))
        visit.page.on("requestfailed", lambda request: visit.complaints.extend(_failures(request)))
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        visit.page.on("console", lambda said: visit.complaints.append(said.text) if said.type == "error" else None)
        yield visit
