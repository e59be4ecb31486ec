"""Redirect the output of plugins from standard output to standard error.

Standard output is reserved for results, which programs parse. All threads share ``sys.stdout``. While any thread runs a
plugin, ``sys.stdout`` is an object that redirects only the output of threads in plugins. When the last thread leaves
its plugin, the original ``sys.stdout`` is restored.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_lock = threading.Lock()
_inside: dict[int, int] = {}
"""Nesting depth of plugin calls by thread ID."""


class _SplitStdout:
    """A stream that separates the output of plugins from other output.

    Threads in plugins write to standard error, and all other threads write to standard output.

    A plugin can keep a reference to this object, for example in a log handler. After the original ``sys.stdout`` is
    restored, the object writes to standard error for all threads.
    """

    def __init__(self, stdout: Any) -> None:
        self.stdout = stdout

    def __getattr__(self, name: str) -> Any:
        is_redirected = threading.get_ident() in _inside or sys.stdout is not self
        return getattr(sys.stderr if is_redirected else self.stdout, name)


def real_stdout() -> Any:
    """Return the original standard output, for code that stores a reference to it."""
    stdout = sys.stdout
    return stdout.stdout if isinstance(stdout, _SplitStdout) else stdout


@contextmanager
def stdout_to_stderr() -> Iterator[None]:
    """Redirect this thread's standard output to standard error in the ``with`` block."""
    thread = threading.get_ident()
    with _lock:
        if not isinstance(sys.stdout, _SplitStdout):
            sys.stdout = _SplitStdout(sys.stdout)
        _inside[thread] = _inside.get(thread, 0) + 1
    try:
        yield
    finally:
        with _lock:
            _inside[thread] -= 1
            if not _inside[thread]:
                del _inside[thread]
            if not _inside and isinstance(sys.stdout, _SplitStdout):
                sys.stdout = sys.stdout.stdout
