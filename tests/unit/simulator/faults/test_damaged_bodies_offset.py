"""Tests of faults that damage responses of VMware Cloud Director Availability."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.vcda import VcdaCaller, vcda
from vcloudair_core.simulator.faults.damaged_bodies import DAMAGE


@pytest.fixture
def caller() -> VcdaCaller:
    return vcda().sign_in()


def page(caller: VcdaCaller, offset: int) -> dict[str, Any]:
    value: dict[str, Any] = caller.read(f"/vm-replications?limit=2&offset={offset}")
    return value


def test_the_last_page_has_a_next_page(caller: VcdaCaller) -> None:
    caller.simulator.faults.add("endless_pages", count=0)
    pages = [page(caller, offset) for offset in (0, 2, 4, 40)]
    assert [(len(body["items"]), body["total"]) for body in pages] == [(2, 4), (1, 4), (0, 5), (0, 41)]


def test_the_total_grows(caller: VcdaCaller) -> None:
    caller.simulator.faults.add("growing_total", count=2)
    assert [page(caller, 0)["total"] for _ in range(2)] == [1003, 2003]


def test_the_first_page_is_repeated(caller: VcdaCaller) -> None:
    caller.simulator.faults.add("repeated_pages", count=2)
    first, second = page(caller, 0), page(caller, 2)
    assert first == second


def test_lists_of_one_page_are_not_repeated(caller: VcdaCaller) -> None:
    caller.simulator.faults.add("repeated_pages", count=2)
    assert caller.read("/vm-replications") != caller.read("/vm-replications?vmName=0002")


@pytest.mark.parametrize("kind", sorted(set(DAMAGE) - {"wrong_date", "links_abroad"}))
def test_each_damage_changes_the_response(caller: VcdaCaller, kind: str) -> None:
    plain = caller.send("GET", "/vm-replications?limit=2")
    caller.simulator.faults.add(kind)
    damaged = caller.send("GET", "/vm-replications?limit=2")
    if kind == "repeated_pages":  # The first request gets the page itself.
        assert damaged.body == plain.body
    else:
        assert (damaged.body, damaged.headers.pairs()) != (plain.body, plain.headers.pairs())
    if kind in ("deep", "huge", "other_document"):
        assert damaged.body[:1] in (b"{", b"[")
    if kind == "huge":
        assert json.loads(damaged.body)["total"] == 3


def test_secrets_can_be_quoted(caller: VcdaCaller) -> None:
    caller.simulator.faults.add("quote", status=500)
    response = caller.send("GET", "/sites")
    assert caller.headers["X-VCAV-Auth"] in json.loads(response.body)["msg"]
