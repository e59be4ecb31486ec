"""Tests of the load balancer of NSX-T edge gateways. Source: protocol/nsxt.md §9."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.simulator.nsxt.harness import Harness, harness

POOLS, SERVICES = "/cloudapi/1.0.0/loadBalancer/pools", "/cloudapi/1.0.0/loadBalancer/virtualServices"
GROUPS = "/cloudapi/1.0.0/loadBalancer/serviceEngineGroups/assignments"


@pytest.fixture
def cloud(tmp_path: Path) -> Harness:
    return harness(tmp_path)


def pool(cloud: Harness, **changes: Any) -> dict[str, Any]:
    """Return the body of a pool."""
    return {
        "name": "web",
        "gatewayRef": {"id": cloud.urn()},
        "algorithm": "ROUND_ROBIN",
        "healthMonitors": [{"type": "HTTP"}],
        "members": [{"ipAddress": "10.0.1.21", "port": 8080}, {"ipAddress": "10.0.1.22", "enabled": False}],
        **changes,
    }


def service(cloud: Harness, **changes: Any) -> dict[str, Any]:
    """Return the body of a virtual service for the first pool."""
    [listed] = cloud.read(cloud.path("loadBalancer/poolSummaries"))["values"]
    [group] = cloud.read(f"{GROUPS}?filter=gatewayRef.id=={cloud.urn()}")["values"]
    return {
        "name": "site",
        "enabled": True,
        "gatewayRef": {"id": cloud.urn()},
        "loadBalancerPoolRef": {"id": listed["id"]},
        "serviceEngineGroupRef": group["serviceEngineGroupRef"],
        "virtualIpAddress": cloud.edge().external_address,
        "servicePorts": [{"portStart": 80, "tcpUdpProfile": {"type": "TCP_PROXY"}}],
        "applicationProfile": {"type": "HTTP"},
        **changes,
    }


def test_pools_and_services_are_created_changed_and_deleted(cloud: Harness) -> None:
    cloud.write("POST", POOLS, pool(cloud))
    cloud.write("POST", SERVICES, service(cloud))
    [summary] = cloud.read(cloud.path("loadBalancer/poolSummaries"))["values"]
    shown = cloud.read(f"{POOLS}/{summary['id']}")
    assert (shown["memberCount"], shown["enabledMemberCount"], shown["defaultPort"]) == (2, 1, 80)
    assert [member["healthStatus"] for member in shown["members"]] == ["UP", "DISABLED"]
    assert [reference["name"] for reference in shown["virtualServiceRefs"]] == ["site"]
    [listed] = cloud.read(cloud.path("loadBalancer/virtualServiceSummaries"))["values"]
    path = f"{SERVICES}/{listed['id']}"
    assert (listed["healthStatus"], listed["loadBalancerPoolRef"]["name"]) == ("UP", "web")
    cloud.write("PUT", f"{POOLS}/{shown['id']}", {**shown, "name": "web2", "members": []})
    assert cloud.read(path)["loadBalancerPoolRef"]["name"] == "web2"
    assert cloud.read(path)["healthStatus"] == "DOWN"
    assert "in use by virtual services: site" in cloud.refused("DELETE", f"{POOLS}/{shown['id']}")
    cloud.write("DELETE", path)
    cloud.write("DELETE", f"{POOLS}/{shown['id']}")
    assert cloud.read(cloud.path("loadBalancer/poolSummaries"))["values"] == []
    assert "ACCESS_TO_RESOURCE_IS_FORBIDDEN" in cloud.refused("GET", path, status=403)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": " "}, "'name': must not be blank"),
        ({"algorithm": "FAST"}, "'FAST' is not one of"),
        ({"members": [{"port": 80}]}, "'members.ipAddress': must not be null"),
        ({"members": [{"ipAddress": "10.0.0.1", "ratio": 21}]}, "must be from 1 to 20"),
        ({"healthMonitors": [{"type": "DNS"}]}, "'DNS' is not one of"),
        ({"size": 1}, "JSON property 'size' not recognized"),
        ({"persistenceProfile": {"type": "TLS"}}, "type TLS need the feature set PREMIUM"),
        ({"persistenceProfile": {"type": "HTTP_COOKIE"}}, "'persistenceProfile.value': must not be blank"),
        ({"memberGroupRef": {"id": "urn:vcloud:firewallGroup:x"}}, "Only one of members and memberGroupRef"),
        ({"memberGroupRef": {"id": "urn:vcloud:firewallGroup:x"}, "members": []}, "does not exist"),
        ({"caCertificateRefs": [{"id": "urn:x"}]}, "the certificate does not exist"),
    ],
)
def test_an_invalid_pool_is_refused(cloud: Harness, changes: dict[str, Any], message: str) -> None:
    assert message in cloud.refused("POST", POOLS, pool(cloud, **changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loadBalancerPoolRef": {"id": "x"}}, "the pool does not exist"),
        ({"serviceEngineGroupRef": {"id": "x"}}, "the group is not assigned"),
        ({"servicePorts": []}, "'servicePorts': must not be empty"),
        ({"virtualIpAddress": None}, "'virtualIpAddress': must not be null"),
        ({"applicationProfile": {"type": "HTTPS"}}, "needs a certificate"),
        ({"certificateRef": {"id": "x"}}, "the certificate does not exist"),
    ],
)
def test_an_invalid_service_is_refused(cloud: Harness, changes: dict[str, Any], message: str) -> None:
    cloud.write("POST", POOLS, pool(cloud))
    assert message in cloud.refused("POST", SERVICES, service(cloud, **changes))


def test_names_and_endpoints_are_unique(cloud: Harness) -> None:
    cloud.write("POST", POOLS, pool(cloud))
    assert "already in use" in cloud.refused("POST", POOLS, pool(cloud))
    cloud.write("POST", SERVICES, service(cloud))
    assert "already uses the address" in cloud.refused("POST", SERVICES, service(cloud, name="other"))


def test_addresses_of_services_are_used(cloud: Harness) -> None:
    cloud.write("POST", POOLS, pool(cloud))
    cloud.write("POST", SERVICES, service(cloud))
    used = cloud.read(cloud.path("usedIpAddresses"))["values"]
    assert "Load_Balancer" in [item["category"] for item in used]


def test_tenants_cannot_disable_the_load_balancer(cloud: Harness) -> None:
    config = cloud.read(cloud.path("loadBalancer"))
    assert config["enabled"] is True
    assert cloud.refused("PUT", cloud.path("loadBalancer"), {"enabled": False}, status=403)
    cloud.edge().services["loadBalancer"] = {"enabled": False, "pools": [], "virtualServices": [], "count": 0}
    assert "is not enabled" in cloud.refused("POST", POOLS, pool(cloud))


def test_other_orgs_and_nsxv_edges_are_forbidden(cloud: Harness) -> None:
    assert cloud.refused("POST", POOLS, pool(cloud, gatewayRef={"id": cloud.urn("their-edge")}), status=403)
    assert cloud.refused("GET", cloud.path("loadBalancer", edge="old-edge"), status=403)
