"""Tests of VM and vApp documents, and of each section that has its own link.

Source: protocol/recorded-responses.md §4, §5.
"""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from tests.support.simulated import Caller, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig

VCLOUD = "{http://www.vmware.com/vcloud/v1.5}"
OVF = "{http://schemas.dmtf.org/ovf/envelope/1}"
RASD = "{http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData}"


@pytest.fixture
def caller() -> Caller:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd", vms=2, templates=1)), version="29.0")
    vm = next(iter(caller.simulator.world.vms.values()))
    vm.cpus, vm.memory_mb, vm.guest_os = 6, 12288, "Microsoft Windows Server 2012 (64-bit)"
    vm.more_nics = [{"network": "dmz", "ip_address": "192.168.20.7"}]
    return caller


def vm_path(caller: Caller) -> str:
    return f"/api/vApp/vm-{next(iter(caller.simulator.world.vms))}"


def vapp_path(caller: Caller) -> str:
    return f"/api/vApp/vapp-{next(iter(caller.simulator.world.vapps))}"


def items(document: Any, kind: int) -> list[Any]:
    return [item for item in document.iter("{*}Item") if item.findtext(f"{RASD}ResourceType") == str(kind)]


def test_the_section_of_hardware_has_all_items(caller: Caller) -> None:
    vm = caller.xml(vm_path(caller))
    (processors,), (memory,), disks, cards = (items(vm, kind) for kind in (3, 4, 17, 10))
    assert processors.findtext(f"{RASD}VirtualQuantity") == "6"
    assert memory.findtext(f"{RASD}VirtualQuantity") == "12288"
    assert disks[0].find(f"{RASD}HostResource").get(f"{VCLOUD}capacity") == "20480"
    networks = [card.find(f"{RASD}Connection") for card in cards]
    assert [network.text for network in networks] == ["lan", "dmz"]
    assert networks[1].get(f"{VCLOUD}ipAddress") == "192.168.20.7"
    addresses = [card.findtext(f"{RASD}Address") for card in cards]
    assert addresses == [node.text for node in vm.iter(f"{VCLOUD}MACAddress")]


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("virtualHardwareSection/", f"{OVF}VirtualHardwareSection"),
        ("virtualHardwareSection/cpu", f"{VCLOUD}Item"),
        ("virtualHardwareSection/memory", f"{VCLOUD}Item"),
        ("virtualHardwareSection/disks", f"{VCLOUD}RasdItemsList"),
        ("virtualHardwareSection/networkCards", f"{VCLOUD}RasdItemsList"),
        ("operatingSystemSection/", f"{OVF}OperatingSystemSection"),
        ("networkConnectionSection/", f"{VCLOUD}NetworkConnectionSection"),
        ("guestCustomizationSection/", f"{VCLOUD}GuestCustomizationSection"),
        ("runtimeInfoSection", f"{VCLOUD}RuntimeInfoSection"),
        ("snapshotSection", f"{VCLOUD}SnapshotSection"),
        ("metadata", f"{VCLOUD}Metadata"),
        ("productSections/", f"{VCLOUD}ProductSectionList"),
        ("complianceResult", f"{VCLOUD}ComplianceResult"),
        ("vmCapabilities/", f"{VCLOUD}VmCapabilities"),
    ],
)
def test_each_section_has_its_own_link(caller: Caller, path: str, root: str) -> None:
    for spelling in (path, path.rstrip("/"), path.rstrip("/") + "/"):
        assert caller.xml(f"{vm_path(caller)}/{spelling}").tag == root
    whole = {str(node.tag) for node in caller.xml(vm_path(caller))}
    shown_alone = ("Item", "RasdItemsList", "Metadata", "ProductSectionList", "ComplianceResult")
    assert root.rpartition("}")[2] in shown_alone or root in whole


def test_the_operating_system_is_that_of_the_record(caller: Caller) -> None:
    section = caller.xml(f"{vm_path(caller)}/operatingSystemSection/")
    assert section.findtext(f"{OVF}Description") == "Microsoft Windows Server 2012 (64-bit)"
    assert section.get(f"{OVF}id") == "103"


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("leaseSettingsSection/", "LeaseSettingsSection"),
        ("startupSection/", "StartupSection"),
        ("networkConfigSection/", "NetworkConfigSection"),
        ("snapshotSection", "SnapshotSection"),
        ("controlAccess/", "ControlAccessParams"),
        ("owner", "Owner"),
        ("metadata", "Metadata"),
        ("productSections/", "ProductSectionList"),
    ],
)
def test_each_section_of_a_vapp_has_its_own_link(caller: Caller, path: str, root: str) -> None:
    assert etree.QName(caller.xml(f"{vapp_path(caller)}/{path}")).localname == root


def test_a_section_of_another_kind_of_object_is_forbidden(caller: Caller) -> None:
    assert caller.get(f"{vm_path(caller)}/startupSection/").status == 403
    assert caller.get(f"{vapp_path(caller)}/virtualHardwareSection/").status == 403
    template = next(iter(caller.simulator.world.templates))
    assert caller.get(f"/api/vApp/vappTemplate-{template}").status == 403


def test_the_state_of_a_vapp_follows_its_vms(caller: Caller) -> None:
    first, second = caller.simulator.world.vms.values()
    for statuses, number, is_deployed in (
        (("POWERED_ON", "POWERED_ON"), "4", "true"),
        (("POWERED_OFF", "POWERED_OFF"), "8", "false"),
        (("POWERED_ON", "POWERED_OFF"), "10", "true"),
    ):
        first.status, second.status = statuses
        vapp = caller.xml(vapp_path(caller))
        record = caller.xml("/api/query?type=vApp").find(f"{VCLOUD}VAppRecord")
        assert (vapp.get("status"), vapp.get("deployed")) == (number, is_deployed)
        assert record.get("isDeployed") == is_deployed


def test_a_vapp_has_its_owner_and_networks(caller: Caller) -> None:
    vapp = caller.xml(vapp_path(caller))
    assert vapp.find(f"{VCLOUD}Owner/{VCLOUD}User").get("name") == "demo"
    assert vapp.findtext(f"{VCLOUD}DateCreated")
    parents = [node.get("href") for node in vapp.iter(f"{VCLOUD}ParentNetwork")]
    assert [caller.xml(address).get("name") for address in parents] == ["lan", "dmz"]


def test_a_template_leads_to_its_catalog_item_and_vm(caller: Caller) -> None:
    template = caller.xml(f"/api/vAppTemplate/vappTemplate-{next(iter(caller.simulator.world.templates))}")
    links = {node.get("rel"): node.get("href") for node in template.iterchildren(f"{VCLOUD}Link")}
    item = caller.xml(links["catalogItem"])
    assert item.find(f"{VCLOUD}Entity").get("href") == template.get("href")
    child = template.find(f"{VCLOUD}Children/{VCLOUD}Vm")
    assert caller.xml(child.get("href")).get("name") == child.get("name")
