"""A small part of the stress test: each DR action must start exactly once.

``python -m tests.start_once`` runs the whole stress test.
"""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.start_once.cloud import Operator, cloud_of, wait_for
from tests.start_once.figures import Figures, table
from tests.start_once.kills import FAILOVER, GOOD, RESUME, UNKNOWN, UNKNOWN_CODES, killed_run
from tests.start_once.modes import ACTION, MODES, NAMED, Mode
from tests.start_once.operators import two_operators
from tests.start_once.plays import killed_play
from tests.start_once.vcda_modes import VCDA_MODES
from tests.support.tiers import sampled, sampled_pairs

pytestmark = pytest.mark.slow
SEED = 1


@pytest.mark.parametrize("mode", [*sampled(MODES, 5), *sampled(VCDA_MODES, 8)], ids=lambda mode: mode.name)
def test_a_killed_run_starts_each_vm_once(mode: Mode, tmp_path: Path) -> None:
    figures = Figures(mode.name)
    killed_run(mode, SEED, tmp_path, figures, kills=1, vms=2)
    assert figures.starts == [1, 1]


@pytest.mark.parametrize(("name", "hosts"), sampled_pairs(["answer lost", "starts later"], [1, 2], 2))
def test_two_operators_start_each_vm_once(name: str, hosts: int, tmp_path: Path) -> None:
    two_operators(NAMED[name], SEED, tmp_path, Figures(name), hosts=hosts, vms=2)


@pytest.mark.parametrize(
    ("name", "in_controller"),
    sampled_pairs(["no answer, carried out later", "gateway 503 after forwarding"], [False, True], 2),
)
def test_a_play_that_runs_again_starts_each_vm_once(name: str, in_controller: bool, tmp_path: Path) -> None:
    figures = Figures(name)
    kills = 0 if "503" in name else 1
    killed_play(NAMED[name], SEED, tmp_path, figures, in_controller=in_controller, kills=kills)
    assert figures.starts == [1, 1]


@pytest.mark.parametrize("takes_up", [RESUME, FAILOVER], ids=["resume", "same command"])
def test_request_is_read_after_the_client_and_a_search_ended(takes_up: tuple[str, ...], tmp_path: Path) -> None:
    """Execute a request after the client process that sent it has been killed.

    Before the execution, a second process searches for the action and does not find it.
    """
    with cloud_of(NAMED["prompt"], 1) as cloud:
        is_read = threading.Event()
        faults = cloud.server.simulator.faults
        faults.add("edit", method="POST", path=ACTION, count=0, edit=lambda simulator: is_read.wait(240))
        operator = Operator(cloud, tmp_path)
        process = operator.start(*FAILOVER)
        try:
            assert wait_for(cloud.posts, process)
            process.kill()
            process.communicate(timeout=300)
            looked = operator.run(*takes_up)
            assert (looked.code in UNKNOWN_CODES, looked.rows) == (True, {"vm1": UNKNOWN}), looked.output
        finally:
            is_read.set()
        cloud.settle()
        found = operator.run(*RESUME)
        assert found.code == 0, found.output
        assert set(found.rows.values()) <= GOOD
        assert (cloud.posts()["vm1"], cloud.recovered()) == (1, {"vm1"})


def test_table_has_a_total() -> None:
    one, other = Figures("a", runs=1, vms=2, kills=3, starts=[1, 1]), Figures("b", runs=1, vms=1, starts=[1, 2])
    other.failures.append("seed 1: POSTs: {'vm1': 2}")
    head, *rows = (line.split() for line in table([one, other]).splitlines())
    assert head[0] == "mode"
    assert [row[0] for row in rows] == ["a", "b", "all"]
    assert rows[-1][1:6] == ["2", "3", "0", "3", "1-2"]
    assert rows[-1][-1] == "1"
