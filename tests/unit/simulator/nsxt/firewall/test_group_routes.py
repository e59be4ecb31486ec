"""Tests of firewall groups.

Source: protocol/nsxt.md §1.2, §1.3, §3.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.simulated import Caller
from tests.unit.simulator.cloudapi.test_session_routes import sign_in
from tests.unit.simulator.nsxt.harness import Harness, harness

GROUPS = "/cloudapi/1.0.0/firewallGroups"
ADDRESSES = ["10.0.1.0/24", "10.0.2.5", "10.0.3.1-10.0.3.9", "2001:DB8::1-2001:db8::9"]


@pytest.fixture
def cloud(tmp_path: Path) -> Harness:
    return harness(tmp_path)


def ip_set(cloud: Harness, name: str = "web", edge: str = "gw1", **more: Any) -> dict[str, Any]:
    owner = {"id": cloud.urn(edge)}
    return {"name": name, "typeValue": "IP_SET", "ownerRef": owner, "ipAddresses": ["10.0.0.1"], **more}


def add(cloud: Harness, body: dict[str, Any]) -> str:
    return cloud.owner_id(cloud.write("POST", GROUPS, body))


def names_of(cloud: Harness, query: str = "") -> list[str]:
    return [group["name"] for group in cloud.read(f"{GROUPS}/summaries?pageSize=128&filter={query}")["values"]]


def test_the_owner_of_the_task_is_the_new_group(cloud: Harness) -> None:
    response = cloud.send("POST", GROUPS, ip_set(cloud, ipAddresses=ADDRESSES))
    owner = cloud.task(response).find("{*}Owner")
    urn = owner.get("id")
    assert urn.startswith("urn:vcloud:firewallGroup:")
    assert (owner.get("name"), owner.get("href")) == ("web", "")
    assert cloud.refused("GET", f"{GROUPS}/{urn}", status=403).startswith("ACCESS_TO_RESOURCE_IS_FORBIDDEN")
    cloud.settle()
    task = cloud.task(response)
    assert task.get("operationName") == "createFirewallGroup"
    assert task.get("operation") == f"Created Firewall Group web({urn.rpartition(':')[2]})"
    group = cloud.read(f"{GROUPS}/{urn}")
    gateway = {"name": "gw1", "id": cloud.urn()}
    assert group["ownerRef"] == group["edgeGatewayRef"] == gateway
    assert (group["type"], group["typeValue"], group["members"]) == ("IP_SET", "IP_SET", None)
    assert group["ipAddresses"] == ADDRESSES


def test_summaries_have_no_addresses(cloud: Harness) -> None:
    add(cloud, ip_set(cloud))
    (summary,) = cloud.read(f"{GROUPS}/summaries")["values"]
    assert summary["name"] == "web"
    assert not {"ipAddresses", "members", "vmCriteria"} & set(summary)


def test_older_servers_name_only_the_edge(tmp_path: Path) -> None:
    cloud = harness(tmp_path, owner_ref="old")
    urn = add(cloud, ip_set(cloud))
    group = cloud.read(f"{GROUPS}/{urn}")
    assert (group["ownerRef"], group["edgeGatewayRef"]["id"]) == (None, cloud.urn())
    assert names_of(cloud, f"ownerRef.id=={cloud.urn()}") == ["web"]


def test_the_older_reference_and_a_missing_type_are_accepted(cloud: Harness) -> None:
    body = {"name": "old", "edgeGatewayRef": {"id": cloud.urn()}, "ipAddresses": ["10.0.0.1"]}
    assert cloud.read(f"{GROUPS}/{add(cloud, body)}")["typeValue"] == "IP_SET"


def test_a_group_of_an_edge_in_a_vdc_group_belongs_to_the_vdc_group(cloud: Harness) -> None:
    urn = add(cloud, ip_set(cloud, "shared", "left-edge"))
    group = cloud.read(f"{GROUPS}/{urn}")
    assert group["ownerRef"] == {"name": "pair", "id": cloud.group_urn()}
    assert group["edgeGatewayRef"] is None
    rule = {"name": "r", "actionValue": "ALLOW", "sourceFirewallGroups": [{"id": urn}]}
    cloud.write("PUT", cloud.path("firewall/rules", "right-edge"), {"userDefinedRules": [rule]})
    body = {"userDefinedRules": [rule]}
    assert "another owner" in cloud.refused("PUT", cloud.path("firewall/rules"), body)
    duplicate = ip_set(cloud, "shared", "right-edge")
    assert cloud.refused("POST", GROUPS, duplicate).startswith("DUPLICATE_NAME")


def test_a_name_is_unique_for_each_type_and_owner(cloud: Harness) -> None:
    add(cloud, ip_set(cloud))
    assert cloud.refused("POST", GROUPS, ip_set(cloud)).startswith("DUPLICATE_NAME")
    add(cloud, ip_set(cloud, edge="far-edge"))
    members = [{"id": cloud.network_urn("service")}]
    body = {"name": "web", "type": "SECURITY_GROUP", "ownerRef": {"id": cloud.urn()}, "members": members}
    urn = add(cloud, body)
    assert cloud.read(f"{GROUPS}/{urn}")["members"] == [{"name": "service", **members[0]}]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("name==web", ["web"]),
        ("((name==web;typeValue==IP_SET))", ["web"]),
        ("ownerRef.id=={gw1}", ["app", "web"]),
        ("(ownerRef.id=={gw1};typeValue==IP_SET)", ["app", "web"]),
        ("_context=={gw1}", ["app", "web"]),
        ("((name==app;_context=={gw1}))", ["app"]),
        ("_context=={left}", ["shared"]),
        ("_context=={group}", ["shared"]),
        ("typeValue==SECURITY_GROUP", []),
    ],
)
@pytest.mark.parametrize("is_encoded", [False, True])
def test_summaries_can_be_filtered(cloud: Harness, query: str, names: list[str], is_encoded: bool) -> None:
    for body in (ip_set(cloud), ip_set(cloud, "app"), ip_set(cloud, "shared", "left-edge")):
        add(cloud, body)
    text = query.format(gw1=cloud.urn(), left=cloud.urn("left-edge"), group=cloud.group_urn())
    expression = f"{quote(text, safe='')}&filterEncoded=true" if is_encoded else text
    assert names_of(cloud, expression) == names


def test_a_field_that_cannot_be_searched_is_refused(cloud: Harness) -> None:
    assert cloud.refused("GET", f"{GROUPS}/summaries?filter=description==a").startswith("BAD_REQUEST")


def test_a_put_replaces_the_group_and_rules_keep_the_old_name(cloud: Harness) -> None:
    urn = add(cloud, ip_set(cloud))
    rule = {"name": "r", "actionValue": "ALLOW", "destinationFirewallGroups": [{"id": urn}]}
    cloud.write("PUT", cloud.path("firewall/rules"), {"userDefinedRules": [rule]})
    group = cloud.read(f"{GROUPS}/{urn}")
    cloud.write("PUT", f"{GROUPS}/{urn}", {**group, "name": "renamed", "ipAddresses": ["10.0.0.2"]})
    changed = cloud.read(f"{GROUPS}/{urn}")
    assert (changed["name"], changed["ipAddresses"]) == ("renamed", ["10.0.0.2"])
    rules = cloud.read(cloud.path("firewall/rules"))["userDefinedRules"]
    assert rules[0]["destinationFirewallGroups"] == [{"name": "web", "id": urn}]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"typeValue": "SECURITY_GROUP", "type": None}, "type of a firewall group cannot be changed"),
        ({"ownerRef": "far-edge"}, "owner of a firewall group cannot be changed"),
        ({"ipAddresses": ["10.0.0.256"]}, "'10.0.0.256' is not an IP address"),
        ({"ipAddress": []}, "'ipAddress' not recognized"),
        ({"name": None}, "'name': must not be null"),
    ],
)
def test_an_invalid_put_is_refused(cloud: Harness, change: dict[str, Any], reason: str) -> None:
    urn = add(cloud, ip_set(cloud))
    if "ownerRef" in change:
        change = {"ownerRef": {"id": cloud.urn(change["ownerRef"])}}
    assert reason in cloud.refused("PUT", f"{GROUPS}/{urn}", {**cloud.read(f"{GROUPS}/{urn}"), **change})


def test_a_group_in_a_rule_cannot_be_deleted(cloud: Harness) -> None:
    urn = add(cloud, ip_set(cloud))
    rule = {"name": "r", "actionValue": "ALLOW", "sourceFirewallGroups": [{"id": urn}]}
    cloud.write("PUT", cloud.path("firewall/rules"), {"userDefinedRules": [rule]})
    assert "rules of gw1 use it" in cloud.refused("DELETE", f"{GROUPS}/{urn}")
    cloud.write("DELETE", cloud.path("firewall/rules"))
    cloud.write("DELETE", f"{GROUPS}/{urn}")
    assert names_of(cloud) == []
    assert cloud.refused("DELETE", f"{GROUPS}/{urn}", status=403)


def test_the_id_of_a_deleted_group_is_never_used_again(cloud: Harness) -> None:
    urn = add(cloud, ip_set(cloud))
    cloud.write("DELETE", f"{GROUPS}/{urn}")
    assert add(cloud, ip_set(cloud)) != urn


def test_a_group_makes_its_owner_busy(cloud: Harness) -> None:
    assert cloud.send("POST", GROUPS, ip_set(cloud, "a", "left-edge")).status == 202
    text = cloud.refused("DELETE", cloud.path("firewall/rules", "right-edge"))
    assert text.startswith("BUSY_ENTITY")
    assert f"vdcGroup:{cloud.group_urn().rpartition(':')[2]} is busy" in text
    assert text.endswith("operation FIREWALL_GROUP_CREATE.")


@pytest.mark.parametrize("edge", ["old-edge", "routed-only", "their-edge"])
def test_an_edge_that_has_no_groups_for_the_user_is_refused(cloud: Harness, edge: str) -> None:
    text = cloud.refused("POST", GROUPS, ip_set(cloud, edge=edge), status=403)
    assert f"gateway:{cloud.edge(edge).edge_id}" in text
    assert "'ownerRef': must not be null" in cloud.refused("POST", GROUPS, {"name": "a"})


def test_a_member_must_be_a_network_of_the_owner(cloud: Harness) -> None:
    for name in ("alone",):
        members = [{"id": cloud.network_urn(name)}]
        body = {"name": "g", "typeValue": "STATIC_MEMBERS", "ownerRef": {"id": cloud.urn()}, "members": members}
        assert "not connected to the owner" in cloud.refused("POST", GROUPS, body)


def test_only_a_vdc_group_owns_criteria(cloud: Harness) -> None:
    rules = [{"attributeType": "VM_NAME", "operator": "STARTS_WITH", "attributeValue": "web"}]
    body = {"name": "vms", "typeValue": "VM_CRITERIA", "vmCriteria": [{"rules": rules}]}
    text = cloud.refused("POST", GROUPS, {**body, "ownerRef": {"id": cloud.urn()}})
    assert "Only a VDC group" in text
    urn = add(cloud, {**body, "ownerRef": {"id": cloud.group_urn()}})
    assert cloud.read(f"{GROUPS}/{urn}")["vmCriteria"] == [{"rules": rules}]
    (vm,) = cloud.read(f"{GROUPS}/{urn}/associatedVMs")["values"]
    assert (vm["vmRef"]["name"], vm["vdcRef"]["name"]) == ("web1", "left")
    again = {**body, "name": "more", "ownerRef": {"id": cloud.group_urn()}}
    wrong = [{"rules": [{**rules[0], "operator": "ENDS_WITH"}]}]
    assert "'ENDS_WITH' is not one of" in cloud.refused("POST", GROUPS, {**again, "vmCriteria": wrong})
    many = [{"rules": rules}] * 4
    assert "'vmCriteria': size" in cloud.refused("POST", GROUPS, {**again, "vmCriteria": many})


def test_the_vms_of_a_network_are_members_and_an_ip_set_has_none(cloud: Harness) -> None:
    lan = next(n for n in cloud.caller.simulator.world.networks.values() if n.name == "lan" and n.edge_id)
    left = next(
        network
        for network in cloud.caller.simulator.world.networks.values()
        if network.name == "lan" and network.edge_id == cloud.edge("left-edge").edge_id
    )
    assert lan is not left
    members = [{"id": f"urn:vcloud:network:{left.network_id}"}]
    body = {"name": "g", "type": "SECURITY_GROUP", "ownerRef": {"id": cloud.urn("left-edge")}, "members": members}
    urn = add(cloud, body)
    assert [vm["name"] for vm in cloud.read(f"{GROUPS}/{urn}/associatedVMs")["values"]] == ["web1"]
    ip_set_urn = add(cloud, ip_set(cloud))
    text = cloud.refused("GET", f"{GROUPS}/{ip_set_urn}/associatedVMs")
    assert "only Security Groups have associated VMs. This Firewall Group has type 'IP_SET'" in text


def test_another_org_does_not_see_the_groups(cloud: Harness) -> None:
    urn = add(cloud, ip_set(cloud))
    other = Harness(Caller(cloud.caller.simulator, {"Accept": "application/json;version=39.1"}))
    other.caller.headers["Authorization"] = f"Bearer {sign_in(other.caller, 'demo@org2')}"
    assert names_of(other) == []
    assert other.refused("GET", f"{GROUPS}/{urn}", status=403)
    assert other.refused("DELETE", f"{GROUPS}/{urn}", status=403)


def test_a_role_without_the_right_cannot_add_groups(tmp_path: Path) -> None:
    cloud = harness(tmp_path, user="auditor@org1")
    text = cloud.refused("POST", GROUPS, ip_set(cloud), status=403)
    assert "ORG_VDC_GATEWAY_CONFIGURE_FIREWALL" in text
    assert json.loads(cloud.caller.get(f"{GROUPS}/summaries").body)["resultTotal"] == 0
