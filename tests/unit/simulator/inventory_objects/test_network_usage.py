"""Tests of the pools and used addresses of networks, in all documents.

Source: types AllocatedIpAddressesType, IpScopeType and GatewayDhcpServiceType of the schema; API reference 37.2.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.schema import load_validator
from tests.support.simulated import Caller, signed_in
from tests.unit.services.ans.org_networks.conftest import inventory
from vcloudair_core.errors import SpecError
from vcloudair_core.simulator import Simulator, SimulatorConfig

CLOUDAPI = "/cloudapi/1.0.0/orgVdcNetworks"
JSON = "application/json;version=37.2"
VCLOUD = "{http://www.vmware.com/vcloud/v1.5}"


def build(folder: Path, tree: dict[str, Any]) -> Simulator:
    file = folder / "inventory.yml"
    file.write_text(yaml.safe_dump(tree))
    return Simulator(SimulatorConfig(profile="vcd", inventory_file=str(file), api_versions=("5.5", "27.0", "37.2")))


def caller(folder: Path, backend: str, version: str) -> Caller:
    return signed_in(build(folder, inventory(backend)), version=version)


def href(made: Caller, name: str) -> str:
    network = next(item for item in made.simulator.world.networks.values() if item.name == name)
    return f"/api/network/{network.network_id}"


def read(made: Caller, path: str) -> Any:
    response = made.get(path, Accept=JSON)
    assert response.status == 200, response.text
    return json.loads(response.body)


@pytest.mark.parametrize("path", ["/api/network/", "/api/admin/network/"])
def test_used_addresses_are_linked_to_their_vms(tmp_path: Path, path: str) -> None:
    made = caller(tmp_path, "nsxv", "5.5")
    document = made.xml(href(made, "web").replace("/api/network/", path))
    links = {link.get("type"): link.get("href") for link in document.iter(f"{VCLOUD}Link")}
    addresses = made.xml(links["application/vnd.vmware.vcloud.allocatedNetworkAddress+xml"])
    assert load_validator().errors(addresses) == []
    rows = [
        (item.get("allocationType"), item.get("isDeployed"), item.findtext(f"{VCLOUD}IpAddress")) for item in addresses
    ]
    assert rows == [
        ("vsmAllocated", "true", "192.168.10.1"),
        ("vmAllocated", "true", "192.168.10.20"),
        ("vmAllocated", "false", "192.168.10.21"),
        ("vmAllocated", "true", "192.168.10.200"),
    ]
    assert [link.get("name") for link in addresses[1].iter(f"{VCLOUD}Link")] == ["shop", "a"]


def test_an_isolated_network_has_its_dhcp_pools_in_xml(tmp_path: Path) -> None:
    made = caller(tmp_path, "nsxv", "5.5")
    document = made.xml(href(made, "back"))
    assert load_validator().errors(document) == []
    service = document.find(f"{VCLOUD}ServiceConfig/{VCLOUD}GatewayDhcpService")
    low, high = (service.findtext(f"{VCLOUD}Pool/{VCLOUD}{end}IpAddress") for end in ("Low", "High"))
    assert (low, high) == ("10.0.0.3", "10.0.0.4")
    assert made.xml(href(made, "web")).find(f"{VCLOUD}ServiceConfig") is None


def test_all_documents_have_the_same_numbers(tmp_path: Path) -> None:
    made = caller(tmp_path, "nsxt", "37.2")
    records = made.xml("/api/query?type=orgVdcNetwork")
    counts = {
        record.get("name"): (int(record.get("totalIpCount")), int(record.get("usedIpCount")))
        for record in records
        if record.get("name")
    }
    assert counts == {"web": (10, 2), "back": (5, 1), "split": (6, 0), "lan": (253, 0)}
    for network in read(made, CLOUDAPI)["values"]:
        [subnet] = network["subnets"]["values"]
        assert counts[network["name"]] == (subnet["totalIpCount"], subnet["usedIpCount"])


def test_records_have_numbers_since_version_29(tmp_path: Path) -> None:
    records = caller(tmp_path, "nsxv", "27.0").xml("/api/query?type=orgVdcNetwork")
    assert {record.get("totalIpCount") for record in records} == {None}


def test_used_addresses_in_json_are_paged_and_filtered(tmp_path: Path) -> None:
    made = caller(tmp_path, "nsxt", "37.2")
    urn = next(value["id"] for value in read(made, CLOUDAPI)["values"] if value["name"] == "web")
    page = read(made, f"{CLOUDAPI}/{urn}/allocatedIpAddresses?pageSize=3")
    assert (page["resultTotal"], page["pageCount"], len(page["values"])) == (4, 2, 3)
    [vm] = read(made, f"{CLOUDAPI}/{urn}/allocatedIpAddresses?filter=ipAddress==192.168.10.20")["values"]
    assert (vm["entityName"], vm["vAppName"], vm["deployed"]) == ("a", "shop", True)
    assert vm["entityId"].startswith("urn:vcloud:vm:")
    edge = next(value for value in page["values"] if value["ipAddress"] == "192.168.10.1")
    assert edge["entityName"] == "Edge Gateway"


@pytest.mark.parametrize(("name", "mode", "count"), [("web", "EDGE", 1), ("back", "NETWORK", 1), ("lan", None, 0)])
def test_the_dhcp_service_has_a_mode(tmp_path: Path, name: str, mode: str | None, count: int) -> None:
    made = caller(tmp_path, "nsxt", "37.2")
    urn = next(value["id"] for value in read(made, CLOUDAPI)["values"] if value["name"] == name)
    dhcp = read(made, f"{CLOUDAPI}/{urn}/dhcp")
    assert (dhcp["enabled"], dhcp["mode"], len(dhcp["dhcpPools"] or [])) == (bool(count), mode, count)


@pytest.mark.parametrize("path", ["allocatedIpAddresses", "dhcp"])
def test_an_unknown_network_is_refused(tmp_path: Path, path: str) -> None:
    made = caller(tmp_path, "nsxt", "37.2")
    unknown = "urn:vcloud:network:00000000-0000-0000-0000-000000000000"
    assert made.get(f"{CLOUDAPI}/{unknown}/{path}", Accept=JSON).status == 403
    assert made.get(f"/api/network/{unknown[-36:]}/allocatedAddresses").status == 403


@pytest.mark.parametrize(
    ("field", "pool", "reason"),
    [
        ("static_pools", "192.168.10.20", "is not a range of 192.168.10.0/24"),
        ("static_pools", "192.168.11.2-192.168.11.9", "is not a range of 192.168.10.0/24"),
        ("dhcp_pools", "a-b", "is not a range of 192.168.10.0/24"),
        (
            "dhcp_pools",
            "192.168.10.20-192.168.10.29",
            "the DHCP pools of the edge gateway 'gw' are in its section dhcp",
        ),
    ],
)
def test_invalid_pools_are_rejected(tmp_path: Path, field: str, pool: str, reason: str) -> None:
    tree = inventory("nsxv")
    tree["orgs"][0]["vdcs"][0]["networks"][0][field] = [pool]
    with pytest.raises(SpecError, match=reason):
        build(tmp_path, tree)
