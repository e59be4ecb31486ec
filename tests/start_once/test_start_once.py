"""A small part of the proof that each DR action is started once. ``python -m tests.start_once`` runs all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.start_once.figures import Figures, table
from tests.start_once.kills import killed_run
from tests.start_once.modes import MODES, NAMED, Mode
from tests.start_once.operators import two_operators
from tests.start_once.plays import killed_play

# A second start that happens once in two runs is a second start: nothing here is run again until it passes.
pytestmark = [pytest.mark.slow, pytest.mark.flaky(reruns=0)]
SEED = 1


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_a_killed_run_starts_each_vm_once(mode: Mode, tmp_path: Path) -> None:
    figures = Figures(mode.name)
    killed_run(mode, SEED, tmp_path, figures, kills=1, vms=2)
    assert figures.starts == [1, 1]


@pytest.mark.parametrize("name", ["answer lost", "starts later"])
@pytest.mark.parametrize("hosts", [1, 2])
def test_two_operators_start_each_vm_once(name: str, hosts: int, tmp_path: Path) -> None:
    two_operators(NAMED[name], SEED, tmp_path, Figures(name), hosts=hosts, vms=2)


@pytest.mark.parametrize("in_controller", [False, True], ids=["module", "controller"])
@pytest.mark.parametrize(
    ("name", "kills"), [("no answer, carried out later", 1), ("gateway 503 after forwarding", 0)], ids=["killed", "503"]
)
def test_a_play_that_runs_again_starts_each_vm_once(name: str, kills: int, in_controller: bool, tmp_path: Path) -> None:
    figures = Figures(name)
    killed_play(NAMED[name], SEED, tmp_path, figures, in_controller=in_controller, kills=kills)
    assert figures.starts == [1, 1]


def test_the_table_has_a_sum() -> None:
    one, other = Figures("a", runs=1, vms=2, kills=3, starts=[1, 1]), Figures("b", runs=1, vms=1, starts=[1, 2])
    other.failures.append("seed 1: POSTs: {'vm1': 2}")
    head, *rows = (line.split() for line in table([one, other]).splitlines())
    assert head[0] == "mode"
    assert [row[0] for row in rows] == ["a", "b", "all"]
    assert rows[-1][1:6] == ["2", "3", "0", "3", "1-2"]
    assert rows[-1][-1] == "1"
