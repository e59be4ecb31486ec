"""Tests of the DNS forwarder of NSX-T edge gateways. Source: protocol/nsxt.md §10."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.simulator.nsxt.harness import Harness, harness

FORWARDER: dict[str, Any] = {
    "enabled": True,
    "listenerIp": "10.255.255.1",
    "defaultForwarderZone": {"displayName": "Default", "upstreamServers": ["192.0.2.53"]},
    "conditionalForwarderZones": [
        {"displayName": "corp", "dnsDomainNames": ["corp.example"], "upstreamServers": ["10.9.0.1"]}
    ],
}


@pytest.fixture
def cloud(tmp_path: Path) -> Harness:
    return harness(tmp_path)


def test_zones_without_an_id_are_created(cloud: Harness) -> None:
    path = cloud.path("dns")
    off = cloud.read(path)
    assert (off["enabled"], off["version"]) == (False, {"version": 0})
    task = cloud.write("PUT", path, FORWARDER)
    assert (task.get("operationName"), cloud.owner_id(task)) == ("orgVdcGatewayDnsUpdate", cloud.urn())
    shown = cloud.read(path)
    zones = [shown["defaultForwarderZone"], *shown["conditionalForwarderZones"]]
    assert len({zone["id"] for zone in zones}) == 2
    assert [zone["displayName"] for zone in zones] == ["Default", "corp"]
    cloud.write("PUT", path, shown)
    assert cloud.read(path) == {**shown, "version": {"version": 2}}, "known zones keep their IDs"
    assert "the current version is 2, not 1" in cloud.refused("PUT", path, shown)
    cloud.write("DELETE", path)
    assert cloud.read(path) == {**off, "version": {"version": 3}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"listenerIp": None}, "'listenerIp': must not be null"),
        ({"listenerIp": "dns"}, "'dns' is not an IP address"),
        ({"defaultForwarderZone": None}, "'defaultForwarderZone': must not be null"),
        ({"defaultForwarderZone": {"displayName": "x", "upstreamServers": ["x"]}}, "'x' is not an IP address"),
        ({"defaultForwarderZone": {"displayName": "x"}}, "'defaultForwarderZone.upstreamServers': must not be null"),
        ({"defaultForwarderZone": {**FORWARDER["defaultForwarderZone"], "id": "x"}}, "zone 'x' does not exist"),
        ({"conditionalForwarderZones": [FORWARDER["defaultForwarderZone"]]}, "dnsDomainNames': must not be null"),
        ({"snatRuleExternalIpAddress": "198.51.100.1"}, "is not allocated"),
        ({"zones": []}, "'zones' not recognized"),
    ],
)
def test_an_invalid_forwarder_is_refused(cloud: Harness, changes: dict[str, Any], message: str) -> None:
    assert message in cloud.refused("PUT", cloud.path("dns"), {**FORWARDER, **changes})
    assert cloud.read(cloud.path("dns"))["enabled"] is False


def test_the_snat_rule_of_the_forwarder_is_a_system_rule(cloud: Harness) -> None:
    cloud.write("PUT", cloud.path("dns"), {**FORWARDER, "snatRuleEnabled": True})
    [rule] = cloud.read(cloud.path("nat/rules"))["values"]
    assert (rule["systemRule"], rule["type"], rule["internalAddresses"]) == (True, "SNAT", "10.255.255.1")
    assert rule["externalAddresses"] == cloud.edge().external_address
    assert "is a system rule" in cloud.refused("DELETE", cloud.path(f"nat/rules/{rule['id']}"))
    cloud.write("PUT", cloud.path("dns"), {**FORWARDER, "enabled": False, "snatRuleEnabled": True})
    assert cloud.read(cloud.path("nat/rules"))["values"] == []


def test_users_need_the_right_to_configure_dns(tmp_path: Path) -> None:
    auditor = harness(tmp_path, user="auditor@org1")
    assert auditor.read(auditor.path("dns"))["enabled"] is False
    message = auditor.refused("PUT", auditor.path("dns"), FORWARDER, status=403)
    assert "[ORG_VDC_GATEWAY_CONFIGURE_DNS] to perform operations [GATEWAY_CONFIGURE_DNS_NSX_T]" in message
