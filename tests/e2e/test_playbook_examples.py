"""Run the playbooks that apply rules in the formats of other tools.

Each playbook makes changes in its first run, but not in its second.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.ansible import ROOT, environment, run_playbook
from vcloudair_core import connect
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

FOLDER = ROOT / "playbooks" / "examples"
CLASSIC = {"edge_gateway_yaml": (17, 4, 2), "l3_csv": (23, 0, 1), "portal_csv": (24, 0, 2)}
"""Numbers of firewall rules, NAT rules and changed tasks of each playbook."""


def test_every_example_is_tested() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.yml")) == sorted(CLASSIC)


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
        with connect(**{key.removeprefix("VCA_").lower(): value for key, value in server.env().items()}) as client:
            firewall = client.read("ans.firewall")["rules"]
            assert (len(firewall), len(client.read("ans.nat")["rules"])) == (rules, nat_rules)
            assert any(text.startswith("network:") for rule in firewall for text in rule["source"])
