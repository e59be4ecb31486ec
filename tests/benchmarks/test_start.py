"""Startup costs of commands, as multiples of the startup of a bare interpreter.

The cost is the CPU time of the whole process. A bare interpreter is measured in the same run, because the speed of
hosts varies. The budget grows with the load of the host, which slows down large processes more than small ones. To see
the measurements, run ``nox -s figures -- -s``.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.host_load import HostLoad

ROUNDS = 7
VCA = str(Path(sys.executable).parent / "vca")

BARE = [sys.executable, "-c", "pass"]
BUDGETS = [
    # command, budget in bare interpreter starts (measured when set: see docs/explanation/performance.md)
    pytest.param([sys.executable, "-c", "import vcloudair_core"], 3.0, id="import"),
    pytest.param([VCA, "--help"], 2.5, id="vca --help"),
    pytest.param([VCA, "plugins"], 16.0, id="vca plugins"),
]


def _best_of(commands: Sequence[Sequence[str]], load: HostLoad) -> list[float]:
    """Return the lowest CPU time of each command.

    The commands run alternately, so that a slow moment of the host affects all of them.
    """
    best = [float("inf")] * len(commands)
    for _ in range(ROUNDS):
        load.sample()
        for position, command in enumerate(commands):
            before = _children_s()
            subprocess.run(command, check=True, capture_output=True)
            best[position] = min(best[position], _children_s() - before)
    return best


def _children_s() -> float:
    """Return the CPU time of all processes that this process has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize(("command", "budget"), BUDGETS)
def test_start_stays_within_its_budget(command: list[str], budget: float) -> None:
    load = HostLoad(time.process_time)
    bare, ours = _best_of([BARE, command], load)
    print(
        f"\n{' '.join(command[-1:])}: {ours * 1000:.0f} ms; bare interpreter {bare * 1000:.0f} ms; {ours / bare:.1f} x"
    )
    assert ours / bare < budget * load.slowness
