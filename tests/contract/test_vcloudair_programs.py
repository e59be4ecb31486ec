"""Check that programs for vcloudair 0.5 only need a changed import."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.connect_proxy import ConnectProxy
from tests.support.tiers import sampled
from tests.support.vcloudair_programs import HOSTS, PACKAGES, PROGRAMS, Ran, run_program
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

NOW = 1_750_000_000.0
CLOUD = SimulatorConfig(vms=12, templates=1, edges=2, replications=4, dr_task_s=0.1, host_names=HOSTS)


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(CLOUD) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(server: SimulatorServer) -> Iterator[str]:
    with ConnectProxy(server.port) as running:
        yield running.url


def cloud_environment(server: SimulatorServer) -> dict[str, str]:
    env = server.env()
    return {
        "CLOUD_USER": env["VCA_USERNAME"],
        "CLOUD_PASSWORD": env["VCA_PASSWORD"],
        "CLOUD_ORG": env["VCA_ORG"],
        "CLOUD_EDGE": env["VCA_EDGE"],
        "CLOUD_URL": "https://vcd.example.test",
        "CLOUD_PAUSE": "0.5",
    }


def _sections(server: SimulatorServer) -> list[Any]:
    """Return the name, firewall, NAT and IPsec state of each edge gateway.

    Programs that send the same writes create the same IDs.
    """
    edges = server.simulator.world.edges.values()
    return [(edge.name, edge.firewall["user"], edge.sections.get("nat"), edge.sections.get("ipsec")) for edge in edges]


def _prepare(server: SimulatorServer, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server.simulator.reset()
    if program == "metrics_report":
        monkeypatch.setattr(server.simulator.clock, "now", lambda: NOW)  # stop the clock so that time windows are equal
    if program == "dr_drill":
        refused = list(server.simulator.world.replications)[2]
        path = f"{refused}/action/testFailover"
        server.simulator.faults.add("status", method="POST", path=path, count=0, status=403)


@pytest.mark.parametrize("program", sampled(sorted(path.stem for path in PROGRAMS.glob("*.py")), 3))
def test_program_gives_the_same_results_with_a_changed_import(
    program: str, server: SimulatorServer, proxy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: dict[str, Ran] = {}
    results: dict[str, list[Any]] = {}
    path, env = PROGRAMS / f"{program}.py", cloud_environment(server)
    for package in PACKAGES:
        _prepare(server, program, monkeypatch)
        ran[package] = run_program(path, package, tmp_path / package, env, ca_path=server.ca_path, proxy=proxy)
        results[package] = _sections(server)
    theirs, ours = (ran[package] for package in PACKAGES)
    assert "Traceback" not in theirs.errors, theirs.errors
    assert (ours.output, ours.errors, ours.status) == (theirs.output, theirs.errors, theirs.status)
    assert ours.output.count("\n") > 2
    assert ours.files == theirs.files
    assert results["vcloudair_core"] == results["vcloudair"]


def test_at_least_ten_programs_are_compared() -> None:
    assert len(list(PROGRAMS.glob("*.py"))) >= 10
