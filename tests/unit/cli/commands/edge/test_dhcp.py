"""Tests of ``vca dhcp``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.unit.cli.conftest import FakeClient, Result

Vca = Callable[..., Result]
MakeClient = Callable[..., FakeClient]

POOL: dict[str, Any] = {
    "ip_range": "192.168.10.100-192.168.10.199",
    "auto_configure_dns": True,
    "dns_servers": [],
    "lease_time": "86400",
}
BINDING: dict[str, Any] = {
    "mac_address": "00:50:56:01:02:03",
    "host_name": "web1",
    "ip_address": "192.168.10.20",
    "auto_configure_dns": False,
    "dns_servers": ["10.0.0.53", "10.0.0.54"],
    "lease_time": "infinite",
}
DHCP: dict[str, Any] = {"enabled": True, "pools": [POOL], "bindings": [BINDING], "version": 4}
LEASE = {"ip_address": "192.168.10.100", "mac_address": "00:50:56:01:02:09", "host_name": "db1", "state": "active"}


def test_pools_and_bindings_are_in_one_table(vca: Vca, client: MakeClient) -> None:
    fake = client(resources={"ans.dhcp": DHCP})
    result = vca("dhcp", "list", "--edge", "web-edge", "--no-trunc")
    assert result.code == 0, result.err
    first, second = result.out.splitlines()[1:3]
    assert first.split()[:2] == ["pool", "192.168.10.100-192.168.10.199"]
    assert "automatic" in first
    assert second.split()[:4] == ["binding", "192.168.10.20", "00:50:56:01:02:03", "web1"]
    assert "10.0.0.53 10.0.0.54" in second
    assert "DHCP on." in result.err
    assert fake.asked == [("ans.dhcp", {"edge": "web-edge"})]


def test_json_is_input_for_the_module(vca: Vca, client: MakeClient) -> None:
    client(resources={"ans.dhcp": DHCP})
    result = vca("dhcp", "list", "--edge", "web-edge", "-o", "json")
    assert json.loads(result.out) == {"enabled": True, "pools": [POOL], "bindings": [BINDING]}


def test_a_disabled_service_without_entries_is_reported(vca: Vca, client: MakeClient) -> None:
    client(resources={"ans.dhcp": {"enabled": False, "pools": [], "bindings": [], "version": 1}})
    result = vca("dhcp", "list", "--edge", "web-edge")
    assert "has no pools and no static bindings" in result.err + result.out
    assert "DHCP OFF: the edge gateway assigns no addresses." in result.err


def test_leases_are_listed(vca: Vca, client: MakeClient) -> None:
    fake = client()
    fake.edges.leases = [LEASE]
    result = vca("dhcp", "leases", "--edge", "web-edge", "--no-trunc")
    assert result.code == 0, result.err
    assert result.out.splitlines()[1].split()[:4] == list(LEASE.values())
