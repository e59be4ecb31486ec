"""Tests of the firewall of NSX-T edge gateways.

Source: protocol/nsxt.md §1.2, §1.3, §5.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.unit.simulator.nsxt.harness import Harness, harness

RULES, STATE = "firewall/rules", "firewall/state"


@pytest.fixture
def cloud(tmp_path: Path) -> Harness:
    return harness(tmp_path)


def first(name: str, **more: Any) -> dict[str, Any]:
    """Return a rule for ``/cloudapi/1.0.0``."""
    return {"name": name, "enabled": True, "actionValue": "ALLOW", **more}


def second(name: str, **more: Any) -> dict[str, Any]:
    """Return a rule for ``/cloudapi/2.0.0``."""
    return {"name": name, "active": True, "actionValue": "ALLOW", **more}


def user_rules(cloud: Harness, edge: str = "gw1", version: str = "1.0.0") -> list[Any]:
    rules: list[Any] = cloud.read(cloud.path(RULES, edge, version))["userDefinedRules"]
    return rules


def put(cloud: Harness, *rules: Any, edge: str = "gw1", version: str = "1.0.0") -> None:
    cloud.write("PUT", cloud.path(RULES, edge, version), {"userDefinedRules": list(rules)})


def test_a_new_firewall_has_only_the_default_rule(cloud: Harness) -> None:
    shown = cloud.read(cloud.path(RULES))
    assert (shown["systemRules"], shown["userDefinedRules"], shown["status"]) == ([], [], "REALIZED")
    (default,) = shown["defaultRules"]
    assert (default["name"], default["actionValue"], default["action"]) == ("default_rule", "DROP", "DROP")
    assert (default["direction"], default["ipProtocol"]) == ("IN_OUT", "IPV4_IPV6")
    assert default["version"] == {"version": 0}
    second_form = cloud.read(cloud.path(RULES, version="2.0.0"))["defaultRules"][0]
    assert second_form["active"] is True
    assert not {"enabled", "action"} & set(second_form)


def test_a_write_is_accepted_with_an_empty_body_and_a_task_of_the_gateway(cloud: Harness) -> None:
    response = cloud.send("PUT", cloud.path(RULES), {"userDefinedRules": [first("a")]})
    task = cloud.task(response)
    assert (task.get("operationName"), task.get("status")) == ("updateFirewallRules", "queued")
    assert user_rules(cloud) == []
    cloud.settle()
    owner = cloud.task(response).find("{*}Owner")
    assert (owner.get("id"), owner.get("href"), owner.get("name")) == (cloud.urn(), "", "gw1")
    assert [rule["name"] for rule in user_rules(cloud)] == ["a"]


def test_the_option_removes_the_id_of_the_task_owner(tmp_path: Path) -> None:
    cloud = harness(tmp_path, task_owner_id=False)
    task = cloud.write("PUT", cloud.path(RULES), {"userDefinedRules": []})
    assert task.find("{*}Owner").get("id") is None


def test_a_put_keeps_the_order_and_sets_defaults(cloud: Harness) -> None:
    names = [f"rule {number}" for number in (3, 1, 2, 1)]
    put(cloud, *[first(name) for name in names])
    rules = user_rules(cloud)
    assert [rule["name"] for rule in rules] == names
    assert len({rule["id"] for rule in rules}) == 4
    assert (rules[0]["direction"], rules[0]["ipProtocol"], rules[0]["logging"]) == ("IN_OUT", "IPV4_IPV6", False)
    assert (rules[0]["sourceFirewallGroups"], rules[0]["version"]) == (None, {"version": 0})


def test_a_put_updates_known_ids_creates_other_rules_and_deletes_the_rest(cloud: Harness) -> None:
    put(cloud, first("a"), first("b"), first("c"))
    a, _, c = user_rules(cloud)
    put(cloud, {**c, "name": "c2"}, first("d", id="00000000-0000-0000-0000-000000000000"), a)
    rules = {rule["name"]: rule for rule in user_rules(cloud)}
    assert list(rules) == ["c2", "d", "a"]
    assert (rules["c2"]["id"], rules["c2"]["version"]) == (c["id"], {"version": 1})
    assert (rules["a"]["id"], rules["a"]["version"]) == (a["id"], {"version": 0})
    assert rules["d"]["id"] not in {a["id"], c["id"], "00000000-0000-0000-0000-000000000000"}


def test_a_put_without_ids_recreates_all_rules(cloud: Harness) -> None:
    put(cloud, first("a"))
    before = user_rules(cloud)[0]["id"]
    put(cloud, first("a"))
    assert user_rules(cloud)[0]["id"] != before


def test_the_option_forgets_ids_that_were_sent(tmp_path: Path) -> None:
    cloud = harness(tmp_path, put_forgets_ids=True)
    put(cloud, first("a"))
    rule = user_rules(cloud)[0]
    put(cloud, rule)
    assert user_rules(cloud)[0]["id"] != rule["id"]


def test_system_and_default_rules_in_a_body_are_ignored(cloud: Harness) -> None:
    shown = cloud.read(cloud.path(RULES))
    cloud.write("PUT", cloud.path(RULES), {**shown, "defaultRules": [], "systemRules": None})
    assert cloud.read(cloud.path(RULES)) == shown


def test_a_single_rule_can_be_read_changed_and_deleted(cloud: Harness) -> None:
    put(cloud, first("a"), first("b"))
    a, b = user_rules(cloud)
    path = cloud.path(f"{RULES}/{a['id']}")
    assert cloud.read(path) == a
    cloud.write("PUT", path, {**a, "actionValue": "REJECT"})
    changed = cloud.read(path)
    assert (changed["actionValue"], changed["action"], changed["version"]) == ("REJECT", None, {"version": 1})
    cloud.write("DELETE", path)
    assert user_rules(cloud) == [b]
    assert cloud.refused("GET", path, status=404).startswith("RESOURCE_NOT_FOUND")


def test_delete_all_keeps_the_default_rule(cloud: Harness) -> None:
    put(cloud, first("a"))
    cloud.write("DELETE", cloud.path(RULES))
    shown = cloud.read(cloud.path(RULES))
    assert (shown["userDefinedRules"], len(shown["defaultRules"])) == ([], 1)


def test_the_default_rule_is_read_only(cloud: Harness) -> None:
    default = cloud.read(cloud.path(RULES))["defaultRules"][0]
    path = cloud.path(f"{RULES}/{default['id']}")
    assert cloud.read(path) == default
    assert "read-only" in cloud.refused("PUT", path, {**default, "actionValue": "ALLOW"})
    assert "read-only" in cloud.refused("DELETE", path)


def test_an_old_version_is_refused_and_a_missing_one_is_accepted(cloud: Harness) -> None:
    put(cloud, first("a"))
    rule = user_rules(cloud)[0]
    path = cloud.path(f"{RULES}/{rule['id']}")
    cloud.write("PUT", path, {**rule, "name": "b"})
    assert "the current version is 1, not 0" in cloud.refused("PUT", path, {**rule, "name": "c"})
    assert "the current version is 1, not 0" in cloud.refused("PUT", cloud.path(RULES), {"userDefinedRules": [rule]})
    cloud.write("PUT", path, first("d"))
    assert cloud.read(path)["version"] == {"version": 2}


@pytest.mark.parametrize(("option", "status"), [("required", 400), ("ignore", 202)])
def test_the_option_changes_the_check_of_versions(tmp_path: Path, option: str, status: int) -> None:
    cloud = harness(tmp_path, object_version=option)
    put(cloud, first("a"))
    rule = user_rules(cloud)[0]
    body = first("b") if option == "required" else {**rule, "version": {"version": 9}}
    assert cloud.send("PUT", cloud.path(f"{RULES}/{rule['id']}"), body).status == status


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"actionValue": "ALLOW"}, "'name': must not be null"),
        ({"name": "a"}, "'actionValue': must not be null"),
        (first("a", action="REJECT"), "'action': 'REJECT' is not one of"),
        (first("a", direction="BOTH"), "'direction'"),
        (first("a", ipProtocol="IP"), "'ipProtocol'"),
        (first("a", comments="x" * 2049), "'comments': size"),
        (first("a", active=True), "'active' not recognized"),
        (first("a", rawPortProtocols=[]), "'rawPortProtocols' not recognized"),
        (first("a", sourceFirewallIpAddresses=["10.0.0.300"]), "'10.0.0.300' is not an IP address"),
        (first("a", sourceFirewallIpAddresses=["10.0.0.9-10.0.0.1"]), "is not an IP address"),
        (first("a", sourceFirewallGroups=[{"id": "urn:vcloud:firewallGroup:0"}]), "does not exist"),
        (first("a", applicationPortProfiles=[{"id": "x"}] * 129), "'applicationPortProfiles': size"),
        ("a", "expected an object"),
    ],
)
def test_an_invalid_rule_is_refused_before_a_task_starts(cloud: Harness, rule: Any, reason: str) -> None:
    body = {"userDefinedRules": [rule]}
    assert reason in cloud.refused("PUT", cloud.path(RULES), body)


@pytest.mark.parametrize("count", [1000, 1001])
def test_a_firewall_has_at_most_1000_rules(cloud: Harness, count: int) -> None:
    body = {"userDefinedRules": [first(f"r{number}") for number in range(count)]}
    assert cloud.send("PUT", cloud.path(RULES), body).status == (202 if count == 1000 else 400)


def test_a_rule_cannot_be_listed_twice(cloud: Harness) -> None:
    put(cloud, first("a"))
    rule = user_rules(cloud)[0]
    assert "same ID" in cloud.refused("PUT", cloud.path(RULES), {"userDefinedRules": [rule, rule]})


@pytest.mark.parametrize(
    ("version", "fields", "absent"),
    [
        ("37.0", {"comments", "actionValue"}, {"appliedTo", "sourceFirewallIpAddresses", "loggingId"}),
        ("37.2", {"appliedTo"}, {"sourceFirewallIpAddresses", "loggingId"}),
        ("38.0", {"appliedTo"}, {"sourceFirewallIpAddresses", "destinationFirewallIpAddresses"}),
        ("38.1", {"sourceFirewallIpAddresses", "loggingId"}, {"active", "rawPortProtocols", "relativePosition"}),
    ],
)
def test_fields_exist_since_their_version(tmp_path: Path, version: str, fields: set[str], absent: set[str]) -> None:
    cloud = harness(tmp_path, version)
    rule = cloud.read(cloud.path(RULES))["defaultRules"][0]
    assert fields <= set(rule)
    assert not absent & set(rule)
    if "sourceFirewallIpAddresses" in absent:
        body = {"userDefinedRules": [first("a", sourceFirewallIpAddresses=["10.0.0.1"])]}
        assert "'userDefinedRules" not in cloud.refused("PUT", cloud.path(RULES), body)


def test_the_second_path_version_exists_since_38_1(tmp_path: Path) -> None:
    old, new = harness(tmp_path, "38.0"), harness(tmp_path, "38.1")
    assert old.refused("GET", old.path(RULES, version="2.0.0"), status=404).startswith("RESOURCE_NOT_FOUND")
    assert new.read(new.path(RULES, version="2.0.0"))["userDefinedRules"] == []


def test_the_second_form_has_addresses_and_ports(cloud: Harness) -> None:
    rule = second(
        "app",
        sourceFirewallIpAddresses=["198.51.100.0/24", "2001:db8::1-2001:db8::9"],
        destinationFirewallIpAddresses=["10.0.1.20-10.0.1.29"],
        rawPortProtocols=[{"layer4Item": {"protocol": "TCP", "sourcePorts": [], "destinationPorts": ["443", "1-9"]}}],
        comments="ticket 4711",
    )
    cloud.write("POST", cloud.path(RULES, version="2.0.0"), rule)
    (shown,) = user_rules(cloud, version="2.0.0")
    assert {name: shown[name] for name in rule} == rule
    older = user_rules(cloud)[0]
    assert older["destinationFirewallIpAddresses"] == ["10.0.1.20-10.0.1.29"]
    assert "rawPortProtocols" not in older


@pytest.mark.parametrize(
    ("ports", "reason"),
    [
        (["1-2"] * 7 + ["3"], None),
        (["1-2"] * 8, "at most 15 ports"),
        (["70000"], "'70000' is not a port"),
        (["9-1"], "'9-1' is not a port"),
        (["1-"], "'1-' is not a port"),
        ([443], "'443' is not a port"),
    ],
)
def test_a_rule_has_at_most_15_ports_and_a_range_counts_as_two(
    cloud: Harness, ports: list[Any], reason: str | None
) -> None:
    rule = second("a", rawPortProtocols=[{"layer4Item": {"protocol": "UDP", "destinationPorts": ports}}])
    path = cloud.path(RULES, version="2.0.0")
    if reason is None:
        cloud.write("POST", path, rule)
    else:
        assert reason in cloud.refused("POST", path, rule)


def test_the_option_removes_addresses_from_rules(tmp_path: Path) -> None:
    cloud = harness(tmp_path, inline_addresses=False)
    rule = second("a", sourceFirewallIpAddresses=["10.0.0.1"])
    assert "not recognized" in cloud.refused("POST", cloud.path(RULES, version="2.0.0"), rule)


@pytest.mark.parametrize(
    ("place", "names"),
    [
        (None, ["a", "b", "new"]),
        (("BEFORE", 1), ["a", "new", "b"]),
        (("AFTER", 0), ["a", "new", "b"]),
        (("AFTER", 1), ["a", "b", "new"]),
        (("TOP", None), ["new", "a", "b"]),
        (("BOTTOM", None), ["a", "b", "new"]),
    ],
)
def test_a_new_rule_has_a_position(cloud: Harness, place: tuple[str, int | None] | None, names: list[str]) -> None:
    put(cloud, first("a"), first("b"))
    rules = user_rules(cloud)
    body = second("new")
    if place:
        adjacent = {} if place[1] is None else {"adjacentRuleId": rules[place[1]]["id"]}
        body["relativePosition"] = {"rulePosition": place[0], **adjacent}
    cloud.write("POST", cloud.path(RULES, version="2.0.0"), body)
    assert [rule["name"] for rule in user_rules(cloud)] == names


def test_a_put_of_one_rule_can_move_it(cloud: Harness) -> None:
    put(cloud, first("a"), first("b"), first("c"))
    rules = user_rules(cloud)
    path = cloud.path(f"{RULES}/{rules[2]['id']}")
    place = {"rulePosition": "BEFORE", "adjacentRuleId": rules[0]["id"]}
    cloud.write("PUT", path, {**rules[2], "relativePosition": place})
    assert [rule["name"] for rule in user_rules(cloud)] == ["c", "a", "b"]
    itself = {"rulePosition": "AFTER", "adjacentRuleId": rules[2]["id"]}
    assert "does not exist" in cloud.refused("PUT", path, {**rules[2], "relativePosition": itself})


@pytest.mark.parametrize(
    ("version", "option", "is_accepted"),
    [("38.1", "by-version", False), ("38.1", "all", True), ("39.0", "by-version", True)],
)
def test_top_exists_since_39_0(tmp_path: Path, version: str, option: str, is_accepted: bool) -> None:
    cloud = harness(tmp_path, version, position_words=option)
    body = second("a", relativePosition={"rulePosition": "TOP"})
    path = cloud.path(RULES, version="2.0.0")
    if is_accepted:
        cloud.write("POST", path, body)
    else:
        assert "'TOP' is not one of [BEFORE, AFTER]" in cloud.refused("POST", path, body)


@pytest.mark.parametrize("version", ["38.1", "39.0"])
def test_the_first_path_version_adds_single_rules_since_39_0(tmp_path: Path, version: str) -> None:
    cloud = harness(tmp_path, version)
    if version == "39.0":
        cloud.write("POST", cloud.path(RULES), first("a"))
        assert [rule["name"] for rule in user_rules(cloud)] == ["a"]
    else:
        assert cloud.refused("POST", cloud.path(RULES), first("a"), status=405).startswith("METHOD_NOT_ALLOWED")


def test_the_firewall_can_be_turned_off(cloud: Harness) -> None:
    path = cloud.path(STATE, version="2.0.0")
    assert cloud.read(path) == {"active": True}
    cloud.write("PUT", path, {"active": False})
    assert cloud.read(path) == {"active": False}
    assert "'active': must not be null" in cloud.refused("PUT", path, {})


@pytest.mark.parametrize(("options", "is_logging"), [({}, False), ({"logging_right": True}, True)])
def test_logging_of_a_tenant_is_stored_as_false(tmp_path: Path, options: dict[str, Any], is_logging: bool) -> None:
    cloud = harness(tmp_path, **options)
    put(cloud, first("a", logging=True))
    assert user_rules(cloud)[0]["logging"] is is_logging


def test_a_rule_applies_to_service_interfaces_only(cloud: Harness) -> None:
    service = {"id": cloud.network_urn("service")}
    put(cloud, first("a", appliedTo=service))
    assert user_rules(cloud)[0]["appliedTo"] == {**service, "name": "service"}
    for name in ("alone", "lan"):
        body = {"userDefinedRules": [first("a", appliedTo={"id": cloud.network_urn(name)})]}
        assert "service interfaces" in cloud.refused("PUT", cloud.path(RULES), body)


def test_a_busy_edge_refuses_other_writes_with_the_operation(cloud: Harness) -> None:
    response = cloud.send("PUT", cloud.path(RULES), {"userDefinedRules": [first("a")]})
    assert response.status == 202
    text = cloud.refused("DELETE", cloud.path(RULES))
    assert text.startswith("BUSY_ENTITY: [ ")
    entity = f"com.vmware.vcloud.entity.gateway:{cloud.edge().edge_id}"
    assert text.endswith(f"] The entity Ref: {entity} is busy completing an operation FIREWALL_RULES_UPDATE.")
    assert cloud.read(f"/cloudapi/1.0.0/edgeGateways/{cloud.urn()}")["status"] == "CONFIGURING"
    assert record(cloud).get("isBusy") == "true"
    assert cloud.send("PUT", cloud.path(RULES, "far-edge"), {"userDefinedRules": []}).status == 202
    cloud.settle()
    assert [rule["name"] for rule in user_rules(cloud)] == ["a"]
    busy = record(cloud)
    assert (busy.get("isBusy"), busy.get("taskStatus")) == ("false", "success")
    assert busy.get("taskOperation") == "updateFirewallRules"
    cloud.write("DELETE", cloud.path(RULES))


def record(cloud: Harness, name: str = "gw1") -> Any:
    root = cloud.caller.xml("/api/query?type=edgeGateway", Accept="application/*+xml;version=39.1")
    return next(child for child in root if child.get("name") == name)


def test_edges_of_a_vdc_group_are_busy_together(cloud: Harness) -> None:
    assert cloud.send("DELETE", cloud.path(RULES, "left-edge")).status == 202
    text = cloud.refused("DELETE", cloud.path(RULES, "right-edge"))
    assert cloud.edge("left-edge").edge_id in text
    assert record(cloud, "right-edge").get("isBusy") == "true"


def test_a_failed_task_changes_nothing(cloud: Harness) -> None:
    cloud.caller.simulator.tasks.fail_next["updateFirewallRules"] = "INTERNAL_SERVER_ERROR"
    response = cloud.send("PUT", cloud.path(RULES), {"userDefinedRules": [first("a")]})
    cloud.settle()
    assert cloud.task(response).get("status") == "error"
    assert user_rules(cloud) == []


@pytest.mark.parametrize("edge", ["old-edge", "routed-only", "their-edge"])
def test_an_edge_without_a_firewall_for_the_user_is_refused_by_its_right(cloud: Harness, edge: str) -> None:
    text = cloud.refused("GET", cloud.path(RULES, edge), status=403)
    assert text.startswith("ACCESS_TO_RESOURCE_IS_FORBIDDEN: [ ")
    assert "rights [ORG_VDC_GATEWAY_VIEW_FIREWALL] to perform operations [GATEWAY_VIEW_FIREWALL_NSX_T] for " in text
    assert text.endswith(f"for {cloud.edge(edge).edge_id} or the target entity is invalid.")
    assert "CONFIGURE_FIREWALL" in cloud.refused("DELETE", cloud.path(RULES, edge), status=403)


def test_a_role_without_the_right_can_read_only(tmp_path: Path) -> None:
    cloud = harness(tmp_path, user="auditor@org1")
    assert user_rules(cloud) == []
    text = cloud.refused("PUT", cloud.path(f"{RULES}/1"), first("a"), status=403)
    assert f"[GATEWAY_CONFIGURE_FIREWALL_NSX_T] for {cloud.edge().edge_id} or" in text


def test_paths_can_have_an_encoded_urn_and_a_trailing_slash(cloud: Harness) -> None:
    path = f"/cloudapi/1.0.0/edgeGateways/{quote(cloud.urn(), safe='')}/{RULES}/"
    assert cloud.read(path) == cloud.read(cloud.path(RULES))


def test_a_saved_state_has_the_rules(cloud: Harness) -> None:
    from vcloudair_core.simulator import Simulator
    from vcloudair_core.simulator.replay.state_dump import dump_state

    put(cloud, first("a"))
    loaded = Simulator(cloud.caller.simulator.config, state=dump_state(cloud.caller.simulator))
    edge = next(edge for edge in loaded.world.edges.values() if edge.name == "gw1")
    assert [rule["name"] for rule in edge.services["firewall"]["user"]] == ["a"]
    assert loaded.world.port_profiles == cloud.caller.simulator.world.port_profiles
