"""Tests of reading orgs, users, roles and VDCs under ``/cloudapi``.

Source: protocol/vcd-modern.md §2.3, §2.6.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.simulated import Caller
from tests.unit.simulator.cloudapi.test_session_routes import caller_for, sign_in


@pytest.fixture
def caller() -> Caller:
    made = caller_for(vms=3, edges=1)
    made.headers["Authorization"] = f"Bearer {sign_in(made)}"
    return made


def read(caller: Caller, path: str) -> Any:
    response = caller.get(f"/cloudapi/{path}")
    assert response.status == 200, response.text
    return json.loads(response.body)


def vdc_urn(caller: Caller) -> str:
    return f"urn:vcloud:vdc:{next(iter(caller.simulator.world.vdcs))}"


@pytest.mark.parametrize("slash", ["", "/"])
def test_an_org_can_be_read_by_its_urn_in_both_forms(caller: Caller, slash: str) -> None:
    [org] = read(caller, f"1.0.0/orgs{slash}")["values"]
    assert (org["name"], org["orgVdcCount"], org["vappCount"], org["userCount"]) == ("org1", 1, 1, 1)
    for urn in (org["id"], quote(org["id"], safe="")):
        assert read(caller, f"1.0.0/orgs/{urn}{slash}") == org


def test_a_tenant_cannot_read_another_org(caller: Caller) -> None:
    provider = caller.simulator.world.orgs["System"].org_id
    response = caller.get(f"/cloudapi/1.0.0/orgs/urn:vcloud:org:{provider}")
    assert response.status == 403
    assert json.loads(response.body)["minorErrorCode"] == "ACCESS_TO_RESOURCE_IS_FORBIDDEN"


def test_a_user_refers_to_a_role_with_rights(caller: Caller) -> None:
    [user] = read(caller, "1.0.0/users?filter=((name==demo))")["values"]
    assert read(caller, f"1.0.0/users/{user['id']}") == user
    [reference] = user["roleEntityRefs"]
    role = read(caller, f"1.0.0/roles/{reference['id']}")
    assert role["name"] == reference["name"] == "Organization Administrator"
    rights = read(caller, f"1.0.0/roles/{role['id']}/rights?pageSize=128")
    assert rights["resultTotal"] == read(caller, "1.0.0/rights")["resultTotal"] > 10


def test_roles_agree_with_the_query_service(caller: Caller) -> None:
    names = {role["name"] for role in read(caller, "1.0.0/roles?pageSize=128")["values"]}
    records = caller.xml("/api/query?type=role&pageSize=128", Accept="application/*+xml;version=37.2")
    assert names == {record.get("name") for record in records.iter("{*}RoleRecord")}


def test_the_capabilities_of_a_vdc_name_its_network_provider(caller: Caller) -> None:
    values = read(caller, f"1.0.0/vdcs/{vdc_urn(caller)}/capabilities")["values"]
    assert {value["name"]: value["value"] for value in values}["networkProvider"] == "NSX_V"
    assert read(caller, f"1.0.0/vdcs/{vdc_urn(caller)}/networkProfile")["primaryEdgeCluster"] is None


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"])
def test_a_vdc_has_the_policy_of_its_administrators_view(caller: Caller, version: str) -> None:
    [policy] = read(caller, f"{version}/vdcs/{vdc_urn(caller)}/computePolicies")["values"]
    assert ("policyType" in policy) == (version == "2.0.0")
    assert read(caller, f"{version}/vdcComputePolicies/{policy['id']}") == policy
    address = f"/api/admin/vdc/{vdc_urn(caller).rpartition(':')[2]}"
    admin = caller.xml(address, Accept="application/*+xml;version=37.2")
    assert admin.find("{*}DefaultComputePolicy").get("id") == policy["id"]


@pytest.mark.parametrize("path", ["capabilities", "networkProfile", "computePolicies"])
def test_an_unknown_vdc_is_refused(caller: Caller, path: str) -> None:
    unknown = "urn:vcloud:vdc:00000000-0000-0000-0000-000000000000"
    assert caller.get(f"/cloudapi/1.0.0/vdcs/{unknown}/{path}").status == 403
