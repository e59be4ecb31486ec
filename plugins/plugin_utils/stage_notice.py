# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Warns when a run ends with changes that it staged and did not commit. Private to this collection.

A callback would have to be enabled by every project. An action plugin is loaded in the main process before that forks
the workers, so the end of that process is where all tasks are done.
"""

from __future__ import annotations

import atexit
import contextlib
import os
from collections.abc import Iterator
from typing import Any

from ansible.utils.display import Display
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import library_problem
from ansible_collections.vcloudair.cloud.plugins.plugin_utils.run_id import run_id

_STATE: dict[str, Any] = {}


def warn_at_end() -> None:
    """Warn when this process ends. Call it once per process; workers that are forked from it say nothing."""
    if "pid" not in _STATE:
        _STATE["pid"] = os.getpid()
        atexit.register(_warn_unless_told)


def warn(display: Any = None) -> None:
    """Warn now, and not again when the process ends."""
    _STATE["is_told"] = True
    # The run is over. Its exit status is that of its tasks, whatever a damaged folder does here.
    with contextlib.suppress(Exception):
        for message in _messages(run_id(os.getpid())):
            (display or Display()).warning(message)


def _warn_unless_told() -> None:
    if _STATE.get("pid") == os.getpid() and not _STATE.get("is_told"):
        warn()


def _messages(name: str) -> Iterator[str]:
    if library_problem():
        return
    from vcloudair_core import Settings, discard_stage, waiting_stages

    settings = Settings.load()
    discard_stage(name, settings, check=True)  # a prediction, which ends with the run
    for stage in waiting_stages(settings):
        for section in stage["sections"] if stage["stage_id"] == name else ():
            number = section["waiting"]
            yield (
                "{} of {} ({}) {} staged and not committed. Nothing was written. Add a task with "
                "vcloudair.cloud.vca_edge_commit to the play, or run `vca edge discard {}` to drop {}.".format(
                    "1 change" if number == 1 else f"{number} changes",
                    section["target"],
                    section["section"],
                    "was" if number == 1 else "were",
                    name,
                    "it" if number == 1 else "them",
                )
            )
