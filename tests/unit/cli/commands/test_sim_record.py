"""Tests of ``vca sim record``."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.unit.cli.conftest import Vca
from vcloudair_core import App
from vcloudair_core.cli.invocation import Invocation
from vcloudair_core.plugin.manager import PluginManager
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.inventory_file import read_inventory

LOAD = PluginManager.load_entry_points


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch, clean_environment: None) -> Simulator:
    monkeypatch.setattr(PluginManager, "load_entry_points", LOAD)
    simulator = Simulator(SimulatorConfig(profile="vcd", edges=2, templates=1, replications=1))
    for name, value in simulator.env().items():
        monkeypatch.setenv(name, value)

    def client(self: Invocation) -> object:
        return App().client(transport=simulator.transport(), session_cache=False, ca_path="")

    monkeypatch.setattr(Invocation, "client", client)
    return simulator


def test_recorded_file_is_a_valid_inventory(simulator: Simulator, vca: Vca, tmp_path: Path) -> None:
    file = tmp_path / "world.yml"
    result = vca("sim", "record", "--out", str(file))
    assert (result.code, result.err) == (0, "")
    tree = read_inventory(str(file))
    assert len(tree["orgs"][0]["vdcs"][0]["edges"]) == 2
    assert tree["orgs"][0]["users"] == [{"name": "demo", "password": "recorded-password"}]


def test_pseudonyms_differ_between_files(simulator: Simulator, vca: Vca, tmp_path: Path) -> None:
    trees = []
    for name in ("first.yml", "second.yml"):
        assert vca("sim", "record", "--pseudonymize", "--out", str(tmp_path / name)).code == 0
        trees.append(yaml.safe_load((tmp_path / name).read_text(encoding="utf-8")))
    vdcs = [tree["orgs"][0]["vdcs"][0] for tree in trees]
    assert vdcs[0]["name"] == vdcs[1]["name"] == "vdc-1"
    assert vdcs[0]["vms"][0]["name"] == "vm-1"


def test_file_that_cannot_be_written_is_an_error(simulator: Simulator, vca: Vca, tmp_path: Path) -> None:
    result = vca("sim", "record", "--out", str(tmp_path / "absent" / "world.yml"))
    assert result.code != 0
    assert "The inventory file" in result.err
