"""Check that Ansible does not evaluate templates in cloud object names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.ansible import environment, run_playbook
from tests.support.tiers import sampled
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

EVIL = "{{ lookup('ansible.builtin.pipe', 'touch MARKER') }}"
SUM = "a {{ 7 * 7 }} b {% if true %}x{% endif %}"


@pytest.fixture(scope="module")
def marker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of a file that exists only if Ansible evaluated a template."""
    return tmp_path_factory.mktemp("evil") / "pwned"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, marker: Path) -> Iterator[SimulatorServer]:
    evil = EVIL.replace("MARKER", str(marker))
    vms: list[dict[str, Any]] = [{"name": evil, "vapp": SUM, "metadata": {"tier": SUM}}]
    vdc = {"name": "gold", "edges": [{"name": "web-edge"}], "vms": vms, "replications": [{"name": evil}]}
    users = [{"name": "ops", "password": "sesame"}]
    file = tmp_path_factory.mktemp("cloud") / "cloud.yml"
    file.write_text(yaml.safe_dump({"orgs": [{"name": "acme", "users": users, "vdcs": [vdc]}]}), encoding="utf-8")
    with SimulatorServer(SimulatorConfig(profile="vcd", inventory_file=str(file))) as running:
        yield running


PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
  - vcloudair.cloud.vca_query_info: {type: vm}
    register: found
  - vcloudair.cloud.vca_query_facts: {id: "{{ found.records[0].id }}"}
  - vcloudair.cloud.vca_dr_info: {}
    register: recovery
  - vcloudair.cloud.vca_firewall:
      edge: web-edge
      rules: [{name: !unsafe 'rule {{ 7 * 7 }}', source: [any], destination: [any], protocol: tcp, dest_port: ['22']}]
      firewall_lint: 'off'
    register: rules
  - vcloudair.cloud.vca_firewall_info: {edge: web-edge}
    register: shown
  - ansible.builtin.set_fact:
      again: "{{ found.records[0].name }}"
      inside: "{{ {'name': ansible_facts.vca.name, 'vapp': ansible_facts.vca.vapp} }}"
  - ansible.builtin.debug: {msg: "{{ again }} {{ inside }} {{ recovery }} {{ rules }} {{ shown }}"}
  - ansible.builtin.debug: {var: found}
  - ansible.builtin.debug: {msg: "{{ item.name }} {{ item.containerName }}"}
    loop: "{{ found.records }}"
  - vcloudair.cloud.vca_query_facts: {name: "{{ found.records[0].name }}-none"}
    register: failed
    ignore_errors: true
  - ansible.builtin.debug: {msg: "{{ failed.msg }} {{ failed.error }}"}
"""


@pytest.mark.parametrize("here", sampled(["true", "false"], 2), ids=["in the controller", "as modules"])
def test_results_and_facts_are_never_templated(
    here: str, server: SimulatorServer, marker: Path, tmp_path: Path
) -> None:
    play = tmp_path / "play.yml"
    play.write_text(PLAY, encoding="utf-8")
    env = {**environment(server.env(), tmp_path), "VCA_USERNAME": "ops", "VCA_PASSWORD": "sesame", "VCA_ORG": "acme"}
    env = {**env, "VCA_VDC": "gold", "VCA_IN_CONTROLLER": here, "VCA_STATE_DIR": str(tmp_path / "state")}
    completed = run_playbook(str(play), env, "-vvv", "--diff")
    assert completed.status == 0, completed.output
    assert not marker.exists()
    assert "a {{ 7 * 7 }} b" in completed.output
    assert "a 49 b" not in completed.output
    assert "rule 49" not in completed.output
    assert "ansible.builtin.pipe" in completed.output
