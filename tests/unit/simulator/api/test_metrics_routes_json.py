"""Tests of metrics requests with specifications in JSON.

Source: protocol/metrics.md §B.2, §B.7.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.simulated import Caller, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig

MEDIA = "application/vnd.vmware.vcloud.metrics."
JSON = "application/*+json;version=37.2"


@pytest.fixture
def caller() -> Caller:
    return signed_in(Simulator(SimulatorConfig(profile="vcd", standing_clock=1.7e9)), version="37.2")


def post(caller: Caller, kind: str, value: Any, media_type: str = "application/*+json") -> tuple[int, dict[str, Any]]:
    path = f"/api/vApp/vm-{next(iter(caller.simulator.world.vms))}/metrics/{kind}"
    response = caller.send("POST", path, json.dumps(value), Content_Type=media_type, Accept=JSON)
    return response.status, json.loads(response.body)


def test_patterns_select_current_metrics(caller: Caller) -> None:
    status, usage = post(caller, "current", {"metricPattern": ["disk.*"]}, f"{MEDIA}currentUsageSpec+json")
    assert status == 200
    assert {metric["name"].split(".")[0] for metric in usage["metric"]} == {"disk"}
    assert all(isinstance(metric["value"], (int, float)) for metric in usage["metric"])


@pytest.mark.parametrize("unit", ["hour", "HOUR"])
def test_a_window_selects_historic_samples(caller: Caller, unit: str) -> None:
    spec = {
        "relativeStartTime": {"interval": 2, "unit": unit},
        "relativeEndTime": {"interval": 1, "unit": unit},
        "metricPattern": ["cpu.usage.average"],
    }
    status, usage = post(caller, "historic", spec)
    assert status == 200
    (series,) = usage["metricSeries"]
    assert (series["name"], series["expectedInterval"]) == ("cpu.usage.average", 300)
    assert 10 <= len(series["sample"]) <= 13
    assert series["sample"][0]["timestamp"].endswith("+0000")


@pytest.mark.parametrize(
    ("spec", "media_type", "status"),
    [
        ({"metricPattern": "cpu.*"}, "application/*+json", 400),
        ({"relativeStartTime": {"interval": 0, "unit": "hour"}}, "application/*+json", 400),
        ({"relativeStartTime": {"interval": 1, "unit": "year"}}, "application/*+json", 400),
        ([], "application/*+json", 400),
        ({}, f"{MEDIA}currentUsageSpec+json", 415),
        ({}, "application/json", 415),
    ],
)
def test_invalid_specifications_are_errors(caller: Caller, spec: Any, media_type: str, status: int) -> None:
    assert post(caller, "historic", spec, media_type)[0] == status
