"""Tests of ANSNat, called as in programs for vcloudair 0.5."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.services.ans.nat_harness import OUT, WEB, Harness, foreign, harness
from vcloudair_core.compat.ans import ANSNat
from vcloudair_core.errors import DecodeError, SpecError
from vcloudair_core.services.ans.edge.backend import EDGE_APIS
from vcloudair_core.simulator import Simulator


@pytest.fixture(params=EDGE_APIS)
def nat(vca_simulator: Simulator, request: pytest.FixtureRequest) -> Iterator[Harness]:
    with harness(vca_simulator, str(request.param)) as made:
        yield made


def section(nat: Harness) -> ANSNat:
    """Return the NAT section from ``client.edges.nat(edge)``."""
    nat_section = nat.client.edges.nat(nat.edge.name)
    assert isinstance(nat_section, ANSNat)
    return nat_section


def test_section_loads_at_first_use(nat: Harness) -> None:
    nat.seed(foreign(200_001), foreign(200_002))
    nat.state["extra"] = {"nat64Rules": {}}
    rules = section(nat)
    assert rules[0]["futureKey"] == "kept"
    assert (len(rules), [rule["ruleId"] for rule in rules][1:]) == (2, [200_002])
    assert rules.config_data["nat64Rules"] == {}
    assert repr(rules) == f"ANSNat({nat.edge.name!r})"
    assert nat.methods() == ["GET"]


def test_saved_rules_match_specs_of_the_library(nat: Harness) -> None:
    nat.seed(foreign(200_001), foreign(200_002))
    rules = section(nat)
    del rules[1]
    rules.add_rule("DNAT", "203.0.113.10", "192.168.10.20", 443, "8443", "TCP", "web")
    rules.add_rule("snat", "192.168.10.0/24", "203.0.113.11", protocol="any", vnic="any")
    rules.add_rule("dnat", "203.0.113.12", "192.168.10.21", protocol="icmp")
    held = rules.config_data
    rules.save_config()
    assert nat.descriptions() == ["foreign 200001", "web", "", ""]
    assert held is rules.config_data
    assert rules[1]["ruleId"] == 300_000  # loaded again, ids and all
    assert (rules[1]["vnic"], "vnic" in rules[2], rules[3]["icmpType"]) == ("0", False, "any")
    assert not nat.ensure([WEB, {**OUT, "vnic": "any"}]).changed


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"action": "nat"}, "action"),
        ({"original_address": "10.0.0.300"}, "original_address"),
        ({"translated_address": None}, "translated_address"),
        ({"original_port": 70_000}, "original_port"),
        ({"protocol": "icmp", "original_port": 80}, "original_port"),
        ({"protocol": "tcpudp"}, "protocol"),
        ({"vnic": "net"}, "vnic"),
    ],
)
def test_invalid_arguments_are_rejected_before_any_request(
    vca_simulator: Simulator, arguments: dict[str, Any], field: str
) -> None:
    with harness(vca_simulator, "hybridity") as nat:
        rules = section(nat)
        nat.journal.clear()
        good = {"action": "dnat", "original_address": "203.0.113.10", "translated_address": "192.168.10.20"}
        with pytest.raises(SpecError) as caught:
            rules.add_rule(**{**good, **arguments})
        assert caught.value.field == field
        assert nat.journal.calls == []


def test_configuration_can_be_replaced(nat: Harness) -> None:
    nat.seed(foreign(200_001))
    rules = section(nat)
    for emptied in ({"rules": {"natRulesDtos": None}}, {"rules": None}, {}):
        rules.config_data = {"featureType": "nat", "enabled": True, **emptied}
        rules.add_rule("dnat", "203.0.113.10", "192.168.10.20")
        assert len(rules) == 1
    rules.save_config()
    assert [rule["originalAddress"] for rule in nat.rules] == ["203.0.113.10"]
    with pytest.raises(DecodeError):
        rules.config_data = {"rules": []}
