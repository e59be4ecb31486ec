"""Standard output and error that never stop the work: closed ones, full disks, terminals of another character set.

A command that changes an edge gateway must not end in the middle because nobody reads its output. So what cannot be
written is dropped, and the exit code stays that of the work.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

_PLAIN = {
    "…": "...", "→": "->", "↩": "<-", "·": ".", "‖": "||", "\u2013": "-", "\u2014": "-",
    "✔": "ok", "✓": "ok", "✗": "x", "✖": "x", "░": ".",
    "▁": "_", "▂": ",", "▃": ".", "▄": "-", "▅": "~", "▆": "+", "▇": "*", "█": "#",
}  # fmt: skip
"""Our own marks in ASCII. Other characters that a terminal lacks are written as escapes, such as ``\\u6771``."""

_NOBODY_READS = (errno.EPIPE, errno.EBADF, errno.EIO, errno.ENXIO)
"""Errors of a stream whose reader is gone. Losing output that nobody reads is no failure."""


def _replace(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeEncodeError):
        plain = _PLAIN.get(error.object[error.start])
        if plain is not None:
            return plain, error.start + 1
    return codecs.backslashreplace_errors(error)


codecs.register_error("vca-plain", _replace)


class GuardedStream:
    """A text stream whose writes never raise. ``failure`` is the first error, after which everything is dropped."""

    def __init__(self, stream: Any, aside: GuardedStream | None = None) -> None:
        self.stream = stream
        self.failure: Exception | None = None
        self.aside = aside
        """Stream for all other threads: results are written by one, and what the rest prints is none."""
        self._owner = threading.get_ident()

    def write(self, text: str) -> int:
        """Write text, in escapes where the stream's encoding lacks a character. Returns its length."""
        if self.aside is not None and threading.get_ident() != self._owner:
            return self.aside.write(text)
        self._try(lambda: self._written(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write each of the texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Write out what is buffered."""
        self._try(self.stream.flush)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    @property
    def lost(self) -> str:
        """Reason why output that somebody may want was lost, or an empty string."""
        if self.failure is None or getattr(self.failure, "errno", errno.EPIPE) in _NOBODY_READS:
            return ""
        return getattr(self.failure, "strerror", None) or str(self.failure)

    def _written(self, text: str) -> None:
        try:
            self.stream.write(text)
        except UnicodeEncodeError:
            encoding = self.stream.encoding or "ascii"
            self.stream.write(text.encode(encoding, "vca-plain").decode(encoding))

    def _try(self, act: Any) -> None:
        if self.failure is not None:
            return
        try:
            act()
        except (OSError, ValueError) as exc:  # ValueError: the stream was closed
            self.failure = exc
            self._drop_the_rest()

    def _drop_the_rest(self) -> None:
        # What is buffered would fail once more when Python flushes it at exit, and change the exit code to 120.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self.stream.fileno())
            os.close(null)
            self.stream.flush()


@contextmanager
def guarded() -> Iterator[GuardedStream]:
    """Guard standard output and error for the time of one command line. Gives standard output."""
    before = sys.stdout, sys.stderr
    errors = GuardedStream(sys.stderr)
    output = GuardedStream(sys.stdout, errors)
    sys.stdout, sys.stderr = cast("TextIO", output), cast("TextIO", errors)
    try:
        yield output
        output.flush()
        errors.flush()
    finally:
        sys.stdout, sys.stderr = before


def open_missing() -> None:
    """Open the null device in place of standard streams that are closed (``vca ... >&-``).

    Otherwise the next file or socket gets their number, and a program that we start writes into it.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - for as long as the program runs
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - as above
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - as above


_kept: list[int] = []
"""Descriptor of standard output, once it is kept from others."""


def keep_stdout() -> None:
    """Keep standard output to ourselves: what is written to descriptor 1 goes to standard error from here on.

    A plugin, a library in C, or a program that one of them starts must not write into a result that others read.
    """
    try:
        kept = os.dup(1)
        before = sys.stdout
        stream = open(  # noqa: SIM115, PTH123 - for as long as the program runs
            kept, "w", encoding=before.encoding, errors=before.errors, newline="\n" if os.name == "posix" else None
        )
        stream.reconfigure(line_buffering=before.isatty())
        os.dup2(2, 1)
    except (OSError, ValueError, AttributeError, LookupError):
        return
    _kept.append(kept)
    sys.stdout = stream


def share_stdout() -> None:
    """Give standard output back, to a command of a plugin: what it prints is its result."""
    output = sys.stdout
    if isinstance(output, GuardedStream):
        output.aside = None
    if _kept:
        output.flush()
        os.dup2(_kept[0], 1)


def leave_stdout() -> None:
    """Let what is printed while the program ends go to standard error."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    sys.stdout = sys.stderr
