"""Tests of VDC groups under ``/cloudapi``. Source: protocol/nsxt.md §2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.inventory_world import same_cloud, world_caller
from tests.support.simulated import Caller

GROUPS = "/cloudapi/1.0.0/vdcGroups"
JSON = "application/json;version=37.2"


@pytest.fixture
def caller(tmp_path: Path) -> Caller:
    return world_caller(tmp_path)


def read(caller: Caller, path: str) -> Any:
    response = caller.get(path, Accept=JSON)
    assert response.status == 200, response.text
    return json.loads(response.body)


def urn_of_vdc(caller: Caller, name: str) -> str:
    [vdc] = [vdc for vdc in caller.simulator.world.vdcs.values() if vdc.name == name]
    return f"urn:vcloud:vdc:{vdc.vdc_id}"


def test_a_group_names_its_vdcs(caller: Caller) -> None:
    east, lonely = read(caller, GROUPS)["values"]
    org = caller.simulator.world.orgs["acme"]
    assert (east["name"], east["description"], lonely["name"]) == ("east", "Both VDCs", "lonely")
    assert (east["type"], east["networkProviderType"], east["dfwEnabled"]) == ("LOCAL", "NSX_V", False)
    assert east["orgId"] == f"urn:vcloud:org:{org.org_id}"
    assert [item["vdcRef"]["name"] for item in east["participatingOrgVdcs"]] == ["gold", "silver"]
    assert {tuple(sorted(item)) for item in east["participatingOrgVdcs"]} == {
        ("faultDomainTag", "networkProviderScope", "orgRef", "remoteOrg", "siteRef", "status", "vdcRef")
    }
    for urn in (east["id"], quote(east["id"], safe="")):
        assert read(caller, f"{GROUPS}/{urn}") == east


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("name==east", ["east"]),
        ("participatingOrgVdcs.vdcRef.id=={gold}", ["east"]),
        ("participatingOrgVdcs.vdcRef.id=={silver}", ["east", "lonely"]),
        ("networkProviderType==NSX_T", []),
        ("(name==east;type==LOCAL)", ["east"]),
    ],
)
def test_groups_can_be_filtered(caller: Caller, expression: str, names: list[str]) -> None:
    text = expression.format(gold=urn_of_vdc(caller, "gold"), silver=urn_of_vdc(caller, "silver"))
    assert [group["name"] for group in read(caller, f"{GROUPS}/?filter={text}")["values"]] == names


def test_groups_have_pages(caller: Caller) -> None:
    page = read(caller, f"{GROUPS}?pageSize=1&page=2")
    assert (page["resultTotal"], page["pageCount"], [group["name"] for group in page["values"]]) == (2, 2, ["lonely"])


def test_a_group_of_another_org_is_unknown(caller: Caller) -> None:
    group = read(caller, GROUPS)["values"][0]
    other = same_cloud(caller, "eve@umbrella")
    assert read(other, GROUPS)["values"] == []
    response = other.get(f"{GROUPS}/{group['id']}", Accept=JSON)
    assert (response.status, json.loads(response.body)["minorErrorCode"]) == (403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN")


def test_a_group_owns_its_edge_and_the_networks_of_the_edge(caller: Caller) -> None:
    east = read(caller, f"{GROUPS}?filter=name==east")["values"][0]
    owner = {"name": "east", "id": east["id"]}
    edges = {edge["name"]: edge for edge in read(caller, "/cloudapi/1.0.0/edgeGateways")["values"]}
    assert (edges["shared-edge"]["ownerRef"], edges["shared-edge"]["orgVdc"]) == (owner, None)
    assert edges["gold-edge"]["ownerRef"] == edges["gold-edge"]["orgVdc"]
    assert edges["gold-edge"]["description"] == "Own edge"
    networks = {network["name"]: network for network in read(caller, "/cloudapi/1.0.0/orgVdcNetworks")["values"]}
    assert networks["shared-net"]["ownerRef"] == owner
    assert networks["gold-net"]["ownerRef"]["name"] == "gold"


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("ownerRef.id=={gold}", ["gold-edge"]),
        ("(ownerRef.id=={gold};_context==includeAccessible)", ["gold-edge", "shared-edge"]),
        ("(ownerRef.id=={silver};_context==includeAccessible)", ["shared-edge"]),
        ("ownerRef.id=={east}", ["shared-edge"]),
    ],
)
def test_edges_of_a_group_are_found_by_the_group_or_with_a_context(
    caller: Caller, expression: str, names: list[str]
) -> None:
    east = read(caller, f"{GROUPS}?filter=name==east")["values"][0]["id"]
    urns = {"gold": urn_of_vdc(caller, "gold"), "silver": urn_of_vdc(caller, "silver"), "east": east}
    page = read(caller, f"/cloudapi/1.0.0/edgeGateways?filter={expression.format(**urns)}")
    assert [edge["name"] for edge in page["values"]] == names


@pytest.mark.parametrize(("version", "is_shown"), [("34.0", False), ("37.2", True)])
def test_records_of_edges_name_the_group(tmp_path: Path, version: str, is_shown: bool) -> None:
    caller = world_caller(tmp_path, version=version, api_versions=("34.0", "37.2"))
    records = caller.xml("/api/query?type=edgeGateway").iterchildren("{*}EdgeGatewayRecord")
    edges = {record.get("name"): record for record in records}
    assert edges["gold-edge"].get("vdcGroupName") is None
    assert edges["gold-edge"].get("vdc") is not None
    group = next(iter(caller.simulator.world.vdc_groups.values()))
    expected = (f"urn:vcloud:vdcGroup:{group.group_id}", "east") if is_shown else (None, None)
    assert (edges["shared-edge"].get("vdcGroupId"), edges["shared-edge"].get("vdcGroupName")) == expected
    assert edges["shared-edge"].get("vdc") is None


def test_vdcs_of_a_group_can_use_its_networks(caller: Caller) -> None:
    world = caller.simulator.world
    [silver] = [vdc for vdc in world.vdcs.values() if vdc.name == "silver"]
    document = caller.xml(f"/api/vdc/{silver.vdc_id}")
    assert "shared-net" in [node.get("name") for node in document.iterfind("{*}AvailableNetworks/{*}Network")]
    assert [network.name for network in world.networks.values()].count("shared-net") == 1
