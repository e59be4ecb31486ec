"""A callback that writes task results as JSON lines to ``RECORDER_FILE``."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: recorder
type: aggregate
short_description: Writes results as lines of JSON
description: For tests of this project.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Callback that records the start and the results of each task.

    Results of loop items are recorded, too.
    """

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "recorder"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._write(event="start", task=task.get_name(), action=task.action)

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self.v2_playbook_on_task_start(task, False)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._write(event="end")

    def v2_runner_on_ok(self, result: Any) -> None:
        self._result("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._result("failed", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._result("skipped", result)

    def _result(self, status: str, result: Any) -> None:
        of_task = {"task": result._task.get_name(), "action": result._task.action, "host": result._host.get_name()}
        self._write(event=status, **of_task, result=result._result)

    def _write(self, **line: Any) -> None:
        with Path(os.environ["RECORDER_FILE"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"at": time.monotonic(), **line}) + "\n")
