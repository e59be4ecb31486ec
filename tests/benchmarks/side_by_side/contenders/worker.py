"""Run a contender: read a line of JSON, do its work, and write a line of JSON.

The first line sets the contender up, and each other line is a turn.

What a turn takes is measured in here, so that neither the start of the process nor the pipe is part of it. With a job
and its variables as arguments, a contender does the job once and ends: a small program, as a user would write it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO

Variables = Mapping[str, Any]
Job = Callable[[int], Any]
"""Does the work once. It gets the number of the turn, and returns what shows that the work was done."""
Prepare = Callable[[Variables], Job]
"""Does what is to be done once, such as signing in, and is not measured."""


def peak_mb() -> float:
    """The most memory that this process has had, in MB."""
    with open("/proc/self/status", encoding="ascii") as file:  # noqa: PTH123  (pathlib would be one more import)
        line = next(text for text in file if text.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def main(load: Callable[[], None], jobs: Mapping[str, Prepare]) -> None:
    """Serve turns until there are no more. ``load`` imports what the contender needs; that is measured apart."""
    began = time.perf_counter()
    load()
    import_s = time.perf_counter() - began
    if len(sys.argv) > 1:
        jobs[sys.argv[1]](json.loads(sys.argv[2]))(0)
        return
    answers, sys.stdout = sys.stdout, sys.stderr  # some print their progress
    order = json.loads(sys.stdin.readline())
    imported_mb = peak_mb()
    job = jobs[order["job"]](order["variables"])
    _answer(answers, import_s=import_s, imported_mb=imported_mb)
    for line in sys.stdin:
        turn = json.loads(line)["turn"]
        began = time.perf_counter()
        value = job(turn)
        seconds = time.perf_counter() - began
        _answer(answers, seconds=seconds, value=value, peak_mb=peak_mb())
    os._exit(0)  # pools of some would not let the process end


def _answer(answers: TextIO, **fields: Any) -> None:
    answers.write(json.dumps(fields) + "\n")
    answers.flush()
