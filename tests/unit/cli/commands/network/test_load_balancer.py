"""Tests of ``vca lb list`` and ``vca lb status``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.unit.cli.conftest import FakeClient, Result

Vca = Callable[..., Result]
MakeClient = Callable[..., FakeClient]

MEMBER = {"name": "web1", "ip_address": "192.168.10.21", "port": 8080}
SERVER = {"name": "site", "ip_address": "2001:db8::1", "port": 443, "protocol": "https", "pool": "web", "enabled": True}
SECTION: dict[str, Any] = {
    "enabled": True,
    "virtual_servers": [SERVER],
    "pools": [{"name": "web", "members": [MEMBER]}, {"name": "spare", "members": []}],
    "monitors": [],
    "application_profiles": [],
    "version": 3,
}


def test_virtual_servers_and_unused_pools_are_listed(vca: Vca, client: MakeClient) -> None:
    fake = client(resources={"ans.load_balancer": SECTION})
    result = vca("lb", "list", "--edge", "web-edge", "--no-trunc")
    assert result.code == 0, result.err
    server, pool = result.out.splitlines()[1:]
    assert server.split()[:5] == ["site", "[2001:db8::1]:443", "https", "web", "192.168.10.21:8080"]
    assert pool.split() == ["spare"]
    assert "Load balancer on." in result.err
    assert fake.asked[0][0] == "ans.load_balancer"


def test_json_is_input_for_the_module(vca: Vca, client: MakeClient) -> None:
    client(resources={"ans.load_balancer": SECTION})
    result = vca("lb", "list", "--edge", "web-edge", "-o", "json")
    assert json.loads(result.out) == {key: value for key, value in SECTION.items() if key != "version"}


def test_disabled_load_balancer_without_objects(vca: Vca, client: MakeClient) -> None:
    client(resources={"ans.load_balancer": {**SECTION, "enabled": False, "virtual_servers": [], "pools": []}})
    result = vca("lb", "list", "--edge", "web-edge")
    assert "has no virtual servers and no pools" in result.err + result.out
    assert "Load balancer OFF" in result.err


def test_status_of_members_is_shown(vca: Vca, client: MakeClient) -> None:
    pool = {"name": "web", "status": "up", "members": [{**MEMBER, "status": "down", "condition": "drain"}]}
    client(resources={"load_balancer_status": {**SECTION, "pools": [pool]}})
    result = vca("lb", "status", "--edge", "web-edge", "--no-trunc")
    assert result.out.splitlines()[1].split() == ["web", "web1", "192.168.10.21:8080", "down", "drain"]
    result = vca("lb", "status", "--edge", "web-edge", "-o", "json")
    assert json.loads(result.out)["pools"] == [pool]


def test_member_group_is_listed(vca: Vca, client: MakeClient) -> None:
    pool = {"name": "web", "members": [], "member_group": "web servers", "default_port": 8080}
    client(resources={"ans.load_balancer": {**SECTION, "pools": [pool]}})
    result = vca("lb", "list", "--edge", "web-edge", "--no-trunc")
    assert "web servers:8080" in result.out
