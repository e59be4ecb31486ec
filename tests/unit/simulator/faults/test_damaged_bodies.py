"""Tests of faults that damage the pages of a JSON query."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.simulated import Caller, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig

JSON = "application/*+json;version=37.2"


@pytest.fixture
def caller() -> Caller:
    return signed_in(Simulator(SimulatorConfig(profile="vcd", vms=3)), version="37.2")


def page(caller: Caller, number: int, kind: str = "vm") -> dict[str, Any]:
    response = caller.get(f"/api/query?type={kind}&pageSize=2&format=records&page={number}", Accept=JSON)
    value: dict[str, Any] = json.loads(response.body)
    return value


def test_the_last_page_has_a_next_page(caller: Caller) -> None:
    assert "nextPage" not in [link["rel"] for link in page(caller, 2)["link"]]
    caller.simulator.faults.add("endless_pages", count=2)
    links = [next(link["href"] for link in page(caller, 2)["link"] if link["rel"] == "nextPage") for _ in range(2)]
    assert [link.rpartition("page=")[2] for link in links] == ["2", "3"]


def test_the_total_grows(caller: Caller) -> None:
    caller.simulator.faults.add("growing_total", count=2)
    assert [page(caller, 1)["total"] for _ in range(2)] == [1003, 2003]


def test_the_first_page_is_repeated(caller: Caller) -> None:
    caller.simulator.faults.add("repeated_pages", count=2)
    assert [page(caller, number)["page"] for number in (1, 2)] == [1, 1]


def test_lists_of_one_page_are_not_repeated(caller: Caller) -> None:
    caller.simulator.faults.add("repeated_pages", count=2)
    assert [page(caller, 1, kind)["name"] for kind in ("orgVdc", "catalog")] == ["orgVdc", "catalog"]


@pytest.mark.parametrize("kind", ["endless_pages", "growing_total", "repeated_pages"])
def test_other_documents_remain_as_they_are(caller: Caller, kind: str) -> None:
    plain = json.loads(caller.get("/api/org", Accept=JSON).body)
    caller.simulator.faults.add(kind)
    assert json.loads(caller.get("/api/org", Accept=JSON).body) == plain
