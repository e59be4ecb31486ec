"""Tests of warnings about NAT rules that certainly have no effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.services.ans.nat_harness import OUT, WEB, Harness, harness
from vcloudair_core.services.ans.edge.backend import EDGE_APIS
from vcloudair_core.simulator import Simulator

LETS_WEB_IN = {"name": "web", "destination": "203.0.113.10", "protocol": "tcp", "dest_port": 443}


@pytest.fixture
def nat(vca_simulator: Simulator) -> Iterator[Harness]:
    with harness(vca_simulator, "network_json") as made:
        yield made


def firewall(nat: Harness, *rules: dict[str, Any], **settings: Any) -> None:
    nat.client.ensure("ans.firewall", {"rules": list(rules), **settings}, state="exact")


def reads_of_firewall(nat: Harness) -> int:
    return nat.journal.count("GET", "/firewall/config")


@pytest.mark.parametrize("edge_api", EDGE_APIS)
@pytest.mark.parametrize("check", [True, False])
def test_a_disabled_firewall(vca_simulator: Simulator, edge_api: str, check: bool) -> None:
    with harness(vca_simulator, edge_api) as nat:
        firewall(nat, enabled=False)
        outcome = nat.ensure([WEB, OUT], check=check)
        target = nat.edge.name
        assert outcome.warnings == (
            f"The firewall of edge gateway {target} is disabled. NAT works only while the firewall is enabled.",
        )
        assert outcome.as_dict()["warnings"] == list(outcome.warnings)
        assert reads_of_firewall(nat) == 1
        if not check:
            again = nat.ensure([WEB, OUT])
            assert (again.warnings, len(nat.journal.calls)) == ((), 1)


NOT_ACCEPTED = "No firewall rule of edge gateway {edge} accepts the traffic of 'web' from outside."
TCP = {"protocol": "tcp"}


@pytest.mark.parametrize(
    ("rules", "is_warned"),
    [
        ([], True),
        ([LETS_WEB_IN], False),
        ([{"name": "no", "action": "deny", "source": "0.0.0.0/0", **TCP}, LETS_WEB_IN], True),
        ([{"name": "no", "action": "deny", "source": "::/0", **TCP}, LETS_WEB_IN], False),
        ([{"name": "six", "destination": "::/0", **TCP}], True),
        ([{**LETS_WEB_IN, "enabled": False}], True),
        ([{**LETS_WEB_IN, "action": "deny"}], True),
        ([{**LETS_WEB_IN, "dest_port": "1-400"}], True),
        ([{**LETS_WEB_IN, "dest_port": [80, "440-450"]}], False),
        ([{**LETS_WEB_IN, "protocol": "udp"}], True),
        ([{**LETS_WEB_IN, "destination": "203.0.113.0/24"}], False),
        ([{**LETS_WEB_IN, "destination": "203.0.113.11"}], True),
        ([{**LETS_WEB_IN, "destination": "203.0.113.11", "destination_exclude": True}], False),
        ([{**LETS_WEB_IN, "destination": "192.168.10.20", "dest_port": 8443}], True),
        ([{**LETS_WEB_IN, "destination": "192.168.10.20", "dest_port": 8443, "match_translated": True}], False),
        ([{**LETS_WEB_IN, "match_translated": True}], True),
        ([{"name": "out", "source": "internal"}], True),
        ([{"name": "all in", "source": "external"}], False),
        ([{"name": "partner", "source": "198.51.100.0/24"}], False),
        ([{"name": "to a set", "destination": "ipset-2"}], False),
        ([{"name": "app", "applications": ["application-1"]}], False),
        ([{"name": "ping", "protocol": "icmp"}], True),
        ([{"name": "stop", "action": "deny"}, LETS_WEB_IN], True),
        ([{"name": "stop", "action": "reject", "source": "198.51.100.1"}, LETS_WEB_IN], False),
        ([{"name": "stop", "action": "deny", "protocol": "tcp", "dest_port": "1-65535"}, LETS_WEB_IN], True),
        ([{"name": "stop", "action": "deny", "protocol": "tcp", "dest_port": "80"}, LETS_WEB_IN], False),
    ],
)
def test_a_dnat_rule_that_no_firewall_rule_accepts(nat: Harness, rules: list[dict[str, Any]], is_warned: bool) -> None:
    firewall(nat, *rules, default_action="deny")
    expected = (NOT_ACCEPTED.format(edge=nat.edge.name),) if is_warned else ()
    assert nat.ensure(WEB).warnings == expected


def test_a_firewall_that_accepts_everything(nat: Harness) -> None:
    firewall(nat, default_action="accept")
    assert nat.ensure(WEB).warnings == ()
    firewall(nat, {"name": "no web", "action": "deny", **TCP}, default_action="accept")
    assert len(nat.ensure({**WEB, "logging": True}).warnings) == 1


@pytest.mark.parametrize(
    ("icmp", "is_warned"), [({}, False), ({"icmp_type": "echo-request"}, False), ({"icmp_type": "redirect"}, True)]
)
def test_icmp(nat: Harness, icmp: dict[str, str], is_warned: bool) -> None:
    firewall(nat, {"name": "ping", "services": [{"protocol": "icmp", **icmp}]}, default_action="deny")
    ping = {"action": "dnat", "original_address": "203.0.113.12", "translated_address": "192.168.10.21",
            "protocol": "icmp", "icmp_type": "echo-request"}  # fmt: skip
    assert bool(nat.ensure(ping).warnings) is is_warned


def test_only_enabled_changed_rules_are_checked(nat: Harness) -> None:
    firewall(nat, default_action="deny")
    assert len(nat.ensure(WEB).warnings) == 1
    for harmless in ({**WEB, "enabled": False}, {**OUT}):
        assert nat.ensure(harmless).warnings == ()
    assert nat.ensure(WEB, "absent").warnings == ()
    assert reads_of_firewall(nat) == 0
    assert nat.ensure({"enabled": False, "rules": [WEB]}).warnings == (
        f"NAT of edge gateway {nat.edge.name} is disabled, so NAT rules have no effect.",
    )
    firewall(nat, enabled=False)
    assert len(nat.ensure({"enabled": True}).warnings) == 1


def test_an_unreadable_firewall_is_only_a_warning(nat: Harness) -> None:
    nat.simulator.faults.add("status", path="/firewall/config", status=403, count=0)
    outcome = nat.ensure(WEB)
    assert outcome.changed
    assert outcome.warnings[0].startswith("Reading the firewall of edge gateway")
