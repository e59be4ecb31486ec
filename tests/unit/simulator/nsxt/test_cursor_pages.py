"""Tests of pages with a cursor.

Source: protocol/nsxt.md §1.4.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.unit.simulator.nsxt.harness import Harness, harness
from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import Simulator
from vcloudair_core.simulator.nsxt.cursor_pages import cursor_page

PATH = "/cloudapi/1.0.0/numbers"
NAMES = [f"n{number:03}" for number in range(60)]


def show_numbers(context: Any) -> Any:
    values = [{"name": name} for name in reversed(NAMES)]
    return cursor_page(context, values, "REALIZED", "Numbers")


@pytest.fixture
def cloud(tmp_path: Path) -> Harness:
    made = harness(tmp_path)
    group = SimulatorRoutes("numbers", "Numbers", (SimulatorRoute("GET", PATH, show_numbers),))
    made.caller.simulator = Simulator(made.caller.simulator.config, routes=[group])
    made.caller.headers.pop("Authorization")
    from tests.unit.simulator.cloudapi.test_session_routes import sign_in

    made.caller.headers["Authorization"] = f"Bearer {sign_in(made.caller)}"
    return made


def names_of(cloud: Harness, path: str) -> list[str]:
    """Return the names on all pages that the Link headers lead to."""
    names: list[str] = []
    while path:
        response = cloud.caller.get(path)
        assert response.status == 200, response.text
        body = json.loads(response.body)
        assert set(body) == {"status", "values"}
        names += [value["name"] for value in body["values"]]
        links = ", ".join(value for name, value in response.headers.pairs() if name == "Link")
        following = re.search(r'<([^>]+)>;rel="nextPage"', links)
        parts = urlsplit(following.group(1)) if following else None
        path = f"{parts.path}?{parts.query}" if parts else ""
    return names


@pytest.mark.parametrize("query", ["", "?pageSize=7", "?pageSize=128", "?sortAsc=name&pageSize=60"])
def test_the_link_header_leads_through_all_pages(cloud: Harness, query: str) -> None:
    assert names_of(cloud, PATH + query) == NAMES


def test_a_cursor_keeps_the_order(cloud: Harness) -> None:
    assert names_of(cloud, f"{PATH}?sortDesc=name&pageSize=11") == NAMES[::-1]


@pytest.mark.parametrize(
    "query", ["filter=name==n001", "sortAsc=id", "pageSize=129", "pageSize=0", "pageSize=x", "cursor=eyJ9", "cursor=!"]
)
def test_other_parameters_are_refused(cloud: Harness, query: str) -> None:
    assert cloud.refused("GET", f"{PATH}?{query}").startswith("BAD_REQUEST: ")


def test_one_page_has_a_link_header_unless_the_option_is_off(tmp_path: Path, cloud: Harness) -> None:
    assert 'rel="firstPage"' in cloud.caller.get(f"{PATH}?pageSize=128").headers["Link"]
    cloud.caller.simulator.configure(link_header=False)
    assert "Link" not in cloud.caller.get(f"{PATH}?pageSize=128").headers
    assert "Link" not in cloud.caller.get("/cloudapi/1.0.0/edgeGateways").headers
