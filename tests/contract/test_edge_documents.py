"""Check that vca_edge_config and ``vca edge plan`` compute the same plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.vcloudair.cloud.plugins.modules import vca_edge_config

from tests.unit.services.ans.ipsec_harness import BRANCH, harness
from vcloudair_core.client import Client
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.document.file import read_document
from vcloudair_core.simulator import Simulator

WEB = {"name": "web", "protocol": "tcp", "dest_port": [80, "443 - 444"], "destination": "203.0.113.10"}
DNAT = {"action": "dnat", "original_address": "203.0.113.10", "translated_address": "192.168.10.20"}
DOCUMENTS: list[dict[str, Any]] = [
    {"firewall": {"rules": [WEB]}},
    {"firewall": {"rules": [WEB, {"name": "b", "enabled": False}], "default_action": "accept"}},
    {"firewall": {"rules": []}},
    {"firewall": {"rules": []}, "allow_empty": True},
    {"firewall": {"rules": [], "allow_empty": True}},
    {"firewall": {"rules": None}},
    {"firewall": {}},
    {"firewall": {"enabled": False}, "nat": {"rules": [DNAT]}},
    {"nat": {"rules": [{**DNAT, "protocol": "tcp+udp"}]}},
    {"nat": {"rules": [], "enabled": False}},
    {"ipsec": {"tunnels": [BRANCH]}},
    {"ipsec": {"tunnels": [{**BRANCH, "encryption": "AES-128", "dh_group": 2}], "enabled": True}},
    {"ipsec": {"tunnels": [{**BRANCH, "dh_group": "dh99"}]}},
    {"ipsec": {"tunnels": []}},
    {"ipsec": {"logging": False}, "firewall": {"rules": [WEB]}, "nat": {"rules": [DNAT]}},
]


def result(client: Client, specs: Any, state: str) -> Any:
    """Return the plan of a document, or the error message."""
    try:
        return client.ensure("ans.edge", specs, state=state, check=True).plan.as_dict()["changes"]
    except SpecError as exc:
        return exc.field, exc.reason


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
@pytest.mark.parametrize("purge", [None, False])
def test_module_and_command_compute_the_same_plan(
    vca_simulator: Simulator, tmp_path: Path, document: dict[str, Any], purge: bool | None
) -> None:
    path = tmp_path / "edge.yml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    options = {"config": yaml.safe_load(path.read_text(encoding="utf-8")), "purge": purge}
    spec = {name: vca_edge_config.ARGUMENTS[name] for name in ("config", "purge", "allow_empty")}
    module_options = {name: value for name, value in options.items() if value is not None}
    validated = ArgumentSpecValidator(spec).validate(module_options)
    assert validated.error_messages == []
    job = vca_edge_config.JOB
    assert job.specs is not None
    with harness(vca_simulator, "network_json") as made:
        made.client.ensure("ans.firewall", {"rules": [{"name": "old", "logging": True}], "default_logging": True})
        made.client.ensure("ans.nat", {"rules": [{**DNAT, "enabled": False}]})
        made.client.ensure("ans.ipsec", {"tunnels": [{**BRANCH, "enabled": False}]})
        parameters = validated.validated_parameters
        by_module = result(made.client, job.specs(parameters), job.state(parameters))
        by_command = result(made.client, read_document(str(path)).sections, "present" if purge is False else "exact")
        assert by_module == by_command
