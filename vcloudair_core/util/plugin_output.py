"""Redirection of plugins' output to standard error: standard output is the result, which programs read.

There is one standard output for all threads. It is only replaced while some thread is in a plugin, by one that knows
which threads those are, and the one that was there comes back when the last of them is out, in whatever order they
leave. What other threads print meanwhile goes where it always goes.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_lock = threading.Lock()
_inside: dict[int, int] = {}
"""Depth of each thread's calls into plugins."""


class _Parted:
    """Standard error for threads in plugins, standard output for all others.

    Whoever still has it when no thread is in a plugin any more got it there, as a handler of a log does: then it is
    standard error for everybody.
    """

    def __init__(self, stdout: Any) -> None:
        self.stdout = stdout

    def __getattr__(self, name: str) -> Any:
        is_aside = threading.get_ident() in _inside or sys.stdout is not self
        return getattr(sys.stderr if is_aside else self.stdout, name)


def real_stdout() -> Any:
    """Return standard output itself, for whoever holds it longer than for one line."""
    stdout = sys.stdout
    return stdout.stdout if isinstance(stdout, _Parted) else stdout


@contextmanager
def prints_aside() -> Iterator[None]:
    """For the time in which a plugin runs in this thread."""
    thread = threading.get_ident()
    with _lock:
        if not isinstance(sys.stdout, _Parted):
            sys.stdout = _Parted(sys.stdout)
        _inside[thread] = _inside.get(thread, 0) + 1
    try:
        yield
    finally:
        with _lock:
            _inside[thread] -= 1
            if not _inside[thread]:
                del _inside[thread]
            if not _inside and isinstance(sys.stdout, _Parted):
                sys.stdout = sys.stdout.stdout
