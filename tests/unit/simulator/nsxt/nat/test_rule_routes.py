"""Tests of the NAT rules of NSX-T edge gateways.

Source: protocol/nsxt.md §6, protocol/vcd-modern.md §4.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.simulator.nsxt.harness import Harness, harness
from vcloudair_core.simulator.nsxt.entities import PortProfile

INTERNAL = "192.168.10.20"


@pytest.fixture
def cloud(tmp_path: Path) -> Harness:
    return harness(tmp_path)


def rules_path(cloud: Harness, version: str = "1.0.0", edge: str = "gw1") -> str:
    return cloud.path("nat/rules", edge, version)


def external(cloud: Harness) -> str:
    return cloud.edge().external_address


def dnat(cloud: Harness, **changes: Any) -> dict[str, Any]:
    rule = {"name": "web-in", "type": "DNAT", "externalAddresses": external(cloud), "internalAddresses": INTERNAL}
    return {**rule, **changes}


def created(cloud: Harness, rule: dict[str, Any], version: str = "1.0.0") -> dict[str, Any]:
    """Create a rule, and return the rule as the list shows it."""
    path = rules_path(cloud, version)
    before = {known["id"] for known in cloud.read(path)["values"]}
    cloud.write("POST", path, rule)
    [added] = [known for known in cloud.read(path)["values"] if known["id"] not in before]
    return dict(added)


def add_profile(cloud: Harness, provider: str = "nsx1", ports: Any = None) -> str:
    ports = ports or [{"name": "https", "protocol": "TCP", "destinationPorts": ["443"]}]
    profile = PortProfile("8a000000-0000-4000-8000-000000000001", "tcp-443", "TENANT", provider, ports, org="org1")
    profile.context = cloud.vdc_urn()
    cloud.caller.simulator.world.port_profiles[profile.profile_id] = profile
    return f"urn:vcloud:applicationPortProfile:{profile.profile_id}"


def test_a_new_rule_is_shown_with_all_defaults(cloud: Harness) -> None:
    profile = add_profile(cloud)
    task = cloud.write(
        "POST", rules_path(cloud), dnat(cloud, dnatExternalPort="8443", applicationPortProfile={"id": profile})
    )
    assert (task.get("operationName"), cloud.owner_id(task)) == ("createNatRule", cloud.urn())
    page = cloud.read(rules_path(cloud))
    assert set(page) == {"status", "values"}, "lists with a cursor have no totals"
    [rule] = page["values"]
    assert len(rule.pop("id")) == 36, "a bare UUID"
    assert rule == {
        "name": "web-in", "description": None, "enabled": True, "ruleType": "DNAT", "type": "DNAT",
        "externalAddresses": external(cloud), "internalAddresses": INTERNAL, "internalPort": None,
        "dnatExternalPort": "8443", "snatDestinationAddresses": None,
        "applicationPortProfile": {"name": "tcp-443", "id": profile}, "logging": False, "systemRule": False,
        "firewallMatch": "MATCH_INTERNAL_ADDRESS", "priority": 0, "appliedTo": None, "version": {"version": 0},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "external_side", "internal_side"),
    [
        ("SNAT", True, INTERNAL),
        ("DNAT", True, INTERNAL),
        ("NO_SNAT", False, "192.168.10.0/24"),
        ("NO_DNAT", True, ""),
        ("REFLEXIVE", True, INTERNAL),
    ],
)
def test_each_type_has_its_addresses(cloud: Harness, kind: str, external_side: bool, internal_side: str) -> None:
    addresses = {"externalAddresses": external(cloud) if external_side else "", "internalAddresses": internal_side}
    rule = created(cloud, {"name": "r", "type": kind, **addresses})
    assert (rule["type"], rule["ruleType"]) == (kind, None if kind == "REFLEXIVE" else kind)
    assert {name: rule[name] for name in addresses} == addresses
    second = cloud.read(f"{rules_path(cloud, '2.0.0')}/{rule['id']}")
    assert second["policyBasedVpnMode"] == ("BYPASS" if "DNAT" in kind else None)
    assert (second["active"], second.keys() & {"enabled", "ruleType", "internalPort"}) == (True, set())


def test_the_older_field_rule_type_creates_both_fields(cloud: Harness) -> None:
    rule = created(cloud, {**dnat(cloud, type=None), "ruleType": "DNAT"})
    assert (rule["ruleType"], rule["type"]) == ("DNAT", "DNAT")
    older = {"ruleType": "REFLEXIVE", "type": None}
    assert "ruleType" in cloud.refused("POST", rules_path(cloud), dnat(cloud, **older))
    assert "differs" in cloud.refused("POST", rules_path(cloud), dnat(cloud, ruleType="SNAT"))


def test_a_port_can_be_a_number_and_any_port_is_null(cloud: Harness) -> None:
    assert created(cloud, dnat(cloud, dnatExternalPort=6443))["dnatExternalPort"] == "6443"
    assert created(cloud, dnat(cloud, dnatExternalPort="8000-8010"))["dnatExternalPort"] == "8000-8010"
    for text in ("", "ANY", None):
        assert created(cloud, dnat(cloud, dnatExternalPort=text))["dnatExternalPort"] is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": None}, "'name': must not be null"),
        ({"name": " "}, "'name': must not be blank"),
        ({"type": None}, "'type': must not be null"),
        ({"type": "FULL"}, "'FULL' is not one of"),
        ({"externalAddresses": None}, "'externalAddresses'"),
        ({"externalAddresses": ""}, "'externalAddresses': must not be empty"),
        ({"externalAddresses": "198.51.100.9"}, "is not allocated to the edge gateway gw1"),
        ({"internalAddresses": ""}, "'internalAddresses': must not be empty"),
        ({"internalAddresses": "192.168.10.5-192.168.10.9"}, "is not an IP address or a CIDR network"),
        ({"internalAddresses": "192.168.10.5,192.168.10.9"}, "is not an IP address or a CIDR network"),
        ({"dnatExternalPort": "0"}, "is not a port"),
        ({"dnatExternalPort": 70000}, "is not a port"),
        ({"dnatExternalPort": "9-8"}, "is not a port"),
        ({"dnatExternalPort": True}, "expected a string"),
        ({"snatDestinationAddresses": "10.0.0.1"}, "must be empty for a rule of type DNAT"),
        ({"internalPort": "443"}, "since API version 35.0"),
        ({"priority": -1}, "must be from 0 to 2147481599"),
        ({"priority": 2147481600}, "must be from 0 to 2147481599"),
        ({"firewallMatch": "MATCH"}, "is not one of"),
        ({"enabled": "yes"}, "expected a boolean"),
        ({"active": True}, "'active' not recognized"),
        ({"policyBasedVpnMode": "BYPASS"}, "'policyBasedVpnMode' not recognized"),
        ({"applicationPortProfile": {"id": "urn:vcloud:applicationPortProfile:x"}}, "does not exist"),
        ({"type": "NO_DNAT"}, "'internalAddresses': must be empty for a rule of type NO_DNAT"),
        ({"type": "NO_SNAT"}, "'externalAddresses': must be empty for a rule of type NO_SNAT"),
        ({"type": "SNAT", "dnatExternalPort": "80"}, "must be empty for a rule of type SNAT"),
        ({"type": "REFLEXIVE", "internalAddresses": "10.0.0.0/24"}, "as many addresses"),
    ],
)
def test_an_invalid_rule_is_refused(cloud: Harness, changes: dict[str, Any], message: str) -> None:
    assert message in cloud.refused("POST", rules_path(cloud), dnat(cloud, **changes))
    assert cloud.read(rules_path(cloud))["values"] == []


def test_a_profile_must_be_usable_and_of_the_same_network_provider(cloud: Harness) -> None:
    several = [{"protocol": "TCP", "destinationPorts": ["80", "443"]}]
    rule = dnat(cloud, applicationPortProfile={"id": add_profile(cloud, ports=several)})
    assert "cannot be used for NAT" in cloud.refused("POST", rules_path(cloud), rule)
    add_profile(cloud, provider="nsx2")
    assert "not in the same network provider scope" in cloud.refused("POST", rules_path(cloud), rule)
    add_profile(cloud)
    reflexive = {**rule, "type": "REFLEXIVE"}
    assert "must be empty for a rule of type REFLEXIVE" in cloud.refused("POST", rules_path(cloud), reflexive)
    assert created(cloud, rule)["applicationPortProfile"]["name"] == "tcp-443"


def test_a_rule_applies_only_to_service_interfaces(cloud: Harness) -> None:
    routed = {net.name: net.network_id for net in cloud.caller.simulator.world.networks_of(cloud.edge())}
    for identifier in (f"urn:vcloud:network:{routed['lan']}", cloud.network_urn("alone"), "x"):
        rule = dnat(cloud, appliedTo={"id": identifier})
        assert "is not a service interface" in cloud.refused("POST", rules_path(cloud), rule)
    service = cloud.network_urn("service")
    assert created(cloud, dnat(cloud, appliedTo={"id": service}))["appliedTo"] == {"name": "service", "id": service}


def test_path_version_2_has_its_own_fields(cloud: Harness) -> None:
    path = rules_path(cloud, "2.0.0")
    rule = created(cloud, dnat(cloud, active=False, policyBasedVpnMode="EXCLUSIVE"), "2.0.0")
    assert (rule["active"], rule["policyBasedVpnMode"]) == (False, "EXCLUSIVE")
    assert cloud.read(rules_path(cloud))["values"][0]["enabled"] is False
    for field, value in (("enabled", True), ("ruleType", "DNAT"), ("internalPort", None)):
        assert f"'{field}' not recognized" in cloud.refused("POST", path, dnat(cloud, **{field: value}))
    snat = dnat(cloud, type="SNAT", policyBasedVpnMode="BYPASS")
    assert "must be empty for a rule of type SNAT" in cloud.refused("POST", path, snat)


@pytest.mark.parametrize(("version", "has_network"), [("36.0", False), ("36.2", True)])
def test_older_versions_have_fewer_fields(tmp_path: Path, version: str, has_network: bool) -> None:
    cloud = harness(tmp_path, version)
    rule = created(cloud, dnat(cloud))
    assert ("appliedTo" in rule) == has_network
    assert cloud.refused("GET", rules_path(cloud, "2.0.0"), status=404)
    if not has_network:
        assert "'appliedTo' not recognized" in cloud.refused("POST", rules_path(cloud), dnat(cloud, appliedTo=None))


def test_an_update_replaces_the_rule_and_counts_versions(cloud: Harness) -> None:
    rule = created(cloud, dnat(cloud, description="old", priority=7, dnatExternalPort="80"))
    path = f"{rules_path(cloud)}/{rule['id']}"
    task = cloud.write("PUT", path, dnat(cloud, id=rule["id"], name="new"))
    assert task.get("operationName") == "updateNatRule"
    shown = cloud.read(path)
    assert shown == {**rule, "name": "new", "description": None, "priority": 0, "dnatExternalPort": None,
                     "version": {"version": 1}}  # fmt: skip
    cloud.write("PUT", path, shown)
    assert cloud.read(path)["version"] == {"version": 2}, "a rule can be sent back as it was read"
    assert "the current version is 2, not 0" in cloud.refused("PUT", path, rule)
    assert "'id'" in cloud.refused("PUT", path, dnat(cloud))
    cloud.caller.simulator.configure(object_version="required")
    assert "the current version is 2, not None" in cloud.refused("PUT", path, dnat(cloud, id=rule["id"]))


def test_a_rule_can_be_deleted(cloud: Harness) -> None:
    rule, kept = created(cloud, dnat(cloud)), created(cloud, dnat(cloud))
    path = f"{rules_path(cloud)}/{rule['id']}"
    assert cloud.write("DELETE", path).get("operationName") == "deleteNatRule"
    assert [known["id"] for known in cloud.read(rules_path(cloud))["values"]] == [kept["id"]]
    for method, body in (("GET", None), ("PUT", rule), ("DELETE", None)):
        assert "RESOURCE_NOT_FOUND" in cloud.refused(method, path, body, status=404)
    assert created(cloud, dnat(cloud))["id"] not in (rule["id"], kept["id"])


def test_a_system_rule_cannot_be_changed(cloud: Harness) -> None:
    rule = created(cloud, dnat(cloud))
    cloud.edge().services["nat"]["rules"][0]["systemRule"] = True
    path = f"{rules_path(cloud)}/{rule['id']}"
    assert cloud.read(path)["systemRule"] is True
    for method in ("PUT", "DELETE"):
        assert "is a system rule" in cloud.refused(method, path, {**rule, "version": None})


def test_a_running_task_makes_the_edge_busy(cloud: Harness) -> None:
    assert cloud.send("POST", rules_path(cloud), dnat(cloud)).status == 202
    refusal = cloud.refused("POST", rules_path(cloud, "2.0.0"), dnat(cloud))
    assert refusal.startswith("BUSY_ENTITY: ")
    assert f"{cloud.edge().edge_id} is busy completing an operation NAT_RULE_CREATE." in refusal
    assert cloud.read(rules_path(cloud)) == {"status": "CONFIGURING", "values": []}
    cloud.settle()
    assert cloud.read(rules_path(cloud))["status"] == "REALIZED"


def test_options_select_logging_and_foreign_addresses(cloud: Harness) -> None:
    assert created(cloud, dnat(cloud, logging=True))["logging"] is False, "stored as false without the right"
    cloud.caller.simulator.configure(logging_right=True, external_address="any")
    rule = created(cloud, dnat(cloud, logging=True, externalAddresses="198.51.100.0/30"))
    assert (rule["logging"], rule["externalAddresses"]) == (True, "198.51.100.0/30")


def test_lists_are_read_page_by_page(cloud: Harness) -> None:
    for number in range(3):
        cloud.write("POST", rules_path(cloud), dnat(cloud, name=f"r{number}"))
    response = cloud.caller.get(f"{rules_path(cloud)}/?pageSize=2")
    assert [rule["name"] for rule in json.loads(response.body)["values"]] == ["r0", "r1"]
    [link] = [value for name, value in response.headers.pairs() if name == "Link" and "nextPage" in value]
    assert link.endswith(';type="application/json";model="EdgeNatRules"')
    following = json.loads(cloud.caller.get(link.partition(">")[0].removeprefix("<")).body)
    assert [rule["name"] for rule in following["values"]] == ["r2"]


def test_other_edges_and_users_are_refused(cloud: Harness, tmp_path: Path) -> None:
    for name in ("old-edge", "routed-only", "their-edge"):
        message = cloud.refused("GET", rules_path(cloud, edge=name), status=403)
        assert message.startswith("ACCESS_TO_RESOURCE_IS_FORBIDDEN: ")
        assert "[ORG_VDC_GATEWAY_VIEW_NAT] to perform operations [GATEWAY_VIEW_NAT_NSX_T]" in message
    auditor = harness(tmp_path, user="auditor@org1")
    assert auditor.read(rules_path(auditor))["values"] == []
    message = auditor.refused("POST", rules_path(auditor), dnat(auditor), status=403)
    assert "[ORG_VDC_GATEWAY_CONFIGURE_NAT]" in message
