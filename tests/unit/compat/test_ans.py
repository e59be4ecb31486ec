"""Tests of ANSFirewall, called as in programs for vcloudair 0.5."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.services.ans.fakes import EDGE_ID, FakeEdge, FakeSession, endpoint, section, tcp, user_rule
from vcloudair_core.compat.ans import ANSFirewall
from vcloudair_core.errors import ConfigurationError, DecodeError, NotFoundError, ServerError, SpecError
from vcloudair_core.services.ans.edge.model import Edge
from vcloudair_core.services.ans.service import AnsService
from vcloudair_core.transport.messages import Headers, Response

HYBRIDITY = f"/hybridity/api/gateways/{EDGE_ID}/firewall/config"
NETWORK = f"/network/edges/{EDGE_ID}/firewall/config"


def firewall(session: FakeSession) -> ANSFirewall:
    """Return an ANSFirewall that uses a fake session."""
    made = ANSFirewall.__new__(ANSFirewall)
    made._set_up(lambda: session, Edge(EDGE_ID), ("vcloudair", "nsxv"))  # type: ignore[arg-type,return-value]
    return made


@pytest.fixture
def session() -> FakeSession:
    rules = [user_rule(131080 + n, f"rule {n}", source=endpoint("10.0.0.1")) for n in range(3)]
    return FakeSession(FakeEdge(section(*rules)))


def test_section_loads_at_first_use(session: FakeSession) -> None:
    fw = firewall(session)
    assert fw[0]["name"] == "firewall"
    assert len(fw) == 5
    assert [rule["name"] for rule in fw[1:3]] == ["rule 0", "rule 1"]
    assert [rule["ruleType"] for rule in fw][-1] == "default_policy"
    assert session.calls == [("GET", HYBRIDITY)]


def test_save_writes_the_whole_section(session: FakeSession) -> None:
    fw = firewall(session)
    del fw[2]
    fw.add_rule(
        "Rule Name", source="external", destination="203.0.113.10", action="Accept", protocol="TCP", dest_port=80
    )
    fw[1]["enabled"] = False
    fw.config_data["globalConfig"]["udpTimeout"] = 90
    fw.save_config()
    server = session.server
    assert server is not None
    assert server.names() == ["rule 0", "rule 2", "Rule Name"]
    made = server.rules[-2]
    assert made["source"]["vnicGroupId"] == ["external"]
    assert made["destination"]["ipAddress"] == ["203.0.113.10"]
    assert made["destination"]["vnicGroupId"] == []
    assert made["application"]["service"] == [tcp("80")]
    assert made["action"] == "accept"
    assert server.tree["globalConfig"]["udpTimeout"] == 90
    assert server.puts[0]["version"] == 12
    assert fw[-2]["ruleId"] == made["ruleId"]  # loaded again, ids and all
    fw.save_config()
    assert server.names() == ["rule 0", "rule 2", "Rule Name"]


def test_references_to_the_configuration_stay_valid(session: FakeSession) -> None:
    fw = firewall(session)
    held, rules = fw.config_data, fw.config_data["firewallRules"]["firewallRules"]
    fw.add_rule("one", "any", "internal", protocol="icmp")
    fw.save_config()
    assert held is fw.config_data
    assert rules is fw.records
    rules[1]["name"] = "renamed"
    held["enabled"] = False
    fw.save_config()
    assert session.server is not None
    assert session.server.tree["enabled"] is False
    assert "renamed" in session.server.names()


def test_configuration_can_be_replaced(session: FakeSession) -> None:
    fw = firewall(session)
    whole = section(user_rule(131080, "only"))
    fw.config_data = whole
    assert len(fw) == 3
    fw.save_config()
    assert session.server is not None
    assert session.server.names() == ["only"]
    with pytest.raises(DecodeError):
        fw.config_data = {"firewallRules": []}


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"source": "10.0.0.300"}, "source[0]"),
        ({"destination": ""}, "destination"),
        ({"action": "permit"}, "action"),
        ({"protocol": "gre"}, "protocol"),
        ({"dest_port": 70000}, "dest_port"),
        ({"source_port": "x"}, "source_port"),
        ({"protocol": "icmp", "dest_port": 80}, "dest_port"),
    ],
)
def test_invalid_arguments_are_rejected_before_any_request(arguments: dict[str, Any], field: str) -> None:
    quiet = FakeSession()
    with pytest.raises(SpecError) as caught:
        firewall(quiet).add_rule(**{"name": "r", "source": "internal", "destination": "external", **arguments})
    assert caught.value.field == field
    assert quiet.calls == []


@pytest.mark.parametrize(
    "answer",
    [
        NotFoundError("none", status=404),
        ServerError("not implemented", status=501),
        Response(200, Headers(), b"<html><title>portal</title></html>"),
    ],
)
def test_vcloud_director_without_hybridity_uses_network_json(
    session: FakeSession, answer: Response | Exception
) -> None:
    session.answers[f"GET {HYBRIDITY}"] = [answer]
    fw = firewall(session)
    fw.add_rule("vnic", "vnic-3", "any")
    fw.save_config()
    assert session.calls == [("GET", HYBRIDITY), ("GET", NETWORK), ("PUT", NETWORK), ("GET", NETWORK)]
    assert session.server is not None
    assert session.server.puts[0]["version"] == 12
    assert session.server.rules[-2]["source"]["vnicGroupId"] == ["vnic-3"]


def test_missing_edge_raises_the_first_error() -> None:
    with pytest.raises(NotFoundError, match="does not exist"):
        firewall(FakeSession()).get_config()
    failing = FakeSession()
    failing.answers[f"GET {HYBRIDITY}"] = [ServerError("broken", status=500)]
    with pytest.raises(ServerError, match="broken"):
        firewall(failing).get_config()
    assert len(failing.calls) == 1


def test_constructor_takes_org_info() -> None:
    org_info = {"vcdurl": "https://cloud.example.test", "token": "t" * 32, "version": "5.7"}
    for made in (
        ANSFirewall(f"urn:vcloud:gateway:{EDGE_ID}", org_info),
        ANSFirewall(EDGE_ID, None, *list(org_info.values())[:2]),
    ):
        assert made._store().edge.edge_id == EDGE_ID
    with pytest.raises(ConfigurationError, match="vcdurl and token"):
        ANSFirewall(EDGE_ID).get_config()


def test_service_returns_the_section(session: FakeSession) -> None:
    fw = AnsService(session).firewall(EDGE_ID)  # type: ignore[arg-type]
    assert len(fw) == 5
    assert session.calls == [("GET", NETWORK)]
    assert repr(fw) == f"ANSFirewall({EDGE_ID!r})"
