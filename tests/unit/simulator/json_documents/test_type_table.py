"""Tests of the type table for vCloud documents in JSON.

Source: protocol/vcd-modern.md §1.7.
"""

from __future__ import annotations

import pytest

from vcloudair_core.simulator.json_documents.type_table import (
    SCALARS,
    Field,
    classes,
    element_type,
    head_of,
    json_key,
    load_table,
    load_type,
    members_of,
    prefixed,
    qualify,
)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("MACAddress", "macAddress"),
        ("VCloudExtension", "vCloudExtension"),
        ("VAppScopedLocalId", "vAppScopedLocalId"),
        ("VCpuInMhz2", "vCpuInMhz2"),
        ("InstanceID", "instanceID"),
        ("MachineObjectOU", "machineObjectOU"),
        ("EnterBIOSSetup", "enterBIOSSetup"),
        ("UIEndpoint", "uiEndpoint"),
        ("Dns1", "dns1"),
        ("isVAppTemplate", "isVAppTemplate"),
        ("memoryMB", "memoryMB"),
        ("ovf:msgid", "msgid"),
        ("Property", "_property"),
    ],
)
def test_keys_have_their_first_word_in_lower_case(name: str, key: str) -> None:
    assert json_key(name) == key


def test_a_type_has_the_fields_of_its_bases() -> None:
    link = load_type("vcloud:LinkType")
    assert [field.key for field in link.json_fields] == [
        "otherAttributes", "href", "id", "type", "name", "rel", "model", "vCloudExtension",
    ]  # fmt: skip
    assert link.bases == ("vcloud:ReferenceType", "vcloud:VCloudExtensibleType")
    assert link.class_name == "LinkType"


def test_fields_state_their_kind_and_repetition() -> None:
    fields = {field.key: field for field in load_type("vcloud:QueryResultVMRecordType").fields}
    assert fields["numberOfCpus"] == Field("numberOfCpus", "attribute", "numberOfCpus", "integer")
    assert fields["link"].is_list
    sections = {field.key: field for field in load_type("vcloud:NetworkConnectionSectionType").fields}
    assert sections["required"].default == "true"
    assert sections["networkConnection"].type == "vcloud:NetworkConnectionType"
    assert sections["networkConnection"].is_list
    assert not sections["primaryNetworkConnectionIndex"].is_list


@pytest.mark.parametrize(
    ("name", "is_marked"),
    [
        ("vcloud:NetworkConnectionSectionType", True),
        ("ovf:VirtualHardwareSection_Type", True),
        ("vcloud:QueryResultVMRecordType", True),
        ("vcloud:MetadataStringValue", True),
        ("vcloud:FirewallServiceType", True),
        ("vcloud:HardwareVersionType", True),
        ("vcloud:LinkType", False),
        ("vcloud:VmType", False),
        ("vcloud:TaskType", False),
        ("vcloud:OrgVdcNetworkType", False),
    ],
)
def test_values_of_several_possible_classes_name_their_class(name: str, is_marked: bool) -> None:
    assert load_type(name).is_marked == is_marked


def test_substitutes_are_known_by_their_class() -> None:
    section = qualify("ovf:Section")
    hardware = qualify("ovf:VirtualHardwareSection")
    assert head_of(hardware) == section
    assert members_of(section)["VirtualHardwareSectionType"] == hardware
    assert members_of(section)["NetworkConfigSectionType"] == qualify("vcloud:NetworkConfigSection")
    assert element_type(hardware) == "ovf:VirtualHardwareSection_Type"


def test_names_of_other_namespaces_are_unknown() -> None:
    assert element_type("{http://www.vmware.com/vr/v6.0}ReplicationGroup") is None
    assert head_of("{urn:other}Section") == ""
    assert prefixed("{urn:other}Section") == "Section"


def test_every_type_of_a_field_is_in_the_table() -> None:
    types = load_table()["types"]
    for name in types:
        for field in load_type(name).fields:
            assert field.type in SCALARS or field.type in types, f"{name}: {field}"
    for line in load_table()["elements"].values():
        kind = line.split(" ")[0]
        assert kind in SCALARS or kind in types, line
    assert classes()["VmType"] == "vcloud:VmType"
