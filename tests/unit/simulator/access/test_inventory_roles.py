"""Tests of roles that are defined and assigned in inventory files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from vcloudair_core.errors import SpecError
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.access.rights import ALL_RIGHTS, rights_of


def simulator_with(folder: Path, **org: Any) -> Simulator:
    file = folder / "world.yml"
    tree = {"orgs": [{"name": "acme", "vdcs": [{"name": "gold"}], **org}]}
    file.write_text(yaml.safe_dump(tree), encoding="utf-8")
    return Simulator(SimulatorConfig(inventory_file=str(file)))


def test_users_are_administrators_by_default(tmp_path: Path) -> None:
    simulator = simulator_with(tmp_path, users=[{"name": "ops", "password": "x"}])
    assert rights_of(simulator.world, "ops", "acme") == ALL_RIGHTS


def test_the_role_of_the_default_user_is_an_option() -> None:
    simulator = Simulator(SimulatorConfig(user_role="Auditor"))
    assert simulator.world.users[0].role == "Auditor"


def test_a_user_of_the_provider_has_all_rights() -> None:
    assert rights_of(Simulator().world, "administrator", "System") == ALL_RIGHTS


def test_an_unknown_role_is_refused(tmp_path: Path) -> None:
    user = {"name": "ops", "password": "x", "role": "Boss"}
    with pytest.raises(SpecError, match=r"role 'Boss' is unknown") as caught:
        simulator_with(tmp_path, users=[user])
    assert "vApp User" in caught.value.hint


def test_an_unknown_right_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"right 'FLY' is unknown") as caught:
        simulator_with(tmp_path, roles=[{"name": "pilot", "rights": ["FLY"]}], users=[])
    assert "VAPP_POWER_OPS" in caught.value.hint
