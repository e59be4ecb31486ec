"""The line that shows a task: there while it runs, gone when it is over, never in a pipe."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, cast

from vcloudair_core.cli.display.task_progress import TaskProgress, wants_progress


@dataclass
class FakeTask:
    status: str
    operation: str = "Updating firewall of edge web-edge"
    operation_name: str = "edgeGatewayConfigureServices"
    is_finished: bool = False


def test_the_line_is_rewritten_and_wiped() -> None:
    stream = io.StringIO()
    progress = TaskProgress(stream)
    for task in (FakeTask("queued"), FakeTask("running"), FakeTask("success", is_finished=True)):
        progress.vca_task_progressed(cast(Any, task))
    screen = stream.getvalue().split("\r")
    assert screen[2] == "Updating firewall of edge web-edge: queued"
    assert screen[4] == "Updating firewall of edge web-edge: running"
    assert screen[-1] == ""
    assert screen[-2].strip() == ""


def test_a_pipe_gets_no_progress() -> None:
    assert not wants_progress(io.StringIO())
