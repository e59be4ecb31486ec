"""Tests of query types that plugins add."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.simulated import Caller, signed_in
from vcloudair_core.plugin.records import RecordType, SimulatorRecords, SimulatorRoutes
from vcloudair_core.simulator import Simulator, SimulatorConfig

LICENSE = RecordType("license", "LicenceRecord", "LicenceReferences", {"seats": "int", "owner": "str"})


def _licenses(context: Any) -> list[dict[str, Any]]:
    return [
        {"name": name, "seats": seats, "href": f"{context.base_url}/api/license/{name}"}
        for name, seats in context.state["licenses"].items()
    ]


def _seed(world: Any, state: dict[str, Any]) -> None:
    state["licenses"] = {"small": 5, "large": 500}


@pytest.fixture
def caller() -> Caller:
    taken = RecordType("vm", "VMRecord", attributes={"seats": "int"})
    records = (SimulatorRecords(LICENSE, _licenses), SimulatorRecords(taken, _licenses))
    group = SimulatorRoutes("licenses", "Licenses.", (), _seed, records)
    return signed_in(Simulator(SimulatorConfig(profile="vcd"), routes=[group]))


def _names(caller: Caller, query: str) -> list[str]:
    root = caller.xml(f"/api/query?type=license&{query}")
    return [node.get("name") for node in root if str(node.tag).endswith("LicenceRecord")]


def test_plugin_records_are_filtered_sorted_and_paged(caller: Caller) -> None:
    assert _names(caller, "sortAsc=seats") == ["small", "large"]
    assert _names(caller, "sortAsc=name") == ["large", "small"]
    assert _names(caller, "filter=seats=gt=10") == ["large"]
    assert _names(caller, "pageSize=1&page=2&sortAsc=seats") == ["large"]
    assert caller.get("/api/query?type=license&filter=color==red").status == 400


def test_changes_of_plugin_records_are_visible_at_once(caller: Caller) -> None:
    assert len(_names(caller, "")) == 2
    caller.simulator.state["licenses"]["licenses"]["medium"] = 50
    assert len(_names(caller, "")) == 3
    caller.simulator.reset()
    assert len(_names(signed_in(caller.simulator), "")) == 2


def test_plugin_type_is_listed_and_has_references(caller: Caller) -> None:
    offered = {node.get("name") for node in caller.xml("/api/query")}
    assert {"license", "vm"} <= offered
    root = caller.xml("/api/query?type=license&format=references")
    assert [node.get("name") for node in root if str(node.tag).endswith("LicenceReference")] == ["small", "large"]


def test_missing_attribute_is_omitted(caller: Caller) -> None:
    record = next(node for node in caller.xml("/api/query?type=license") if str(node.tag).endswith("Record"))
    assert (record.get("seats"), record.get("owner")) == ("5", None)


def test_built_in_type_cannot_be_replaced(caller: Caller) -> None:
    record = next(node for node in caller.xml("/api/query?type=vm") if str(node.tag).endswith("VMRecord"))
    assert (record.get("seats"), record.get("status") is not None) == (None, True)
