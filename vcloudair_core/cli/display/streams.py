"""Standard streams that tolerate closed pipes, full disks and unknown characters.

Output that cannot be written is dropped. Otherwise, a command that changes an edge gateway could stop halfway because
its output cannot be written.
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
"""ASCII forms of the symbols in our output.

Other characters that the encoding does not support become escapes, such as ``東``.
"""

_READER_GONE = (errno.EPIPE, errno.EBADF, errno.EIO, errno.ENXIO)
"""Error numbers that a write returns after the reader of the stream is gone.

These errors are not failures of the command.
"""


def _replace(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeEncodeError):
        plain = _PLAIN.get(error.object[error.start])
        if plain is not None:
            return plain, error.start + 1
    return codecs.backslashreplace_errors(error)


codecs.register_error("vca-plain", _replace)


class GuardedStream:
    """A text stream whose writes never raise.

    ``failure`` is the first error. After an error, all output is dropped.
    """

    def __init__(self, stream: Any, aside: GuardedStream | None = None) -> None:
        self.stream = stream
        self.failure: Exception | None = None
        self.aside = aside
        """Stream for the output of threads other than the main thread.

        Only the main thread prints results.
        """
        self._owner = threading.get_ident()

    def write(self, text: str) -> int:
        """Write text. Characters that the encoding does not support are escaped.

        Returns the length of the text.
        """
        if self.aside is not None and threading.get_ident() != self._owner:
            return self.aside.write(text)
        self._try(lambda: self._written(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write a list of lines."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush the buffer."""
        self._try(self.stream.flush)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    @property
    def lost(self) -> str:
        """The reason why output was lost.

        The reason is empty if no output was lost, or if the reader has closed the stream.
        """
        if self.failure is None or getattr(self.failure, "errno", errno.EPIPE) in _READER_GONE:
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
            self._discard_output()

    def _discard_output(self) -> None:
        # Otherwise Python fails to flush the buffer at exit, and changes the exit code to 120.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self.stream.fileno())
            os.close(null)
            self.stream.flush()


@contextmanager
def guarded() -> Iterator[GuardedStream]:
    """Guard standard output and error during a command. Yields standard output."""
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
    """Open the null device for closed standard streams (``vca ... >&-``).

    Otherwise, the next file or socket would reuse the closed descriptor, and child processes would write into this file
    or socket.
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
"""Descriptor of the real standard output.

The list is empty until :func:`keep_stdout` is called.
"""


def keep_stdout() -> None:
    """Reserve standard output for results. Redirect descriptor 1 to standard error.

    Output of plugins, C libraries and child processes is then not mixed with results.
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
    """Restore standard output for a command that a plugin provides."""
    output = sys.stdout
    if isinstance(output, GuardedStream):
        output.aside = None
    if _kept:
        output.flush()
        os.dup2(_kept[0], 1)


def leave_stdout() -> None:
    """Send all further output of this program to standard error."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    sys.stdout = sys.stderr
