"""Pages that cannot rot: generated ones are up to date, links lead somewhere, the README leads to every page."""

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
    done = processes.run(
        [sys.executable, "tools/generate_docs.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, f"run tools/generate_docs.py:\n{done.stdout}{done.stderr}"


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _links(page: Path) -> list[str]:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [link for link in _LINK.findall(text) if "://" not in link and not link.startswith("mailto:")]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in _links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.relative_to(ROOT)} links to {link}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {_anchor(heading) for heading in headings}, f"{page.relative_to(ROOT)} links to {link}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        waiting += [(page.parent / link.partition("#")[0]).resolve() for link in _links(page) if link[0] != "#"]
    ours = {page for page in pages() if page.is_relative_to(ROOT / "docs")}
    assert sorted(str(page.relative_to(ROOT)) for page in ours - seen) == []


def test_the_readme_has_every_page_and_each_in_its_list() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lists = dict(re.findall(r"^### ([\w ]+)\n(.*?)(?=^##)", readme, re.MULTILINE | re.DOTALL))
    folders = {"tutorial": "Learn", "how-to": "Do", "reference": "Look up", "explanation": "Understand"}
    for folder, title in folders.items():
        linked = set(_LINK.findall(lists[title]))
        ours = {str(page.relative_to(ROOT)) for page in (ROOT / "docs" / folder).glob("*.md")}
        assert ours - linked == set(), f"the README lacks pages in the list {title!r}"
        assert {link for link in linked if not link.startswith(f"docs/{folder}/")} == set()


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_python_on_pages_is_at_least_python(page: Path) -> None:
    for block in blocks(page):
        # A signature alone is not a program, but with a body it must be one.
        if block.language == "python":
            text = f"{block.text.rstrip()}: ..." if block.text.startswith("def vca_") else block.text
            compile(text, f"{page.name}:{block.line}", "exec")


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_reader_sees_the_name_of_every_file_to_be_written(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for block in blocks(page):
        if block.file:
            before = "\n".join(text.splitlines()[: block.line - 1])
            prose = re.sub(r"^```.*?^```$", "", before, flags=re.MULTILINE | re.DOTALL)
            # What the markup says is not shown to anybody; the commands below may name the file as well.
            shown = prose + "\n".join(other.text for other in blocks(page) if other.language == "console")
            name = block.file.rpartition("/")[2]
            assert name in shown, f"{page.relative_to(ROOT)}:{block.line}: nobody is told to write {block.file}"


def test_the_readme_opens_with_the_two_commands() -> None:
    head = (ROOT / "README.md").read_text(encoding="utf-8").split("##")[0]
    assert "make demo" in head
    assert "make test" in head


def test_every_error_class_is_documented() -> None:
    text = (ROOT / "docs" / "reference" / "error-classes.md").read_text(encoding="utf-8")
    ours = [name for name, item in vars(errors).items() if isinstance(item, type) and issubclass(item, Exception)]
    assert [name for name in ours if f"`{name}`" not in text] == []


def test_no_page_names_a_path_above_the_checkout() -> None:
    for page in pages():
        above = [
            path
            for path in re.findall(r"(?:\.\./)+[\w./-]*", page.read_text(encoding="utf-8"))
            if not (page.parent / path).resolve().is_relative_to(ROOT)
        ]
        assert above == [], page


def test_every_fault_of_the_simulator_is_explained() -> None:
    from vcloudair_core.simulator.faults.fault_rules import KINDS

    text = (ROOT / "docs" / "reference" / "simulator.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in text] == []
