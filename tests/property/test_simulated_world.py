"""Property tests of the simulated world: links and documents are consistent.

Links lead to documents, and documents agree with query records.

Source of the kinds of links: protocol/recorded-responses.md §4.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.support.crawl import crawl
from tests.support.schema import load_validator
from tests.support.simulated import Caller, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig

VCLOUD = "{http://www.vmware.com/vcloud/v1.5}"
RASD = "{http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData}"
STATUS_NUMBERS = {"POWERED_ON": "4", "POWERED_OFF": "8", "SUSPENDED": "3", "MIXED": "10", "RESOLVED": "1"}
KINDS = (
    "vm", "vApp", "vAppTemplate", "edgeGateway", "orgVdc", "organization", "orgVdcNetwork", "orgVdcStorageProfile",
    "catalog", "catalogItem", "user", "media", "role", "right",
    "task",
)  # fmt: skip

names = st.sampled_from(["web", "db", "a & b", "ü"])
vms = st.fixed_dictionaries(
    {"name": names},
    optional={
        "vapp": names,
        "status": st.sampled_from(["POWERED_ON", "POWERED_OFF", "SUSPENDED"]),
        "cpus": st.integers(1, 8),
        "memory_mb": st.sampled_from([512, 4096]),
        "network": names,
        "storage_profile": names,
        "more_nics": st.lists(st.fixed_dictionaries({"network": names}), max_size=1),
        "metadata": st.dictionaries(names, st.integers(0, 9) | st.booleans() | names, max_size=2),
    },
)


@st.composite
def vdcs(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """Generate a VDC for an inventory file. Its objects can have the same names."""
    edge_names = draw(st.lists(names, max_size=2))
    edges_of_networks = st.sampled_from(["", *edge_names])
    networks = [
        {"name": network, **({"edge": edge} if (edge := draw(edges_of_networks)) else {})}
        for network in draw(st.lists(names, max_size=3))
    ]
    return {
        "name": name,
        "edges": [{"name": edge} for edge in edge_names],
        "networks": networks,
        "vms": draw(st.lists(vms, max_size=4)),
        "templates": [{"name": template} for template in draw(st.lists(names, max_size=2))],
        "media": [{"name": media, "metadata": {media: 1}} for media in draw(st.lists(names, max_size=2))],
    }


@st.composite
def inventories(draw: st.DrawFn) -> dict[str, Any]:
    """Generate inventory data with one or two orgs, whose VDCs can share names."""
    orgs = []
    for org in draw(st.lists(st.sampled_from(["acme", "globex"]), min_size=1, unique=True)):
        vdc_names = draw(st.lists(names, min_size=1, max_size=2))
        users = [{"name": "ops", "password": "secret-1"}]
        orgs.append({"name": org, "users": users, "vdcs": [draw(vdcs(name)) for name in vdc_names]})
    return {"orgs": orgs}


def simulator_of(inventory: dict[str, Any]) -> Simulator:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "world.yml"
        file.write_text(json.dumps(inventory), encoding="utf-8")
        return Simulator(SimulatorConfig(profile="vcd", inventory_file=str(file)))


def records_of(caller: Caller, kind: str, form: str = "records") -> list[Any]:
    root = caller.xml(f"/api/query?type={kind}&pageSize=128&format={form}")
    return [node for node in root if node.tag != f"{VCLOUD}Link"]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(inventories(), st.sampled_from(["5.1", "5.6", "9.0", "29.0", "37.2"]))
def test_every_link_answers_with_a_valid_document(inventory: dict[str, Any], version: str) -> None:
    simulator = simulator_of(inventory)
    external = set(simulator.world.external_networks)
    for org in inventory["orgs"]:
        caller = signed_in(simulator, f"ops@{org['name']}", "secret-1", version)
        for address, response in crawl(caller):
            # Tenants see references to the networks of the provider, but cannot read these networks.
            expected = 403 if address.rpartition("/")[2] in external else 200
            assert response.status == expected, f"{address}: {response.text[:300]}"
            root = etree.fromstring(response.body)
            for name in ("DefaultComputePolicy", "EdgeGatewayType"):
                for newer in root.findall(f"{VCLOUD}{name}"):
                    root.remove(newer)  # The schemas are older than these elements.
            if str(root.tag).startswith(VCLOUD) and root.tag != f"{VCLOUD}Session":
                assert not load_validator().errors(root), address


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(inventories())
def test_documents_agree_with_records(inventory: dict[str, Any]) -> None:
    simulator = simulator_of(inventory)
    seen: set[str] = set()
    for org in inventory["orgs"]:
        caller = signed_in(simulator, f"ops@{org['name']}", "secret-1", "29.0")
        for kind in KINDS:
            ids = [record.get("id") for record in records_of(caller, kind, "idrecords")]
            assert len(ids) == len(set(ids))
            if kind not in ("role", "right"):  # All orgs have the same predefined ones.
                assert not seen & set(ids)
                seen |= set(ids)
            for record, urn in zip(records_of(caller, kind), ids, strict=True):
                document = caller.xml(record.get("href"))
                assert document.get("href") == record.get("href")
                assert document.get("id") == urn
                if kind != "task":
                    assert document.get("name") == record.get("name")
                CHECKS.get(kind, lambda record, document: None)(record, document)
        expected = sum(len(vdc["vms"]) for vdc in org["vdcs"])
        shown = [record for record in records_of(caller, "vm") if record.get("isVAppTemplate") == "false"]
        assert len(shown) == expected


def texts(node: Any, *names: str) -> list[str | None]:
    return [node.findtext(f"{VCLOUD}{name}") for name in names]


def references(document: Any, tag: str) -> list[Any]:
    return list(document.iter(f"{VCLOUD}{tag}"))


def check_vm(record: Any, document: Any) -> None:
    quantities = {
        item.findtext(f"{RASD}ResourceType"): item.findtext(f"{RASD}VirtualQuantity")
        for item in document.iter("{*}Item")
    }
    assert quantities["3"] == record.get("numberOfCpus")
    assert quantities["4"] == record.get("memoryMB")
    assert document.get("status") == STATUS_NUMBERS[record.get("status")]
    if record.get("isVAppTemplate") == "true":
        return
    assert document.get("deployed") == record.get("isDeployed")
    assert references(document, "StorageProfile")[0].get("name") == record.get("storageProfileName")
    connections = references(document, "NetworkConnection")
    assert connections[0].get("network") == record.get("networkName", "none")
    assert document.find(f"{VCLOUD}Link[@rel='up']").get("href") == record.get("container")


def check_vapp(record: Any, document: Any) -> None:
    assert document.get("status") == STATUS_NUMBERS[record.get("status")]
    assert document.get("deployed") == record.get("isDeployed")
    owner = document.find(f"{VCLOUD}Owner/{VCLOUD}User")
    assert owner.get("name") == record.get("ownerName")
    assert document.find(f"{VCLOUD}Link[@rel='up']").get("href") == record.get("vdc")
    networks = {node.get("network") for node in references(document, "NetworkConnection")}
    assert networks == {node.get("networkName") for node in references(document, "NetworkConfig")}


def check_vdc(record: Any, document: Any) -> None:
    kinds = [node.get("type").rpartition(".")[2] for node in references(document, "ResourceEntity")]
    assert kinds.count("vApp+xml") == int(record.get("numberOfVApps"))
    assert kinds.count("vAppTemplate+xml") == int(record.get("numberOfVAppTemplates"))
    assert kinds.count("media+xml") == int(record.get("numberOfMedia"))
    assert len(references(document, "VdcStorageProfile")) == int(record.get("numberOfStorageProfiles"))
    used = document.find(f"{VCLOUD}ComputeCapacity/{VCLOUD}Cpu")
    assert texts(used, "Used", "Limit") == [record.get("cpuUsedMhz"), record.get("cpuLimitMhz")]


def check_edge(record: Any, document: Any) -> None:
    kinds = [texts(node, "InterfaceType")[0] for node in references(document, "GatewayInterface")]
    assert kinds.count("internal") == int(record.get("numberOfOrgNetworks"))
    assert kinds.count("uplink") == int(record.get("numberOfExtNetworks"))


def check_network(record: Any, document: Any) -> None:
    scope = references(document, "IpScope")[0]
    assert texts(scope, "Gateway", "Netmask") == [record.get("defaultGateway"), record.get("netmask")]
    edge = document.find(f"{VCLOUD}EdgeGateway")
    assert (edge is None) == (record.get("linkType") == "2")
    assert record.get("connectedTo").strip() == ("" if edge is None else edge.get("name"))


def check_storage_profile(record: Any, document: Any) -> None:
    shown = texts(document, "Limit", "Default", "StorageUsedMB")
    assert shown == [record.get(name) for name in ("storageLimitMB", "isDefaultStorageProfile", "storageUsedMB")]


def check_catalog(record: Any, document: Any) -> None:
    numbers = [int(record.get(name)) for name in ("numberOfVAppTemplates", "numberOfMedia")]
    assert len(references(document, "CatalogItem")) == sum(numbers)
    assert texts(document, "DateCreated")[0] == record.get("creationDate")


def check_item(record: Any, document: Any) -> None:
    assert references(document, "Entity")[0].get("href") == record.get("entity")


def check_organization(record: Any, document: Any) -> None:
    vdcs = [node for node in references(document, "Link") if "/api/vdc/" in node.get("href")]
    assert len(vdcs) == int(record.get("numberOfVdcs"))
    assert texts(document, "FullName")[0] == record.get("displayName")


CHECKS = {
    "vm": check_vm,
    "vApp": check_vapp,
    "orgVdc": check_vdc,
    "edgeGateway": check_edge,
    "orgVdcNetwork": check_network,
    "orgVdcStorageProfile": check_storage_profile,
    "catalog": check_catalog,
    "catalogItem": check_item,
    "organization": check_organization,
}
