# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Names one run of Ansible, so that its tasks, which are processes of their own, find one stage. Private."""

from __future__ import annotations

from pathlib import Path


def run_id(pid: int) -> str:
    """The name of the run whose main process has that number: the number, and when it started where that is known.

    Numbers are given out again; with the time of start, the stage of a run that died is not taken for that of another.
    """
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        # The name of the program stands in parentheses and may hold anything; the start is the 20th after it.
        started = state.rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return f"run-{pid}"
    return f"run-{pid}-{started}"
