"""Tests of VDC groups in an inventory file, and of errors in their references."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.inventory_world import WORLD
from vcloudair_core.errors import SpecError
from vcloudair_core.simulator.config import SimulatorConfig
from vcloudair_core.simulator.inventory import build_world
from vcloudair_core.simulator.state.world import World


def built(folder: Path, text: str) -> World:
    file = folder / "world.yml"
    file.write_text(text, encoding="utf-8")
    return build_world(SimulatorConfig(profile="vcd", inventory_file=str(file)))


def test_a_group_owns_the_edges_that_it_names(tmp_path: Path) -> None:
    world = built(tmp_path, WORLD)
    east, lonely = world.vdc_groups.values()
    assert {edge.name: edge.group_id for edge in world.edges.values()} == {
        "gold-edge": "", "shared-edge": east.group_id, "bronze-edge": "",
    }  # fmt: skip
    assert [world.vdcs[vdc_id].name for vdc_id in east.vdc_ids] == ["gold", "silver"]
    assert lonely.vdc_ids == east.vdc_ids[1:]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("vdcs: [gold, silver]", "vdcs: [gold, bronze]", "VDC 'bronze' is not in org 'acme'"),
        ("edges: [shared-edge]", "edges: [bronze-edge]", "edge gateway 'bronze-edge' is in no VDC of the group"),
        ("edges: [shared-edge]", "edges: [shared-edge, shared-edge]", "edge gateway 'shared-edge' is in no VDC"),
    ],
)
def test_unknown_members_of_a_group_are_rejected(tmp_path: Path, old: str, new: str, reason: str) -> None:
    with pytest.raises(SpecError, match=f"VDC group 'east': {reason}"):
        built(tmp_path, WORLD.replace(old, new))


@pytest.mark.parametrize(("old", "new"), [("owner: dev", "owner: eve"), ("shared_with: [dev]", "shared_with: [eve]")])
def test_an_unknown_user_of_a_vapp_is_rejected(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(SpecError, match="user 'eve' is unknown"):
        built(tmp_path, WORLD.replace(old, new))
