"""Tests of the progress line of tasks."""

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


def test_progress_line_is_updated_and_cleared() -> None:
    stream = io.StringIO()
    progress = TaskProgress(stream)
    for task in (FakeTask("queued"), FakeTask("running"), FakeTask("success", is_finished=True)):
        progress.vca_task_progressed(cast(Any, task))
    screen = stream.getvalue().split("\r")
    assert screen[2] == "Updating firewall of edge web-edge: queued"
    assert screen[4] == "Updating firewall of edge web-edge: running"
    assert screen[-1] == ""
    assert screen[-2].strip() == ""


def test_no_progress_without_terminal() -> None:
    assert not wants_progress(io.StringIO())
