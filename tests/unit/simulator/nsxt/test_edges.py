"""Tests of NSX-T edge gateways in all views.

Source: protocol/nsxt.md §1.3, §2.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.simulator.nsxt.harness import Harness, harness
from vcloudair_core.errors import SpecError
from vcloudair_core.simulator import Simulator, SimulatorConfig

EDGES = "/cloudapi/1.0.0/edgeGateways"


@pytest.fixture
def cloud(tmp_path: Path) -> Harness:
    return harness(tmp_path)


def test_the_list_has_both_kinds_of_edges(cloud: Harness) -> None:
    kinds = {edge["name"]: edge["gatewayBacking"]["gatewayType"] for edge in cloud.read(EDGES)["values"]}
    assert kinds.pop("old-edge") == "NSXV_BACKED"
    assert kinds == dict.fromkeys(("gw1", "routed-only", "left-edge", "right-edge", "far-edge"), "NSXT_BACKED")


def test_an_edge_states_its_manager_addresses_and_mode(cloud: Harness) -> None:
    edge = cloud.read(f"{EDGES}/{cloud.urn()}")
    assert edge["gatewayBacking"]["networkProvider"]["name"] == "nsx1"
    assert edge["ownerRef"]["name"] == edge["orgVdc"]["name"] == "modern"
    subnet = edge["edgeGatewayUplinks"][0]["subnets"]["values"][0]
    assert subnet["ipRanges"]["values"] == [{"startAddress": "203.0.113.100", "endAddress": "203.0.113.109"}]
    assert (subnet["primaryIp"], subnet["totalIpCount"], subnet["usedIpCount"]) == ("203.0.113.100", 10, 1)
    assert (edge["deploymentMode"], edge["nonDistributedRoutingEnabled"]) == ("ACTIVE_STANDBY", True)
    far = cloud.read(f"{EDGES}/{cloud.urn('far-edge')}")["gatewayBacking"]["networkProvider"]
    assert far["name"] == "nsx2"
    assert far["id"] != edge["gatewayBacking"]["networkProvider"]["id"]


def test_an_edge_of_a_vdc_group_has_the_group_as_owner(cloud: Harness) -> None:
    edge = cloud.read(f"{EDGES}/{cloud.urn('left-edge')}")
    assert edge["ownerRef"] == {"name": "pair", "id": cloud.group_urn()}
    assert edge["orgVdc"] is None
    group = cloud.read(f"/cloudapi/1.0.0/vdcGroups/{cloud.group_urn()}")
    assert (group["networkProviderType"], group["dfwEnabled"]) == ("NSX_T", False)
    assert {vdc["networkProviderScope"] for vdc in group["participatingOrgVdcs"]} == {"nsx1"}


@pytest.mark.parametrize(("version", "has_mode"), [("38.1", False), ("39.0", True)])
def test_the_deployment_mode_exists_since_39_0(tmp_path: Path, version: str, has_mode: bool) -> None:
    cloud = harness(tmp_path, version)
    assert ("deploymentMode" in cloud.read(f"{EDGES}/{cloud.urn()}")) == has_mode
    record = next(
        record
        for record in cloud.caller.xml("/api/query?type=edgeGateway", Accept=f"application/*+xml;version={version}")
        if record.get("name") == "routed-only"
    )
    assert record.get("edgeGatewayType") == "NSXT_BACKED"
    assert record.get("deploymentMode") == ("DISTRIBUTED_ONLY" if has_mode else None)


def test_the_xml_of_an_edge_states_its_type_and_has_no_services(cloud: Harness) -> None:
    path = f"/api/admin/edgeGateway/{cloud.edge().edge_id}"
    root = cloud.caller.xml(path, Accept="application/*+xml;version=39.1")
    assert root.findtext("{*}EdgeGatewayType") == "NSXT_BACKED"
    assert root.find(".//{*}EdgeGatewayServiceConfiguration") is None
    assert not [link for link in root.iterfind("{*}Link") if "configureServices" in link.get("href", "")]


def test_paths_of_nsx_v_refuse_an_nsx_t_edge(cloud: Harness) -> None:
    for section in ("firewall/config", "nat/config", "ipsec/config", "status"):
        assert cloud.caller.get(f"/network/edges/{cloud.edge().edge_id}/{section}").status == 403
    listed = json.loads(cloud.caller.get("/network/edges", Accept="application/json").body)
    assert [edge["name"] for edge in listed["edgePage"]["data"]] == ["old-edge"]
    services = f"/api/admin/edgeGateway/{cloud.edge().edge_id}/action/configureServices"
    body = '<EdgeGatewayServiceConfiguration xmlns="http://www.vmware.com/vcloud/v1.5"/>'
    assert cloud.caller.send("POST", services, body, Accept="application/*+xml;version=39.1").status == 400


def test_a_vdc_tells_its_network_provider(cloud: Harness) -> None:
    values = {}
    for name in ("classic", "modern"):
        page = cloud.read(f"/cloudapi/1.0.0/vdcs/{cloud.vdc_urn(name)}/capabilities")
        values[name] = page["values"][0]["value"]
    assert values == {"classic": "NSX_V", "modern": "NSX_T"}
    networks = cloud.read("/cloudapi/1.0.0/orgVdcNetworks?pageSize=128")["values"]
    service = next(network for network in networks if network["name"] == "service")
    assert service["connection"]["connectionType"] == "NON_DISTRIBUTED"
    assert service["orgVdcIsNsxTBacked"] is True


@pytest.mark.parametrize("backends", [("nsxv", "nsxt"), ("nsxt", "nsxv")])
def test_a_vdc_has_edges_of_one_backend(tmp_path: Path, backends: tuple[str, str]) -> None:
    file = tmp_path / "inventory.yml"
    edges = ", ".join(f"{{name: e{n}, backend: {backend}}}" for n, backend in enumerate(backends))
    file.write_text(f"orgs: [{{name: o, vdcs: [{{name: v, edges: [{edges}]}}]}}]", encoding="utf-8")
    with pytest.raises(SpecError, match="another backend"):
        Simulator(SimulatorConfig(profile="vcd", inventory_file=str(file)))


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["org1-vdc1-edge1"]),
        ({"release": "10.5"}, ["org1-vdc1-edge1", "nsxt-edge1"]),
        ({"release": "10.5", "profile": "vchs"}, ["org1-vdc1-edge1"]),
        ({"release": "5.x"}, ["org1-vdc1-edge1"]),
        ({"nsxt_edges": 2}, ["org1-vdc1-edge1", "nsxt-edge1", "nsxt-edge2"]),
    ],
)
def test_releases_since_10_4_have_an_nsx_t_edge(options: dict[str, Any], names: list[str]) -> None:
    simulator = Simulator(SimulatorConfig(**{"profile": "vcd", **options}))
    assert [edge.name for edge in simulator.world.edges.values()] == names


def test_a_vdc_group_tells_its_network_provider(cloud: Harness) -> None:
    page = cloud.read(f"/cloudapi/1.0.0/vdcs/{cloud.group_urn()}/capabilities")
    assert page["values"][0]["value"] == "NSX_T"
