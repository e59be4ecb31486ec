"""Tests of edge gateways that our modules and other clients change in turn."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.test_clients import need, run
from tests.support.ansible import ROOT, environment, run_module
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

EDGE = "nsxt-edge1"
ADDRESS = "203.0.113.100"
PROGRAM = ROOT / "tests" / "clients" / "extension" / "nat.py"

pytestmark = pytest.mark.slow


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[SimulatorServer]:
    config = SimulatorConfig(profile="vcd", release=request.param, external_address="any", nsxt_task_s=0.05)
    with SimulatorServer(config) as running:
        yield running


@pytest.fixture
def module(server: SimulatorServer, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Return a function that runs a module and returns its result."""
    variables = {**environment(server.env(), tmp_path), "HOME": str(tmp_path), "VCA_EDGE": EDGE}

    def call(name: str, options: dict[str, Any], *arguments: str) -> dict[str, Any]:
        done = run_module(name, options, variables, *arguments)
        assert done.status == 0, done.output
        result: dict[str, Any] = json.loads(done.output[done.output.index("=> {") + 3 :])
        return result

    return call


def published(number: int) -> dict[str, Any]:
    return {
        "name": f"publish {number:02}",
        "match_by": "name",
        "action": "dnat",
        "original_address": ADDRESS,
        "original_port": str(8000 + number),
        "protocol": "tcp",
        "translated_address": f"192.168.10.{number}",
        "translated_port": str(8000 + number),
    }


@pytest.mark.parametrize("server", ["10.4", "10.5"], indirect=True)
def test_container_service_extension_and_modules_share_nat_rules(
    server: SimulatorServer, module: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    python = need("extension") / "bin" / "python"

    def client(*arguments: str) -> Any:
        return json.loads(run(server, tmp_path, python, PROGRAM, *arguments, VCA_EDGE=EDGE))

    def targets() -> dict[str, str]:
        return {rule["name"]: rule["internalAddresses"] for rule in client("list")}

    # The client reads the rules in two pages.
    section = {"rules": [published(number) for number in range(1, 31)]}
    assert module("vca_nat", section)["changed"]
    rules = client("list")
    assert [rule["name"] for rule in rules] == [rule["name"] for rule in section["rules"]]
    assert rules[29]["dnatExternalPort"] == "8030"
    assert client("free") not in {ADDRESS, None}
    assert not module("vca_nat", section, "--check")["changed"]

    client("delete", "publish 07")
    changed = client("add", "publish 07", "192.168.10.99", ADDRESS, "8007")
    client("add", "portal", "192.168.10.100", ADDRESS, "9000")
    assert [rule["internalAddresses"] for rule in changed if rule["name"] == "publish 07"] == ["192.168.10.99"]
    live = module("vca_nat_info", {"edge": EDGE})["nat"]["rules"]
    assert {"publish 07": "192.168.10.99", "portal": "192.168.10.100"}.items() <= {
        rule["name"]: rule["translated_address"] for rule in live
    }.items()
    assert module("vca_nat", section, "--check")["plan"] == "1 to update"
    assert module("vca_nat", section)["changed"]
    ours = {rule["name"]: rule["translated_address"] for rule in section["rules"]}
    assert targets() == {**ours, "portal": "192.168.10.100"}
    assert not module("vca_nat", section, "--check")["changed"]

    rule = {"name": "portal", "match_by": "name", "action": "dnat", "state": "absent"}
    assert module("vca_nat_rule", rule)["changed"]
    assert targets() == ours


@pytest.mark.parametrize("server", ["10.4", "10.6"], indirect=True)
def test_go_vcloud_director_and_modules_share_firewall_rules(
    server: SimulatorServer, module: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    program = need("go") / "edits-tour"

    def client(*arguments: str) -> dict[str, Any]:
        services: dict[str, Any] = json.loads(run(server, tmp_path, program, *arguments, VCA_EDGE=EDGE))
        return services

    sources = [[f"10.{number}.0.0/24", "192.0.2.1"] for number in range(3)]
    services = [{"protocol": "tcp", "port": [443]}]
    section = {
        "rules": [
            {"name": f"rule {number}", "action": "accept", "source": source, "services": services}
            for number, source in enumerate(sources)
        ]
    }
    assert module("vca_firewall", section)["changed"]
    shown = client("show")
    assert [rule["actionValue"] for rule in shown["Rules"]] == ["ALLOW"] * 3
    assert not module("vca_firewall", section, "--check")["changed"]

    # The client has API version 37, and rules have inline addresses from version 38.1 on. A write of all rules omits
    # these addresses, so it changes all rules.
    changed = client("reject", "rule 1")
    assert [rule["actionValue"] for rule in changed["Rules"]] == ["ALLOW", "REJECT", "ALLOW"]
    are_inline = not shown["IpSets"]
    assert module("vca_firewall", section, "--check")["plan"] == f"{3 if are_inline else 1} to update"
    assert module("vca_firewall", section)["changed"]
    assert [rule["actionValue"] for rule in client("show")["Rules"]] == ["ALLOW"] * 3
    assert not module("vca_firewall", section, "--check")["changed"]
