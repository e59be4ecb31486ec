"""Run the executable blocks of Markdown pages, as a reader would.

A block is executed when its info string has the word ``run`` after the language: ``python run``, ``console run``, ``sh
run``. A block with ``file=PATH`` is written to that file in the order of the page, and a block with ``append=PATH`` is
added to it. On a page without commands, files are written before the Python blocks of the page run. In a console
block, lines after ``$ `` are commands, and the other lines are their output. Each line of a ``sh`` block is a command.
A ``text output`` block after an ``sh`` block is the output of the last command. ``...`` matches any text.
"""

from __future__ import annotations

import contextlib
import doctest
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_NOT_LINKED = {".git", ".venv", ".nox", "build", "dist", "sim.env"}
NEEDS_ROOM = {"README.md", "docs/tutorial/load-balancer-pools.md"}
"""Pages that create environments. They have separate tests."""

TIMEOUT_S = 600
SHELLS = {"console", "sh"}
"""Languages of shell blocks."""


@dataclass(frozen=True)
class Block:
    """A fenced block: language, further words of the info string, text and line."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int

    @property
    def is_run(self) -> bool:
        return "run" in self.words

    @property
    def is_output(self) -> bool:
        return "output" in self.words

    @property
    def file(self) -> str:
        """Path of the file that the block creates or extends."""
        return next((word.partition("=")[2] for word in self.words if word.startswith(("file=", "append="))), "")

    @property
    def is_addition(self) -> bool:
        return any(word.startswith("append=") for word in self.words)


def pages() -> list[Path]:
    """Return all pages of the documentation, including READMEs."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        language, *words = match["info"].split() or [""]
        found.append(Block(language, tuple(words), match["text"], text.count("\n", 0, match.start()) + 1))
    return found


def is_executable(page: Path) -> bool:
    """Return True if a page has executable blocks."""
    return any(block.is_run for block in blocks(page))


def working_copy(folder: Path) -> Path:
    """Fill ``folder`` with symlinks to the checkout, so that files can be added."""
    for entry in ROOT.iterdir():
        if entry.name not in _NOT_LINKED and not entry.name.endswith(".egg-info"):
            (folder / entry.name).symlink_to(entry)
    return folder


def execute(page: Path, folder: Path, env: Mapping[str, str], *, timeout_s: int = TIMEOUT_S) -> None:
    """Run all executable blocks of a page. Raises AssertionError."""
    found = blocks(page)
    scripts = [block for block in found if block.is_run and block.language == "python"]
    consoles = [block for block in found if block.is_run and block.language in SHELLS]
    files = [block for block in found if block.file]
    if scripts:
        if not consoles:
            _run_console(page, files, folder, env, timeout_s)
        _run_python(page, scripts, folder, env)
    if consoles:
        shown = [block for block in found if block in consoles or block in files or block.is_output]
        _run_console(page, shown, folder, env, timeout_s)


def _run_python(page: Path, scripts: list[Block], folder: Path, env: Mapping[str, str]) -> None:
    # The blank lines give tracebacks the line numbers of the page.
    lines: list[str] = []
    for block in scripts:
        lines += [""] * (block.line - len(lines)) + block.text.splitlines()
    script = folder / f"{page.stem}.example.py"
    script.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", script.name],
        cwd=folder,
        env=dict(env),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, f"{page.relative_to(ROOT)}:\n{done.stdout}{done.stderr}"


@dataclass(frozen=True)
class _Command:
    text: str
    expected: str
    line: int

    @classmethod
    def writing(cls, block: Block) -> _Command:
        """Return a command that writes the block to a file, as a reader does in an editor."""
        folder = shlex.quote(str(Path(block.file).parent))
        path = shlex.quote(block.file)
        to = ">>" if block.is_addition else ">"
        return cls(f"mkdir -p {folder} && cat {to} {path} <<'END OF FILE'\n{block.text}END OF FILE", "", block.line)


def _commands(console: list[Block]) -> Iterator[_Command]:
    for block in console:
        if block.file:
            yield _Command.writing(block)
            continue
        if block.language == "sh":
            yield from _lines(block, console)
        if block.language != "console":
            continue
        parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
        line = block.line + 1
        for part in parts[1:]:
            text, _, expected = part.partition("\n")
            yield _Command(text, expected, line)
            line += part.count("\n")


def _lines(block: Block, console: list[Block]) -> Iterator[_Command]:
    following = console[console.index(block) + 1 :][:1]
    output = following[0].text if following and following[0].is_output else ""
    lines = block.text.splitlines()
    for number, text in enumerate(lines, 1):
        yield _Command(text, output if number == len(lines) else "", block.line + number)


def _run_console(page: Path, consoles: list[Block], folder: Path, env: Mapping[str, str], timeout_s: int) -> None:
    commands = list(_commands(consoles))
    script = "".join(f"{command.text}\nended=$?\necho\necho '@@@' $ended\n" for command in commands)
    # stdin is the script, as in a terminal. The process group ends background jobs with it.
    shell = subprocess.Popen(
        ["bash", "-s"],
        cwd=folder,
        env=dict(env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = shell.communicate(script, timeout=timeout_s)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
    answers = re.split(r"^@@@ (\d+)\n", output, flags=re.MULTILINE)
    checker = doctest.OutputChecker()
    for command, got, status in zip(commands, answers[::2], answers[1::2], strict=False):
        place = f"{page.relative_to(ROOT)}:{command.line}: $ {command.text}\n{got}"
        assert status == "0", f"{place}\nended with status {status}"
        if command.expected.strip():
            options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
            assert checker.check_output(command.expected, got, options), f"{place}\nexpected:\n{command.expected}"
    assert len(answers) // 2 == len(commands), f"{page.relative_to(ROOT)}: the shell ended early:\n{output}"
