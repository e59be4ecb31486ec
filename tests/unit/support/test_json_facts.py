"""Check that the comparison of XML and JSON finds all differences."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import etree

from tests.support.json_facts import DEFAULTS, differences, json_facts, xml_facts
from tests.support.simulated import signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.json_documents.json_writer import to_json

Place = tuple[Any, Any]


@pytest.fixture(scope="module")
def document() -> tuple[Any, dict[str, Any]]:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd")), version="37.2")
    root = caller.xml(f"/api/vApp/vm-{next(iter(caller.simulator.world.vms))}")
    return root, to_json(root)


def leaves(value: Any) -> Iterator[Place]:
    """Yield the container and key of each scalar outside links.

    Links can be repeated.
    """
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(item, (dict, list)):
            if key != "link":
                yield from leaves(item)
        elif item is not None and key != "_type":
            yield value, key


def differs(root: Any, value: Any) -> bool:
    return bool(differences(root, value)) or json_facts(value) != xml_facts(root)


def test_the_forms_of_a_vm_agree(document: tuple[Any, dict[str, Any]]) -> None:
    root, value = document
    assert not differences(root, value)
    assert json_facts(value) == xml_facts(root)
    assert len(list(leaves(value))) > 100


def test_every_changed_value_is_found(document: tuple[Any, dict[str, Any]]) -> None:
    root, original = document
    value = copy.deepcopy(original)
    for container, key in leaves(value):
        before = container[key]
        container[key] = not before if isinstance(before, bool) else f"{before}?"
        assert differs(root, value), (key, before)
        container[key] = before


def test_every_missing_value_is_found(document: tuple[Any, dict[str, Any]]) -> None:
    root, original = document
    value = copy.deepcopy(original)
    for container, key in leaves(value):
        before = container[key]
        if (key, before) in DEFAULTS or before == "":
            continue
        container[key] = None
        assert differs(root, value), (key, before)
        container[key] = before


def test_added_values_and_elements_are_found(document: tuple[Any, dict[str, Any]]) -> None:
    root, value = document
    assert differs(root, {**value, "media": {"href": "https://vcd.example.test/api/media/1"}})
    assert differs(root, {**value, "section": value["section"][1:]})
    assert differs(root, {**value, "section": [*value["section"], value["section"][0]]})


def test_a_link_with_a_json_media_type_repeats_the_link_before_it() -> None:
    root = etree.fromstring(
        '<Owner xmlns="http://www.vmware.com/vcloud/v1.5"><Link rel="up" href="a" type="b+xml"/></Owner>'
    )
    link = {"rel": "up", "href": "a", "type": "b+xml"}
    assert not differences(root, {"link": [link, {**link, "type": "b+json"}]})
    assert differences(root, {"link": [link, {**link, "type": "b+json", "href": "c"}]})
    assert differences(root, {"link": [link, link]})
