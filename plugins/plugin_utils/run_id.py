# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Identify an Ansible run, so that the processes of its tasks use the same stage.

Private to this collection.
"""

from __future__ import annotations

from pathlib import Path


def run_id(pid: int) -> str:
    """Return the ID of the Ansible run whose main process has the process ID ``pid``.

    The ID includes the start time of the process, if it can be read. Process IDs are reused. Without the start time, a
    run could use the stage of an earlier run that crashed.
    """
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        # The program name is in parentheses and can have any characters. The start time is the 20th field after it.
        started = state.rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return f"run-{pid}"
    return f"run-{pid}-{started}"
