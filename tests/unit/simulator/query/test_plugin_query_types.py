"""Query types that areas of plugins add: asked for like any other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.simulated import Caller, signed_in
from vcloudair_core.plugin.records import RecordType, SimulatorRecords, SimulatorRoutes
from vcloudair_core.simulator import Simulator, SimulatorConfig

LICENCE = RecordType("licence", "LicenceRecord", "LicenceReferences", {"seats": "int", "owner": "str"})


def _licences(context: Any) -> list[dict[str, Any]]:
    return [
        {"name": name, "seats": seats, "href": f"{context.base_url}/api/licence/{name}"}
        for name, seats in context.state["licences"].items()
    ]


def _seed(world: Any, state: dict[str, Any]) -> None:
    state["licences"] = {"small": 5, "large": 500}


@pytest.fixture
def caller() -> Caller:
    taken = RecordType("vm", "VMRecord", attributes={"seats": "int"})
    records = (SimulatorRecords(LICENCE, _licences), SimulatorRecords(taken, _licences))
    group = SimulatorRoutes("licences", "Licences.", (), _seed, records)
    return signed_in(Simulator(SimulatorConfig(profile="vcd"), routes=[group]))


def _names(caller: Caller, query: str) -> list[str]:
    root = caller.xml(f"/api/query?type=licence&{query}")
    return [node.get("name") for node in root if str(node.tag).endswith("LicenceRecord")]


def test_they_are_filtered_sorted_and_paged(caller: Caller) -> None:
    assert _names(caller, "sortAsc=seats") == ["small", "large"]
    assert _names(caller, "sortAsc=name") == ["large", "small"]
    assert _names(caller, "filter=seats=gt=10") == ["large"]
    assert _names(caller, "pageSize=1&page=2&sortAsc=seats") == ["large"]
    assert caller.get("/api/query?type=licence&filter=colour==red").status == 400


def test_what_changes_is_seen_at_once(caller: Caller) -> None:
    assert len(_names(caller, "")) == 2
    caller.simulator.state["licences"]["licences"]["medium"] = 50
    assert len(_names(caller, "")) == 3
    caller.simulator.reset()
    assert len(_names(signed_in(caller.simulator), "")) == 2


def test_they_are_in_the_list_of_types_and_have_references(caller: Caller) -> None:
    offered = {node.get("name") for node in caller.xml("/api/query")}
    assert {"licence", "vm"} <= offered
    root = caller.xml("/api/query?type=licence&format=references")
    assert [node.get("name") for node in root if str(node.tag).endswith("LicenceReference")] == ["small", "large"]


def test_an_attribute_that_a_record_lacks_is_left_out(caller: Caller) -> None:
    record = next(node for node in caller.xml("/api/query?type=licence") if str(node.tag).endswith("Record"))
    assert (record.get("seats"), record.get("owner")) == ("5", None)


def test_a_type_of_the_simulator_itself_stays_what_it_is(caller: Caller) -> None:
    record = next(node for node in caller.xml("/api/query?type=vm") if str(node.tag).endswith("VMRecord"))
    assert (record.get("seats"), record.get("status") is not None) == (None, True)
