"""Tests of ``vca edge addresses``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.unit.cli.conftest import FakeClient, Result

Vca = Callable[..., Result]
MakeClient = Callable[..., FakeClient]

BOOK: dict[str, Any] = {
    "addresses": [
        {"addresses": "203.0.113.1", "count": 1, "state": "used", "used_by": ["primary", "dnat"], "network": "isp"},
        {"addresses": "203.0.113.2-203.0.113.9", "count": 8, "state": "free", "used_by": [], "network": "isp"},
    ],
    "allocated_count": 9,
    "used_count": 1,
    "free_count": 8,
}


def test_used_and_free_addresses_are_in_one_table(vca: Vca, client: MakeClient) -> None:
    fake = client(resources={"addresses": BOOK})
    result = vca("edge", "addresses", "--edge", "web-edge", "--no-trunc")
    assert result.code == 0, result.err
    header, used, free = result.out.splitlines()
    assert header.split() == ["ADDRESSES", "COUNT", "STATE", "USED", "BY", "NETWORK"]
    assert used.split() == ["203.0.113.1", "1", "used", "primary,", "dnat", "isp"]
    assert free.split()[:3] == ["203.0.113.2-203.0.113.9", "8", "free"]
    assert "1 of 9 addresses are used, 8 are free." in result.err
    assert fake.asked == [("web-edge", None)]


def test_json_has_the_numbers(vca: Vca, client: MakeClient) -> None:
    client(resources={"addresses": BOOK})
    result = vca("edge", "addresses", "--edge", "web-edge", "-o", "json")
    assert json.loads(result.out) == BOOK


def test_an_edge_gateway_without_uplinks_is_reported(vca: Vca, client: MakeClient) -> None:
    empty = {"addresses": [], "allocated_count": 0, "used_count": 0, "free_count": 0}
    client(resources={"addresses": empty})
    result = vca("edge", "addresses", "--edge", "web-edge")
    assert "No public addresses are allocated to the edge gateway web-edge." in result.out + result.err
