"""Print titles, commands and selected output lines of ``make demo``."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

_COLORS = {
    re.compile(r"^changed: |CHANGED|^ +~ |changed=[1-9]"): "33",
    re.compile(r"^ok: |^nothing to change|changed=0|^Score: "): "32",
    re.compile(r"^ +- name: "): "36",
}
"""Patterns of colored lines of output, with the number of the color."""
_BOLD, _DIM = "1", "2"


class DemoFailedError(Exception):
    """Raised if a step of the demo failed."""


class Screen:
    """Output of the demo on the terminal and in a log.

    Commands run with the environment ``env`` in the folder ``folder``.
    """

    def __init__(self, log: TextIO, folder: Path, env: dict[str, str]) -> None:
        self.env = env
        self._log = log
        self._folder = folder
        self._is_colored = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    @staticmethod
    def width() -> int:
        """Return the maximum width of printed text, in columns."""
        return min(shutil.get_terminal_size((100, 24)).columns, 120)

    def step(self, title: str, text: str) -> None:
        """Print a title and a paragraph that explains the step."""
        self._print(f"\n{self._colored(title, _BOLD)}")
        self.text(text)

    def text(self, text: str) -> None:
        """Print a paragraph, wrapped to the width."""
        for line in textwrap.wrap(text, self.width()):
            self._print(self._colored(line, _DIM))

    def line(self, line: str) -> None:
        """Print a line of output."""
        colors = [color for pattern, color in _COLORS.items() if pattern.search(line)]
        self._print(self._colored(line, colors[0]) if colors else line)

    def command(self, command: Sequence[str], into: Path | None = None) -> None:
        """Print a command as a user types it."""
        target = f" > {into.relative_to(self._folder)}" if into else ""
        self._print(self._colored(f"$ {shlex.join(command)}{target}", _BOLD))

    def run(
        self,
        command: Sequence[str],
        *,
        status: int = 0,
        into: Path | None = None,
        show: Callable[[str], str] = lambda line: line,
    ) -> str:
        """Run a command and return its output.

        Lines are printed as they arrive. ``show`` returns the text to print for a line, or an empty string to leave out
        the line. If ``into`` is set, the output goes to that file and is not printed. Raises DemoFailedError if the
        exit status is not ``status``.
        """
        self.command(command, into)
        lines = []
        with subprocess.Popen(
            command, cwd=self._folder, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                self._log.write(line)
                shown = "" if into else show(line.rstrip())
                if shown:
                    self.line(shown)
        output = "".join(lines)
        if into is not None:
            into.write_text(output, encoding="utf-8")
        if process.returncode != status:
            raise DemoFailedError(f"`{command[0]}` ended with status {process.returncode}, not {status}.\n{output}")
        return output

    def _print(self, text: str) -> None:
        print(text, flush=True)
        self._log.write(re.sub(r"\x1b\[\d*m", "", text) + "\n")

    def _colored(self, text: str, color: str) -> str:
        return f"\x1b[{color}m{text}\x1b[0m" if self._is_colored else text
