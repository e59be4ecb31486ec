# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Warn about uncommitted staged changes at the end of a run.

Private to this collection. Unlike a callback, this code does not have to be enabled in each project: Ansible loads
action plugins in the main process before it forks the workers. Therefore, an action plugin can register a function that
runs when the main process exits, after all tasks.
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
    """Register a function that shows the warning when this process exits.

    Forked workers do not warn.
    """
    if "pid" not in _STATE:
        _STATE["pid"] = os.getpid()
        atexit.register(_warn_once)


def warn(display: Any = None) -> None:
    """Show the warning now, and do not show it again when the process exits."""
    _STATE["has_warned"] = True
    # The run has ended. An unreadable state folder must not change its exit status.
    with contextlib.suppress(Exception):
        for message in _messages(run_id(os.getpid())):
            (display or Display()).warning(message)


def _warn_once() -> None:
    if _STATE.get("pid") == os.getpid() and not _STATE.get("has_warned"):
        warn()


def _messages(name: str) -> Iterator[str]:
    if library_problem():
        return
    from vcloudair_core import Settings, discard_stage, waiting_stages

    settings = Settings.load()
    discard_stage(name, settings, check=True)  # predicted changes are valid only during the run
    for stage in waiting_stages(settings):
        for section in stage["sections"] if stage["stage_id"] == name else ():
            number = section["waiting"]
            yield (
                "{} of {} ({}) {} staged and not committed. Nothing was written. Add a task with "
                "vcloudair.cloud.vca_edge_commit to the play, or run `vca edge discard {}` to delete {}.".format(
                    "1 change" if number == 1 else f"{number} changes",
                    section["target"],
                    section["section"],
                    "was" if number == 1 else "were",
                    name,
                    "it" if number == 1 else "them",
                )
            )
