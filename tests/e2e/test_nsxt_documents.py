"""Tests of edge documents for NSX-T edge gateways, and of conversions from NSX-V."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from vcloudair_core import Client
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.conversion.edge_converter import convert_edge
from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.sections import SECTIONS, load_section
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing import LinkedClock, simulated_app, simulator_settings
from vcloudair_core.testing.simulated_cloud import make_simulator

VERSIONS = ("37.2", "38.1", "39.1")
KEY = "not-the-key-of-a-real-cloud"


@contextmanager
def cloud(version: str) -> Iterator[tuple[Client, str]]:
    """Yield a client, and an external address of its NSX-T edge gateway."""
    simulator: Simulator = make_simulator(profile="vcd", nsxt_edges=1, logging_right=True)
    settings = {**simulator_settings(simulator), "api_version": version, "edge": "nsxt-edge1"}
    [edge] = [edge for edge in simulator.world.edges.values() if edge.name == "nsxt-edge1"]
    with simulated_app(simulator, LinkedClock(simulator)).client(**settings) as client:
        yield client, edge.external_address


def nsxv_document(external: str) -> dict[str, Any]:
    """Return a document of an NSX-V edge gateway with rules of each section."""
    peer = {"peer_ip": "198.51.100.7", "peer_subnets": ["172.16.0.0/24"]}
    return {
        "firewall": {
            "enabled": True,
            "default_action": "deny",
            "rules": [
                {"name": "web", "destination": [external], "services": [{"protocol": "tcp", "port": ["443", "8443"]}]},
                {"name": "block", "action": "reject", "source": ["192.0.2.0/24"], "destination": ["10.0.0.0/8"]},
                {"name": "dns", "services": [{"protocol": "udp", "port": ["53"]}], "logging": False},
                {"name": "ping", "services": [{"protocol": "icmp", "icmp_type": "8"}]},
            ],
        },
        "nat": {
            "rules": [
                {
                    "action": "dnat",
                    "vnic": "0",
                    "protocol": "tcp",
                    "original_address": external,
                    "original_port": "443",
                    "translated_address": "10.0.1.5",
                    "translated_port": "8443",
                },
                {"action": "snat", "original_address": "10.0.1.0/24", "translated_address": external},
            ]
        },
        "ipsec": {
            "enabled": True,
            "tunnels": [{"name": "hq", "local_ip": external, "local_subnets": ["10.0.1.0/24"], "psk": KEY, **peer}],
        },
    }


def converted(external: str, version: str) -> dict[str, Any]:
    """Return a converted document, with the pre-shared key of its tunnel added."""
    conversion = convert_edge(nsxv_document(external), api_version=version, uplinks=["0"])
    document = dict(conversion.document)
    assert [len(document[name][field]) for name, field in FIELDS.items()] == [4, 2, 1]
    document["ipsec"]["tunnels"][0]["psk"] = KEY
    return document


FIELDS = {"firewall": "rules", "nat": "rules", "ipsec": "tunnels"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_converted_document_is_applied_and_has_no_drift(version: str) -> None:
    with cloud(version) as (client, external):
        document = converted(external, version)
        planned = client.ensure("ans.edge", document, state="exact", check=True)
        applied = client.ensure("ans.edge", document, state="exact")
        assert applied.changed
        assert [change.as_dict() for change in planned.plan.changes] == [
            change.as_dict() for change in applied.plan.changes
        ]
        assert not client.ensure("ans.edge", document, state="exact", check=True).changed


@pytest.mark.parametrize("version", VERSIONS)
def test_an_export_has_no_drift_and_no_key(version: str) -> None:
    with cloud(version) as (client, external):
        client.ensure("ans.edge", converted(external, version), state="exact")
        exported = client.read("ans.edge")
        assert list(exported) == [name for name in SECTIONS if load_section(name).is_on(NSXT)]
        assert KEY not in str(exported)
        assert not client.ensure("ans.edge", exported, state="exact", check=True).changed


@pytest.mark.parametrize("version", VERSIONS)
def test_applying_an_export_repairs_changes_of_others(version: str) -> None:
    with cloud(version) as (client, external):
        client.ensure("ans.edge", converted(external, version), state="exact")
        exported = client.read("ans.edge")
        client.ensure("ans.firewall_rule", [{"name": "web", "source": ["198.51.100.0/24"]}])
        client.ensure("ans.nat_rule", [{"name": "extra", "action": "no_snat", "original_address": "10.9.0.0/24"}])
        outcome = client.ensure("ans.edge", exported, state="exact")
        assert sorted((change.action, change.title.partition(":")[0]) for change in outcome.plan.changes) == [
            ("delete", "nat"),
            ("update", "firewall"),
        ]
        assert not client.ensure("ans.edge", exported, state="exact", check=True).changed


def test_an_unsupported_option_is_refused_before_a_read() -> None:
    with cloud("38.1") as (client, external):
        with pytest.raises(SpecError) as refused:
            client.ensure("ans.edge", nsxv_document(external), state="exact", check=True)
        assert {problem.path for problem in refused.value.problems} >= {"nat.rules[0].vnic"}
