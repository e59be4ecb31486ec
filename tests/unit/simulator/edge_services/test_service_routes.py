"""Tests of edge services other than firewall, NAT and IPsec.

Source: protocol/ans.md §1.1, §5.
"""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from tests.support.simulated import Caller, first_edge, signed_in
from vcloudair_core import App
from vcloudair_core.simulator import Simulator, SimulatorConfig

XML = "application/*+xml;version=33.0"
RELAY = (
    "<relay><relayServer><ipAddress>10.0.0.11</ipAddress><fqdn>dhcp.example.com</fqdn></relayServer>"
    "<relayAgents><relayAgent><vnicIndex>1</vnicIndex></relayAgent></relayAgents></relay>"
)


class Edge:
    """The first edge gateway that a signed-in user can read."""

    def __init__(self, profile: str = "vcd") -> None:
        self.caller: Caller = signed_in(Simulator(SimulatorConfig(profile=profile)))
        self.edge = first_edge(self.caller.simulator)
        self.path = f"/network/edges/{self.edge.edge_id}"

    def relay(self, method: str, body: str = "") -> Any:
        return self.caller.send(method, f"{self.path}/dhcp/config/relay", body, Accept=XML)


@pytest.fixture
def edge() -> Edge:
    return Edge()


@pytest.mark.parametrize(
    ("name", "feature_type", "root"),
    [
        ("loadbalancer", "loadbalancer_4.0", "loadBalancer"),
        ("routing", "routing_4.0", "routing"),
    ],
)
def test_sections_have_their_feature_type_in_json_and_their_root_in_xml(
    edge: Edge, name: str, feature_type: str, root: str
) -> None:
    path = f"{edge.path}/{name}/config"
    assert edge.caller.json(path)["featureType"] == feature_type
    document = edge.caller.xml(path, Accept=XML)
    assert document.tag == root
    assert document.find("featureType") is None
    if name == "routing":
        assert edge.caller.send("PUT", path, "<x/>", Accept=XML).status == 405


def test_load_balancer_is_off_and_has_the_default_monitors(edge: Edge) -> None:
    section = edge.caller.json(f"{edge.path}/loadbalancer/config")
    assert (section["enabled"], section["pool"], section["virtualServer"]) == (False, [], [])
    assert [(monitor["monitorId"], monitor["type"]) for monitor in section["monitor"]] == [
        ("monitor-1", "tcp"),
        ("monitor-2", "http"),
        ("monitor-3", "https"),
    ]


def test_vcloud_air_has_the_sections_below_hybridity() -> None:
    edge = Edge("vchs")
    section = edge.caller.json(f"/hybridity/api/gateways/{edge.edge.edge_id}/routing/config")
    assert section["featureType"] == "routing_4.0"


def test_lists_are_empty(edge: Edge) -> None:
    vdc_id = edge.edge.vdc_id
    assert edge.caller.xml(f"/network/services/ipset/scope/{vdc_id}", Accept=XML).tag == "list"
    for kind, root in (("certificate", "certificates"), ("crl", "crls"), ("csr", "csrs")):
        path = f"/network/services/truststore/{kind}/scope/{edge.edge.edge_id}"
        assert edge.caller.xml(path, Accept=XML).tag == root
    assert edge.caller.get(f"/network/services/truststore/other/scope/{edge.edge.edge_id}").status == 404


def test_edges_and_vdcs_of_others_are_refused(edge: Edge) -> None:
    other = "8b779249-8de4-5cba-89fb-bb4dabbf1421"
    paths = (f"/network/edges/{other}/dhcp/config/relay", f"/network/services/ipset/scope/{other}")
    assert [edge.caller.get(path).status for path in paths] == [403, 403]


def test_relay_that_is_not_configured_is_an_empty_element(edge: Edge) -> None:
    root = etree.fromstring(edge.relay("GET").body)
    assert (root.tag, len(root)) == ("relay", 0)


def test_put_replaces_the_relay_and_delete_removes_it(edge: Edge) -> None:
    assert edge.relay("PUT", RELAY).status == 204
    root = etree.fromstring(edge.relay("GET").body)
    assert root.findtext("relayServer/fqdn") == "dhcp.example.com"
    assert root.findtext("relayAgents/relayAgent/giAddress") == "192.168.10.1"
    assert edge.relay("DELETE").status == 204
    assert len(etree.fromstring(edge.relay("GET").body)) == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("10.0.0.11", "10.0.0.999"),
        ("<vnicIndex>1", "<vnicIndex>9"),
        ("</vnicIndex>", "</vnicIndex><giAddress>10.99.0.1</giAddress>"),
        ("<fqdn>", "<fqdn>a</fqdn><fqdn>b</fqdn><fqdn>"),
        ("<ipAddress>", "<ipAddress>10.0.0.1</ipAddress>" * 16 + "<ipAddress>"),
        ("<relayAgents>", "<relayAgents><relayAgent><vnicIndex>1</vnicIndex></relayAgent>"),
        ("relay>", "other>"),
    ],
)
def test_invalid_relay_is_refused_and_changes_nothing(edge: Edge, old: str, new: str) -> None:
    response = edge.relay("PUT", RELAY.replace(old, new))
    assert (response.status, etree.fromstring(response.body).tag) == (400, "error")
    assert len(etree.fromstring(edge.relay("GET").body)) == 0


def test_the_client_converges_a_relay(edge: Edge) -> None:
    simulator = edge.caller.simulator
    env = simulator.env()
    settings: dict[str, Any] = {"url": env["VCA_URL"], "username": "demo", "password": "demo-password", "org": "org1"}
    target = {"edge": edge.edge.name}
    spec = {"ip_addresses": ["10.0.0.11"], "agents": [{"vnic": 1}]}
    with App().client(transport=simulator.transport(), session_cache=False, ca_path="", **settings) as client:
        assert client.ensure("ans.dhcp_relay", spec, target=target).changed
        assert not client.ensure("ans.dhcp_relay", spec, target=target).changed
        assert client.read("ans.dhcp_relay", target)["ip_addresses"] == ["10.0.0.11"]
