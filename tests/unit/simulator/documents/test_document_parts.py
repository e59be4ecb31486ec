"""Check that documents of older API versions omit the elements of newer versions.

The versions are those of VMware's schemas in tests/data/schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from lxml import etree

from tests.support.crawl import crawl
from tests.support.schema import load_tables
from tests.support.simulated import signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.documents.document_parts import ADDED

VCLOUD = "{http://www.vmware.com/vcloud/v1.5}"
NEW_OBJECTS = {"EdgeGateway", "VdcStorageProfile", "ComplianceResult", "VmCapabilities"}
"""Objects that API 5.1 added. A client of API 1.5 has no links to these objects."""


def as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def lines_of(particle: Any) -> Iterator[str]:
    """Return the lines that declare the elements of a group."""
    if isinstance(particle, str):
        yield particle
    else:
        for child in particle[1:]:
            yield from lines_of(child)


def children_of(type_name: str) -> dict[str, tuple[str, str]]:
    """Return the type and version of each child element of a type."""
    table = load_tables()["vcloud"]["types"].get(type_name.removeprefix("vcloud:"), {})
    children = children_of(table["extends"]) if "extends" in table else {}
    for line in lines_of(table.get("content", ["sequence"])):
        parts = line.split()
        if ":" not in parts[0] and not parts[0].startswith("<"):
            children[parts[0]] = parts[1], line.partition(" since ")[2]
    return children


def newer_than(version: str, node: Any, type_name: str) -> Iterator[str]:
    """Return the elements below a node that a newer API version added."""
    children = children_of(type_name)
    for child in node.iterchildren(f"{VCLOUD}*"):
        name = etree.QName(child).localname
        kind, since = children.get(name, ("", ""))
        if since and as_numbers(since) > as_numbers(version):
            yield f"{etree.QName(node).localname}/{name} since {since}"
        yield from newer_than(version, child, kind)


@pytest.mark.parametrize("version", ["1.5", "5.1", "5.5", "5.6", "5.7", "9.0"])
def test_documents_have_no_elements_of_newer_versions(version: str) -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd", vms=1, templates=1)), version=version)
    elements, newer = load_tables()["vcloud"]["elements"], set()
    for _, response in crawl(caller):
        root = etree.fromstring(response.body)
        name = etree.QName(root).localname
        line = "" if version == "1.5" and name in NEW_OBJECTS else elements.get(name, "")
        if line and response.status == 200:
            newer |= set(newer_than(version, root, line.split()[0]))
    assert newer == set()


@pytest.mark.parametrize(
    ("path", "name", "since"),
    [
        ("vm", "NetworkAdapterType", "5.11"),
        ("vm", "DateCreated", "5.1"),
        ("vdc", "VdcStorageProfiles", "5.1"),
        ("vdc", "UsedNetworkCount", "5.1"),
    ],
)
def test_an_element_appears_with_its_version(path: str, name: str, since: str) -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd", vms=1))
    world = simulator.world
    paths = {"vm": f"/api/vApp/vm-{next(iter(world.vms))}", "vdc": f"/api/vdc/{next(iter(world.vdcs))}"}
    for version in ("1.5", "5.1", "5.7", "5.11", "9.0"):
        document = signed_in(simulator, version=version).xml(paths[path])
        assert (document.find(f".//{VCLOUD}{name}") is not None) == (as_numbers(version) >= as_numbers(since))


def test_versions_are_those_of_the_schemas() -> None:
    inferred = {("Vm", "VmSpecSection"), ("AdminVdc", "DefaultComputePolicy")}
    elements = load_tables()["vcloud"]["elements"]
    for (parent, child), since in ADDED.items():
        if (parent, child) in inferred or parent not in elements:
            continue
        schema = children_of(elements[parent].split()[0]).get(child, ("", ""))[1]
        assert not schema or as_numbers(schema) == since, f"{parent}/{child}"
