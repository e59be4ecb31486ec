"""Progress bar for long operations."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_SHOW_AFTER_S = 1.0


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show a progress bar on standard error for operations longer than a second.

    Yields None if standard error is not a terminal.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True)
    began = time.monotonic()
    state: dict[str, Any] = {}

    def advance(done: int, total: int) -> None:
        if "task" not in state:
            if time.monotonic() - began < _SHOW_AFTER_S:
                return
            bar.start()
            state["task"] = bar.add_task(title, total=total)
        bar.update(state["task"], completed=done, total=total)

    try:
        yield advance
    finally:
        bar.stop()
