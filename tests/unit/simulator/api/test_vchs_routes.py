"""Tests of service IDs and VDCs of the subscription portal.

Source: protocol/sessions.md §2.2, §2.3.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.support.simulated import ORIGIN, basic
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.transport.messages import Headers, Request


class Portal:
    """A session of the subscription portal."""

    def __init__(self, **options: Any) -> None:
        self.simulator = Simulator(SimulatorConfig(profile="vchs", **options))
        login = self.simulator.handle(
            Request("POST", f"{ORIGIN}/api/vchs/sessions", Headers(basic("demo", "demo-password")))
        )
        self.headers = Headers({"x-vchs-authorization": login.headers["x-vchs-authorization"]})

    def xml(self, url: str, method: str = "GET") -> Any:
        return etree.fromstring(self.simulator.handle(Request(method, url, self.headers)).body)


@pytest.fixture
def two_vdcs(tmp_path: Path) -> str:
    file = tmp_path / "inventory.yml"
    file.write_text(
        "orgs:\n  - name: org1\n    users: [{name: demo, password: demo-password}]\n"
        "    vdcs: [{name: gold}, {name: silver}]\n",
        encoding="utf-8",
    )
    return str(file)


def test_vpc_has_one_vdc_and_a_service_id_of_its_own() -> None:
    portal = Portal()
    [service] = portal.xml(f"{ORIGIN}/api/vchs/services")
    assert service.get("serviceType") == "compute:vpc"
    assert re.fullmatch(r"M\d+-\d+", service.get("serviceId"))
    compute = portal.xml(service.get("href"))
    [vdc] = compute.findall("{*}VdcRef")
    assert (compute.get("serviceId"), vdc.get("name")) == (service.get("serviceId"), "org1-vdc1")


def test_name_of_the_vdc_link_is_the_service_id() -> None:
    portal = Portal()
    [service] = portal.xml(f"{ORIGIN}/api/vchs/services")
    vdc = portal.xml(service.get("href")).find("{*}VdcRef")
    session = portal.xml(vdc[0].get("href"), "POST")
    assert session.find("{*}VdcLink").get("name") == service.get("serviceId")
    assert session.get("name") == f"{service.get('serviceId')}-session"


def test_several_vdcs_are_a_dedicated_cloud(two_vdcs: str) -> None:
    portal = Portal(inventory_file=two_vdcs)
    [service] = portal.xml(f"{ORIGIN}/api/vchs/services")
    assert service.get("serviceType") == "compute:dedicatedcloud"
    names = [vdc.get("name") for vdc in portal.xml(service.get("href")).findall("{*}VdcRef")]
    assert names == ["gold", "silver"]
