"""Tests of the conversion of XML documents to JSON.

Source: protocol/vcd-modern.md §1.7, §6, §7.
"""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from vcloudair_core.simulator.json_documents.json_writer import NoJsonFormError, to_json

NAMESPACES = (
    'xmlns="http://www.vmware.com/vcloud/v1.5" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" '
    'xmlns:vcloud="http://www.vmware.com/vcloud/v1.5" xmlns:vmw="http://www.vmware.com/schema/ovf" '
    'xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
HREF = "https://vcd.example.test/api"


def converted(xml: str) -> dict[str, Any]:
    """Return the JSON form of XML. The namespaces are added to the root element."""
    tag, rest = xml[1:].split(maxsplit=1) if " " in xml.partition(">")[0] else (xml[1:].partition(">")[0], None)
    text = f"<{tag} {NAMESPACES} {rest}" if rest else xml.replace(f"<{tag}>", f"<{tag} {NAMESPACES}>", 1)
    return to_json(etree.fromstring(text))


def test_a_task_has_the_recorded_form() -> None:
    value = converted(
        f'<Task name="task" id="urn:vcloud:task:1" href="{HREF}/task/1" type="application/vnd.vmware.vcloud.task+xml" '
        'status="running" operation="Updating" operationName="edgeGatewayUpdateFirewall" cancelRequested="false" '
        'serviceNamespace="com.vmware.vcloud" startTime="2026-01-05T09:18:45.563Z">'
        f'<Link rel="edit" href="{HREF}/task/1" type="application/vnd.vmware.vcloud.task+xml"/>'
        '<Owner href="" id="urn:vcloud:gateway:2" type="application/json" name="gw1"/><Details/></Task>'
    )
    link: dict[str, Any] = {
        "otherAttributes": {}, "href": f"{HREF}/task/1", "id": None, "type": "application/vnd.vmware.vcloud.task+xml",
        "name": None, "rel": "edit", "model": None, "vCloudExtension": [],
    }  # fmt: skip
    owner = {"href": "", "id": "urn:vcloud:gateway:2", "type": "application/json", "name": "gw1"}
    assert value == {
        "otherAttributes": {},
        "link": [link, {**link, "type": "application/vnd.vmware.vcloud.task+json"}],
        "href": f"{HREF}/task/1",
        "type": "application/vnd.vmware.vcloud.task+json",
        "id": "urn:vcloud:task:1",
        "operationKey": None,
        "description": None,
        "tasks": None,
        "name": "task",
        "owner": {"otherAttributes": {}, **owner, "vCloudExtension": []},
        "error": None,
        "user": None,
        "organization": None,
        "progress": None,
        "params": None,
        "details": "",
        "result": None,
        "status": "running",
        "operation": "Updating",
        "operationName": "edgeGatewayUpdateFirewall",
        "serviceNamespace": "com.vmware.vcloud",
        "startTime": "2026-01-05T09:18:45.563+0000",
        "endTime": None,
        "expiryTime": None,
        "cancelRequested": False,
        "vcTaskList": None,
        "vCloudExtension": [],
    }
    assert next(iter(value)) == "otherAttributes"
    assert list(value)[-1] == "vCloudExtension"


@pytest.mark.parametrize("count", [0, 1, 2])
def test_repeated_elements_are_arrays_of_any_length(count: int) -> None:
    orgs = "".join(f'<Org href="{HREF}/org/{number}" name="org{number}"/>' for number in range(count))
    value = converted(f'<OrgList href="{HREF}/org/">{orgs}</OrgList>')
    assert [org["name"] for org in value["org"]] == [f"org{number}" for number in range(count)]
    assert value["link"] == []


def test_an_element_that_cannot_be_repeated_is_an_object() -> None:
    value = converted(f'<CatalogItem name="item"><Entity href="{HREF}/vAppTemplate/1" name="web"/></CatalogItem>')
    assert value["entity"]["name"] == "web"
    assert value["_property"] == []
    assert value["dateCreated"] is None


def test_booleans_and_numbers_have_their_types() -> None:
    value = converted('<Vdc name="v" status="1"><VmQuota>100</VmQuota><IsEnabled>true</IsEnabled></Vdc>')
    assert (value["vmQuota"], value["isEnabled"], value["status"]) == (100, True, 1)
    assert value["nicQuota"] is None


def test_an_empty_section_has_all_its_keys() -> None:
    value = converted('<NetworkConnectionSection ovf:required="false"><ovf:Info/></NetworkConnectionSection>')
    assert value == {
        "_type": "NetworkConnectionSectionType",
        "info": {"value": "", "msgid": "", "otherAttributes": {}},
        "required": False,
        "otherAttributes": {},
        "primaryNetworkConnectionIndex": None,
        "networkConnection": [],
        "link": [],
        "any": [],
        "href": None,
        "type": None,
    }


def test_sections_of_all_namespaces_are_in_one_array() -> None:
    value = converted(
        '<Vm name="web1"><ovf:OperatingSystemSection ovf:id="94" vmw:osType="ubuntu64Guest" '
        'vcloud:href="https://vcd.example.test/os"><ovf:Info>The kind</ovf:Info>'
        "<ovf:Description>Ubuntu</ovf:Description></ovf:OperatingSystemSection>"
        "<NetworkConnectionSection><ovf:Info>NICs</ovf:Info></NetworkConnectionSection></Vm>"
    )
    system, network = value["section"]
    assert (system["_type"], network["_type"]) == ("OperatingSystemSectionType", "NetworkConnectionSectionType")
    assert (system["id"], system["required"], system["description"]["value"]) == (94, True, "Ubuntu")
    assert system["otherAttributes"] == {
        "{http://www.vmware.com/schema/ovf}osType": "ubuntu64Guest",
        "{http://www.vmware.com/vcloud/v1.5}href": "https://vcd.example.test/os",
    }


def test_hardware_items_have_values_with_other_attributes() -> None:
    """Values of integer types are numbers. IDs and resource types are strings."""
    value = converted(
        "<ovf:VirtualHardwareSection><ovf:Info>i</ovf:Info><ovf:Item>"
        '<rasd:Connection vcloud:ipAddressingMode="POOL">lan</rasd:Connection>'
        "<rasd:InstanceID>3</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType>"
        '<rasd:VirtualQuantity>2</rasd:VirtualQuantity><vmw:CoresPerSocket ovf:required="false">1</vmw:CoresPerSocket>'
        '<Link rel="edit" href="x" type="y"/></ovf:Item></ovf:VirtualHardwareSection>'
    )
    (item,) = value["item"]
    mode = {"{http://www.vmware.com/vcloud/v1.5}ipAddressingMode": "POOL"}
    assert item["connection"] == [{"value": "lan", "otherAttributes": mode}]
    assert item["virtualQuantity"] == {"value": 2, "otherAttributes": {}}
    assert (item["instanceID"]["value"], item["resourceType"]["value"]) == ("3", "3")
    assert item["parent"] is None
    assert item["hostResource"] == []
    cores, link = item["any"]
    assert cores == {"_type": "CoresPerSocketType", "value": 1, "otherAttributes": {}, "required": False}
    assert (link["_type"], link["rel"]) == ("LinkType", "edit")


def test_a_hardware_version_has_its_text_as_content() -> None:
    value = converted('<VmSpecSection><HardwareVersion href="h" type="t">vmx-19</HardwareVersion></VmSpecSection>')
    assert value["hardwareVersion"] == {"_type": "HardwareVersionType", "content": "vmx-19", "href": "h", "type": "t"}


def test_typed_values_name_their_class() -> None:
    value = converted(
        "<Metadata><MetadataEntry><Domain visibility='READONLY'>SYSTEM</Domain><Key>size</Key>"
        '<TypedValue xsi:type="MetadataNumberValue"><Value>5</Value></TypedValue></MetadataEntry></Metadata>'
    )
    (entry,) = value["metadataEntry"]
    assert entry["typedValue"] == {"_type": "MetadataNumberValue", "value": 5}
    assert entry["domain"] == {"value": "SYSTEM", "visibility": "READONLY"}


def test_links_of_metadata_have_no_json_media_type() -> None:
    link = '<Link rel="up" href="h" type="application/vnd.vmware.vcloud.vm+xml"/>'
    value = converted(f'<Metadata type="application/vnd.vmware.vcloud.metadata+xml">{link}</Metadata>')
    assert [item["type"] for item in value["link"]] == ["application/vnd.vmware.vcloud.vm+xml"]
    assert value["type"] == "application/vnd.vmware.vcloud.metadata+json"


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "application/xml", "text/plain", "application/vnd.vmware.hcs.replication+xml", None],
)
def test_links_to_documents_without_a_json_form_are_not_repeated(media_type: str | None) -> None:
    attribute = f'type="{media_type}"' if media_type else ""
    value = converted(f'<Session user="demo"><Link rel="down" href="h" {attribute}/></Session>')
    assert [link["type"] for link in value["link"]] == [media_type]


def test_references_keep_the_xml_media_type() -> None:
    user = '<User href="u" type="application/vnd.vmware.admin.user+xml" name="demo"/>'
    value = converted(f'<Owner type="application/vnd.vmware.vcloud.owner+xml">{user}</Owner>')
    assert value["user"]["type"] == "application/vnd.vmware.admin.user+xml"
    assert value["type"] == "application/vnd.vmware.vcloud.owner+json"


def test_records_name_their_class() -> None:
    value = converted(
        '<QueryResultRecords total="2" pageSize="25" page="1" name="vm">'
        '<VMRecord name="web1" href="h" numberOfCpus="2" isDeployed="true" newInFuture="3"/>'
        '<VMRecord name="web2"/></QueryResultRecords>'
    )
    first, second = value["record"]
    assert [value[key] for key in ("total", "pageSize", "page", "name")] == [2, 25, 1, "vm"]
    assert list(first)[:7] == ["_type", "link", "metadata", "href", "id", "type", "otherAttributes"]
    assert (first["_type"], first["numberOfCpus"], first["isDeployed"]) == ("QueryResultVMRecordType", 2, True)
    assert first["newInFuture"] == 3
    assert second["numberOfCpus"] is None


def test_records_of_plugins_are_records() -> None:
    value = converted('<QueryResultRecords><BackupRecord name="b" href="h" size="7" done="true"/></QueryResultRecords>')
    (record,) = value["record"]
    assert (record["name"], record["size"], record["done"], record["href"]) == ("b", 7, True, "h")


def test_services_of_an_edge_gateway_are_in_one_array() -> None:
    value = converted(
        "<EdgeGatewayServiceConfiguration><FirewallService><IsEnabled>true</IsEnabled>"
        "<DefaultAction>drop</DefaultAction></FirewallService><NatService><IsEnabled>false</IsEnabled></NatService>"
        "</EdgeGatewayServiceConfiguration>"
    )
    firewall, nat = value["networkService"]
    assert (firewall["_type"], firewall["isEnabled"], firewall["firewallRule"]) == ("FirewallServiceType", True, [])
    assert (nat["_type"], nat["isEnabled"]) == ("NatServiceType", False)


@pytest.mark.parametrize(
    "xml", ["<ReplicationGroup xmlns='http://www.vmware.com/vr/v6.0'/>", "<edge/>", "<Unknown xmlns='urn:x'/>"]
)
def test_other_documents_have_no_json_form(xml: str) -> None:
    with pytest.raises(NoJsonFormError):
        to_json(etree.fromstring(xml))
