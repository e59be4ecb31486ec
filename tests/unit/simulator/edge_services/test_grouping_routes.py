"""Tests of IP sets, applications and groups of NSX-V.

Source: protocol/ans.md §5, §6.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.simulated import Caller, first_edge, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig

XML = "application/*+xml;version=33.0"
SET = "<ipset><name>{}</name><description/><inheritanceAllowed>true</inheritanceAllowed><value>{}</value></ipset>"


class Vdc:
    """The VDC of the first edge gateway, with a signed-in user."""

    def __init__(self) -> None:
        self.caller: Caller = signed_in(Simulator(SimulatorConfig(profile="vcd")))
        self.edge = first_edge(self.caller.simulator)
        self.vdc_id = self.edge.vdc_id

    def send(self, method: str, path: str, body: str = "") -> Any:
        return self.caller.send(method, f"/network/services/{path}", body, Accept=XML)

    def listed(self, kind: str = "ipset") -> Any:
        return self.caller.xml(f"/network/services/{kind}/scope/{self.vdc_id}", Accept=XML)

    def add(self, name: str = "partners", value: str = "10.0.0.1,10.0.0.9") -> str:
        """Create an IP set and return its ID."""
        assert self.send("POST", f"ipset/{self.vdc_id}", SET.format(name, value)).status == 201
        return str(self.listed()[-1].findtext("objectId"))


@pytest.fixture
def vdc() -> Vdc:
    return Vdc()


def test_ip_set_gets_an_id_and_its_values_are_reordered(vdc: Vdc) -> None:
    set_id = vdc.add()
    assert set_id == f"{vdc.vdc_id}:ipset-1"
    (element,) = vdc.listed()
    assert (element.findtext("value"), element.findtext("revision")) == ("10.0.0.9,10.0.0.1", "0")
    assert element.findtext("scope/id") == vdc.vdc_id


def test_update_needs_the_current_revision(vdc: Vdc) -> None:
    set_id = vdc.add()
    body = SET.format("partners", "10.0.0.2").replace("<ipset>", "<ipset><revision>0</revision>")
    assert vdc.send("PUT", f"ipset/{set_id}", body).status == 200
    answer = vdc.send("PUT", f"ipset/{set_id}", body)
    assert answer.status == 400
    assert b"older version 0 than the current system version 1" in answer.body


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("ipset", SET.format("partners", "10.0.0.1"), b"210"),
        ("ipset", SET.format("", "10.0.0.1"), b"260"),
        ("ipset", SET.format("more", ""), b"260"),
        ("ipset", SET.format("more", "10.0.0.300"), b"260"),
        ("ipset", "<other/>", b"100"),
        ("application", "<application><name>a</name><element/></application>", b"260"),
    ],
)
def test_invalid_object_is_refused(vdc: Vdc, kind: str, body: str, code: bytes) -> None:
    vdc.add()
    answer = vdc.send("POST", f"{kind}/{vdc.vdc_id}", body)
    assert answer.status == 400
    assert b"<errorCode>%b</errorCode>" % code in answer.body


def test_unknown_objects_and_foreign_vdcs_are_refused(vdc: Vdc) -> None:
    assert vdc.send("GET", f"ipset/{vdc.vdc_id}:ipset-9").status == 404
    assert vdc.send("GET", "ipset/scope/5f0e9d8c-7b6a-4958-8776-655443322110").status == 403
    assert vdc.send("POST", "ipset/5f0e9d8c-7b6a-4958-8776-655443322110", SET.format("a", "10.0.0.1")).status == 403


def test_object_in_use_cannot_be_deleted(vdc: Vdc) -> None:
    set_id = vdc.add()
    group = f"<securitygroup><name>all</name><member><objectId>{set_id}</objectId></member></securitygroup>"
    assert vdc.send("POST", f"securitygroup/{vdc.vdc_id}", group).status == 201
    answer = vdc.send("DELETE", f"ipset/{set_id}")
    assert (answer.status, b"in use by all" in answer.body) == (400, True)
    (element,) = vdc.listed("securitygroup")
    assert element.findtext("member/objectId") == set_id
    assert vdc.send("DELETE", f"securitygroup/{element.findtext('objectId')}").status == 200
    vdc.edge.sections["dhcp_relay"] = {"servers": {"groupingObjectId": [set_id]}, "agents": []}
    assert vdc.send("DELETE", f"ipset/{set_id}").status == 400
    del vdc.edge.sections["dhcp_relay"]
    vdc.edge.firewall = {"user": [{"source": {"groupingObjectId": [set_id]}}]}
    assert vdc.send("DELETE", f"ipset/{set_id}").status == 400
    vdc.edge.firewall = {}
    assert vdc.send("DELETE", f"ipset/{set_id}").status == 200
    assert list(vdc.listed()) == []
