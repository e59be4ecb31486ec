"""Tests of ``vca edge convert``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.unit.cli.conftest import Vca
from vcloudair_core.cli.invocation import Invocation
from vcloudair_core.services.ans import plugin as edge_gateways
from vcloudair_core.services.query import plugin as queries
from vcloudair_core.testing import simulated_app, simulator_settings
from vcloudair_core.testing.simulated_cloud import make_simulator

COMPLETE = "firewall:\n  rules:\n  - {name: web, destination: 10.0.0.5}\n"
LOSSY = f"{COMPLETE}  - {{name: lost, source: vnic-0}}\nnat:\n  rules:\n  - {{action: snat, vnic: 0, \
original_address: 10.0.0.0/24, translated_address: 203.0.113.10}}\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("complete.yml").write_text(COMPLETE, encoding="utf-8")
    Path("lossy.yml").write_text(LOSSY, encoding="utf-8")


def test_the_document_is_printed_and_the_report_goes_to_standard_error(vca: Vca) -> None:
    done = vca("edge", "convert", "lossy.yml")
    assert done.code == 2
    document = yaml.safe_load(done.out)
    assert [rule["name"] for rule in document["firewall"]["rules"]] == ["web"]
    assert document["nat"]["rules"] == []
    assert "Left out: firewall.rules[1].source (lost): 'vnic-0' is not supported on NSX-T edge gateways" in done.err
    assert "Left out: nat.rules[0].vnic" in done.err


def test_a_complete_document_has_exit_code_0(vca: Vca) -> None:
    done = vca("edge", "convert", "complete.yml")
    assert (done.code, done.err) == (0, "")
    assert yaml.safe_load(done.out) == {"firewall": {"rules": [{"name": "web", "destination": ["10.0.0.5"]}]}}


def test_json_has_the_document_and_the_report(vca: Vca) -> None:
    done = vca("edge", "convert", "lossy.yml", "--uplink", "0", "-o", "json")
    result = json.loads(done.out)
    assert [rule["priority"] for rule in result["document"]["nat"]["rules"]] == [0]
    assert [(item["path"], item["result"]) for item in result["items"]] == [
        ("firewall.rules[1].source", "left out"),
        ("nat.rules[0].vnic", "changed"),
    ]


def test_a_file_gets_the_document_and_the_report_is_a_table(vca: Vca) -> None:
    done = vca("edge", "convert", "lossy.yml", "--file", "nsxt.yml")
    assert done.code == 2
    assert "firewall.rules[1].source" in done.out
    assert [*yaml.safe_load(Path("nsxt.yml").read_text(encoding="utf-8"))] == ["firewall", "nat"]
    assert vca("edge", "convert", "complete.yml", "-f", "nsxt.yml").err == "The document is complete.\n"


def test_the_target_version_decides_which_options_are_supported(vca: Vca) -> None:
    rule = "firewall:\n  rules:\n  - {name: dns, protocol: udp, dest_port: 53, source_port: 1024-65535}\n"
    Path("dns.yml").write_text(rule, encoding="utf-8")
    assert vca("edge", "convert", "dns.yml").code == 2
    assert vca("edge", "convert", "dns.yml", "--target-version", "38.1").code == 0


@pytest.mark.parametrize("version", ["36.3", "new"])
def test_a_version_without_nsxt_edge_gateways_is_rejected(vca: Vca, version: str) -> None:
    done = vca("edge", "convert", "complete.yml", "--target-version", version)
    assert (done.code, done.out) == (64, "")
    assert f"--target-version must be API version 37.0 or newer, not '{version}'." in done.err


def test_an_invalid_document_is_rejected_with_its_line(vca: Vca) -> None:
    Path("wrong.yml").write_text("firewall:\n  rules:\n  - {name: web, shape: round}\n", encoding="utf-8")
    done = vca("edge", "convert", "wrong.yml")
    assert done.code == 64
    assert "wrong.yml:3" in done.err


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connect commands to a cloud with an NSX-V and an NSX-T edge gateway."""
    simulator = make_simulator(profile="vcd", release="10.5")
    app, settings = simulated_app(simulator), {**simulator_settings(simulator), "vdc": ""}
    app.plugins.register(edge_gateways, "ans")
    app.plugins.register(queries, "query")
    with app.client(**settings) as client:
        rule = {"action": "snat", "vnic": "0", "original_address": "10.0.0.0/24", "translated_address": "203.0.113.10"}
        client.ensure("ans.nat_rule", [rule], target={"edge": "org1-vdc1-edge1"})
    monkeypatch.setattr(Invocation, "client", lambda run: app.client(**{**settings, "edge": run.options["edge"]}))


def test_the_uplink_and_the_version_come_from_the_edge_gateway(vca: Vca, cloud: None) -> None:
    done = vca("edge", "convert", "--edge", "org1-vdc1-edge1")
    assert done.code == 0, done.err
    [rule] = yaml.safe_load(done.out)["nat"]["rules"]
    assert (rule["original_address"], rule["priority"], "vnic" in rule) == ("10.0.0.0/24", 0, False)
    assert "Changed: nat.rules[0].vnic" in done.err


def test_an_nsxt_edge_gateway_needs_no_conversion(vca: Vca, cloud: None) -> None:
    done = vca("edge", "convert", "--edge", "nsxt-edge1")
    assert (done.code, done.out) == (64, "")
    assert "nsxt-edge1 is already an NSX-T edge gateway." in done.err
