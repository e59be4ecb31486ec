"""Tests of documents that only organization administrators can read.

Source: protocol/recorded-responses.md §2, §4.
"""

from __future__ import annotations

import pytest
from lxml import etree

from tests.support.schema import load_validator
from tests.support.simulated import Caller, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.access.rights import ALL_RIGHTS, rights_of_role

VCLOUD = "{http://www.vmware.com/vcloud/v1.5}"


@pytest.fixture
def caller() -> Caller:
    return signed_in(Simulator(SimulatorConfig(profile="vcd", templates=1)), version="37.0")


def test_the_session_of_an_administrator_links_the_administration(caller: Caller) -> None:
    session = caller.xml("/api/session")
    (address,) = [node.get("href") for node in session if str(node.get("type")).endswith("admin.vcloud+xml")]
    document = caller.xml(address)
    org = document.find(f"{VCLOUD}OrganizationReferences/{VCLOUD}OrganizationReference")
    assert caller.xml(org.get("href")).get("name") == "org1"


def test_the_org_lists_users_catalogs_vdcs_and_networks(caller: Caller) -> None:
    org = caller.xml(f"/api/admin/org/{caller.simulator.world.orgs['org1'].org_id}")
    for tag, names in (
        ("UserReference", ["demo"]),
        ("CatalogReference", ["templates"]),
        ("Vdc", ["org1-vdc1"]),
        ("Network", ["lan", "dmz"]),
    ):
        references = list(org.iter(f"{VCLOUD}{tag}"))
        assert [reference.get("name") for reference in references] == names
        assert [caller.xml(reference.get("href")).get("name") for reference in references] == names


@pytest.mark.parametrize(("version", "is_there"), [("29.0", False), ("37.0", True)])
def test_a_vdc_has_its_default_compute_policy_in_newer_versions(version: str, is_there: bool) -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd")), version=version)
    vdc = caller.xml(f"/api/admin/vdc/{next(iter(caller.simulator.world.vdcs))}")
    assert etree.QName(vdc).localname == "AdminVdc"
    assert (vdc.find(f"{VCLOUD}DefaultComputePolicy") is not None) == is_there


def test_networks_of_a_vdc_are_a_query(caller: Caller) -> None:
    vdc = caller.xml(f"/api/vdc/{next(iter(caller.simulator.world.vdcs))}")
    (address,) = [node.get("href") for node in vdc if node.get("rel") == "orgVdcNetworks"]
    records = caller.xml(address).iterchildren(f"{VCLOUD}OrgVdcNetworkRecord")
    assert [record.get("name") for record in records] == ["lan", "dmz"]


def test_an_external_network_is_a_reference_only(caller: Caller) -> None:
    network = next(iter(caller.simulator.world.external_networks))
    assert caller.get(f"/api/admin/network/{network}").status == 403
    network = next(iter(caller.simulator.world.networks))
    assert caller.xml(f"/api/admin/network/{network}").get("name") == "lan"


def test_objects_of_another_org_are_forbidden(caller: Caller) -> None:
    provider = caller.simulator.world.orgs["System"].org_id
    user = next(user for user in caller.simulator.world.users if user.org == "System")
    assert caller.get(f"/api/admin/org/{provider}").status == 403
    assert caller.get(f"/api/admin/user/{user.user_id}").status == 403


def test_references_of_roles_can_be_read(caller: Caller) -> None:
    root = caller.xml("/api/query?type=role&format=references")
    assert etree.QName(root).localname == "RoleReferences"
    for reference in root.iterchildren(f"{VCLOUD}RoleReference"):
        assert caller.xml(reference.get("href")).get("name") == reference.get("name")


def test_a_role_refers_to_its_rights(caller: Caller) -> None:
    """Source: the types RoleType and RightType of the schema ``user.xsd``."""
    for reference in caller.xml("/api/query?type=role&format=references").iterchildren(f"{VCLOUD}RoleReference"):
        role = caller.xml(reference.get("href"))
        assert load_validator().errors(role) == []
        rights = {node.get("name"): node.get("href") for node in role.iter(f"{VCLOUD}RightReference")}
        [held] = [held for held in caller.simulator.world.roles.values() if held.name == role.get("name")]
        assert set(rights) == rights_of_role(held)
        for name, address in rights.items():
            right = caller.xml(address)
            assert load_validator().errors(right) == []
            assert right.get("name") == name


def test_rights_can_be_queried(caller: Caller) -> None:
    records = {
        node.get("name"): node for node in caller.xml("/api/query?type=right&pageSize=128") if node.get("category")
    }
    assert set(records) == ALL_RIGHTS
    assert records["VAPP_POWER_OPS"].get("category") == "vApp"
    assert caller.xml(records["VAPP_POWER_OPS"].get("href")).findtext(f"{VCLOUD}Category") == "vApp"
    assert caller.get("/api/admin/right/00000000-0000-4000-8000-000000000000").status == 403


def test_an_org_lists_its_rights_and_vdcs(caller: Caller) -> None:
    org = caller.xml(f"/api/admin/org/{caller.simulator.world.orgs['org1'].org_id}")
    assert load_validator().errors(org) == []
    assert {node.get("name") for node in org.iterfind(f"{VCLOUD}RightReferences/{VCLOUD}RightReference")} == ALL_RIGHTS
    vdcs = org.iterfind(f"{VCLOUD}Vdcs/{VCLOUD}Vdc")
    assert [caller.xml(node.get("href")).tag for node in vdcs] == [f"{VCLOUD}AdminVdc"]
