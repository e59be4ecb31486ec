"""Find the files that tools/check_prose.py checks, and the prose in these files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FOLDERS = (
    *("vcloudair_core", "plugins", "extensions", "roles", "playbooks", "tests", "tools"),
    *("docs", "changelogs/fragments", "bench", "awx"),
)
TOP = "top level"
"""Name of the table row for files outside folders, such as the README."""
SUFFIXES = {".py", ".md", ".yml", ".yaml", ".j2", ".tmpl"}
NOT_PROSE = {
    "CHANGELOG.md": "generated from the fragments",
    "docs/contributing/glossary.md": "names words that are not used",
    "docs/reference/glossary.md": "names words that are not used",
    "tools/prose_words.py": "has the table of words that are not used",
    "tests/unit/tools/test_check_prose.py": "has an example of each offense",
}
"""Files that are not checked, with the reason."""

_COMMENT = re.compile(r"(?:^|\s)#:? (.*)")


@dataclass(frozen=True)
class TextFile:
    """A file with prose: its path from the root, and its text."""

    path: str
    text: str

    @cached_property
    def strings(self) -> list[tuple[int, str, bool]]:
        """Return (line, value, is_docstring) for each string of a Python file."""
        if not self.path.endswith(".py"):
            return []
        nodes = list(ast.walk(ast.parse(self.text)))
        docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        return [
            (node.lineno, node.value, id(node) in docstrings)
            for node in nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]

    @property
    def docstrings(self) -> Iterator[tuple[int, str]]:
        """Yield (line, text) for each docstring, including the docstrings of attributes."""
        return ((line, value.strip()) for line, value, is_docstring in self.strings if is_docstring and value.strip())

    @property
    def prose(self) -> Iterator[tuple[int, str]]:
        """Yield (line, text) for each docstring, message and comment, or for a page.

        Code blocks in a page are left out.
        """
        if self.path.endswith(".md"):
            yield from lines_outside_code(self.text)
            return
        yield from ((line, value) for line, value, _ in self.strings if " " in value)
        for number, line in enumerate(self.text.splitlines(), start=1):
            if "# " in line and (comment := _COMMENT.search(line)):
                yield number, comment[1]
            elif self.path.startswith("changelogs/"):
                yield number, line


def read_files(root: Path) -> Iterator[TextFile]:
    """Yield the files of a checkout that have prose."""
    paths = [*root.glob("*"), *(path for folder in FOLDERS for path in (root / folder).rglob("*"))]
    for path in sorted(paths):
        name = path.relative_to(root).as_posix()
        if path.suffix in SUFFIXES and name not in NOT_PROSE and path.is_file() and not path.is_symlink():
            yield TextFile(name, path.read_text(encoding="utf-8"))


def lines_outside_code(text: str) -> Iterator[tuple[int, str]]:
    """Yield (number, text) for each line of a page outside code blocks."""
    is_code = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith(("```", "~~~")):
            is_code = not is_code
        elif not is_code:
            yield number, line
