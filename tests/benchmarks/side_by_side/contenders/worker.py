"""Run a contender: read a line of JSON, do the work, and write a line of JSON.

A job is the function that does the work of a scenario. The first line names the job, and each further line starts a
turn, which calls the job once. The cost of a turn is measured in this process, so it excludes the start of the process
and the pipe. If a job and its variables are passed as arguments, the process calls the job once and exits, like a
short user program.
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
"""Function that does the work of a turn, and returns a value as proof of the work."""
Prepare = Callable[[Variables], Job]
"""Function that prepares a job, such as by signing in. The cost is not measured."""


def peak_mb() -> float:
    """Return the peak memory of this process in MB."""
    with open("/proc/self/status", encoding="ascii") as file:  # noqa: PTH123  (pathlib would be one more import)
        line = next(text for text in file if text.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def main(load: Callable[[], None], jobs: Mapping[str, Prepare]) -> None:
    """Run a turn for each line of input.

    ``load`` imports the library of the contender. The cost of the import is measured separately.
    """
    began = time.perf_counter()
    load()
    import_s = time.perf_counter() - began
    if len(sys.argv) > 1:
        jobs[sys.argv[1]](json.loads(sys.argv[2]))(0)
        return
    answers, sys.stdout = sys.stdout, sys.stderr  # Some contenders print their progress.
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
    os._exit(0)  # Connection pools of some contenders would keep the process alive.


def _answer(answers: TextIO, **fields: Any) -> None:
    answers.write(json.dumps(fields) + "\n")
    answers.flush()
