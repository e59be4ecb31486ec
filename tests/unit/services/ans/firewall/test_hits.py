"""Tests of the counters of firewall rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.services.ans.ipsec_harness import Harness, harness
from vcloudair_core.errors import DecodeError, SpecError
from vcloudair_core.services.ans.firewall.hits import parse_json_counters, parse_xml_counters
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing.simulated_cloud import make_simulator, simulated_app, simulator_settings

RULES = [
    {"name": "web", "destination": ["203.0.113.10"], "services": [{"protocol": "tcp", "port": ["443"]}]},
    {"name": "old partner", "source": ["198.51.100.0/24"], "enabled": False},
    {"name": "everything", "action": "deny"},
    {"name": "after everything", "source": ["10.0.0.0/8"]},
]


@pytest.fixture(params=["network_xml", "network_json"])
def firewall(vca_simulator: Simulator, request: pytest.FixtureRequest) -> Iterator[Harness]:
    with harness(vca_simulator, str(request.param)) as made:
        made.client.ensure("ans.firewall", {"rules": RULES})
        made.journal.clear()
        yield made


def test_counters_show_the_rules_that_never_matched(firewall: Harness) -> None:
    rows = firewall.client.edges.firewall_hits(firewall.edge.name)
    assert [(row["name"], row["enabled"], row["is_unused"]) for row in rows] == [
        ("web", True, False),
        ("old partner", False, True),
        ("everything", True, False),
        ("after everything", True, True),
    ]
    assert [row["rule_id"] for row in rows] == [
        rule["rule_id"] for rule in firewall.client.read("ans.firewall")["rules"]
    ]
    web, partner = rows[:2]
    assert 0 < web["connections"] < web["packets"] < web["bytes"]
    assert (partner["connections"], partner["packets"], partner["bytes"]) == (0, 0, 0)
    assert web["timestamp"] > 1_000_000_000


def test_counters_grow(firewall: Harness) -> None:
    before = firewall.client.edges.firewall_hits(firewall.edge.name)
    firewall.simulator.clock.advance(7200)
    after = firewall.client.edges.firewall_hits(firewall.edge.name)
    assert after[0]["connections"] > before[0]["connections"]
    assert after[0]["timestamp"] >= before[0]["timestamp"] + 7200
    assert after[1] == {**before[1], "timestamp": after[1]["timestamp"]}


def test_one_request_for_the_rules_and_one_for_each_rule(firewall: Harness) -> None:
    """The budget is ``1 + rules`` requests. The edge gateway is already known."""
    firewall.client.edges.firewall_hits(firewall.edge.name)
    paths = sorted(call.rpartition("/firewall/")[2] for call in firewall.journal.calls)
    assert len(paths) == 1 + len(RULES)
    assert paths[0] == "config"
    assert {path.partition("/")[0] for path in paths[1:]} == {"statistics"}


def test_a_rule_that_was_deleted_meanwhile_has_no_counters(firewall: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    call = firewall.client.session.call

    def delete_first(method: str, path: str, **options: Any) -> Any:
        if "/statistics/" in path:
            firewall.edge.firewall["user"] = [
                rule for rule in firewall.edge.firewall["user"] if rule["name"] != "everything"
            ]
        return call(method, path, **options)

    monkeypatch.setattr(firewall.client.session, "call", delete_first)
    deleted = firewall.client.edges.firewall_hits(firewall.edge.name)[2]
    assert (deleted["connections"], deleted["timestamp"], deleted["is_unused"]) == (None, None, None)


def test_an_empty_firewall_takes_one_request(vca_simulator: Simulator) -> None:
    with harness(vca_simulator, "network_json") as made:
        made.client.read("ans.firewall")
        made.journal.clear()
        assert made.client.edges.firewall_hits(made.edge.name) == []
        assert len(made.journal.calls) == 1


@pytest.mark.parametrize(
    ("config", "edge", "reason"),
    [
        ({"profile": "vcd", "nsxt_edges": 1}, "nsxt-edge1", "its API has no counters"),
        ({"profile": "vca"}, "", "no documented counters"),
    ],
)
def test_other_backends_are_refused_before_a_read(config: dict[str, Any], edge: str, reason: str) -> None:
    simulator = make_simulator(**config)
    name = edge or next(iter(simulator.world.edges.values())).name
    with simulated_app(simulator).client(**simulator_settings(simulator)) as client:
        client.edges.list_edges()
        with pytest.raises(SpecError, match=reason) as error:
            client.edges.firewall_hits(name)
    assert error.value.field == "hits"
    assert "Set logging of the rules" in error.value.hint
    assert not [entry for entry in simulator.request_log.entries() if "firewall" in entry.path]


def test_counters_are_parsed_from_json_and_xml() -> None:
    expected = {"connections": 5, "packets": 60, "bytes": 7000, "timestamp": 1448532000}
    assert (
        parse_json_counters(b'{"timestamp": 1448532000, "connectionCount": "5", "byteCount": 7000, "packetCount": 60}')
        == expected
    )
    body = (
        b"<firewallRuleStats><timestamp>1448532000</timestamp><connectionCount>5</connectionCount>"
        b"<byteCount>7000</byteCount><packetCount>60</packetCount></firewallRuleStats>"
    )
    assert parse_xml_counters(body) == expected
    assert set(parse_json_counters(b"{}").values()) == {None}
    with pytest.raises(DecodeError, match="firewallRuleStats"):
        parse_xml_counters(b"<firewall/>")
    with pytest.raises(DecodeError, match="JSON object"):
        parse_json_counters(b"[]")
