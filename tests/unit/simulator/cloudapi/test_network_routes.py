"""Tests of reading edge gateways and networks under ``/cloudapi``.

Source: protocol/vcd-modern.md §2.3, §3.1, protocol/nsxt.md §2.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from lxml import etree

from tests.support.simulated import Caller
from tests.unit.simulator.cloudapi.test_session_routes import caller_for, sign_in
from tests.unit.simulator.edge.test_ipsec_routes import SITE

EDGES, NETWORKS = "/cloudapi/1.0.0/edgeGateways", "/cloudapi/1.0.0/orgVdcNetworks"
XML = "application/*+xml;version=37.2"


@pytest.fixture
def caller() -> Caller:
    return signed_in()


def signed_in(version: str = "37.2") -> Caller:
    made = caller_for(version, vms=3, edges=3)
    made.headers["Authorization"] = f"Bearer {sign_in(made)}"
    return made


def read(caller: Caller, path: str) -> Any:
    response = caller.get(path)
    assert response.status == 200, response.text
    return json.loads(response.body)


def records(caller: Caller, kind: str) -> dict[str | None, Any]:
    root = caller.xml(f"/api/query?type={kind}&format=idrecords", Accept=XML)
    return {record.get("id"): record for record in root if not str(record.tag).endswith("}Link")}


def test_edges_agree_with_the_query_service(caller: Caller) -> None:
    edges = read(caller, f"{EDGES}/?pageSize=128")["values"]
    by_query = records(caller, "edgeGateway")
    assert len(edges) == len(by_query) == 3
    for edge in edges:
        record = by_query[edge["id"]]
        assert edge["gatewayBacking"]["gatewayType"] == record.get("edgeGatewayType") == "NSXV_BACKED"
        assert (edge["name"], edge["ownerRef"]["id"]) == (record.get("name"), record.get("vdc"))
        assert edge["orgVdcNetworkCount"] == int(record.get("numberOfOrgNetworks"))
        for urn in (edge["id"], quote(edge["id"], safe="")):
            assert read(caller, f"{EDGES}/{urn}") == edge


@pytest.mark.parametrize(("version", "is_shown"), [("37.2", False), ("38.0", True), ("39.1", True)])
def test_newer_versions_have_more_fields_of_an_edge(version: str, is_shown: bool) -> None:
    edge = read(signed_in(version), EDGES)["values"][0]
    assert ("isUniversalVdcGroupEdge" in edge["gatewayBacking"]) == is_shown


@pytest.mark.parametrize(
    ("expression", "total"),
    [
        ("name==org1-vdc1-edge2", 1),
        ("((name==org1-vdc1-edge2))", 1),
        ("((name==org1-vdc1-edge2;ownerRef.id=={vdc}))", 1),
        ("(ownerRef.id=={vdc};_context==includeAccessible)", 3),
        ("ownerRef.id==urn:vcloud:vdcGroup:00000000-0000-0000-0000-000000000000", 0),
    ],
)
@pytest.mark.parametrize("is_encoded", [False, True])
def test_edges_can_be_filtered(caller: Caller, expression: str, total: int, is_encoded: bool) -> None:
    vdc = f"urn:vcloud:vdc:{next(iter(caller.simulator.world.vdcs))}"
    text = expression.format(vdc=vdc)
    query = f"filterEncoded=true&filter={quote(text, safe='')}" if is_encoded else f"filter={text}"
    assert read(caller, f"{EDGES}?{query}")["resultTotal"] == total


def test_a_filter_on_another_field_is_rejected(caller: Caller) -> None:
    response = caller.get(f"{EDGES}?filter=description==x")
    assert (response.status, json.loads(response.body)["minorErrorCode"]) == (400, "BAD_REQUEST")


def test_pages_have_links_to_the_next_page(caller: Caller) -> None:
    response = caller.get(f"{EDGES}?pageSize=2")
    links = [value for name, value in response.headers.pairs() if name == "Link"]
    [next_page] = [text for text in links if 'rel="nextPage"' in text]
    assert next_page.endswith(';type="application/json";model="EdgeGateways"')
    address = next_page.partition(">")[0].removeprefix("<")
    assert [edge["name"] for edge in json.loads(caller.get(address).body)["values"]] == ["org1-vdc1-edge3"]


def test_used_addresses_follow_nat_and_ipsec(caller: Caller) -> None:
    edge = read(caller, EDGES)["values"][0]
    path = f"{EDGES}/{edge['id']}/usedIpAddresses"
    primary = edge["edgeGatewayUplinks"][0]["subnets"]["values"][0]["primaryIp"]
    assert [(used["ipAddress"], used["category"]) for used in read(caller, path)["values"]] == [(primary, "PRIMARY_IP")]
    section = f"/network/edges/{edge['id'].rpartition(':')[2]}"
    rule = {"action": "dnat", "vnic": "0", "protocol": "tcp", "originalAddress": "203.0.113.9", "originalPort": "443",
            "translatedAddress": "192.168.10.20", "translatedPort": "443"}  # fmt: skip
    response = caller.put_json(
        f"{section}/nat/config", {"featureType": "nat", "enabled": True, "rules": {"natRulesDtos": [rule]}}
    )
    assert response.status == 204, response.text
    site = {**SITE, "localIp": "203.0.113.9", "localId": "203.0.113.9"}
    ipsec = {"featureType": "ipsec_4.0", "enabled": True, "sites": {"sites": [site]}}
    assert caller.put_json(f"{section}/ipsec/config", ipsec).status == 204
    assert [used["category"] for used in read(caller, path)["values"]] == ["PRIMARY_IP", "DNAT", "IPsec_VPN"]
    [dnat] = read(caller, f"{path}?filter=category==DNAT")["values"]
    assert dnat["ipAddress"] == "203.0.113.9"
    assert dnat["networkRef"]["id"] == edge["edgeGatewayUplinks"][0]["uplinkId"]


def test_networks_agree_with_the_query_service(caller: Caller) -> None:
    networks = read(caller, f"{NETWORKS}?pageSize=128")["values"]
    by_query = records(caller, "orgVdcNetwork")
    assert {network["id"] for network in networks} == set(by_query) and networks
    for network in networks:
        record = by_query[network["id"]]
        assert (network["name"], network["networkType"]) == (record.get("name"), "NAT_ROUTED")
        assert network["connection"]["routerRef"]["name"] == record.get("connectedTo")
        assert network["subnets"]["values"][0]["gateway"] == record.get("defaultGateway")
        assert read(caller, f"{NETWORKS}/{network['id']}") == network


def test_networks_of_one_edge_can_be_listed(caller: Caller) -> None:
    edge = read(caller, EDGES)["values"][0]
    page = read(caller, f"{NETWORKS}?filter=connection.routerRef.id=={edge['id']}")
    assert page["resultTotal"] == edge["orgVdcNetworkCount"]


@pytest.mark.parametrize("path", [f"{EDGES}/urn:vcloud:gateway:x", f"{NETWORKS}/urn:vcloud:network:x"])
def test_an_unknown_object_is_refused(caller: Caller, path: str) -> None:
    assert caller.get(path).status == 403


def test_there_are_no_vdc_groups_without_an_inventory_file(caller: Caller) -> None:
    page = read(caller, "/cloudapi/1.0.0/vdcGroups/?filter=networkProviderType==NSX_T")
    assert (page["resultTotal"], page["pageCount"], page["values"]) == (0, 0, [])


def test_every_urn_can_be_resolved(caller: Caller) -> None:
    urns = [value["id"] for path in (EDGES, NETWORKS, "/cloudapi/1.0.0/orgs", "/cloudapi/1.0.0/users",
                                     "/cloudapi/1.0.0/roles") for value in read(caller, path)["values"]]  # fmt: skip
    for urn in urns:
        for form in (urn, quote(urn, safe="")):
            entity = caller.xml(f"/api/entity/{form}", Accept=XML)
            assert entity.get("id") == urn
            target = entity.find("{*}Link").get("href")
            assert etree.fromstring(caller.get(target, Accept=XML).body).get("id") == urn
