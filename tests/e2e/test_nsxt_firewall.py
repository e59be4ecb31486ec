"""Tests of the firewall of NSX-T edge gateways in three API versions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from vcloudair_core import Client
from vcloudair_core.errors import SpecError
from vcloudair_core.simulator import Simulator
from vcloudair_core.simulator.nsxt.firewall.edge_rules import firewall_of
from vcloudair_core.testing import LinkedClock, simulated_app, simulator_settings
from vcloudair_core.testing.simulated_cloud import make_simulator

VERSIONS = ("37.2", "38.1", "39.1")
EDGE = "nsxt-edge1"
PASSWORD = "demo-password"


@contextmanager
def nsxt_cloud(version: str, **options: Any) -> Iterator[tuple[Client, Simulator]]:
    """Yield a client and a simulated cloud with an NSX-T edge gateway."""
    simulator = make_simulator(profile="vcd", nsxt_edges=1)
    clock = LinkedClock(simulator)
    settings = {**simulator_settings(simulator), "api_version": version, "edge": EDGE, **options}
    with simulated_app(simulator, clock).client(**settings) as client:
        yield client, simulator


def rules(count: int) -> list[dict[str, Any]]:
    """Return rules with each kind of source, destination and service."""
    services: list[dict[str, Any]] = [
        {"services": [{"protocol": "tcp", "port": [443]}]},
        {"services": [{"protocol": "tcp", "port": [8080, "9000-9010"]}, {"protocol": "udp", "port": [53]}]},
        {"services": [{"protocol": "icmp"}]},
        {},
    ]
    return [
        {
            "name": f"rule {number}",
            "action": ("accept", "deny", "reject")[number % 3],
            "description": f"ticket {number}",
            "source": [f"10.{number}.0.0/24", "192.0.2.1-192.0.2.9"] if number % 4 else ["any"],
            "destination": [f"198.51.100.{number}"],
            **services[number % len(services)],
        }
        for number in range(1, count + 1)
    ]


def names(client: Client) -> list[str]:
    return [rule["name"] for rule in client.read("ans.firewall")["rules"]]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_firewall_converges_and_leaves_nothing_behind(version: str) -> None:
    with nsxt_cloud(version) as (client, _):
        wanted = {"rules": rules(30)}
        checked = client.ensure("ans.firewall", wanted, state="exact_lists", check=True)
        outcome = client.ensure("ans.firewall", wanted, state="exact_lists")
        assert (checked.changed, outcome.changed) == (True, True)
        assert [change.as_dict() for change in checked.plan.changes] == [
            change.as_dict() for change in outcome.plan.changes
        ]
        assert not client.ensure("ans.firewall", wanted, state="exact_lists").changed
        assert names(client) == [rule["name"] for rule in wanted["rules"]]
        client.ensure("ans.firewall", {"rules": [], "allow_empty": True}, state="exact_lists")
        assert names(client) == []
        assert helper_objects(client) == []


def helper_objects(client: Client) -> list[str]:
    """Return the names of the managed groups and profiles that the server has."""
    from vcloudair_core.services.ans.nsxt.api import CloudApi

    api = CloudApi(client.session)
    objects = [
        *api.pages("/1.0.0/firewallGroups/summaries"),
        *api.pages("/1.0.0/applicationPortProfiles"),
    ]
    return [str(item["name"]) for item in objects if str(item["name"]).startswith("vca-")]


@pytest.mark.parametrize("version", VERSIONS)
def test_single_rules_keep_the_rules_of_others(version: str) -> None:
    with nsxt_cloud(version) as (client, _):
        client.ensure("ans.firewall", {"rules": rules(4)}, state="exact_lists")
        ids = [rule["rule_id"] for rule in client.read("ans.firewall")["rules"]]
        new = {"name": "new", "protocol": "tcp", "dest_port": [22], "before": "rule 2"}
        assert client.ensure("ans.firewall_rule", new).changed
        assert not client.ensure("ans.firewall_rule", new).changed
        assert names(client) == ["rule 1", "new", "rule 2", "rule 3", "rule 4"]
        client.ensure("ans.firewall_rule", {"name": "rule 3", "position": "top"})
        client.ensure("ans.firewall_rule", {"name": "rule 1", "action": "reject"})
        client.ensure("ans.firewall_rule", {"name": "new"}, state="absent")
        after = client.read("ans.firewall")["rules"]
        assert [rule["name"] for rule in after] == ["rule 3", "rule 1", "rule 2", "rule 4"]
        assert sorted(rule["rule_id"] for rule in after) == sorted(ids)


@pytest.mark.parametrize("version", ["38.1", "39.1"])
def test_a_whole_firewall_is_one_read_one_write_and_one_read(version: str) -> None:
    with nsxt_cloud(version) as (client, simulator):
        client.edges.list_edges()
        simulator.request_log.clear()
        tcp = [rule for rule in rules(30) if rule.get("services") != [{"protocol": "icmp"}]]
        client.ensure("ans.firewall", {"rules": tcp}, state="exact_lists")
        calls = [
            f"{entry.method} {entry.path.rsplit('/', 2)[-2]}/{entry.path.rsplit('/', 1)[-1]}"
            for entry in simulator.request_log.entries()
            if "/api/task/" not in entry.path
        ]
        assert calls == ["GET firewall/rules", "PUT firewall/rules", "GET firewall/rules"]


@pytest.mark.parametrize("version", ["38.1", "39.1"])
def test_one_changed_rule_is_one_write_of_this_rule(version: str) -> None:
    with nsxt_cloud(version) as (client, simulator):
        client.ensure("ans.firewall", {"rules": [{"name": "a"}, {"name": "b"}]}, state="exact_lists")
        [first, second] = (rule["rule_id"] for rule in client.read("ans.firewall")["rules"])
        simulator.request_log.clear()
        client.ensure("ans.firewall_rule", {"name": "c", "after": "a"})
        client.ensure("ans.firewall_rule", {"name": "b", "action": "deny"})
        client.ensure("ans.firewall_rule", {"name": "a"}, state="absent")
        writes = [
            (entry.method, entry.path.rsplit("/", 1)[-1])
            for entry in simulator.request_log.entries()
            if entry.method != "GET"
        ]
        assert writes == [("POST", "rules"), ("PUT", second), ("DELETE", first)]


@pytest.mark.parametrize("version", VERSIONS)
def test_drift_is_repaired(version: str) -> None:
    with nsxt_cloud(version) as (client, _):
        wanted = {"rules": rules(6)}
        client.ensure("ans.firewall", wanted, state="exact_lists")
        client.ensure("ans.firewall_rule", {"name": "rule 2", "source": ["203.0.113.0/24"], "logging": False})
        client.ensure("ans.firewall_rule", {"name": "rule 5"}, state="absent")
        outcome = client.ensure("ans.firewall", wanted, state="exact_lists")
        assert [(change.action, change.identity) for change in outcome.plan.changes] == [
            ("update", "rule 2"),
            ("create", "rule 5"),
        ]
        assert not client.ensure("ans.firewall", wanted, state="exact_lists").changed


def default_rule_of(simulator: Simulator) -> dict[str, Any]:
    """Return the default rule of the edge gateway, as the simulator stores it."""
    edge = next(edge for edge in simulator.world.edges.values() if edge.name == EDGE)
    rule: dict[str, Any]
    [rule] = firewall_of(simulator.world, edge)["default"]
    return rule


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("default", [{"logging": True}, {"actionValue": "ALLOW"}])
def test_an_exact_firewall_keeps_the_default_rule(version: str, default: dict[str, Any]) -> None:
    """The default rule is read-only. Source: protocol/nsxt.md §5."""
    with nsxt_cloud(version) as (client, simulator):
        default_rule_of(simulator).update(default)
        before = client.read("ans.firewall")
        assert client.ensure("ans.firewall", {"rules": rules(3)}, state="exact").changed
        assert not client.ensure("ans.firewall", {"rules": rules(3)}, state="exact").changed
        assert not client.ensure("ans.edge", {"firewall": {"rules": rules(3)}}, state="exact").changed
        after = client.read("ans.firewall")
        assert after["internal_rules"] == before["internal_rules"]
        with pytest.raises(SpecError, match="the default rule is read-only"):
            different = {"default_logging": not after["default_logging"]}
            client.ensure("ans.firewall", {"rules": rules(3), **different}, state="exact")


@pytest.mark.parametrize("version", ["38.1", "39.1"])
def test_an_exact_firewall_is_enabled_again(version: str) -> None:
    with nsxt_cloud(version) as (client, _):
        client.ensure("ans.firewall", {"enabled": False, "rules": rules(2)})
        assert not client.ensure("ans.firewall", {"rules": rules(2)}, state="exact_lists").changed
        outcome = client.ensure("ans.firewall", {"rules": rules(2)}, state="exact")
        assert [(change.identity, change.after) for change in outcome.plan.changes] == [("settings", {"enabled": True})]
        assert not client.ensure("ans.firewall", {"rules": rules(2)}, state="exact").changed


def test_an_unsupported_option_is_refused_before_anything_is_read() -> None:
    with nsxt_cloud("38.1") as (client, simulator):
        client.edges.list_edges()
        simulator.request_log.clear()
        with pytest.raises(SpecError, match="tag: is not supported on NSX-T edge gateways"):
            client.ensure("ans.firewall_rule", {"name": "a", "tag": 5}, check=True)
        assert list(simulator.request_log.entries()) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_45_staged_rules_are_one_write(version: str, tmp_path: Path) -> None:
    with nsxt_cloud(version, state_dir=str(tmp_path)) as (client, simulator):
        for rule in rules(45):
            client.stage("ans.firewall_rule", rule, stage_id="deploy")
        simulator.request_log.clear()
        [outcome] = client.commit_stage("deploy")
        assert (outcome.changed, len(outcome.plan.changes)) == (True, 45)
        writes = [
            entry.method
            for entry in simulator.request_log.entries()
            if entry.method != "GET" and entry.path.endswith("/firewall/rules")
        ]
        assert writes == ["PUT"]
        assert names(client) == [rule["name"] for rule in rules(45)]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_provider_acts_for_the_org_of_the_edge_gateway(version: str) -> None:
    """A provider's requests have the tenant context of the edge gateway's org.

    Source: protocol/nsxt.md §1.1 (tenant context).
    """
    with nsxt_cloud(version, username="administrator", org="System", password=PASSWORD, vdc="") as (client, _):
        client.ensure("ans.firewall", {"rules": rules(3)}, state="exact_lists")
        assert names(client) == [rule["name"] for rule in rules(3)]
        client.ensure("ans.firewall", {"rules": [], "allow_empty": True}, state="exact_lists")
        assert names(client) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_logging_that_the_server_ignores_is_a_warning_and_no_change(version: str, tmp_path: Path) -> None:
    """The server stores ``logging: false``. Source: protocol/nsxt.md §5."""
    wanted = {"rules": [{"name": "a", "logging": True}, {"name": "b"}]}
    with nsxt_cloud(version, state_dir=str(tmp_path)) as (client, simulator):
        first = client.ensure("ans.firewall", wanted, state="exact_lists")
        assert first.changed
        assert any("ignored logging=true of firewall rules" in warning for warning in first.warnings)
        assert not client.ensure("ans.firewall", wanted, state="exact_lists").changed
        settings = {**simulator_settings(simulator), "api_version": version, "edge": EDGE, "state_dir": str(tmp_path)}
        with simulated_app(simulator, LinkedClock(simulator)).client(**settings) as later:
            assert not later.ensure("ans.firewall", wanted, state="exact_lists").changed
