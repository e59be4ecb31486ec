"""Tests of ``vca metrics``: tables, plots, exports and errors."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vcloudair_core.cli.main import run
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

Vca = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(profile="all", vms=14)) as running:
        yield running


@pytest.fixture
def vca(
    server: SimulatorServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Vca:
    for name in [name for name in os.environ if name.startswith("VCA_")]:
        monkeypatch.delenv(name)
    for name, value in {**server.env(), "HOME": str(tmp_path), "VCA_SESSION_CACHE": "false"}.items():
        monkeypatch.setenv(name, value)
    server.simulator.reset()

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(("metrics", *arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def _names(server: SimulatorServer, count: int) -> list[str]:
    return [vm.name for vm in server.simulator.world.vms.values() if vm.status == "POWERED_ON"][:count]


def test_a_table_has_a_line_for_each_series(vca: Vca, server: SimulatorServer) -> None:
    names = _names(server, 2)
    code, out, _ = vca("show", *names, "--metric", "cpu.usage.average,mem.*", "--start", "30m")
    assert code == 0
    assert all(name in out for name in names)
    assert "cpu.usage.average" in out
    assert "mem.usage.average" in out
    assert "disk" not in out
    assert any(bar in out for bar in "▁▂▃▄▅▆▇█")


def test_vms_can_be_selected_by_condition(vca: Vca, server: SimulatorServer) -> None:
    name = _names(server, 1)[0]
    code, out, _ = vca("export", "--where", f"name={name}", "--start", "1h", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert {row["vm"] for row in rows} == {name}
    assert rows[0]["metric"]


def test_json_lines_have_the_values_of_the_cloud(vca: Vca, server: SimulatorServer) -> None:
    name = _names(server, 1)[0]
    _, shown, _ = vca("export", name, "--metric", "mem.usage.average", "--start", "1h", "--format", "jsonl")
    values = [json.loads(line)["value"] for line in shown.splitlines()]
    assert values
    assert all(isinstance(value, float) and 20 <= value <= 75 for value in values)


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_promtool_accepts_openmetrics_output(vca: Vca, server: SimulatorServer, tmp_path: Path) -> None:
    file = tmp_path / "metrics.txt"
    code, _, _ = vca("export", _names(server, 1)[0], "--format", "openmetrics", "--file", str(file))
    assert code == 0
    text = file.read_text()
    assert text.endswith("# EOF\n")
    blocks = tmp_path / "blocks"
    promtool = shutil.which("promtool") or ""
    done = subprocess.run(
        [promtool, "tsdb", "create-blocks-from", "openmetrics", str(file), str(blocks)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("count", "ending"), [(1, "png"), (3, "svg"), (14, "png")])
def test_plot_is_an_image(vca: Vca, server: SimulatorServer, tmp_path: Path, count: int, ending: str) -> None:
    file = tmp_path / f"chart.{ending}"
    names = _names(server, count)
    code, _, err = vca("plot", *names, "--metric", "cpu.usage.average", "--file", str(file))
    assert code == 0, err
    start = file.read_bytes()[:400]
    assert start.startswith(b"\x89PNG") if ending == "png" else b"<svg" in start or b"<?xml" in start
    if ending == "svg":
        text = file.read_text()
        assert all(name in text for name in names)  # the legend


def test_unsupported_image_format_is_rejected_before_any_request(vca: Vca, server: SimulatorServer) -> None:
    code, _, err = vca("plot", _names(server, 1)[0], "--file", "chart.gif")
    assert code != 0
    assert ".png" in err
    assert server.simulator.request_log.entries() == []


def test_top_lists_the_busiest_vms_first(vca: Vca) -> None:
    code, out, _ = vca("top", "--once", "--rows", "5")
    assert code == 0
    assert len([line for line in out.splitlines() if "vm" in line.lower()]) >= 5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--start", "soon"), "start"),
        (("--start", "1h", "--end", "2h"), "start"),
        (("--source", "elsewhere"), "source"),
    ],
)
def test_invalid_input_is_reported_before_any_request(
    vca: Vca, server: SimulatorServer, arguments: tuple[str, ...], said: str
) -> None:
    code, _, err = vca("show", "any-machine", *arguments)
    assert code != 0
    assert said in err
    assert server.simulator.request_log.entries() == []


def test_a_missing_vm_is_named(vca: Vca) -> None:
    code, _, err = vca("show", "no-such-machine")
    assert code != 0
    assert "no-such-machine" in err


def test_known_metrics_are_listed_with_their_units(vca: Vca) -> None:
    code, out, _ = vca("names")
    assert code == 0
    line = next(line for line in out.splitlines() if "cpu.usage.average" in line)
    assert "percent" in line


def test_an_unknown_metric_is_a_usage_error_with_the_nearest_name(vca: Vca, server: SimulatorServer) -> None:
    name = _names(server, 1)[0]
    for arguments in (("show", name, "-m", "cpuusage"), ("export", name, "-m", "cpuusage,mem.usage.average")):
        code, out, err = vca(*arguments)
        assert (code, out) == (64, "")
        assert "Unknown metric: 'cpuusage'." in err
        assert "Did you mean 'cpu.usage.average'" in err
    code, _, err = vca("top", "--once", "--sort", "cpuready")
    assert code == 64
    assert "Did you mean 'cpu.ready.summation'" in err


def test_known_metric_without_samples_is_not_an_error(vca: Vca, server: SimulatorServer, tmp_path: Path) -> None:
    name = _names(server, 1)[0]
    code, _, err = vca("show", name, "-m", "power.power.average")
    assert code == 0
    assert "No VM has these metrics: power.power.average" in err
    code, out, _ = vca("top", "--once", "--sort", "power.power.average")
    assert code == 0
    assert "no values of power.power.average" in out
    code, _, err = vca("plot", name, "-m", "power.power.average", "--file", str(tmp_path / "power.png"))
    assert code == 4
    assert "No plot written" in err


def test_tables_have_readable_units_and_documents_have_api_units(vca: Vca, server: SimulatorServer) -> None:
    name = _names(server, 1)[0]
    metric = ("--metric", "disk.provisioned.latest", "--source", "vcd-historic")
    _, table, _ = vca("show", name, *metric)
    assert "GiB" in table
    assert re.search(r"\b20 +20 +20 +20 +20\b", table)
    _, document, _ = vca("show", name, *metric, "--output", "json")
    (series,) = json.loads(document)
    assert (series["unit"], series["max"]) == ("KB", 20 * 1024 * 1024)


def test_top_omits_columns_without_values(vca: Vca) -> None:
    code, out, _ = vca("top", "--once", "--rows", "2")
    assert code == 0
    title, headings, units, *rows = out.rstrip().splitlines()
    assert "VMs" in title
    assert headings.split()[:2] == ["CPU.USAGE", "MEM.USAGE"]
    assert len(rows) == 2
    assert all(len(row.split()) == len(units.split()) for row in rows)
