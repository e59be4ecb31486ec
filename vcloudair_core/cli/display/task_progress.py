"""Show the progress of the task that a command waits for, on terminals only."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.util.escaping import on_one_line

if TYPE_CHECKING:
    from vcloudair_core.session.tasks import Task


class TaskProgress:
    """An observer of tasks that updates a progress line on standard error."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._width = 0

    @hookimpl
    def vca_task_progressed(self, task: Task) -> None:
        """Show the state of the task, or clear the line when the task has finished."""
        text = "" if task.is_finished else f"{task.operation or task.operation_name or 'task'}: {task.status}"
        text = on_one_line(text)[:79]
        self._stream.write(f"\r{text:<{self._width}}\r{text}")
        self._stream.flush()
        self._width = len(text)


def wants_progress(stream: TextIO | None = None) -> bool:
    """Return True if ``stream`` (default: standard error) is a terminal."""
    return (stream or sys.stderr).isatty()
