"""Tests of users, roles, service groups and instances of the On-Demand portal.

Source: protocol/sessions.md §3.2.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from lxml import etree

from tests.support.simulated import ORIGIN, basic
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.transport.messages import Headers, Request, Response


class Portal:
    """A session of the On-Demand portal."""

    def __init__(self) -> None:
        self.simulator = Simulator(SimulatorConfig(profile="vca", standing_clock=1_450_000_000.0))
        login = self.simulator.handle(
            Request("POST", f"{ORIGIN}/api/iam/login", Headers(basic("demo", "demo-password")))
        )
        self.group_ids = json.loads(login.body)["serviceGroupIds"]
        self.token = login.headers["vchs-authorization"]

    def get(self, path: str, accept: str = "application/json;version=5.7") -> Response:
        headers = Headers({"Authorization": f"Bearer {self.token}", "Accept": accept})
        return self.simulator.handle(Request("GET", ORIGIN + path, headers))

    def json(self, path: str) -> Any:
        response = self.get(path)
        assert response.status == 200
        return json.loads(response.body)


@pytest.fixture
def portal() -> Portal:
    return Portal()


def test_users_are_those_of_the_company(portal: Portal) -> None:
    [user] = portal.json("/api/iam/Users")["users"]
    assert (user["userName"], user["state"]) == ("demo", "Active")
    assert portal.json("/api/iam/Users?self=1")["users"] == [user]
    assert user["roles"]["roles"] == portal.json("/api/iam/Roles")["roles"]


def test_users_in_xml_have_elements_for_each_role(portal: Portal) -> None:
    root = etree.fromstring(portal.get("/api/iam/Users", "application/xml;version=*").body)
    assert (root.tag, root.findtext("User/userName")) == ("Users", "demo")
    assert root.findtext("User/roles/role/name") == "Organization Administrator"


def test_service_groups_are_those_of_the_login(portal: Portal) -> None:
    [group] = portal.json("/api/billing/service-groups")["serviceGroupList"]["serviceGroup"]
    assert [group["id"]] == portal.group_ids
    assert group["availableBills"]["bill"][0]["billingPeriod"] == {
        "month": 11,
        "year": 2015,
        "startDate": "2015-11-01T00:00:00.000Z",
        "endDate": "2015-12-01T00:00:00.000Z",
    }
    assert portal.json(f"/api/billing/service-group/{group['id']}") == group
    assert portal.get("/api/billing/service-group/other").status == 403


def test_instance_equals_its_entry_in_the_list(portal: Portal) -> None:
    for instance in portal.json("/api/sc/instances")["instances"]:
        assert portal.json(f"/api/sc/instances/{instance['id']}") == instance
    assert portal.get("/api/sc/instances/none").status == 404


@pytest.mark.parametrize("path", ["iam/Users", "iam/Roles", "billing/service-groups", "sc/instances/x"])
def test_portal_needs_a_token(portal: Portal, path: str) -> None:
    """Source: protocol/sessions.md §3.3."""
    assert portal.simulator.handle(Request("GET", f"{ORIGIN}/api/{path}", Headers())).status == 403
