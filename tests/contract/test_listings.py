"""Check that all output formats of listings use the JSON keys as column headings."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.test_listings_as_input import DOCUMENT
from vcloudair_core.cli.main import run
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

LISTINGS: dict[str, str] = {
    "edge list": "@",
    "firewall list": "rules",
    "nat list": "rules",
    "ipsec list": "tunnels",
    "query": "@",
    "query vm": "@",
    "query task": "@",
    "dr list": "@",
    "dr test --all --dry-run": "@",
    "dr check --all": "checks",
    "metrics show --metric cpu.usage.average": "@",
    "metrics names": "@",
    "plugins": "@",
    "config": "@",
    "doctor": "@",
}
"""Command lines, with the expression that selects the rows in the JSON output."""
ONLY_IN_CELLS = {"index"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorServer]:
    """Yield a cloud with an edge gateway, rules, VMs and replications."""
    document = tmp_path_factory.mktemp("listings") / "wanted.yml"
    document.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    with (
        SimulatorServer(SimulatorConfig(profile="vcd", replications=2)) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in {**server.env(), "VCA_SESSION_CACHE": "false"}.items():
            patch.setenv(name, value)
        assert run(["edge", "apply", str(document), "--yes"]) == 0
        yield server


@pytest.fixture(autouse=True)
def cloud(server: SimulatorServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {**server.env(), "VCA_SESSION_CACHE": "false"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("VCA_STATE_DIR", str(tmp_path / "state"))


@pytest.mark.parametrize("listing", LISTINGS)
def test_headings_equal_json_keys_in_every_format(listing: str, capsys: pytest.CaptureFixture[str]) -> None:
    def printed(*options: str) -> str:
        capsys.readouterr()
        assert run([*listing.split(), *options]) in (0, 9), options
        return capsys.readouterr().out

    rows = json.loads(printed("--query", LISTINGS[listing]))
    assert rows
    keys = {key for row in rows for key in row}
    table = printed() if listing != "doctor" else printed("--columns", "name,status,detail")
    headings = [title.lower().replace(" ", "_") for title in re.split(r"\s{2,}", table.splitlines()[0].strip())]
    assert set(headings) <= {key.lower() for key in keys} | ONLY_IN_CELLS

    heading = next(csv.reader(io.StringIO(printed("-o", "csv"))))
    assert keys >= set(heading) - ONLY_IN_CELLS
    lines = [json.loads(line) for line in printed("-o", "jsonl").splitlines()]
    assert {key for row in lines for key in row} - ONLY_IN_CELLS == keys
    assert printed("--query", f"length({LISTINGS[listing]})", "-o", "table").strip() == str(len(rows))


def test_refuses_invalid_output_options_before_any_request(
    server: SimulatorServer, capsys: pytest.CaptureFixture[str]
) -> None:
    before = len(server.simulator.request_log.entries())
    for options in (["--query", "["], ["-o", "xml"], ["-o", "json", "--columns", "name"]):
        assert run(["edge", "list", *options]) == 64
        assert capsys.readouterr().err.startswith("Error: ")
    assert len(server.simulator.request_log.entries()) == before


def test_vms_are_sorted_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    for options in ([], ["--limit", "2"]):
        assert run(["query", "vm", *options, "--query", "[].name"]) == 0
        names = json.loads(capsys.readouterr().out)
        assert names == [f"vm-{number:04}" for number in range(1, len(names) + 1)]
    assert run(["query", "vm", "--sort", "-name", "--limit", "1", "--query", "[].name"]) == 0
    assert json.loads(capsys.readouterr().out) == ["vm-0003"]
