"""Tests of DHCP relays: convergence, unknown elements, and invalid input."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.services.ans.fakes import SectionSession
from vcloudair_core.engine.desired import Absent, Desired, Exactly, Present
from vcloudair_core.engine.ensure import ensure
from vcloudair_core.engine.outcome import Outcome
from vcloudair_core.errors import ConfigurationError, DecodeError, SpecError
from vcloudair_core.services.ans.dhcp_relay.section import SECTION
from vcloudair_core.services.ans.section.kinds import RuleKind, SectionKind

PATH = "/dhcp/config/relay"
EMPTY = b"<relay/>"
RELAY = (
    b"<relay><version>3</version><newer>kept</newer>"
    b"<relayServer><groupingObjectId>ipset-2</groupingObjectId><ipAddress>10.0.0.11</ipAddress>"
    b"<fqdn>dhcp.example.com</fqdn><newer>kept</newer></relayServer>"
    b"<relayAgents><relayAgent><vnicIndex>1</vnicIndex><giAddress>192.168.1.254</giAddress><newer>kept</newer>"
    b"</relayAgent><relayAgent><vnicIndex>2</vnicIndex><giAddress>192.168.2.254</giAddress></relayAgent></relayAgents>"
    b"</relay>"
)


def agent(vnic: int, address: str) -> bytes:
    return b"<relayAgent><vnicIndex>%d</vnicIndex><giAddress>%s</giAddress></relayAgent>" % (vnic, address.encode())


class Harness:
    """An edge with a DHCP relay, and the two resource kinds of the section."""

    def __init__(self, body: bytes, edge_api: str = "network_xml") -> None:
        self.session = SectionSession(PATH, body, edge_api=edge_api)

    def ensure(self, spec: Any, state: type[Present] | type[Absent] | type[Exactly] = Present) -> Outcome:
        """Converge a list of agents, or a mapping for the whole relay."""
        kind: Any = SectionKind(SECTION) if isinstance(spec, dict) else RuleKind(SECTION)
        items = [spec] if isinstance(spec, dict) else spec
        desired: Desired = state(tuple(kind.parse(item) for item in items))
        return ensure(kind, kind.open(self.session, {}), desired)

    def writes(self) -> int:
        return [method for method, _ in self.session.calls].count("PUT")

    def read(self) -> dict[str, Any]:
        kind: Any = SectionKind(SECTION)
        shown: dict[str, Any] = kind.project(kind.open(self.session, {}).read())
        return shown


@pytest.mark.parametrize("edge_api", ["network_xml", "network_json"])
def test_a_relay_is_configured_once(edge_api: str) -> None:
    harness = Harness(EMPTY, edge_api)
    spec = {
        "ip_addresses": ["10.0.0.11", "10.0.0.12"],
        "domain_names": ["dhcp.example.com"],
        "ip_sets": ["ipset-2"],
        "agents": [{"vnic": 1}, {"vnic": "2", "gateway_address": "192.168.2.254"}],
    }
    assert harness.ensure(spec).changed
    assert harness.session.body.partition(b"?>")[2].strip() == (
        b"<relay><relayServer><groupingObjectId>ipset-2</groupingObjectId>"
        b"<ipAddress>10.0.0.11</ipAddress><ipAddress>10.0.0.12</ipAddress><fqdn>dhcp.example.com</fqdn></relayServer>"
        b"<relayAgents><relayAgent><vnicIndex>1</vnicIndex></relayAgent>"
        + agent(2, "192.168.2.254")
        + b"</relayAgents>"
        b"</relay>"
    )
    requests = zip(harness.session.calls, harness.session.sent, strict=True)
    assert [more["content_type"] for (method, _), more in requests if method == "PUT"] == ["application/xml"]
    assert not harness.ensure(spec).changed
    assert not harness.ensure({**spec, "ip_addresses": ["10.0.0.12", "10.0.0.11"]}, Exactly).changed
    assert harness.writes() == 1


def test_unknown_elements_are_kept() -> None:
    harness = Harness(RELAY)
    assert harness.ensure(
        {"ip_addresses": ["10.0.0.12"], "agents": [{"vnic": 1, "gateway_address": "192.168.1.1"}]}
    ).changed
    assert harness.session.body.count(b"<newer>kept</newer>") == 3
    assert b"<version>3</version>" in harness.session.body
    assert harness.read() == {
        "ip_addresses": ["10.0.0.12"],
        "domain_names": ["dhcp.example.com"],
        "ip_sets": ["ipset-2"],
        "agents": [{"vnic": 1, "gateway_address": "192.168.1.1"}, {"vnic": 2, "gateway_address": "192.168.2.254"}],
        "version": 3,
    }


def test_an_exact_relay_resets_missing_settings() -> None:
    harness = Harness(RELAY)
    outcome = harness.ensure({"ip_addresses": ["10.0.0.11"], "agents": [{"vnic": 2}]}, Exactly)
    assert outcome.changed
    assert harness.read() == {
        "ip_addresses": ["10.0.0.11"],
        "domain_names": [],
        "ip_sets": [],
        "agents": [{"vnic": 2, "gateway_address": "192.168.2.254"}],
        "version": 3,
    }


def test_agents_are_added_changed_and_removed_one_by_one() -> None:
    harness = Harness(RELAY)
    assert harness.ensure([{"vnic": 3}]).changed
    assert harness.ensure([{"vnic": 1, "gateway_address": "192.168.1.1"}]).changed
    assert harness.ensure([{"vnic": 2}], Absent).changed
    assert not harness.ensure([{"vnic": 2}], Absent).changed
    assert harness.read()["agents"] == [{"vnic": 1, "gateway_address": "192.168.1.1"}, {"vnic": 3}]


def test_an_emptied_relay_is_an_empty_element() -> None:
    harness = Harness(b"<relay><relayServer><ipAddress>10.0.0.11</ipAddress></relayServer><relayAgents>"
                  + agent(1, "192.168.1.254") + b"</relayAgents></relay>")  # fmt: skip
    with pytest.raises(SpecError, match="would delete the only DHCP relay agent"):
        harness.ensure({"agents": []}, Exactly)
    assert harness.ensure({"agents": [], "allow_empty": True}, Exactly).changed
    assert harness.session.body.partition(b"?>")[2].strip() == EMPTY


@pytest.mark.parametrize(
    ("body", "spec", "warning"),
    [
        (EMPTY, {"ip_addresses": ["10.0.0.11"]}, "has DHCP servers but no agents"),
        (EMPTY, {"agents": [{"vnic": 1}]}, "has agents but no DHCP servers"),
        (RELAY.replace(b"<version>3</version>", b""), {"domain_names": []}, None),
    ],
)
def test_a_relay_without_servers_or_agents_gets_a_warning(
    body: bytes, spec: dict[str, Any], warning: str | None
) -> None:
    warnings = Harness(body).ensure(spec).warnings
    assert [warning in text for text in warnings] == [True] if warning else not warnings


@pytest.mark.parametrize(
    ("spec", "field", "reason"),
    [
        ({"ip_addresses": ["10.0.0.300"]}, "ip_addresses", "'10.0.0.300' is not an address"),
        ({"domain_names": ["a b"]}, "domain_names", "'a b' is not a domain name"),
        ({"domain_names": ["10.0.0.300"]}, "domain_names", "'10.0.0.300' is not a domain name"),
        (
            {"domain_names": ["a.example", "b.example", "c.example"]},
            "domain_names",
            "has 3 domain names; at most 2 are allowed",
        ),
        ({"ip_addresses": [f"10.0.0.{at}" for at in range(17)]}, "ip_addresses", "has 17 servers"),
        ({"ip_sets": ["web"]}, "ip_sets", "'web' is not the ID of an IP set"),
        ({"agents": [{"gateway_address": "10.0.0.1"}]}, "agents[0].vnic", "is required"),
        ({"agents": [{"vnic": 10}]}, "agents[0].vnic", "10 is out of range; use 0 to 9"),
        (
            {"agents": [{"vnic": 1, "gateway_address": "fe80::1"}]},
            "agents[0].gateway_address",
            "is not an IPv4 address",
        ),
        ({"agents": [{"vnic": 1}, {"vnic": "1"}]}, "agents[1].vnic", "1 is already listed at agents[0]"),
        ({"rules": []}, "rules", "unknown field"),
    ],
)
def test_invalid_input(spec: dict[str, Any], field: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        SectionKind(SECTION).parse(spec)
    problem = caught.value.problems[0]
    assert problem.path == field
    assert reason in problem.reason


def test_other_documents_and_backends_are_rejected() -> None:
    with pytest.raises(DecodeError, match="<relay> was expected, not <dhcp>"):
        Harness(b"<dhcp/>").read()
    with pytest.raises(ConfigurationError):
        Harness(EMPTY, "hybridity").read()
