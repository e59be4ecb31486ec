"""Tests of static routes and DNS forwarding of simulated NSX-V edges.

Source: protocol/ans.md §5, §9.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from lxml import etree

from tests.support.simulated import Caller, first_edge, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.transport.messages import Response

JSON = "application/json"
XML = "application/*+xml;version=33.0"
ROUTE = "<route><network>10.9.0.0/16</network><nextHop>192.168.10.254</nextHop></route>"
ROUTES = f"<staticRouting><staticRoutes>{ROUTE}</staticRoutes></staticRouting>"
DNS = "<dns><enabled>true</enabled><dnsServers><ipAddress>192.0.2.1</ipAddress></dnsServers></dns>"


class Edge:
    """The first edge gateway that a signed-in user can change."""

    def __init__(self) -> None:
        self.caller: Caller = signed_in(Simulator(SimulatorConfig(profile="vcd")))
        self.edge = first_edge(self.caller.simulator)
        self.path = f"/network/edges/{self.edge.edge_id}"

    def send(self, method: str, path: str, body: Any = "", media: str = XML) -> Response:
        text = body if isinstance(body, str) else json.dumps(body)
        kind = JSON if media == JSON else "application/xml"
        return self.caller.send(method, f"{self.path}/{path}", text, Accept=media, **{"Content-Type": kind})

    def json(self, path: str) -> Any:
        return json.loads(self.send("GET", path, media=JSON).body)


@pytest.fixture
def edge() -> Edge:
    return Edge()


STATIC, DNS_PATH = "routing/config/static", "dns/config"


def test_static_routes_in_both_media_types(edge: Edge) -> None:
    assert edge.json(STATIC) == {"staticRoutes": {"staticRoutes": []}}
    assert edge.send("PUT", STATIC, ROUTES).status == 204
    stored = {"type": "user", "adminDistance": 1, "network": "10.9.0.0/16", "nextHop": "192.168.10.254"}
    assert edge.json(STATIC) == {"staticRoutes": {"staticRoutes": [stored]}}
    root = etree.fromstring(edge.send("GET", STATIC).body)
    assert (root.tag, root.findtext("staticRoutes/route/nextHop")) == ("staticRouting", "192.168.10.254")
    default = {"gatewayAddress": "192.168.10.1", "vnic": "1"}
    assert edge.send("PUT", STATIC, {"defaultRoute": default}, JSON).status == 204
    assert edge.json(STATIC)["defaultRoute"] == {**default, "adminDistance": 1}
    assert edge.send("DELETE", STATIC).status == 204
    assert edge.json(STATIC) == {"staticRoutes": {"staticRoutes": []}}


def test_the_routing_section_contains_the_static_routes(edge: Edge) -> None:
    before = edge.json("routing/config")
    edge.send("PUT", STATIC, ROUTES)
    section = edge.json("routing/config")
    assert section["version"] == before["version"] + 1
    assert section["staticRouting"]["staticRoutes"]["staticRoutes"][0]["network"] == "10.9.0.0/16"
    root = etree.fromstring(edge.send("GET", "routing/config").body)
    assert root.findtext("staticRouting/staticRoutes/route/network") == "10.9.0.0/16"
    assert (section["ospf"], section["bgp"]) == (before["ospf"], before["bgp"])


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("10.9.0.0/16", "10.9.0.0/99", "15012"),
        ("192.168.10.254", "192.168.10.999", "15012"),
        ("192.168.10.254", "10.200.0.1", "13100"),
        ("<network>", "<vnic>9</vnic><network>", "13100"),
        ("<network>", "<vnic>0</vnic><network>", "13100"),
        ("<network>", "<adminDistance>256</adminDistance><network>", "13100"),
        ("<network>", "<mtu>1</mtu><network>", "13100"),
        (ROUTE, ROUTE * 2, "13100"),
        ("<staticRoutes>", "<defaultRoute><gatewayAddress>x</gatewayAddress></defaultRoute><staticRoutes>", "15012"),
        ("<network>", "<mtu>x</mtu><network>", "100"),
        ("staticRouting>", "other>", "100"),
    ],
)
def test_invalid_static_routes_are_refused_and_change_nothing(edge: Edge, old: str, new: str, code: str) -> None:
    response = edge.send("PUT", STATIC, ROUTES.replace(old, new))
    assert (response.status, etree.fromstring(response.body).findtext("errorCode")) == (400, code)
    assert edge.json(STATIC) == {"staticRoutes": {"staticRoutes": []}}


def test_dns_in_both_media_types(edge: Edge) -> None:
    factory = edge.json(DNS_PATH)
    assert (factory["enabled"], factory["cacheSize"], factory["featureType"]) == (False, 16, "dns")
    assert edge.send("PUT", DNS_PATH, DNS).status == 204
    section = edge.json(DNS_PATH)
    assert (section["version"], section["dnsServers"]) == (factory["version"] + 1, {"ipAddress": ["192.0.2.1"]})
    root = etree.fromstring(edge.send("GET", DNS_PATH).body)
    assert (root.findtext("dnsServers/ipAddress"), root.find("featureType")) == ("192.0.2.1", None)
    views = {"dnsView": [{"viewId": "view-1", "name": "inside"}]}
    assert edge.send("PUT", DNS_PATH, {**section, "dnsViews": views}, JSON).status == 204
    assert edge.send("PUT", DNS_PATH, edge.send("GET", DNS_PATH).body.decode()).status == 204
    assert edge.json(DNS_PATH)["dnsViews"] == views
    assert edge.send("DELETE", DNS_PATH).status == 204
    assert {**edge.json(DNS_PATH), "version": 1} == factory


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("192.0.2.1", "192.0.2.999", 400),
        ("<ipAddress>", "<ipAddress>192.0.2.2</ipAddress>" * 2 + "<ipAddress>", 400),
        ("<enabled>true", "<cacheSize>0x</cacheSize><enabled>true", 400),
        ("<enabled>true", "<cacheSize>9000</cacheSize><enabled>true", 400),
        ("<enabled>true", "<enabled>maybe", 400),
        ("<enabled>", "<logging><logLevel>loud</logLevel></logging><enabled>", 400),
        ("<enabled>", "<version>7</version><enabled>", 409),
        ("dns>", "other>", 400),
    ],
)
def test_invalid_dns_is_refused_and_changes_nothing(edge: Edge, old: str, new: str, status: int) -> None:
    before = edge.json(DNS_PATH)
    assert edge.send("PUT", DNS_PATH, DNS.replace(old, new)).status == status
    assert edge.json(DNS_PATH) == before


def test_json_needs_the_feature_type_and_bodies_a_known_media_type(edge: Edge) -> None:
    assert edge.send("PUT", DNS_PATH, {"enabled": True}, JSON).status == 400
    response = edge.caller.send("PUT", f"{edge.path}/{STATIC}", ROUTES, Accept=XML, **{"Content-Type": "text/plain"})
    assert response.status == 415
