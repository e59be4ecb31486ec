"""Tests of the static routes of NSX-T edge gateways. Source: protocol/nsxt.md §10."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.simulator.nsxt.harness import Harness, harness

HOP: dict[str, Any] = {"ipAddress": "10.0.1.254"}
ROUTE: dict[str, Any] = {"name": "to-dc", "networkCidr": "10.9.0.0/16", "nextHops": [HOP]}


@pytest.fixture
def cloud(tmp_path: Path) -> Harness:
    return harness(tmp_path)


def test_routes_are_created_changed_and_deleted(cloud: Harness) -> None:
    path = cloud.path("routing/staticRoutes")
    scope = {"scopeType": "NETWORK", "id": cloud.network_urn("service")}
    task = cloud.write("POST", path, {**ROUTE, "nextHops": [{**HOP, "adminDistance": 5, "scope": scope}]})
    [route] = cloud.read(path)["values"]
    assert (len(route["id"]), task.findtext("{*}Details")) == (36, route["id"]), "a bare UUID"
    assert route["nextHops"] == [{"ipAddress": "10.0.1.254", "adminDistance": 5, "scope": {"name": "service", **scope}}]
    assert (route["systemOwned"], route["version"]) == (False, None)
    cloud.write("PUT", f"{path}/{route['id']}", {**route, "nextHops": [HOP]})
    changed = cloud.read(f"{path}/{route['id']}")
    assert changed == {**route, "nextHops": [{**HOP, "adminDistance": 1, "scope": None}]}
    cloud.write("DELETE", f"{path}/{route['id']}")
    assert cloud.read(path)["values"] == []
    assert "RESOURCE_NOT_FOUND" in cloud.refused("GET", f"{path}/{route['id']}", status=404)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "'name': must not be blank"),
        ({"networkCidr": "10.9.0.0"}, "'10.9.0.0' is not a CIDR network"),
        ({"nextHops": []}, "'nextHops': size must be between 1 and 5"),
        ({"nextHops": [HOP] * 6}, "'nextHops': size must be between 0 and 5"),
        ({"nextHops": [{"ipAddress": "router"}]}, "'router' is not an IP address"),
        ({"nextHops": [{**HOP, "adminDistance": 0}]}, "must be from 1 to 255"),
        ({"nextHops": [{**HOP, "scope": {"scopeType": "SYSTEM_OWNED"}}]}, "SYSTEM_OWNED is read-only"),
        ({"nextHops": [{**HOP, "scope": {"scopeType": "NETWORK", "id": "x"}}]}, "'x' does not exist"),
    ],
)
def test_an_invalid_route_is_refused(cloud: Harness, changes: dict[str, Any], message: str) -> None:
    assert message in cloud.refused("POST", cloud.path("routing/staticRoutes"), {**ROUTE, **changes})


def test_a_route_of_the_system_is_read_only(cloud: Harness) -> None:
    path = cloud.path("routing/staticRoutes")
    cloud.write("POST", path, ROUTE)
    [route] = cloud.read(path)["values"]
    cloud.edge().services["staticRoutes"]["routes"][0]["systemOwned"] = True
    for method, body in (("PUT", route), ("DELETE", None)):
        assert "is owned by the system" in cloud.refused(method, f"{path}/{route['id']}", body)


def test_the_path_needs_a_newer_version(tmp_path: Path) -> None:
    cloud = harness(tmp_path, "36.3")
    assert cloud.refused("GET", cloud.path("routing/staticRoutes"), status=404)
