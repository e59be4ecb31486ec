"""Tests of networks on both backends, with the JSON and the XML API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.org_networks.conftest import DHCP, POOL, NetworkCloud, network_cloud
from vcloudair_core.errors import AmbiguousMatchError, DecodeError, NotFoundError, PermissionDeniedError
from vcloudair_core.services.ans.org_networks import json_networks, xml_networks
from vcloudair_core.services.ans.org_networks.model import VdcNetwork

CLOUDS = ("nsxt 37.2", "nsxt 39.1", "nsxv 37.2", "nsxv 5.5", "nsxv 27.0")


@pytest.fixture(params=CLOUDS)
def cloud(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NetworkCloud]:
    with network_cloud(tmp_path, *request.param.split()) as made:
        if made.network("web").dhcp_pools == []:
            made.client.ensure("ans.dhcp", {"pools": [{"ip_range": DHCP[0]}]}, target={"edge": "gw"})
        yield made


@pytest.fixture
def modern(tmp_path: Path) -> Iterator[NetworkCloud]:
    with network_cloud(tmp_path, "nsxt", "39.1") as made:
        yield made


@pytest.fixture
def classic(tmp_path: Path) -> Iterator[NetworkCloud]:
    with network_cloud(tmp_path, "nsxv", "5.5") as made:
        yield made


def by_name(cloud: NetworkCloud, vdc: str = "") -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in cloud.client.edges.list_networks(vdc)}


def test_networks_have_pools_and_numbers(cloud: NetworkCloud) -> None:
    rows = by_name(cloud)
    assert list(rows) == ["back", "lan", "split", "web"]
    web = rows["web"]
    assert (web["subnet"], web["gateway"], web["type"]) == ("192.168.10.0/24", "192.168.10.1", "routed")
    assert (web["edge"], web["vdc"], web["owner_type"]) == ("gw", "gold", "vdc")
    assert (web["static_pools"], web["total_count"], web["used_count"], web["free_count"]) == (POOL, 10, 2, 8)
    back = rows["back"]
    assert (back["type"], back["edge"], back["edge_id"]) == ("isolated", "", "")
    assert (back["static_pools"], back["used_count"], back["free_count"]) == (["10.0.0.2-10.0.0.6"], 1, 4)
    assert rows["split"]["static_pools"] == ["10.1.0.2-10.1.0.3", "10.1.0.9-10.1.0.12"]
    assert (rows["split"]["total_count"], rows["lan"]["total_count"]) == (6, 253)
    assert rows["lan"]["vdc"] == "silver"


def test_a_network_has_dhcp_pools_and_used_addresses(cloud: NetworkCloud) -> None:
    web = cloud.client.edges.network("web")
    assert web["dhcp_pools"] == DHCP
    used = [(row["address"], row["used_by"], row["vm"], row["is_deployed"]) for row in web["allocated_addresses"]]
    assert used == [
        ("192.168.10.1", "edge", "", True),
        ("192.168.10.20", "vm", "a", True),
        ("192.168.10.21", "vm", "b", False),
        ("192.168.10.200", "vm", "c", True),
    ]
    assert web["allocated_addresses"][1]["vapp"] == "shop"
    assert web == {
        **by_name(cloud)["web"],
        "dhcp_pools": DHCP,
        "allocated_addresses": web["allocated_addresses"],
        "edge_id": web["edge_id"],
    }
    assert cloud.client.edges.network("back", "gold")["dhcp_pools"] == ["10.0.0.3-10.0.0.4"]


def test_a_network_is_found_by_uuid_urn_and_other_case(cloud: NetworkCloud) -> None:
    identifier = cloud.network("web").network_id
    for name in (identifier, f"urn:vcloud:network:{identifier}", "WEB"):
        assert cloud.client.edges.network(name)["id"] == identifier


def test_a_vdc_limits_the_list(cloud: NetworkCloud) -> None:
    assert list(by_name(cloud, "silver")) == ["lan"]
    with pytest.raises(NotFoundError, match="VDC not found: 'bronze'"):
        cloud.client.edges.list_networks("bronze")


def test_an_unknown_network_is_reported_with_a_similar_name(cloud: NetworkCloud) -> None:
    with pytest.raises(NotFoundError, match="Network not found: 'wbe' in VDC 'gold'") as caught:
        cloud.client.edges.network("wbe", "gold")
    assert "web" in caught.value.hint


def test_networks_of_one_name_need_a_vdc(modern: NetworkCloud) -> None:
    modern.network("lan").name = "web"
    with pytest.raises(AmbiguousMatchError, match="2 networks are named 'web'") as caught:
        modern.client.edges.network("web")
    assert {candidate["vdc"] for candidate in caught.value.candidates} == {"gold", "silver"}
    assert modern.client.edges.network("web", "silver")["vdc"] == "silver"


def test_the_list_takes_one_call_with_the_json_api(modern: NetworkCloud) -> None:
    modern.client.edges.list_edges()  # signs in
    modern.requests.clear()
    modern.client.edges.list_networks()
    assert len(modern.requests.calls) == 1
    modern.requests.clear()
    modern.client.edges.network("web")
    assert len(modern.requests.calls) == 3  # the list, used addresses, DHCP


def test_the_list_takes_two_more_calls_for_each_network_with_the_xml_api(classic: NetworkCloud) -> None:
    classic.client.edges.list_edges()  # signs in
    classic.requests.clear()
    classic.client.edges.list_networks()
    assert len(classic.requests.calls) == 1 + 2 * 4
    classic.requests.clear()
    classic.client.edges.network("web")
    assert len(classic.requests.calls) == 4  # the list, the network, used addresses, DHCP of the edge
    classic.requests.clear()
    classic.client.edges.network("back")
    assert len(classic.requests.calls) == 3


def test_dhcp_pools_that_the_user_cannot_read_are_unknown(
    modern: NetworkCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> list[str]:
        raise PermissionDeniedError("Access is forbidden.")

    monkeypatch.setattr(json_networks, "read_dhcp_pools", refused)
    web = modern.client.edges.network("web")
    assert (web["dhcp_pools"], web["used_count"]) == (None, 2)


def test_an_unknown_use_stays_unknown() -> None:
    subnets = {"values": [{"gateway": "10.0.0.1", "prefixLength": 24, "usedIpCount": None}]}
    row = json_networks.parse_network({"name": "n", "networkType": "CROSS_VDC", "subnets": subnets}).as_row()
    assert (row["type"], row["total_count"], row["used_count"], row["free_count"]) == ("cross_vdc", 0, None, None)


def test_a_network_of_a_vdc_group_has_the_group_as_owner() -> None:
    owner = {"name": "dc", "id": "urn:vcloud:vdcGroup:5f0e9d8c-7b6a-4958-8776-655443322110"}
    row = json_networks.parse_network({"name": "n", "orgVdc": None, "ownerRef": owner}).as_row()
    assert (row["vdc"], row["owner_name"], row["owner_type"]) == ("", "dc", "vdc_group")


def test_other_names_of_the_server_are_kept() -> None:
    value = {"ipAddress": "10.0.0.9", "allocationType": {}, "entityId": "urn:vcloud:vm:1", "entityName": "a"}
    assert json_networks.parse_allocated(value).as_row()["used_by"] == "vm"
    assert json_networks.parse_allocated({**value, "allocationTypeValue": "DHCP_ALLOCATED"}).used_by == "dhcp_allocated"


NETWORK = VdcNetwork("1", "web", "routed", "nsxv")
DAMAGED_RANGE = {"values": [{"startAddress": "x", "endAddress": "y"}]}
SCOPE = (
    b"<OrgVdcNetwork><Configuration><IpScope><IpRanges><IpRange/></IpRanges></IpScope></Configuration></OrgVdcNetwork>"
)


@pytest.mark.parametrize(
    ("parse", "arguments"),
    [
        (json_networks.parse_network, ("text",)),
        (json_networks.parse_network, ({"subnets": {"values": [{"ipRanges": DAMAGED_RANGE}]}},)),
        (json_networks.parse_allocated, ({},)),
        (json_networks.parse_dhcp_pools, ([], "web")),
        (json_networks.parse_dhcp_pools, ({"dhcpPools": [{"ipRange": {}}]}, "web")),
        (xml_networks.parse_document, (b"<Vdc/>", NETWORK)),
        (xml_networks.parse_document, (SCOPE, NETWORK)),
        (xml_networks.parse_allocated, (b"<Vdc/>",)),
        (xml_networks.parse_allocated, (b"<AllocatedIpAddresses><IpAddress/></AllocatedIpAddresses>",)),
    ],
)
def test_damaged_documents_are_refused(parse: Any, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(DecodeError, match="failed"):
        parse(*arguments)
