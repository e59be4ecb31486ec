"""Tests of the simulated DHCP section. Source: protocol/ans.md §5, §6."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from lxml import etree

from tests.support.simulated import Caller, first_edge, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig

XML = "application/*+xml;version=33.0"
POOL = {"ipRange": "192.168.10.100-192.168.10.199"}
BINDING = {"macAddress": "00-50-56-01-02-03", "hostname": "web1", "ipAddress": "192.168.10.20"}
DHCP: dict[str, Any] = {
    "featureType": "dhcp_4.0",
    "enabled": True,
    "ipPools": {"ipPools": [POOL]},
    "staticBindings": {"staticBindings": [BINDING]},
}


class Edge:
    """The first edge gateway that a signed-in user can read."""

    def __init__(self, profile: str = "vcd", **options: Any) -> None:
        self.caller: Caller = signed_in(Simulator(SimulatorConfig(profile=profile, **options)))
        self.edge = first_edge(self.caller.simulator)
        folder = "/hybridity/api/gateways" if profile == "vchs" else "/network/edges"
        self.path = f"{folder}/{self.edge.edge_id}/dhcp"

    def put(self, body: Any) -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        return self.caller.send("PUT", f"{self.path}/config", json.dumps(body), **headers)

    def read(self) -> dict[str, Any]:
        section: dict[str, Any] = self.caller.json(f"{self.path}/config")
        return section


@pytest.fixture
def edge() -> Edge:
    return Edge()


@pytest.mark.parametrize("profile", ["vcd", "vchs"])
def test_put_replaces_the_section_and_fills_in_defaults(profile: str) -> None:
    edge = Edge(profile)
    assert edge.read()["ipPools"] == {"ipPools": []}
    assert edge.put({**DHCP, "newer": "kept"}).status == 204
    section = edge.read()
    assert (section["version"], section["newer"], section["logging"]["enable"]) == (2, "kept", False)
    defaults = {"subnetMask": "255.255.255.0", "leaseTime": "86400", "autoConfigureDNS": True}
    assert section["ipPools"]["ipPools"] == [{"poolId": "pool-1", **POOL, **defaults, "defaultGateway": "192.168.10.1"}]
    assert section["staticBindings"]["staticBindings"][0]["macAddress"] == "00:50:56:01:02:03"
    assert edge.put({"featureType": "dhcp_4.0", "ipPools": section["ipPools"]}).status == 204
    section = edge.read()
    assert section["staticBindings"] == {"staticBindings": []}
    assert [pool["poolId"] for pool in section["ipPools"]["ipPools"]] == ["pool-1"]


def test_xml_has_nested_elements_and_round_trips(edge: Edge) -> None:
    edge.put(DHCP)
    before = edge.caller.xml(f"{edge.path}/config", Accept=XML)
    assert before.findtext("ipPools/ipPool/ipRange") == POOL["ipRange"]
    assert before.findtext("staticBindings/staticBinding/hostname") == "web1"
    assert before.find("featureType") is None
    headers = {"Accept": XML, "Content-Type": "application/xml"}
    body = etree.tostring(before)
    assert edge.caller.send("PUT", f"{edge.path}/config", body, **headers).status == 204
    after = edge.caller.xml(f"{edge.path}/config", Accept=XML)
    for root in (before, after):
        root.find("version").text = ""
    assert etree.tostring(after) == etree.tostring(before)


def test_delete_restores_the_defaults_and_never_reuses_ids(edge: Edge) -> None:
    edge.put(DHCP)
    assert edge.caller.send("DELETE", f"{edge.path}/config", Accept=XML).status == 204
    assert (edge.read()["enabled"], edge.read()["ipPools"]) == (False, {"ipPools": []})
    edge.put(DHCP)
    assert edge.read()["ipPools"]["ipPools"][0]["poolId"] == "pool-2"


def _pools(*ranges: str) -> dict[str, Any]:
    return {"ipPools": {"ipPools": [{"ipRange": text} for text in ranges]}}


def _bindings(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"staticBindings": {"staticBindings": [{**BINDING, **change} for change in changes]}}


OTHER = {"macAddress": "00:50:56:01:02:04", "hostname": "web2", "ipAddress": "192.168.10.21"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_pools("192.168.10.30-192.168.10.40", "192.168.10.40-192.168.10.50"), 12501),
        (_pools("192.168.10.10-192.168.10.30"), 12501),
        (_pools("192.168.10.1-192.168.10.9"), 12501),
        (_bindings({}, {**OTHER, "ipAddress": BINDING["ipAddress"]}), 12501),
        (_bindings({}, {**OTHER, "hostname": "WEB1"}), 12504),
        (_bindings({}, {**OTHER, "macAddress": "00:50:56:01:02:03"}), 12518),
        (_pools("10.99.0.10-10.99.0.20"), 15012),
        (_pools("192.168.10.40"), 15012),
        (_pools("192.168.10.40-192.168.10.30"), 15012),
        (_bindings({"macAddress": "0050"}), 15012),
        (_bindings({"ipAddress": "x"}), 15012),
        (_bindings({"macAddress": None}), 12500),
        (_bindings({"ipAddress": ""}), 12500),
        (_bindings({"ipAddress": "10.99.0.20"}), 15012),
        (_bindings({"leaseTime": "1h"}), 12500),
        (_bindings({"bindingId": "binding-9"}), 12500),
        ({"featureType": "nat"}, 10001),
    ],
)
def test_invalid_sections_are_refused_and_change_nothing(edge: Edge, change: dict[str, Any], code: int) -> None:
    edge.put(DHCP)
    before = edge.read()
    response = edge.put({**copy.deepcopy(DHCP), **change})
    assert (response.status, json.loads(response.body)["errorCode"]) == (400, code)
    assert edge.read() == before


def test_addresses_outside_all_subnets_need_a_gateway_and_a_mask(edge: Edge) -> None:
    routed = {"defaultGateway": "10.99.0.1", "subnetMask": "255.255.255.0"}
    pools = {"ipPools": {"ipPools": [{"ipRange": "10.99.0.10-10.99.0.19", **routed}]}}
    assert edge.put({**DHCP, **pools, **_bindings({"ipAddress": "10.99.0.20", **routed})}).status == 204
    assert edge.read()["ipPools"]["ipPools"][0]["defaultGateway"] == "10.99.0.1"


def test_a_binding_needs_no_host_name(edge: Edge) -> None:
    assert edge.put({**DHCP, **_bindings({"hostname": ""})}).status == 204


def test_a_stale_version_is_refused() -> None:
    edge = Edge(strict_version="409-stale")
    edge.put(DHCP)
    assert edge.put({**DHCP, "version": 1}).status == 409
    assert edge.put({**DHCP, "version": 2}).status == 204


def test_bindings_of_a_vm_need_no_mac_address(edge: Edge) -> None:
    of_vm = {"macAddress": None, "vmId": "vm-7", "vnicId": "0"}
    assert edge.put({**DHCP, **_bindings(of_vm)}).status == 204
    assert "macAddress" not in edge.read()["staticBindings"]["staticBindings"][0]


def test_an_interface_has_a_pool_or_a_relay_agent(edge: Edge) -> None:
    relay = (
        "<relay><relayServer><ipAddress>10.0.0.11</ipAddress></relayServer>"
        "<relayAgents><relayAgent><vnicIndex>1</vnicIndex></relayAgent></relayAgents></relay>"
    )
    edge.put(DHCP)
    assert edge.caller.send("PUT", f"{edge.path}/config/relay", relay, Accept=XML).status == 400
    edge.put({"featureType": "dhcp_4.0"})
    assert edge.caller.send("PUT", f"{edge.path}/config/relay", relay, Accept=XML).status == 204
    assert edge.put(DHCP).status == 400


def test_each_pool_of_an_enabled_service_has_a_lease(edge: Edge) -> None:
    path = f"{edge.path}/leaseInfo"
    assert edge.caller.json(path)["hostLeaseInfosDto"] == {"hostLeaseInfoDtos": []}
    edge.put(DHCP)
    lease = edge.caller.json(path)["hostLeaseInfosDto"]["hostLeaseInfoDtos"][0]
    assert (lease["ipAddress"], lease["bindingState"]) == ("192.168.10.100", "active")
    document = edge.caller.xml(path, Accept=XML)
    assert document.findtext("dhcpLeaseInfo/leaseInfo/macAddress") == lease["macAddress"]
