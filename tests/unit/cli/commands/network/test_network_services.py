"""Tests of ``vca static-route list`` and ``vca dns show``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.unit.cli.conftest import FakeClient, Result

Vca = Callable[..., Result]
MakeClient = Callable[..., FakeClient]

ROUTE: dict[str, Any] = {
    "network": "10.9.0.0/16",
    "next_hops": [{"address": "192.168.10.254", "distance": 1}, {"address": "192.168.10.253", "network": "lan"}],
    "description": "to the data center",
}
ROUTES: dict[str, Any] = {"default_gateway": "203.0.113.1", "routes": [ROUTE], "version": None}
ZONE = {"name": "corp", "domains": ["corp.example"], "servers": ["10.9.0.1"]}
DNS: dict[str, Any] = {"enabled": True, "servers": ["192.0.2.53"], "zones": [ZONE], "version": 3}


def test_routes_are_listed(vca: Vca, client: MakeClient) -> None:
    fake = client(resources={"ans.static_routes": ROUTES})
    result = vca("static-route", "list", "--edge", "web-edge", "--no-trunc")
    assert result.code == 0, result.err
    line = result.out.splitlines()[1]
    assert line.startswith("10.9.0.0/16")
    assert "192.168.10.254" in line and "192.168.10.253 via lan" in line
    assert "Default route: 203.0.113.1." in result.err
    assert fake.asked[0][0] == "ans.static_routes"


def test_json_of_routes_is_input_for_the_module(vca: Vca, client: MakeClient) -> None:
    client(resources={"ans.static_routes": ROUTES})
    result = vca("static-route", "list", "--edge", "web-edge", "-o", "json")
    assert json.loads(result.out) == {"default_gateway": "203.0.113.1", "routes": [ROUTE]}


def test_an_edge_gateway_without_routes(vca: Vca, client: MakeClient) -> None:
    client(resources={"ans.static_routes": {"routes": []}})
    result = vca("static-route", "list", "--edge", "web-edge")
    assert "has no static routes" in result.err + result.out
    assert "Default route" not in result.err


def test_dns_servers_are_shown_by_domain(vca: Vca, client: MakeClient) -> None:
    client(resources={"ans.dns": {**DNS, "listener_ip": "10.255.255.1"}})
    result = vca("dns", "show", "--edge", "web-edge")
    assert result.code == 0, result.err
    assert [line.split() for line in result.out.splitlines()[1:]] == [
        ["any", "192.0.2.53"],
        ["corp.example", "10.9.0.1", "corp"],
    ]
    assert "DNS forwarding on, at 10.255.255.1." in result.err


def test_disabled_dns_and_json(vca: Vca, client: MakeClient) -> None:
    client(resources={"ans.dns": {**DNS, "enabled": False, "servers": [], "zones": []}})
    result = vca("dns", "show", "--edge", "web-edge")
    assert "DNS forwarding OFF" in result.err
    assert "has no DNS servers" in result.err + result.out
    result = vca("dns", "show", "--edge", "web-edge", "-o", "json")
    assert json.loads(result.out) == {"enabled": False, "servers": [], "zones": []}
