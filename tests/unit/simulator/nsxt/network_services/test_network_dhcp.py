"""Tests of the DHCP services and DHCP bindings of networks.

Source: protocol/nsxt.md §10.1.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.simulator.nsxt import harness as nsxt
from tests.unit.simulator.nsxt.harness import Harness
from vcloudair_core.simulator.state.entities import OrgVdcNetwork

UNSET: dict[str, Any] = {
    "enabled": False,
    "leaseTime": None,
    "dhcpPools": None,
    "mode": None,
    "ipAddress": None,
    "dnsServers": [],
}
SERVICE = {"enabled": True, "leaseTime": 3600, "mode": "EDGE"}
BINDING = {
    "name": "web1",
    "macAddress": "00:50:56:01:02:03",
    "ipAddress": "192.168.10.20",
    "bindingType": "IPV4",
    "leaseTime": 3600,
}


def pool(first: str, last: str, **values: Any) -> dict[str, Any]:
    return {"ipRange": {"startAddress": first, "endAddress": last}, **values}


POOL = pool("192.168.10.100", "192.168.10.149")


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harness:
    subnet = "static_pools: [192.168.10.2-192.168.10.99]"
    inventory = nsxt.INVENTORY.replace("name: lan, edge: gw1", f"name: lan, edge: gw1, {subnet}")
    monkeypatch.setattr(nsxt, "INVENTORY", inventory)
    return nsxt.harness(tmp_path)


def network_of(cloud: Harness, name: str = "lan") -> OrgVdcNetwork:
    """Return a network in the VDC of gw1."""
    networks = cloud.caller.simulator.world.networks.values()
    return next(item for item in networks if item.name == name and item.vdc_id == cloud.edge().vdc_id)


def path(cloud: Harness, rest: str = "", network: str = "lan") -> str:
    return f"/cloudapi/1.0.0/orgVdcNetworks/urn:vcloud:network:{network_of(cloud, network).network_id}/dhcp{rest}"


def test_a_service_is_written_and_deleted(cloud: Harness) -> None:
    assert cloud.read(path(cloud)) == UNSET
    task = cloud.write("PUT", path(cloud), {**SERVICE, "dhcpPools": [POOL], "dnsServers": ["10.0.0.53"]})
    assert cloud.owner_id(task) == f"urn:vcloud:network:{network_of(cloud).network_id}"
    shown = {**POOL, "enabled": True, "maxLeaseTime": None, "defaultLeaseTime": None}
    made = {**UNSET, **SERVICE, "dhcpPools": [shown], "dnsServers": ["10.0.0.53"]}
    assert cloud.read(path(cloud)) == made
    cloud.write("DELETE", path(cloud))
    assert cloud.read(path(cloud)) == UNSET


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"mode": None}, "'mode': must not be null"),
        ({"leaseTime": None}, "'leaseTime': must not be null"),
        ({"leaseTime": 59}, "must be from 60 to 4294967295"),
        ({"mode": "SERVER"}, "'SERVER' is not one of"),
        ({"mode": "NETWORK"}, "'ipAddress': mode NETWORK needs a free address"),
        ({"mode": "NETWORK", "ipAddress": "192.168.10.100", "dhcpPools": [POOL]}, "contains 192.168.10.100"),
        ({"mode": "RELAY", "dhcpPools": [POOL]}, "must be empty in mode RELAY"),
        ({"mode": "RELAY"}, "the DHCP forwarder of the edge gateway is not enabled"),
        ({"dnsServers": ["10.0.0.1", "10.0.0.2", "10.0.0.3"]}, "size must be between 0 and 2"),
        ({"dnsServers": ["2001:db8::1"]}, "is not of the IP version of the subnet"),
        ({"dhcpPools": [pool("10.0.0.1", "10.0.0.2")]}, "is not in the subnet of network lan"),
        ({"dhcpPools": [pool("192.168.10.120", "192.168.10.110")]}, "is greater than its end address"),
        ({"dhcpPools": [pool("192.168.10.90", "192.168.10.110")]}, "overlaps the static IP pool"),
        ({"dhcpPools": [pool("192.168.10.1", "192.168.10.1")]}, "contains the gateway"),
        ({"dhcpPools": [POOL, pool("192.168.10.149", "192.168.10.151")]}, "overlap"),
        ({"version": {"version": 0}}, "'version' not recognized"),
    ],
)
def test_an_invalid_service_is_refused(cloud: Harness, values: dict[str, Any], message: str) -> None:
    assert message in cloud.refused("PUT", path(cloud), {**SERVICE, **values})


def test_the_mode_depends_on_the_network_and_does_not_change(cloud: Harness) -> None:
    alone = path(cloud, network="alone")
    assert "needs mode NETWORK" in cloud.refused("PUT", alone, SERVICE)
    cloud.write("PUT", alone, {**SERVICE, "mode": "NETWORK", "ipAddress": "192.168.30.2"})
    assert "cannot change from NETWORK to EDGE" in cloud.refused("PUT", alone, SERVICE)
    cloud.write("PUT", cloud.path("dhcpForwarder"), {"enabled": True, "dhcpServers": ["10.9.0.2"]})
    cloud.write("PUT", path(cloud), {**SERVICE, "mode": "RELAY"})
    assert cloud.read(path(cloud))["mode"] == "RELAY"
    assert "DHCP is not enabled" in cloud.refused("POST", path(cloud, "/bindings"), BINDING)


def test_a_network_of_nsxv_is_refused(cloud: Harness) -> None:
    world = cloud.caller.simulator.world
    classic = next(vdc.vdc_id for vdc in world.vdcs.values() if vdc.name == "classic")
    urn = next(item.network_id for item in world.networks.values() if item.vdc_id == classic)
    at = f"/cloudapi/1.0.0/orgVdcNetworks/urn:vcloud:network:{urn}/dhcp"
    assert "is not backed by NSX-T" in cloud.refused("PUT", at, SERVICE)
    assert "is not enabled" in cloud.refused("POST", f"{at}/bindings", BINDING)


def test_a_binding_is_created_changed_and_deleted(cloud: Harness) -> None:
    bindings = path(cloud, "/bindings")
    assert "DHCP is not enabled on network lan" in cloud.refused("POST", bindings, BINDING)
    cloud.write("PUT", path(cloud), {**SERVICE, "dhcpPools": [POOL]})
    identifier = cloud.write("POST", bindings, BINDING).find("{*}Details").text
    [made] = cloud.read(bindings)["values"]
    one = f"{bindings}/{identifier}"
    assert cloud.read(one) == made
    assert (made["id"], made["version"], made["dnsServers"]) == (identifier, {"version": 0}, [])
    cloud.write("PUT", one, {**made, "ipAddress": "192.168.10.21"})
    assert "the current version is 1, not 0" in cloud.refused("PUT", one, made)
    assert "'version': must not be null" in cloud.refused("PUT", one, {**made, "version": None})
    assert "is not the ID in the path" in cloud.refused("PUT", one, {**made, "id": "other"})
    assert "has DHCP bindings" in cloud.refused("DELETE", path(cloud))
    around = pool("192.168.10.20", "192.168.10.22")
    network_of(cloud).static_pools = []
    assert "contains 192.168.10.21" in cloud.refused("PUT", path(cloud), {**SERVICE, "dhcpPools": [around]})
    cloud.write("DELETE", one)
    assert cloud.read(bindings)["values"] == []
    assert "does not exist" in cloud.refused("DELETE", one, status=404)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": None}, "'name': must not be null"),
        ({"macAddress": "00-50-56-01-02-03"}, "is not a MAC address"),
        ({"ipAddress": None}, "'ipAddress': must not be null"),
        ({"bindingType": "IPV6"}, "does not match the binding type IPV6"),
        ({"ipAddress": "10.0.0.1"}, "is not in the subnet of network lan"),
        ({"ipAddress": "192.168.10.1"}, "is the gateway of network lan"),
        ({"ipAddress": "192.168.10.120"}, "the DHCP pool 192.168.10.100-192.168.10.149 contains"),
        ({"ipAddress": "192.168.10.22"}, "'macAddress': DHCP binding web1 already has"),
        ({"macAddress": "00:50:56:01:02:04"}, "'ipAddress': DHCP binding web1 already has"),
    ],
)
def test_an_invalid_binding_is_refused(cloud: Harness, values: dict[str, Any], message: str) -> None:
    cloud.write("PUT", path(cloud), {**SERVICE, "dhcpPools": [POOL]})
    cloud.write("POST", path(cloud, "/bindings"), BINDING)
    assert message in cloud.refused("POST", path(cloud, "/bindings"), {**BINDING, **values})


def test_the_edge_gateway_is_busy_during_a_write(cloud: Harness) -> None:
    assert cloud.send("PUT", path(cloud), {**SERVICE, "dhcpPools": [POOL]}).status == 202
    assert "is busy" in cloud.refused("PUT", path(cloud, network="service"), SERVICE)
    cloud.settle()
    cloud.write("PUT", path(cloud, network="service"), SERVICE)


def test_rights_and_versions_are_checked(tmp_path: Path) -> None:
    auditor = nsxt.harness(tmp_path, user="auditor@org1")
    at = path(auditor)
    assert auditor.read(at)["enabled"] is False
    error = json.loads(auditor.send("PUT", at, SERVICE).body)
    assert "ORG_VDC_NETWORK_EDIT" in error["message"]
    assert "No access" in auditor.refused("GET", at.replace(at.split(":")[3][:8], "00000000"), status=403)
    old = nsxt.harness(tmp_path, "36.0")
    assert "does not exist in API version 36.0" in old.refused("GET", path(old, "/bindings"), status=404)
    assert "'dnsServers' not recognized" in old.refused("PUT", path(old), {**SERVICE, "dnsServers": []})
