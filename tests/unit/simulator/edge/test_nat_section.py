"""Tests of NAT sections and rules in the wire formats of the simulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import etree

from tests.unit.services.ans.nat_harness import Harness, harness
from vcloudair_core.errors import ApiError, ConflictError, InvalidRequestError, NotFoundError
from vcloudair_core.simulator import Simulator
from vcloudair_core.transport.messages import Response

JSON = "application/json"
XML = "application/xml"
RULE = {
    "action": "dnat",
    "originalAddress": "203.0.113.10",
    "translatedAddress": "192.168.10.20",
    "protocol": "tcp",
    "originalPort": "443",
    "translatedPort": "8443",
}


class Wire:
    """Raw requests to the NAT section of the first edge."""

    def __init__(self, nat: Harness) -> None:
        self.nat = nat

    def call(self, method: str, path: str, body: Any = None, *, query: str = "", flavor: str = "network") -> Response:
        base = "/hybridity/api/gateways" if flavor == "hybridity" else "/network/edges"
        is_xml = isinstance(body, bytes)
        return self.nat.client.session.call(
            method,
            f"{base}/{self.nat.edge.edge_id}/nat{path}{query}",
            accept=XML if is_xml else JSON,
            content_type=XML if is_xml else JSON,
            body=body if is_xml or body is None else json.dumps(body).encode(),
        )

    def config(self) -> dict[str, Any]:
        config: dict[str, Any] = json.loads(self.call("GET", "/config").body)
        return config

    def ids(self) -> list[int]:
        return [rule["ruleId"] for rule in self.config()["rules"]["natRulesDtos"]]


@pytest.fixture
def wire(vca_simulator: Simulator) -> Iterator[Wire]:
    with harness(vca_simulator, "network_json") as made:
        yield Wire(made)


def section(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"featureType": "nat", "enabled": True, "rules": {"natRulesDtos": list(rules)}, **more}


def test_new_edge_has_no_rules(wire: Wire) -> None:
    expected = {"featureType": "nat", "version": 1, "enabled": True, "rules": {"natRulesDtos": []}}
    assert wire.config() == expected
    assert json.loads(wire.call("GET", "/config", flavor="hybridity").body) == expected


def test_put_replaces_all_rules(wire: Wire) -> None:
    assert wire.call("PUT", "/config", section(RULE, {**RULE, "action": "snat"})).status == 204
    first, second = wire.config()["rules"]["natRulesDtos"]
    assert (first["ruleId"], first["ruleTag"], second["ruleId"]) == (196609, 196609, 196610)
    assert (first["enabled"], first["loggingEnabled"], first["ruleType"]) == (True, False, "user")
    wire.call("PUT", "/config", section({**second, "odd": 1}, nat64Rules={"a": 1}, enabled=False))
    config = wire.config()
    assert config["rules"]["natRulesDtos"] == [{**second, "odd": 1}]
    assert (config["version"], config["enabled"], config["nat64Rules"]) == (3, False, {"a": 1})
    wire.call("PUT", "/config", section(RULE))
    assert "nat64Rules" not in wire.config()
    assert wire.ids() == [196611]
    assert wire.call("DELETE", "/config").status == 204
    assert (wire.ids(), wire.config()["version"]) == ([], 5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"action": "nat"}, "Invalid action nat"),
        ({"originalAddress": None}, "originalAddress is required"),
        ({"translatedAddress": "10.0.0.300"}, "Invalid IP address 10.0.0.300"),
        ({"originalPort": "70000"}, "Invalid port 70000"),
        ({"protocol": "tcpudp"}, "Invalid protocol tcpudp"),
        ({"icmpType": "echo-request"}, "not valid with protocol tcp"),
        ({"protocol": "icmp", "icmpType": "pong"}, "icmpType pong"),
        ({"snatMatchDestinationPort": "any"}, "snatMatchDestinationPort is not valid for dnat"),
        ({"vnic": "vnic-0"}, "Invalid vnic vnic-0"),
        ({"vnic": "201"}, "Invalid vnic 201"),
        ({"ruleId": 5}, "The rule 5 does not exist"),
        ({"ruleTag": 30000}, "out of range 65537-131072"),
    ],
)
def test_invalid_rules_are_rejected_and_change_nothing(wire: Wire, change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message) as caught:
        wire.call("PUT", "/config", section(RULE, {**RULE, **change}))
    assert (caught.value.status, int(caught.value.code) > 0) == (400, True)
    assert (wire.ids(), wire.config()["version"]) == ([], 1)


def test_invalid_sections_are_rejected(wire: Wire) -> None:
    with pytest.raises(InvalidRequestError, match="feature type"):
        wire.call("PUT", "/config", {**section(), "featureType": "nat_4.0"})
    with pytest.raises(ConflictError, match="older version 7"):
        wire.call("PUT", "/config", section(version=7))
    with pytest.raises(InvalidRequestError, match="Duplicate ruleTag"):
        wire.call("PUT", "/config", section({**RULE, "ruleTag": 70000}, {**RULE, "ruleTag": 70000}))
    with pytest.raises(InvalidRequestError, match="input request in invalid"):
        wire.call("PUT", "/config", b"<firewall/>")
    wire.call("PUT", "/config", section(version=1))


def test_single_rules(wire: Wire) -> None:
    made = wire.call("POST", "/config/rules", {"natRulesDtos": [RULE]}, query="?aboveRuleId=0")
    assert (made.status, made.headers["Location"]) == (201, "/network/edges/edge-1/nat/config/rules/196609")
    wire.call("POST", "/config/rules", {"natRulesDtos": [RULE, RULE]})
    wire.call("POST", "/config/rules", {**RULE, "ruleId": 7}, query="?aboveRuleId=196610")
    assert wire.ids() == [196609, 196612, 196610, 196611]
    assert wire.call("PUT", "/config/rules/196612", {**RULE, "description": "new"}).status == 204
    assert wire.config()["rules"]["natRulesDtos"][1]["description"] == "new"
    assert wire.call("DELETE", "/config/rules/196609").status == 204
    assert wire.ids() == [196612, 196610, 196611]
    assert wire.config()["version"] == 6
    for method, path, body in (
        ("DELETE", "/config/rules/196609", None),
        ("PUT", "/config/rules/1", RULE),
        ("POST", "/config/rules?aboveRuleId=5", RULE),
        ("POST", "/config/rules?aboveRuleId=0", RULE),
    ):
        with pytest.raises(NotFoundError, match="does not exist"):
            wire.call(method, path, body)
    with pytest.raises(ApiError) as caught:
        wire.call("GET", "/config/rules/196612")
    assert caught.value.status == 405


def test_single_rules_in_xml_and_as_jobs(wire: Wire) -> None:
    message = "".join(f"<{name}>{value}</{name}>" for name, value in RULE.items())
    bare = f"<natRule>{message}<vnic>0</vnic></natRule>".encode()
    assert wire.call("POST", "/config/rules", b"<natRules>" + bare + b"</natRules>").status == 201
    job = wire.call("POST", "/config/rules", bare, query="?aboveRuleId=196609&async=true")
    assert (job.status, job.headers["Location"]) == (202, "/network/edges/jobs/jobdata-1")
    root = etree.fromstring(wire.call("GET", "/config", b"").body)
    assert [child.tag for child in root] == ["version", "enabled", "natRules"]
    assert [rule.findtext("ruleId") for rule in root.findall("natRules/natRule")] == ["196610", "196609"]
    assert {rule.findtext("vnic") for rule in root.findall("natRules/natRule")} == {"0"}


def test_hybridity_has_whole_sections_only(wire: Wire) -> None:
    with pytest.raises(ApiError) as caught:
        wire.call("POST", "/config/rules", RULE, flavor="hybridity")
    assert caught.value.status == 404
    with pytest.raises(ApiError) as caught:
        wire.call("PUT", "/config", b"<nat/>", flavor="hybridity")
    assert caught.value.status == 415


def test_internal_rules_get_new_ids_and_cannot_be_deleted(wire: Wire) -> None:
    wire.nat.state["internal"] = [{**RULE, "ruleId": 190000, "ruleTag": 190000, "ruleType": "internal_high"}]
    wire.call("PUT", "/config", section(*wire.config()["rules"]["natRulesDtos"], RULE))
    assert wire.ids() == [196610, 196609]
    with pytest.raises(NotFoundError):
        wire.call("DELETE", "/config/rules/196610")


def test_interfaces_of_an_edge(wire: Wire) -> None:
    path = f"/network/edges/{wire.nat.edge.edge_id}/vdcNetworks"
    root = etree.fromstring(wire.nat.client.session.call("GET", path, accept=XML).body)
    assert root.tag == "edgeInterfaces"
    assert [each.findtext("index") for each in root] == ["0", "1", "2"]
    assert root[0].findtext("networkReference/name") == "external-net"
    listed = json.loads(wire.nat.client.session.call("GET", path, accept=JSON).body)
    assert [each["type"] for each in listed["edgeInterfaces"]] == ["uplink", "internal", "internal"]
    with pytest.raises(ApiError) as caught:
        wire.nat.client.session.call("GET", "/network/edges/none/vdcNetworks")
    assert caught.value.status == 403
