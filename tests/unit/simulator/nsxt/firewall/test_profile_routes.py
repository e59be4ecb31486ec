"""Tests of application port profiles.

Source: protocol/nsxt.md §1.2, §1.3, §4.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.simulated import Caller
from tests.unit.simulator.cloudapi.test_session_routes import sign_in
from tests.unit.simulator.nsxt.harness import Harness, harness
from vcloudair_core.simulator import Simulator, SimulatorConfig

PROFILES = "/cloudapi/1.0.0/applicationPortProfiles"
TCP = {"protocol": "TCP", "destinationPorts": ["8080", "9000-9010"]}


@pytest.fixture
def cloud(tmp_path: Path) -> Harness:
    return harness(tmp_path)


def tenant(cloud: Harness, name: str = "app", vdc: str = "modern", **more: Any) -> dict[str, Any]:
    org = cloud.caller.simulator.world.orgs["org1"]
    return {
        "name": name,
        "scope": "TENANT",
        "orgRef": {"id": f"urn:vcloud:org:{org.org_id}"},
        "contextEntityId": cloud.vdc_urn(vdc),
        "applicationPorts": [TCP],
        **more,
    }


def add(cloud: Harness, body: dict[str, Any]) -> str:
    return cloud.owner_id(cloud.write("POST", PROFILES, body))


def listed(cloud: Harness, query: str, *, is_encoded: bool = False) -> list[Any]:
    text = f"{quote(query, safe='')}&filterEncoded=true" if is_encoded else query
    values: list[Any] = cloud.read(f"{PROFILES}?pageSize=128&filter={text}")["values"]
    return values


@pytest.mark.parametrize("is_encoded", [False, True])
def test_each_manager_has_system_profiles_with_the_same_names(cloud: Harness, is_encoded: bool) -> None:
    both = listed(cloud, "scope==SYSTEM;name==HTTPS", is_encoded=is_encoded)
    assert [profile["networkProviderScope"] for profile in both] == ["nsx1", "nsx2"]
    assert len({profile["id"] for profile in both}) == 2
    text = f"scope==SYSTEM;name==HTTPS;_context=={cloud.vdc_urn()}"
    (https,) = listed(cloud, text, is_encoded=is_encoded)
    assert https == both[0]
    assert https["applicationPorts"] == [{"name": "HTTPS", "protocol": "TCP", "destinationPorts": ["443"]}]
    assert (https["usableForNAT"], https["orgRef"], https["contextEntityId"]) == (True, None, None)
    assert len(listed(cloud, f"_context=={cloud.vdc_urn()}")) >= 12


@pytest.mark.parametrize(("option", "providers"), [({}, {"nsx1"}), ({"second_provider": True}, {"nsx1", "nsx2"})])
def test_the_option_adds_a_second_manager(option: dict[str, Any], providers: set[str]) -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd", nsxt_edges=1, **option))
    assert {profile.provider for profile in simulator.world.port_profiles.values()} == providers
    assert Simulator(SimulatorConfig(profile="vcd", **option)).world.port_profiles == {}


def test_the_owner_of_the_task_is_the_new_profile(cloud: Harness) -> None:
    task = cloud.write("POST", PROFILES, tenant(cloud))
    assert task.get("operationName") == "createAppPortProfile"
    profile = cloud.read(f"{PROFILES}/{cloud.owner_id(task)}")
    assert profile["applicationPorts"] == [{"name": None, **TCP}]
    assert (profile["scope"], profile["orgRef"]["name"], profile["contextEntityId"]) == ("TENANT", "org1", None)
    assert profile["usableForNAT"] is False


@pytest.mark.parametrize(
    ("ports", "is_usable"),
    [
        ([{"protocol": "TCP", "destinationPorts": ["80"]}], True),
        ([{"protocol": "UDP", "destinationPorts": ["1-65535"]}], True),
        ([{"protocol": "ICMPv4"}], True),
        ([{"protocol": "ICMPv6", "destinationPorts": ["any"]}], True),
        ([TCP], False),
        ([{"protocol": "TCP", "destinationPorts": ["80"]}, {"protocol": "UDP", "destinationPorts": ["80"]}], False),
    ],
)
def test_a_profile_with_one_entry_and_one_port_is_usable_for_nat(cloud: Harness, ports: Any, is_usable: bool) -> None:
    profile = cloud.read(f"{PROFILES}/{add(cloud, tenant(cloud, applicationPorts=ports))}")
    assert profile["usableForNAT"] is is_usable
    assert [entry["protocol"] for entry in profile["applicationPorts"]] == [entry["protocol"] for entry in ports]
    assert profile["id"] in [value["id"] for value in listed(cloud, f"usableForNAT=={str(is_usable).lower()}")]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"orgRef": None}, "'orgRef': must not be null"),
        ({"contextEntityId": None}, "'contextEntityId': must not be null"),
        ({"contextEntityId": "edge"}, "is not a VDC or VDC group"),
        ({"contextEntityId": "classic"}, "is not a VDC or VDC group"),
        ({"contextEntityId": "theirs"}, "is not a VDC or VDC group"),
        ({"applicationPorts": []}, "must not be empty"),
        ({"applicationPorts": [{"protocol": "GRE"}]}, "'GRE' is not one of"),
        ({"applicationPorts": [{"protocol": "TCP"}]}, "must not be empty"),
        ({"applicationPorts": [{"protocol": "ICMPv4", "destinationPorts": ["8"]}]}, "ICMPv4 has no ports"),
        ({"applicationPorts": [{**TCP, "sourcePorts": ["1"]}]}, "'applicationPorts.sourcePorts' not recognized"),
        ({"scope": "SYSTEM"}, "scope 'SYSTEM' cannot be created"),
        ({"scope": "PROVIDER"}, "scope 'PROVIDER' cannot be created"),
        ({"name": ""}, None),
    ],
)
def test_an_invalid_profile_is_refused(cloud: Harness, change: dict[str, Any], reason: str | None) -> None:
    entity = change.get("contextEntityId")
    if entity:
        change = {"contextEntityId": cloud.urn() if entity == "edge" else cloud.vdc_urn(entity)}
    body = tenant(cloud, **change)
    if reason is None:
        assert cloud.send("POST", PROFILES, body).status == 202
    else:
        assert reason in cloud.refused("POST", PROFILES, body)


def test_a_name_is_unique_in_its_context(cloud: Harness) -> None:
    add(cloud, tenant(cloud))
    assert cloud.refused("POST", PROFILES, tenant(cloud)).startswith("DUPLICATE_NAME")
    add(cloud, tenant(cloud, vdc="elsewhere"))
    add(cloud, tenant(cloud, "HTTPS"))


def test_a_rule_needs_a_profile_of_its_own_manager_and_vdc(cloud: Harness) -> None:
    own = add(cloud, tenant(cloud))
    far = add(cloud, tenant(cloud, vdc="elsewhere"))
    other = add(cloud, tenant(cloud, vdc="left"))
    system = {profile["networkProviderScope"]: profile["id"] for profile in listed(cloud, "name==SSH")}
    path = cloud.path("firewall/rules")

    def rules(urn: str) -> dict[str, Any]:
        return {"userDefinedRules": [{"name": "r", "actionValue": "ALLOW", "applicationPortProfiles": [{"id": urn}]}]}

    for urn in (own, system["nsx1"]):
        cloud.write("PUT", path, rules(urn))
    (rule,) = cloud.read(path)["userDefinedRules"]
    assert rule["applicationPortProfiles"] == [{"name": "SSH", "id": system["nsx1"]}]
    for urn in (far, other, system["nsx2"]):
        text = cloud.refused("PUT", path, rules(urn))
        assert text.startswith("BAD_REQUEST")
        assert "not in the same network provider scope" in text


def test_a_profile_of_the_vdc_group_fits_all_its_edges(cloud: Harness) -> None:
    urn = add(cloud, tenant(cloud, contextEntityId=cloud.group_urn()))
    rule = {"name": "r", "actionValue": "ALLOW", "applicationPortProfiles": [{"id": urn}]}
    for edge in ("left-edge", "right-edge"):
        cloud.write("PUT", cloud.path("firewall/rules", edge), {"userDefinedRules": [rule]})
    assert "rules of left-edge, right-edge use it" in cloud.refused("DELETE", f"{PROFILES}/{urn}")


def test_a_profile_can_be_replaced_and_deleted(cloud: Harness) -> None:
    urn = add(cloud, tenant(cloud))
    profile = cloud.read(f"{PROFILES}/{urn}")
    ports = [{"name": "x", "protocol": "UDP", "destinationPorts": ["53"]}]
    cloud.write("PUT", f"{PROFILES}/{urn}", {**profile, "name": "dns", "applicationPorts": ports})
    changed = cloud.read(f"{PROFILES}/{urn}")
    assert (changed["name"], changed["applicationPorts"], changed["usableForNAT"]) == ("dns", ports, True)
    moved = {**profile, "contextEntityId": cloud.vdc_urn("left")}
    assert "context of a profile cannot be changed" in cloud.refused("PUT", f"{PROFILES}/{urn}", moved)
    cloud.write("DELETE", f"{PROFILES}/{urn}")
    assert cloud.refused("GET", f"{PROFILES}/{urn}", status=403).startswith("ACCESS_TO_RESOURCE_IS_FORBIDDEN")


def test_system_profiles_are_read_only(cloud: Harness) -> None:
    profile = listed(cloud, "name==SSH")[0]
    path = f"{PROFILES}/{profile['id']}"
    assert cloud.read(path) == profile
    assert cloud.refused("DELETE", path, status=403)
    assert cloud.refused("PUT", path, profile, status=403)


def test_another_org_sees_only_the_system_profiles(cloud: Harness) -> None:
    urn = add(cloud, tenant(cloud))
    other = Harness(Caller(cloud.caller.simulator, {"Accept": "application/json;version=39.1"}))
    other.caller.headers["Authorization"] = f"Bearer {sign_in(other.caller, 'demo@org2')}"
    assert listed(other, "scope==TENANT") == []
    assert listed(other, "name==SSH") != []
    assert other.refused("GET", f"{PROFILES}/{urn}", status=403)
