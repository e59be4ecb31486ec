"""Tests of inventory files, and of error messages with line numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from vcloudair_core.errors import ConfigurationError, SpecError
from vcloudair_core.simulator.config import SimulatorConfig
from vcloudair_core.simulator.inventory import build_world
from vcloudair_core.simulator.inventory_file import read_inventory, schema

RIGHT = """orgs:
  - name: acme
    users:
      - {name: ops, password: secret}
    vdcs:
      - name: gold
        edges: [{name: web-edge, advanced: false}]
        vms: [{name: web1, vapp: shop, cpus: 4}]
        replications: [{name: db1, rpo: 60}]
"""


def written(folder: Path, text: str) -> str:
    file = folder / "inventory.yml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        read_inventory(written(folder, text))
    return [line.removeprefix(f"{folder}/") for line in caught.value.message.splitlines()]


def test_valid_file_is_read_unchanged(tmp_path: Path) -> None:
    file = written(tmp_path, RIGHT)
    assert read_inventory(file) == yaml.safe_load(RIGHT)
    world = build_world(SimulatorConfig(inventory_file=file))
    assert [vm.cpus for vm in world.vms.values() if vm.name == "web1"] == [4]


def test_every_problem_is_reported_with_its_line(tmp_path: Path) -> None:
    text = RIGHT.replace("users:", "user:").replace("cpus: 4", "cpu: 4").replace("rpo: 60", "rpo: -1")
    text += "        templates: {}\n      - edges: [3]\norg: []\n"
    assert problems(tmp_path, text) == [
        "inventory.yml:3: orgs[0].user: unknown key; did you mean 'users'?",
        "inventory.yml:8: orgs[0].vdcs[0].vms[0].cpu: unknown key; did you mean 'cpus'?",
        "inventory.yml:9: orgs[0].vdcs[0].replications[0].rpo: must be 0 or more, not -1",
        "inventory.yml:10: orgs[0].vdcs[0].templates: a list was expected, not a mapping",
        "inventory.yml:11: orgs[0].vdcs[1].edges[0]: a mapping was expected, not 3",
        "inventory.yml:11: orgs[0].vdcs[1]: 'name' is missing",
        "inventory.yml:12: org: unknown key; did you mean 'orgs'?",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "inventory.yml:1: a mapping was expected, not null"),
        ("orgs: []", "inventory.yml:1: orgs: is empty"),
        ("orgs: [{name: a, nmae: b}, {name: [1]}]", "inventory.yml:1: orgs[1].name: a string was expected, not a list"),
        ('orgs:\n- name: "a', "inventory.yml:2: found unexpected end of stream (column 11)"),
        ("orgs: [{name: a}]\norgs: [{name: b}]", "inventory.yml:2: orgs: is a duplicate of line 1"),
        ('{"orgs": [\n\t{"name": 3}\n]}', "inventory.yml:2: orgs[0].name: a string was expected, not 3"),
    ],
)
def test_each_kind_of_problem(tmp_path: Path, text: str, message: str) -> None:
    assert message in problems(tmp_path, text)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="The inventory file .*none.yml cannot be read: it does not exist"):
        read_inventory(str(tmp_path / "none.yml"))


def test_schema_describes_every_key() -> None:
    nodes = [schema(), *schema()["$defs"].values()]
    keys = [key for node in nodes for key in node.get("properties", {}).values()]
    assert len(keys) > 40
    assert all(key["description"] for key in keys)
