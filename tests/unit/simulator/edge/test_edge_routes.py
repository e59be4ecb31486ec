"""Tests of edge properties other than sections. Source: protocol/ans.md §1.4."""

from __future__ import annotations

import pytest

from tests.support.simulated import Caller, first_edge, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig


@pytest.fixture
def caller() -> Caller:
    return signed_in(Simulator(SimulatorConfig(profile="vcd", edges=3)))


def test_edge_list_has_pages(caller: Caller) -> None:
    root = caller.xml("/network/edges?startIndex=1&pageSize=1")
    assert root.tag == "pagedEdgeList"
    assert root.findtext("edgePage/pagingInfo/totalCount") == "3"
    assert [node.text for node in root.findall("edgePage/edgeSummary/name")] == ["org1-vdc1-edge2"]
    page = caller.json("/network/edges")["edgePage"]
    assert page["pagingInfo"]["totalCount"] == len(page["data"]) == 3
    assert [edge["objectId"] for edge in page["data"]] == ["edge-1", "edge-2", "edge-3"]


def test_invalid_page_is_rejected(caller: Caller) -> None:
    assert caller.get("/network/edges?startIndex=x").status == 400


def test_status_is_green_in_both_formats(caller: Caller) -> None:
    edge = first_edge(caller.simulator)
    root = caller.xml(f"/network/edges/{edge.edge_id}/status")
    assert (root.tag, root.findtext("edgeStatus"), root.findtext("publishStatus")) == ("edgeStatus", "GREEN", "APPLIED")
    assert caller.json(f"/network/edges/{edge.edge_id}/status")["edgeStatus"] == "GREEN"


def test_interfaces_are_an_uplink_and_internal_networks(caller: Caller) -> None:
    edge = first_edge(caller.simulator)
    root = caller.xml(f"/network/edges/{edge.edge_id}/vdcNetworks")
    kinds = [(node.findtext("index"), node.findtext("type")) for node in root.findall("edgeInterface")]
    assert kinds == [("0", "uplink"), ("1", "internal"), ("2", "internal")]
    assert root.findtext("edgeInterface/addressGroups/addressGroup/primaryAddress") == edge.external_address
    listed = caller.json(f"/network/edges/{edge.edge_id}/vdcNetworks")["edgeInterfaces"]
    assert listed[0]["addressGroups"]["addressGroup"]["primaryAddress"] == edge.external_address


def test_vcloud_document_shows_advanced_services(caller: Caller) -> None:
    # API 7.0 added the element. Source: protocol/ans.md §1.3.
    caller = signed_in(caller.simulator, version="9.0")
    edge = first_edge(caller.simulator)
    for is_advanced in (True, False):
        edge.is_advanced = is_advanced
        root = caller.xml(f"/api/admin/edgeGateway/{edge.edge_id}")
        value = root.findtext(".//{*}AdvancedNetworkingEnabled")
        assert value == str(is_advanced).lower()
    assert root.get("id") == f"urn:vcloud:gateway:{edge.edge_id}"


def test_unknown_edge_is_403_or_404_by_api() -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vchs")))
    unknown = caller.simulator.world.make_id("edge", "none")
    answer = caller.get(f"/network/edges/{unknown}/status")
    assert answer.status == 403
    assert "ACCESS_TO_RESOURCE_IS_FORBIDDEN" in answer.text
    answer = caller.get(f"/hybridity/api/gateways/{unknown}/firewall/config")
    assert (answer.status, answer.media_type) == (404, "application/json")
    assert '"errorCode": 202' in answer.text


def test_edge_can_be_addressed_by_urn(caller: Caller) -> None:
    edge = first_edge(caller.simulator)
    assert caller.get(f"/network/edges/urn:vcloud:gateway:{edge.edge_id}/firewall/config").status == 200


def test_browser_objects_can_be_used_in_rules(caller: Caller) -> None:
    edge = first_edge(caller.simulator)
    base = f"/network/objectbrowser/edge/{edge.edge_id}/firewall/source"
    kinds = [str(link.text) for link in caller.xml(base).iter("link")]
    assert [link.rsplit("/", 1)[-1] for link in kinds][:2] == ["gatewayinterface", "virtualmachine"]
    for link in kinds:
        root = caller.xml(link)
        assert int(str(root.get("total"))) == len(root)
        for result in root:
            browser_property = result.find("requiredProperties/objectBrowserProperty")
            assert browser_property is not None
            rule = {"action": "accept", "source": {str(browser_property.get("name")): [browser_property.get("value")]}}
            config = {"featureType": "firewall_4.0", "firewallRules": {"firewallRules": [rule]}}
            assert caller.put_json(f"/network/edges/{edge.edge_id}/firewall/config", config).status == 204
    assert caller.get(f"{base}/nothing").status == 400


def test_the_load_balancer_is_off(caller: Caller) -> None:
    path = f"/network/edges/{first_edge(caller.simulator).edge_id}/loadbalancer/config"
    document = caller.xml(path, Accept="application/xml")
    assert (document.tag, document.findtext("enabled")) == ("loadBalancer", "false")
    section = caller.json(path)
    assert (section["featureType"], section["enabled"]) == ("loadbalancer_4.0", False)


def test_a_vdc_has_no_ip_sets(caller: Caller) -> None:
    vdc_id = next(iter(caller.simulator.world.vdcs))
    document = caller.xml(f"/network/services/ipset/scope/{vdc_id}", Accept="application/xml")
    assert (document.tag, len(document)) == ("list", 0)
    assert caller.get("/network/services/ipset/scope/unknown", Accept="application/xml").status == 403
