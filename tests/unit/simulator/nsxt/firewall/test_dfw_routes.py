"""Tests of the distributed firewall of VDC groups.

Source: protocol/nsxt.md §1.3, §8.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.simulator.nsxt.harness import Harness, harness

GROUPS = "/cloudapi/1.0.0/firewallGroups"
INTERNAL = {"id": "urn:vcloud:firewallGroup:internal"}


@pytest.fixture
def cloud(tmp_path: Path) -> Harness:
    return harness(tmp_path)


def path(cloud: Harness, rest: str = "") -> str:
    return f"/cloudapi/1.0.0/vdcGroups/{cloud.group_urn()}/dfwPolicies{rest}"


def turn_on(cloud: Harness) -> list[Any]:
    """Turn the firewall on, and return its rules."""
    cloud.write("PUT", path(cloud), {"enabled": True})
    return rules_of(cloud)


def rules_of(cloud: Harness) -> list[Any]:
    body = cloud.read(path(cloud, "/default/rules"))
    assert set(body) == {"values"}
    values: list[Any] = body["values"]
    return values


def rule(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "enabled": True, "actionValue": "DROP", **more}


def put(cloud: Harness, *rules: Any) -> Any:
    return cloud.write("PUT", path(cloud, "/default/rules"), {"values": list(rules)})


def test_the_firewall_is_off_until_it_is_turned_on(cloud: Harness) -> None:
    assert cloud.read(path(cloud)) == {"enabled": False, "defaultPolicy": None}
    assert rules_of(cloud) == []
    text = cloud.refused("PUT", path(cloud, "/default/rules"), {"values": []})
    assert "distributed firewall of VDC group 'pair' is not enabled" in text
    (default,) = turn_on(cloud)
    assert (default["name"], default["actionValue"]) == ("Default_VdcGroup_pair", "ALLOW")
    policies = cloud.read(path(cloud))
    assert policies["enabled"] is policies["defaultPolicy"]["enabled"] is True
    assert cloud.read(f"/cloudapi/1.0.0/vdcGroups/{cloud.group_urn()}")["dfwEnabled"] is True


def test_the_policy_is_disabled_before_the_firewall(cloud: Harness) -> None:
    turn_on(cloud)
    assert "policy must be disabled before" in cloud.refused("PUT", path(cloud), {"enabled": False})
    policy = cloud.read(path(cloud, "/default"))
    cloud.write("PUT", path(cloud, "/default"), {**policy, "enabled": False})
    changed = cloud.read(path(cloud, "/default"))
    assert (changed["enabled"], changed["version"]) == (False, {"version": policy["version"]["version"] + 1})
    assert "current version is 1, not 0" in cloud.refused("PUT", path(cloud, "/default"), policy)
    cloud.write("PUT", path(cloud), {"enabled": False})
    assert rules_of(cloud) == []


def test_a_put_replaces_all_rules_in_their_order(cloud: Harness) -> None:
    (default,) = turn_on(cloud)
    task = put(cloud, rule("b"), rule("a"), default)
    assert task.get("operationName") == "vdcGroupDfwRulesUpdate"
    assert cloud.owner_id(task) == cloud.group_urn()
    b, a, kept = rules_of(cloud)
    assert [b["name"], a["name"]] == ["b", "a"]
    assert kept == default
    put(cloud, {**a, "actionValue": "REJECT"})
    (changed,) = rules_of(cloud)
    assert (changed["id"], changed["version"], changed["actionValue"]) == (a["id"], {"version": 1}, "REJECT")


def test_a_single_rule_can_be_read_changed_and_deleted(cloud: Harness) -> None:
    turn_on(cloud)
    put(cloud, rule("a"), rule("b"))
    a, b = rules_of(cloud)
    one = path(cloud, f"/default/rules/{a['id']}")
    assert cloud.read(one) == a
    cloud.write("PUT", one, {**a, "name": "c"})
    assert [value["name"] for value in rules_of(cloud)] == ["c", "b"]
    assert "current version is 1, not 0" in cloud.refused("PUT", one, a)
    assert "not the ID in the path" in cloud.refused("PUT", one, b)
    cloud.write("DELETE", one)
    assert rules_of(cloud) == [b]
    assert cloud.refused("GET", one, status=404).startswith("RESOURCE_NOT_FOUND")
    assert cloud.refused("DELETE", one, status=404)


def test_a_rule_has_excluded_groups_and_the_internal_group(cloud: Harness) -> None:
    turn_on(cloud)
    owner = {"id": cloud.group_urn()}
    task = cloud.write("POST", GROUPS, {"name": "g", "ownerRef": owner, "ipAddresses": ["10.0.0.1"]})
    urn = cloud.owner_id(task)
    put(
        cloud,
        rule("a", sourceFirewallGroups=[{"id": urn}], sourceGroupsExcluded=True, destinationFirewallGroups=[INTERNAL]),
        rule("b"),
    )
    a, b = rules_of(cloud)
    assert (a["sourceGroupsExcluded"], a["destinationGroupsExcluded"]) == (True, False)
    assert (b["sourceGroupsExcluded"], b["destinationGroupsExcluded"]) == (False, False)
    assert a["sourceFirewallGroups"] == [{"name": "g", "id": urn}]
    assert a["destinationFirewallGroups"] == [{"name": "internal", **INTERNAL}]
    assert "rules of pair use it" in cloud.refused("DELETE", f"{GROUPS}/{urn}")
    put(cloud)
    cloud.write("DELETE", f"{GROUPS}/{urn}")


def test_only_a_distributed_firewall_has_the_internal_group_and_exclusions(cloud: Harness) -> None:
    edge = cloud.path("firewall/rules", "left-edge")
    body = {"userDefinedRules": [rule("a", sourceFirewallGroups=[INTERNAL])]}
    assert "does not exist" in cloud.refused("PUT", edge, body)
    body = {"userDefinedRules": [rule("a", sourceGroupsExcluded=True)]}
    assert "'sourceGroupsExcluded' not recognized" in cloud.refused("PUT", edge, body)


@pytest.mark.parametrize("field", ["rawPortProtocols", "active"])
def test_a_rule_has_no_fields_of_the_second_path_version(cloud: Harness, field: str) -> None:
    turn_on(cloud)
    text = cloud.refused("PUT", path(cloud, "/default/rules"), {"values": [rule("a", **{field: None})]})
    assert f"'{field}' not recognized" in text


@pytest.mark.parametrize(("version", "is_known"), [("37.2", False), ("38.1", True)])
def test_a_rule_contains_addresses_in_newer_versions(tmp_path: Path, version: str, is_known: bool) -> None:
    cloud = harness(tmp_path, version)
    turn_on(cloud)
    body = {"values": [rule("a", sourceFirewallIpAddresses=["10.0.0.0/24"], sourceGroupsExcluded=False)]}
    if is_known:
        cloud.write("PUT", path(cloud, "/default/rules"), body)
        assert rules_of(cloud)[0]["sourceFirewallIpAddresses"] == ["10.0.0.0/24"]
    else:
        text = cloud.refused("PUT", path(cloud, "/default/rules"), body)
        assert "'sourceFirewallIpAddresses' not recognized" in text


def test_a_group_of_one_edge_is_not_in_the_scope(cloud: Harness) -> None:
    turn_on(cloud)
    body = {"name": "g", "ownerRef": {"id": cloud.urn()}, "ipAddresses": ["10.0.0.1"]}
    urn = cloud.owner_id(cloud.write("POST", GROUPS, body))
    rules = {"values": [rule("a", sourceFirewallGroups=[{"id": urn}])]}
    assert "another owner" in cloud.refused("PUT", path(cloud, "/default/rules"), rules)


def test_a_write_makes_the_edges_of_the_group_busy(cloud: Harness) -> None:
    turn_on(cloud)
    assert cloud.send("PUT", path(cloud, "/default/rules"), {"values": []}).status == 202
    text = cloud.refused("DELETE", cloud.path("firewall/rules", "left-edge"))
    uuid = cloud.group_urn().rpartition(":")[2]
    assert f"com.vmware.vcloud.entity.vdcGroup:{uuid} is busy completing an operation" in text
    assert text.endswith("VDC_GROUP_DFW_RULES_UPDATE.")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"values": ["a"]}, "expected an object"),
        ({"values": [{"name": "a"}]}, "'actionValue': must not be null"),
        ({"values": [{"name": "r", "actionValue": "DROP"}] * 1001}, "at most 1000 rules"),
        ({"rules": []}, "'rules' not recognized"),
    ],
)
def test_an_invalid_body_is_refused(cloud: Harness, body: Any, reason: str) -> None:
    turn_on(cloud)
    assert reason in cloud.refused("PUT", path(cloud, "/default/rules"), body)


def test_a_rule_cannot_be_listed_twice(cloud: Harness) -> None:
    default = turn_on(cloud)[0]
    assert "same ID" in cloud.refused("PUT", path(cloud, "/default/rules"), {"values": [default, default]})


def test_other_policies_do_not_exist(cloud: Harness) -> None:
    assert cloud.refused("GET", path(cloud, "/strict"), status=404).startswith("RESOURCE_NOT_FOUND")
    assert cloud.refused("GET", path(cloud, "/strict/rules"), status=404)


def test_an_unknown_group_and_a_missing_right_are_refused(tmp_path: Path) -> None:
    cloud = harness(tmp_path, user="auditor@org1")
    unknown = "/cloudapi/1.0.0/vdcGroups/urn:vcloud:vdcGroup:00000000-0000-0000-0000-000000000000/dfwPolicies"
    text = cloud.refused("GET", unknown, status=403)
    assert "rights [ORG_VDC_DISTRIBUTED_FIREWALL_VIEW_RULES]" in text
    assert "for 00000000-0000-0000-0000-000000000000 or the target entity is invalid" in text
    assert "CONFIGURE_RULES" in cloud.refused("PUT", path(cloud), {"enabled": True}, status=403)
