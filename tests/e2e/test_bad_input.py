"""Check that each invalid input fails with a clear error before any write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.ansible import run_module
from tests.support.tiers import sampled
from vcloudair_core.simulator import SimulatorServer

TABLE = yaml.safe_load((Path(__file__).parent.parent / "data" / "bad_input.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", sampled(TABLE, 4), ids=lambda row: row["case"])
def test_invalid_input_causes_one_clear_error(
    row: dict[str, Any], env: dict[str, str], vca_simulator_server: SimulatorServer
) -> None:
    simulator = vca_simulator_server.simulator
    if "fault" in row:
        simulator.faults.add(**row["fault"])
    run = run_module(row["module"], row["options"], {**env, **row.get("env", {})}, "-vvv")

    assert run.status != 0
    assert "Traceback" not in run.output
    assert f'"error": "{row["error"]}"' in run.output, run.output
    said = " ".join(run.output.replace('\\"', '"').replace("\\\\", "\\").split())
    assert [words for words in row["message"] if words not in said] == [], run.output
    written = [entry for entry in simulator.request_log.entries() if entry.method in ("PUT", "POST", "DELETE")]
    assert [entry for entry in written if "/sessions" not in entry.path] == []
    if row["error"] == "SpecError" and "before" not in row["options"]:
        assert simulator.request_log.entries() == [], "bad input is refused before anything is sent"
    assert "demo-password" not in run.output
