"""Tests of the load balancer of an NSX-V edge. Source: protocol/ans.md §5."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from lxml import etree

from tests.support.certificates import make_pair
from tests.support.simulated import Caller, first_edge, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig

XML = "application/*+xml;version=33.0"
POOL: dict[str, Any] = {
    "name": "web",
    "algorithm": "round-robin",
    "monitorId": ["monitor-2"],
    "member": [{"name": "web1", "ipAddress": "192.168.10.21", "port": 8443, "weight": 1}],
}
PROFILE = {"name": "https", "template": "HTTPS", "clientSsl": {"serviceCertificate": ["certificate-1"]}}
SERVER = {
    "name": "site",
    "ipAddress": "203.0.113.10",
    "protocol": "https",
    "port": 443,
    "defaultPoolId": "pool-1",
    "applicationProfileId": "applicationProfile-1",
}


class LoadBalancer:
    """The load balancer of the first edge gateway."""

    def __init__(self) -> None:
        self.caller: Caller = signed_in(Simulator(SimulatorConfig(profile="vcd")))
        self.edge = first_edge(self.caller.simulator)
        self.path = f"/network/edges/{self.edge.edge_id}/loadbalancer/config"
        pem = make_pair().certificate
        item = {"number": 1, "name": "www", "description": "www", "pem": pem, "has_key": True}
        self.edge.sections["truststore"] = {"certificates": [item], "last": 1}

    def read(self) -> dict[str, Any]:
        section: dict[str, Any] = self.caller.json(self.path)
        return section

    def put(self, **lists: Any) -> Any:
        return self.caller.put_json(self.path, {**self.read(), **copy.deepcopy(lists)})

    def fill(self) -> None:
        assert self.put(pool=[POOL], applicationProfile=[PROFILE], virtualServer=[SERVER]).status == 204


@pytest.fixture
def balancer() -> LoadBalancer:
    return LoadBalancer()


def test_new_objects_get_ids(balancer: LoadBalancer) -> None:
    balancer.fill()
    section = balancer.read()
    assert section["version"] == 2
    assert [pool["poolId"] for pool in section["pool"]] == ["pool-1"]
    assert section["pool"][0]["member"][0]["memberId"] == "member-1"
    assert section["virtualServer"] == [{**SERVER, "virtualServerId": "virtualServer-1"}]
    assert len(section["monitor"]) == 3


def test_client_can_choose_ids_of_objects_that_refer_to_each_other(balancer: LoadBalancer) -> None:
    monitor = {"monitorId": "monitor-9", "name": "ping", "type": "icmp"}
    pool = {**POOL, "poolId": "pool-7", "monitorId": ["monitor-9"]}
    assert balancer.put(monitor=[monitor], pool=[pool, {**POOL, "name": "b", "monitorId": []}]).status == 204
    assert [pool["poolId"] for pool in balancer.read()["pool"]] == ["pool-7", "pool-8"]


def test_a_virtual_server_can_have_a_list_of_ports_that_an_edit_keeps(balancer: LoadBalancer) -> None:
    balancer.fill()
    server = {**balancer.read()["virtualServer"][0], "port": "443,6000-7000"}
    assert balancer.put(virtualServer=[server]).status == 204
    document = balancer.caller.xml(balancer.path, Accept=XML)
    document.find("virtualServer/name").text = "other"
    headers = {"Accept": XML, "Content-Type": "application/xml"}
    assert balancer.caller.send("PUT", balancer.path, etree.tostring(document), **headers).status == 204
    read = balancer.read()["virtualServer"][0]
    assert (read["name"], read["port"]) == ("other", "443,6000-7000")
    assert balancer.put(virtualServer=[{**server, "port": "443,0-7000"}]).status == 400


def test_statistics_show_the_status_of_members(balancer: LoadBalancer) -> None:
    balancer.fill()
    path = balancer.path.replace("/config", "/statistics")
    assert balancer.caller.json(path)["pool"][0]["status"] == "DOWN"
    disabled = {**POOL["member"][0], "name": "web2", "condition": "disabled"}
    balancer.put(enabled=True, pool=[{**POOL, "poolId": "pool-1", "member": [*POOL["member"], disabled]}])
    shown = balancer.caller.json(path)
    assert [member["status"] for member in shown["pool"][0]["member"]] == ["UP", "DOWN"]
    assert (shown["pool"][0]["status"], shown["virtualServer"][0]["status"]) == ("UP", "OPEN")
    document = balancer.caller.xml(path, Accept=XML)
    assert document.tag == "loadBalancerStatusAndStats"
    assert document.findtext("pool/member/status") == "UP"


def test_xml_and_json_are_the_same_section(balancer: LoadBalancer) -> None:
    balancer.fill()
    before = balancer.read()
    document = balancer.caller.xml(balancer.path, Accept=XML)
    assert document.tag == "loadBalancer"
    assert [pool.findtext("poolId") for pool in document.findall("pool")] == ["pool-1"]
    response = balancer.caller.send(
        "PUT", balancer.path, etree.tostring(document), Accept=XML, Content_Type="application/xml"
    )
    assert response.status == 204
    assert balancer.read() == {**before, "version": 3}


@pytest.mark.parametrize(
    ("lists", "reason"),
    [
        ({"pool": [{**POOL, "algorithm": "x"}]}, "Invalid algorithm"),
        ({"pool": [{**POOL, "name": ""}]}, "has no name"),
        ({"pool": [POOL, POOL]}, "Duplicate name web"),
        ({"pool": [{**POOL, "poolId": "web"}]}, "Invalid poolId web"),
        ({"pool": [{**POOL, "poolId": "pool-1"}, {**POOL, "name": "b", "poolId": "pool-1"}]}, "Invalid poolId pool-1"),
        ({"pool": [{**POOL, "monitorId": ["monitor-9"]}]}, "monitor monitor-9 does not exist"),
        ({"pool": [{**POOL, "member": [{"ipAddress": "x", "port": 1}]}]}, "Invalid address or port of web"),
        ({"virtualServer": [SERVER]}, "applicationProfile applicationProfile-1 does not exist"),
        ({"virtualServer": [{**SERVER, "port": 0}]}, "Invalid address or port of site"),
        (
            {"applicationProfile": [{**PROFILE, "clientSsl": {"serviceCertificate": ["certificate-2"]}}]},
            "certificate-2 does not exist",
        ),
    ],
)
def test_invalid_section_is_refused(balancer: LoadBalancer, lists: dict[str, Any], reason: str) -> None:
    response = balancer.put(**lists)
    assert response.status == 400
    assert reason in response.text
    assert balancer.read()["version"] == 1


def test_stale_version_is_a_conflict(balancer: LoadBalancer) -> None:
    section = balancer.read()
    balancer.fill()
    assert balancer.caller.put_json(balancer.path, section).status == 409


def test_reset_restores_the_defaults(balancer: LoadBalancer) -> None:
    balancer.fill()
    assert balancer.caller.send("DELETE", balancer.path).status == 204
    assert (balancer.read()["pool"], balancer.read()["version"]) == ([], 3)


def test_certificate_of_a_profile_is_not_deleted(balancer: LoadBalancer) -> None:
    balancer.fill()
    path = f"/network/services/truststore/certificate/{balancer.edge.edge_id}:certificate-1"
    response = balancer.caller.send("DELETE", path, Accept=XML)
    assert response.status == 400
    assert b"in use by application profile https" in response.body
