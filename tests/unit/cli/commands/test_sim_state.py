"""Tests of ``vca sim dump`` and ``vca sim load``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Vca
from vcloudair_core.cli.recording import control_plane
from vcloudair_core.errors import SpecError
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.replay.state_file import read_state


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch, clean_environment: None) -> Simulator:
    simulator = Simulator(SimulatorConfig(profile="vcd"))
    monkeypatch.setenv("VCA_URL", simulator.env()["VCA_URL"])
    monkeypatch.setattr(control_plane, "transport_for", lambda settings: simulator.transport())
    return simulator


def test_dump_and_load_restore_the_state(simulator: Simulator, vca: Vca, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    assert vca("sim", "dump", str(file)).code == 0
    simulator.world.vms.clear()
    result = vca("sim", "load", str(file))
    assert (result.code, result.err) == (0, "")
    assert len(simulator.world.vms) == 3
    assert len(Simulator(SimulatorConfig(profile="vcd", vms=0), state=read_state(file)).world.vms) == 3


def test_file_of_another_version_is_refused(simulator: Simulator, vca: Vca, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    vca("sim", "dump", str(file))
    state = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**state, "version": 99}), encoding="utf-8")
    result = vca("sim", "load", str(file))
    assert result.code != 0
    assert "the state has format version 99; this release reads version 1" in result.err
    with pytest.raises(SpecError, match="version 99"):
        read_state(file)


def test_file_without_a_state_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text("[]", encoding="utf-8")
    with pytest.raises(SpecError, match="a JSON object was expected"):
        read_state(file)


def test_url_is_needed(vca: Vca, tmp_path: Path) -> None:
    result = vca("sim", "dump", str(tmp_path / "state.json"))
    assert result.code != 0
    assert "The URL of the simulator is not set." in result.err
