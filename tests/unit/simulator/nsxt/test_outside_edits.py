"""Tests of changes that another user makes to NSX-T edge gateways.

Source: protocol/nsxt.md §5, §6, §7.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.simulator.nsxt.harness import Harness, harness

PEER = "198.51.100.7"


@pytest.fixture
def cloud(tmp_path: Path) -> Harness:
    return harness(tmp_path)


def dnat(cloud: Harness, **changes: Any) -> dict[str, Any]:
    external = cloud.edge().external_address
    rule = {"name": "web", "type": "DNAT", "externalAddresses": external, "internalAddresses": "10.0.0.5"}
    return {**rule, **changes}


def tunnel(cloud: Harness, remote: str = PEER, **changes: Any) -> dict[str, Any]:
    local = {"localAddress": cloud.edge().external_address, "localNetworks": ["10.0.1.0/24"]}
    ends = {"localEndpoint": local, "remoteEndpoint": {"remoteAddress": remote}}
    return {"name": "hq", "preSharedKey": "k", **ends, **changes}


def order(cloud: Harness, section: str, method: str = "PUT", **edit: Any) -> Any:
    """Add a fault: another user edits the section before the next matching request."""
    path = {"nat": "/nat/rules", "ipsec": "/ipsec/tunnels"}.get(section, f"/{section}")
    fault = {"kind": "edit", "method": method, "path": path, "edit": {"edge": "gw1", "section": section, **edit}}
    return cloud.caller.send("POST", "/_sim/faults", json.dumps(fault))


def values(cloud: Harness, service: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = cloud.read(cloud.path(service))["values"]
    return rows


def test_a_rule_appears_between_two_reads(cloud: Harness) -> None:
    assert order(cloud, "nat", "GET", add=dnat(cloud)).status == 204
    assert [rule["name"] for rule in values(cloud, "nat/rules")] == ["web"]
    assert order(cloud, "nat", "GET", add=dnat(cloud, name="second", active=False)).status == 204
    assert [(rule["name"], rule["enabled"]) for rule in values(cloud, "nat/rules")] == [
        ("second", False), ("web", True)
    ]  # fmt: skip


def test_a_changed_rule_refuses_the_version_that_was_read(cloud: Harness) -> None:
    cloud.write("POST", cloud.path("nat/rules"), dnat(cloud))
    [rule] = values(cloud, "nat/rules")
    assert order(cloud, "nat", change={"name": "web", "type": "NO_DNAT", "internalAddresses": ""}).status == 204
    path = cloud.path(f"nat/rules/{rule['id']}")
    assert "the current version is 1, not 0" in cloud.refused("PUT", path, rule)
    assert (cloud.read(path)["type"], cloud.read(path)["version"]) == ("NO_DNAT", {"version": 1})
    assert order(cloud, "nat", delete=rule["id"]).status == 204
    assert "RESOURCE_NOT_FOUND" in cloud.refused("PUT", path, rule, status=404)


def test_firewall_rules_are_added_changed_and_deleted(cloud: Harness) -> None:
    path = cloud.path("firewall/rules", version="2.0.0")

    def rules() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = cloud.read(path)["userDefinedRules"]
        return rows

    assert order(cloud, "firewall", "GET", add={"name": "web", "actionValue": "ALLOW"}).status == 204
    [rule] = rules()
    assert (rule["name"], rule["active"], rule["version"]) == ("web", True, {"version": 0})
    addresses = ["198.51.100.0/24"]
    change = {"id": rule["id"], "active": False, "sourceFirewallIpAddresses": addresses}
    assert order(cloud, "firewall", "GET", change=change).status == 204
    [changed] = rules()
    assert changed == {**rule, "active": False, "sourceFirewallIpAddresses": addresses, "version": {"version": 1}}
    first = {"name": "first", "enabled": True, "action": "DROP"}
    place = {"relativePosition": {"rulePosition": "BEFORE", "adjacentRuleId": rule["id"]}}
    assert order(cloud, "firewall", "GET", add={**first, **place}).status == 204
    assert [row["name"] for row in rules()] == ["first", "web"]
    assert order(cloud, "firewall", "GET", delete="web").status == 204
    assert [row["name"] for row in rules()] == ["first"]
    response = order(cloud, "firewall", add={"name": "bad", "actionValue": "PASS"})
    assert (response.status, "'PASS' is not one of" in response.text) == (400, True)


def test_tunnels_are_added_changed_and_deleted(cloud: Harness) -> None:
    assert order(cloud, "ipsec", "GET", add=tunnel(cloud)).status == 204
    [first] = values(cloud, "ipsec/tunnels")
    assert order(cloud, "ipsec", "GET", change={"id": first["id"], "active": False}).status == 204
    [changed] = values(cloud, "ipsec/tunnels")
    assert (changed["enabled"], changed["version"]) == (False, {"version": 1})
    assert cloud.read(cloud.path(f"ipsec/tunnels/{first['id']}"))["preSharedKey"] == "k"
    assert order(cloud, "ipsec", "GET", delete="hq").status == 204
    assert values(cloud, "ipsec/tunnels") == []


@pytest.mark.parametrize(
    ("section", "edit", "message"),
    [
        ("nat", {"add": {"name": "x", "type": "DNAT"}}, "externalAddresses"),
        ("nat", {"add": {}, "delete": "x"}, "exactly one of the keys"),
        ("nat", {}, "exactly one of the keys"),
        ("nat", {"change": "x"}, "must be an object with id or name"),
        ("nat", {"delete": {"id": "x"}}, "must be an ID or a name"),
        ("nat", {"delete": "x"}, "no rule or tunnel has the ID or name 'x'"),
        ("ipsec", {"change": {"name": "x", "active": True}}, "no rule or tunnel has the ID or name 'x'"),
        ("ipsec", {"add": {"name": "x"}}, "localEndpoint"),
    ],
)
def test_an_invalid_change_is_refused_at_once(cloud: Harness, section: str, edit: dict[str, Any], message: str) -> None:
    response = order(cloud, section, **edit)
    assert response.status == 400
    assert message in json.loads(response.body)["error"]
    assert cloud.edge().services.get("nat", {"rules": []})["rules"] == []


def test_a_second_tunnel_between_the_same_addresses_is_refused(cloud: Harness) -> None:
    cloud.write("POST", cloud.path("ipsec/tunnels"), tunnel(cloud))
    response = order(cloud, "ipsec", add=tunnel(cloud, name="other"))
    assert (response.status, "is already in use" in response.text) == (400, True)
    assert order(cloud, "ipsec", add=tunnel(cloud, "198.51.100.8", name="other")).status == 204


def test_an_nsxv_edge_only_supports_add(cloud: Harness) -> None:
    fault = {"kind": "edit", "edit": {"edge": "old-edge", "section": "nat", "delete": "x"}}
    response = cloud.caller.send("POST", "/_sim/faults", json.dumps(fault))
    assert (response.status, "supports only the key 'add'" in response.text) == (400, True)


def test_the_control_plane_sets_the_status_of_a_tunnel(cloud: Harness) -> None:
    cloud.write("POST", cloud.path("ipsec/tunnels"), tunnel(cloud))
    [row] = values(cloud, "ipsec/tunnels")
    status = cloud.path(f"ipsec/tunnels/{row['id']}/status")

    def control(**data: Any) -> Any:
        body = json.dumps({"edge": "gw1", "name": "hq", **data})
        return cloud.caller.send("POST", "/_sim/tunnels", body)

    assert control(message="Peer not responding").status == 204
    assert cloud.read(status)["ikeStatus"]["failReason"] == "Peer not responding"
    assert control(message="1 of 2", status="DEGRADED").status == 204
    assert cloud.read(status)["tunnelStatus"] == "DEGRADED"
    assert control(message="").status == 204
    assert cloud.read(status)["tunnelStatus"] == "UP"
    assert control(message="x", status="LOST").status == 400
    body = json.dumps({"edge": "old-edge", "name": "hq", "message": "x", "status": "DEGRADED"})
    assert cloud.caller.send("POST", "/_sim/tunnels", body).status == 400


# -- distributed firewalls ---------------------------------------------------------------------------------------


def order_for_group(cloud: Harness, method: str = "GET", **edit: Any) -> Any:
    edit = {"vdc_group": "pair", "section": "distributed_firewall", **edit}
    fault = {"kind": "edit", "method": method, "path": "/dfwPolicies/default/rules", "edit": edit}
    return cloud.caller.send("POST", "/_sim/faults", json.dumps(fault))


@pytest.fixture
def group_path(cloud: Harness) -> str:
    """Turn a distributed firewall on, and return the path of its rules."""
    path = f"/cloudapi/1.0.0/vdcGroups/{cloud.group_urn()}/dfwPolicies"
    cloud.write("PUT", path, {"enabled": True})
    return f"{path}/default/rules"


def test_rules_of_a_distributed_firewall_are_added_changed_and_deleted(cloud: Harness, group_path: str) -> None:
    def rules() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = cloud.read(group_path)["values"]
        return rows

    [default] = rules()
    assert order_for_group(cloud, add={"name": "web", "enabled": True, "actionValue": "DROP"}).status == 204
    web, last = rules()
    assert (web["name"], web["version"], last) == ("web", {"version": 0}, default)
    assert order_for_group(cloud, change={"name": "web", "actionValue": "REJECT"}).status == 204
    assert rules() == [{**web, "actionValue": "REJECT", "action": None, "version": {"version": 1}}, default]
    assert order_for_group(cloud, delete=web["id"]).status == 204
    assert rules() == [default]


def test_a_changed_rule_of_a_distributed_firewall_refuses_the_version_that_was_read(
    cloud: Harness, group_path: str
) -> None:
    [default] = cloud.read(group_path)["values"]
    assert order_for_group(cloud, "PUT", change={"id": default["id"], "logging": True, "enabled": False}).status == 204
    path = f"{group_path}/{default['id']}"
    assert "the current version is 1, not 0" in cloud.refused("PUT", path, default)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ({"add": {"name": "x", "actionValue": "PASS"}}, "'PASS' is not one of"),
        ({"delete": "x"}, "no rule or tunnel has the ID or name 'x'"),
        ({"vdc_group": "nowhere", "delete": "x"}, "no VDC group has the name or ID 'nowhere'"),
        ({"edge": "gw1", "delete": "x"}, "edit must have vdc_group for the section distributed_firewall"),
        ({"section": "nat", "delete": "x"}, "edit must have vdc_group for the section distributed_firewall"),
    ],
)
def test_an_invalid_change_of_a_distributed_firewall_is_refused_at_once(
    cloud: Harness, group_path: str, edit: dict[str, Any], message: str
) -> None:
    response = order_for_group(cloud, **edit)
    assert (response.status, message in response.text) == (400, True), response.text
    assert len(cloud.read(group_path)["values"]) == 1


def test_a_distributed_firewall_that_is_off_cannot_be_changed(cloud: Harness) -> None:
    response = order_for_group(cloud, add={"name": "x", "actionValue": "DROP"})
    assert (response.status, "is off or has no rules" in response.text) == (400, True)
