"""Documentation that runs: finds the executable blocks of a Markdown page and executes them like a reader would.

A block is executed when its info string has the word ``run`` after the language: ``python run``, ``console run``,
``sh run``. A block with ``file=PATH`` is written to that file when its turn comes, one with ``append=PATH`` added to
it; on a page without commands, before its Python is run. In a console block, lines after ``$ `` are commands, what
follows is what they print. Each line of a ``sh`` block is a command; a ``text output`` block after it is what the last
one prints. ``...`` stands for anything.
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
"""Pages that make an environment of their own: a test of their own runs them."""

TIMEOUT_S = 600
SHELLS = {"console", "sh"}
"""Languages whose blocks a shell runs."""


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, the words after it, its text and where it starts."""

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
        """The file that it is written or added to."""
        return next((word.partition("=")[2] for word in self.words if word.startswith(("file=", "append="))), "")

    @property
    def is_addition(self) -> bool:
        return any(word.startswith("append=") for word in self.words)


def pages() -> list[Path]:
    """Every page of the documentation, README and the like included."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        language, *words = match["info"].split() or [""]
        found.append(Block(language, tuple(words), match["text"], text.count("\n", 0, match.start()) + 1))
    return found


def is_executable(page: Path) -> bool:
    """True when a page has anything to run."""
    return any(block.is_run for block in blocks(page))


def working_copy(folder: Path) -> Path:
    """A folder that looks like a checkout, in which a reader may write without littering the real one."""
    for entry in ROOT.iterdir():
        if entry.name not in _NOT_LINKED and not entry.name.endswith(".egg-info"):
            (folder / entry.name).symlink_to(entry)
    return folder


def execute(page: Path, folder: Path, env: Mapping[str, str], *, timeout_s: int = TIMEOUT_S) -> None:
    """Run all that is executable on a page. Raises AssertionError with the place and the output."""
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
    # Blank lines keep the line numbers of a traceback those of the page.
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
        """The command that a reader's editor stands for."""
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
    # stdin is the script, as at a terminal; a group of its own, so that background jobs end with it.
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
