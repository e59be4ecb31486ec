"""Tests of converting JSON bodies to XML. Source: protocol/vcd-modern.md §1.7."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tests.support.crawl import crawl
from tests.support.simulated import signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.json_documents.json_reader import to_xml
from vcloudair_core.simulator.json_documents.json_writer import NoJsonFormError, to_json
from vcloudair_core.simulator.json_documents.type_table import prefixed

VCLOUD = "{http://www.vmware.com/vcloud/v1.5}"
OVF = "{http://schemas.dmtf.org/ovf/envelope/1}"


def read(value: Any, root_name: str) -> Any:
    return to_xml(json.dumps(value).encode(), root_name)


def test_attributes_and_elements_are_in_the_order_of_the_schema() -> None:
    root = read(
        {
            "metricPattern": ["cpu.*", "mem.*"],
            "relativeEndTime": {"interval": 30, "unit": "minute"},
            "relativeStartTime": {"unit": "hour", "interval": 2},
        },
        "vcloud:HistoricUsageSpec",
    )
    names = [etree.QName(child).localname for child in root]
    assert names == ["RelativeStartTime", "RelativeEndTime", "MetricPattern", "MetricPattern"]
    assert dict(root[0].attrib) == {"unit": "hour", "interval": "2"}
    assert root[2].text == "cpu.*"


def test_typed_values_get_the_type_that_they_name() -> None:
    entry = {"key": "done", "typedValue": {"_type": "MetadataBooleanValue", "value": True}}
    root = read({"metadataEntry": [entry]}, "vcloud:Metadata")
    typed = root.find(f"{VCLOUD}MetadataEntry/{VCLOUD}TypedValue")
    assert typed.get("{http://www.w3.org/2001/XMLSchema-instance}type") == "MetadataBooleanValue"
    assert typed.findtext(f"{VCLOUD}Value") == "true"


def test_sections_get_the_element_of_the_class_that_they_name() -> None:
    section = {"_type": "NetworkConnectionSectionType", "networkConnection": [{"network": "lan", "isConnected": True}]}
    hardware = {"_type": "VirtualHardwareSectionType", "otherAttributes": {f"{VCLOUD}href": "h"}}
    root = read({"name": "web1", "section": [section, hardware]}, "vcloud:Vm")
    assert root.find(f"{VCLOUD}NetworkConnectionSection/{VCLOUD}NetworkConnection").get("network") == "lan"
    assert root.find(f"{OVF}VirtualHardwareSection").get(f"{VCLOUD}href") == "h"


def test_nulls_and_unknown_keys_are_ignored() -> None:
    root = read({"name": "web1", "description": None, "_default": True, "section": [None]}, "vcloud:Vm")
    assert (dict(root.attrib), list(root)) == ({"name": "web1"}, [])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "the body: expected an object"),
        ("text", "the body: expected an object"),
        ({"name": {}}, "name: expected a value, not an object"),
        ({"section": {}}, "section: expected an array"),
        ({"section": [{}]}, "section: expected the key '_type'"),
        ({"section": [{"_type": "LinkType"}]}, "section: expected the key '_type'"),
        ({"description": []}, "description: expected one value"),
        ({"storageProfile": "gold"}, "storageProfile: expected an object"),
        ({"storageProfile": {"name": []}}, "storageProfile.name: expected a value, not an array"),
        ({"otherAttributes": []}, "otherAttributes: expected an object"),
    ],
)
def test_values_that_do_not_fit_are_errors_with_their_place(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        read(value, "vcloud:Vm")


keys = st.sampled_from(
    [
        "_type",
        "name",
        "section",
        "link",
        "otherAttributes",
        "storageProfile",
        "networkConnection",
        "{urn:x}a",
        "{",
        "any",
    ]
) | st.text(max_size=4)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(keys, values | st.just("NetworkConnectionSectionType"), max_size=6))
def test_any_object_is_read_or_is_a_value_error(value: Any) -> None:
    try:
        root = read(value, "vcloud:Vm")
    except ValueError:
        return
    assert etree.fromstring(etree.tostring(root)).tag == f"{VCLOUD}Vm"


NESTED = b'{"tasks": {"task": [' * 900 + b"]}}" * 900


@pytest.mark.parametrize("body", [b"", b"{", b"<Vm/>", b"\xff", b"[" * 200_000, NESTED])
def test_other_bodies_are_errors(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        to_xml(body, "vcloud:Vm")


def test_a_root_without_a_json_form_is_an_error() -> None:
    with pytest.raises(ValueError, match="no JSON form"):
        read({}, "vcloud:Nothing")


def test_documents_are_the_same_after_both_conversions() -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd", edges=1, templates=1)), version="37.2")
    count = 0
    for address, response in crawl(caller):
        root = etree.fromstring(response.body)
        try:
            value = to_json(root)
        except NoJsonFormError:
            continue
        again = to_json(read(value, prefixed(root.tag)))
        assert without_wildcards(again) == without_wildcards(value), address
        count += 1
    assert count > 100


def without_wildcards(value: Any) -> Any:
    """Return a document without foreign elements and repeated links.

    The reader ignores elements of other namespaces, and the writer repeats links for JSON.
    """
    if isinstance(value, list):
        return [without_wildcards(item) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: without_wildcards(item) for key, item in value.items() if key != "any"}
    if isinstance(value.get("link"), list):
        made["link"] = [link for link in made["link"] if not (link["type"] or "").endswith("+json")]
    return made
