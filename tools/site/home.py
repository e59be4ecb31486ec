"""Make the home page from the README, and an index page for each part of the docs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PARTS = {
    "tutorial": ("Tutorials", "Step-by-step lessons. No cloud needed."),
    "how-to": ("How-to guides", "Instructions for a specific task."),
    "reference": ("Reference", "Complete descriptions, mostly generated from the code."),
    "explanation": ("Explanation", "Background and design decisions."),
}


def home() -> Iterator[tuple[str, str]]:
    """Return ``home.md`` with the named sections of the README inserted."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", readme, re.MULTILINE | re.DOTALL))

    def section(mark: re.Match[str]) -> str:
        # Links of the page are relative to docs, and other files are outside of it.
        return re.sub(r"\]\((?!\w+:)(docs/)?", lambda link: "](" if link[1] else "](../", sections[mark[1]].strip())

    text = (HERE / "home.md").read_text(encoding="utf-8")
    yield "index.md", re.sub(r"<!-- README: ([^>]+) -->", section, text)


def overview(pages: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Return an index of each part of the documentation.

    An index has the title and the first sentence of each page.
    """
    for part, (title, meaning) in PARTS.items():
        lines = [f"# {title}", "", meaning, "", '<div class="pages" markdown>', ""]
        for name in sorted(pages):
            folder, shown = str(PurePosixPath(name).parent), _is_first_of_its_folder(name)
            if folder == part or (folder.startswith(f"{part}/") and shown):
                lines += [f"- [{heading(pages[name])}]({PurePosixPath(name).relative_to(part)})", ""]
                lines += [f"    {first_sentence(pages[name])}", ""]
        yield f"{part}/index.md", "\n".join([*lines, "</div>", ""])


def heading(text: str) -> str:
    """Return the first heading of a page. Raises ValueError if there is none."""
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    if found is None:
        raise ValueError(f"a page has no heading: {text[:60]!r}")
    return found[1]


def first_sentence(text: str) -> str:
    """Return the first sentence of the first paragraph, without link targets.

    Headings and code are not paragraphs.
    """
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    for paragraph in re.split(r"\n\s*\n", prose):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(paragraph.split()))
        if plain and not plain.startswith(("#", "<", "|", "---")):
            return re.split(r"(?<=[.!?])\s", plain)[0].rstrip(".:") + "."
    return ""


def _is_first_of_its_folder(name: str) -> bool:
    return PurePosixPath(name).name in {"index.md", "README.md"}
