"""Tests of documentation pages: current content, valid links, complete README."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.documents import ROOT, blocks, pages
from vcloudair_core import errors

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def test_generated_pages_are_up_to_date() -> None:
    completed = processes.run(
        [sys.executable, "tools/generate_docs.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert completed.returncode == 0, f"run tools/generate_docs.py:\n{completed.stdout}{completed.stderr}"


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _links(page: Path) -> list[str]:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [link for link in _LINK.findall(text) if "://" not in link and not link.startswith("mailto:")]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_work(page: Path) -> None:
    for link in _links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.relative_to(ROOT)} links to {link}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {_anchor(heading) for heading in headings}, f"{page.relative_to(ROOT)} links to {link}"


def test_every_page_is_reachable_from_the_readme() -> None:
    visited: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in visited or page.suffix != ".md":
            continue
        visited.add(page)
        waiting += [(page.parent / link.partition("#")[0]).resolve() for link in _links(page) if link[0] != "#"]
    ours = {page for page in pages() if page.is_relative_to(ROOT / "docs")}
    assert sorted(str(page.relative_to(ROOT)) for page in ours - visited) == []


def test_readme_lists_every_page_in_its_section() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lists = dict(re.findall(r"^### ([\w ]+)\n(.*?)(?=^##)", readme, re.MULTILINE | re.DOTALL))
    folders = {"tutorial": "Learn", "how-to": "Do", "reference": "Look up", "explanation": "Understand"}
    for folder, title in folders.items():
        linked = set(_LINK.findall(lists[title]))
        ours = {str(page.relative_to(ROOT)) for page in (ROOT / "docs" / folder).glob("*.md")}
        assert ours - linked == set(), f"the README lacks pages in the list {title!r}"
        assert {link for link in linked if not link.startswith(f"docs/{folder}/")} == set()


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_python_blocks_compile(page: Path) -> None:
    for block in blocks(page):
        # A signature alone is not a program, but with a body it must be one.
        if block.language == "python":
            text = f"{block.text.rstrip()}: ..." if block.text.startswith("def vca_") else block.text
            compile(text, f"{page.name}:{block.line}", "exec")


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_name_every_file_to_create(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for block in blocks(page):
        if block.file:
            before = "\n".join(text.splitlines()[: block.line - 1])
            prose = re.sub(r"^```.*?^```$", "", before, flags=re.MULTILINE | re.DOTALL)
            # The file= mark is not visible on the page. The text or a command must name the file.
            visible_text = prose + "\n".join(shell.text for shell in blocks(page) if shell.language == "console")
            name = block.file.rpartition("/")[2]
            place = f"{page.relative_to(ROOT)}:{block.line}"
            assert name in visible_text, f"{place}: the page does not name the file {block.file!r}"


def test_readme_starts_with_the_two_make_commands() -> None:
    head = (ROOT / "README.md").read_text(encoding="utf-8").split("##")[0]
    assert "make demo" in head
    assert "make test" in head


def test_every_error_class_is_documented() -> None:
    text = (ROOT / "docs" / "reference" / "error-classes.md").read_text(encoding="utf-8")
    ours = [name for name, item in vars(errors).items() if isinstance(item, type) and issubclass(item, Exception)]
    assert [name for name in ours if f"`{name}`" not in text] == []


def test_no_page_has_a_path_outside_the_checkout() -> None:
    for page in pages():
        above = [
            path
            for path in re.findall(r"(?:\.\./)+[\w./-]*", page.read_text(encoding="utf-8"))
            if not (page.parent / path).resolve().is_relative_to(ROOT)
        ]
        assert above == [], page


def test_every_simulator_fault_is_documented() -> None:
    from vcloudair_core.simulator.faults.fault_rules import KINDS

    text = (ROOT / "docs" / "reference" / "simulator.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in text] == []
