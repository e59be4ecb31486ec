"""Tests of the API version that a request selects.

Source: protocol/sessions.md §4.2, protocol/ans.md §1.2, protocol/recorded-responses.md §2.
"""

from __future__ import annotations

import pytest

from tests.support.simulated import signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig


@pytest.mark.parametrize("profile", ["vcd", "vca"])
def test_networks_of_vcloud_director_need_a_version_and_those_of_nsx_do_not(profile: str) -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile=profile)))
    network = next(iter(caller.simulator.world.networks))
    for path in (f"/api/network/{network}", f"/api/admin/network/{network}"):
        assert caller.get(path).status == 200
        assert caller.get(path, Accept="application/*+xml").status == 406
    edge = next(iter(caller.simulator.world.edges))
    assert caller.get(f"/network/edges/{edge}/firewall/config", Accept="application/xml").status == 200


@pytest.mark.parametrize("kind", ["network", "admin/network"])
@pytest.mark.parametrize("profile", ["vcd", "vca"])
def test_documents_of_networks_have_the_version_of_the_request(kind: str, profile: str) -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile=profile)), version="5.1")
    path = f"/api/{kind}/{next(iter(caller.simulator.world.networks))}"
    response = caller.get(path)
    assert (response.status, response.headers["Content-Type"].partition(";")[2]) == (200, "version=5.1")
    assert caller.get(path, Accept="application/*+xml;version=4.9").status == 406


@pytest.mark.parametrize(("option", "status"), [("406", 406), ("oldest", 200)])
def test_a_request_without_a_version_can_get_the_oldest_one(option: str, status: int) -> None:
    simulator = Simulator(SimulatorConfig(profile="vcd", release="5.x", without_version=option))
    caller = signed_in(simulator, version="5.1")
    response = caller.get("/api/session", Accept="*/*")
    assert response.status == status
    if status == 200:
        assert response.headers["Content-Type"].endswith(";version=1.5")


def test_an_org_links_to_queries_since_33() -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd")), version="9.0")
    path = f"/api/org/{next(iter(caller.simulator.world.orgs.values())).org_id}"
    media_type = "application/vnd.vmware.vcloud.query.records+xml"
    for version, kinds in (("9.0", []), ("33.0", ["orgVdc", "catalog"])):
        org = caller.xml(path, Accept=f"application/*+xml;version={version}")
        links = [node for node in org.iter("{*}Link") if node.get("type") == media_type]
        assert [node.get("href").partition("type=")[2].partition("&")[0] for node in links] == kinds
        for node in links:
            assert node.get("rel") == "down"
            assert caller.get(node.get("href")).status == 200
