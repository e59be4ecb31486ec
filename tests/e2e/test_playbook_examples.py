"""Run the playbooks that apply rules in the formats of other tools.

Each playbook makes changes in its first run, but not in its second.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.ansible import ROOT, environment, run_playbook
from vcloudair_core import Client, connect
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

FOLDER = ROOT / "playbooks" / "examples"
CLASSIC = {"edge_gateway_yaml": (17, 4, 2), "l3_csv": (23, 0, 1), "portal_csv": (24, 0, 2)}
"""Numbers of firewall rules, NAT rules and changed tasks of each playbook."""

MODERN = {
    "terraform_dfw": ("ans.distributed_firewall", {"vdc_group": "dc-group"}, 26),
    "three_tiers": ("ans.firewall", {"edge": "edge2"}, 21),
}
"""Kind, target and number of rules of each playbook for NSX-T."""

NETWORKS = "[{name: web-net, edge: %s}, {name: app-net, edge: %s}, {name: data-net, edge: %s}]"
INVENTORY = f"""
orgs:
  - name: org1
    users: [{{name: demo, password: demo-password}}]
    vdcs:
      - {{name: vdc1, edges: [{{name: edge1, backend: nsxt}}], networks: {NETWORKS % (("edge1",) * 3)}}}
      - {{name: vdc2, edges: [{{name: edge2, backend: nsxt}}], networks: {NETWORKS % (("edge2",) * 3)}}}
    vdc_groups: [{{name: dc-group, vdcs: [vdc1], edges: [edge1]}}]
"""


def test_every_example_is_tested() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.yml")) == sorted((*CLASSIC, *MODERN))


def connected(server: SimulatorServer) -> Client:
    """Return a client with the settings of a simulator."""
    return connect(**{key.removeprefix("VCA_").lower(): value for key, value in server.env().items()})


@pytest.mark.slow
@pytest.mark.parametrize("name", CLASSIC)
def test_example_changes_nothing_in_the_second_run(name: str, tmp_path: Path) -> None:
    rules, nat_rules, changes = CLASSIC[name]
    with SimulatorServer(SimulatorConfig(profile="vcd")) as server:
        env = environment(server.env(), tmp_path)
        first = run_playbook(str(FOLDER / f"{name}.yml"), env)
        assert (first.status, first.counts["changed"]) == (0, changes), first.output
        second = run_playbook(str(FOLDER / f"{name}.yml"), env)
        assert (second.status, second.counts["changed"]) == (0, 0), second.output
        with connected(server) as client:
            firewall = client.read("ans.firewall")["rules"]
            assert (len(firewall), len(client.read("ans.nat")["rules"])) == (rules, nat_rules)
            assert any(text.startswith("network:") for rule in firewall for text in rule["source"])


@pytest.mark.slow
@pytest.mark.parametrize("name", MODERN)
def test_example_for_nsxt_changes_nothing_in_the_second_run(name: str, tmp_path: Path) -> None:
    kind, target, count = MODERN[name]
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(INVENTORY, encoding="utf-8")
    config = SimulatorConfig(profile="vcd", release="10.6", inventory_file=str(inventory))
    with SimulatorServer(config) as server:
        env = environment({**server.env(), "VCA_EDGE": "edge2", "VCA_VDC": ""}, tmp_path)
        first = run_playbook(str(FOLDER / f"{name}.yml"), env)
        assert (first.status, first.counts["changed"]) == (0, 3), first.output
        second = run_playbook(str(FOLDER / f"{name}.yml"), env)
        assert (second.status, second.counts["changed"]) == (0, 0), second.output
        with connected(server) as client:
            rules = client.read(kind, target)["rules"]
        assert len(rules) == count
        assert all(text.startswith(("group:", "ipset:", "any")) for rule in rules for text in rule["destination"])
