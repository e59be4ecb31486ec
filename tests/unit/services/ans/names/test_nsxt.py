"""Tests of names in firewall rules of NSX-T edge gateways, with the simulator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.names.clouds import NEW, cloud, writes
from vcloudair_core.errors import SpecError

RULE, POLICY = "ans.firewall_rule", "ans.firewall"
VERSIONS = ["37.2", "38.1"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("new-lan", "network:new-lan"),
        ("network:new-lan", "network:new-lan"),
        ("partners", "ipset:partners"),
        ("ipset:partners", "ipset:partners"),
        ("group:partners", "ipset:partners"),
        ("servers", "group:servers"),
        ("ipset:both", "ipset:both"),
        ("group:both", "group:both"),
    ],
)
def test_name_becomes_a_urn_and_is_shown_with_a_prefix(tmp_path: Path, version: str, text: str, shown: str) -> None:
    with cloud(tmp_path, version) as (client, _):
        spec = {"name": "named", "source": [text, "10.0.0.1"]}
        checked = client.ensure(RULE, spec, target=NEW, check=True)
        outcome = client.ensure(RULE, spec, target=NEW)
        assert outcome.plan.as_dict() == checked.plan.as_dict()
        assert outcome.plan.as_dict()["changes"][0]["after"]["source"] == [shown, "10.0.0.1"]
        assert sorted(outcome.resource[0]["source"]) == ["10.0.0.1", shown]
        assert not client.ensure(RULE, spec, target=NEW).changed
        policy = client.read(POLICY, NEW)
        assert sorted(policy["rules"][0]["source"]) == ["10.0.0.1", shown]
        assert not client.ensure(POLICY, {"rules": policy["rules"]}, target=NEW, state="exact_lists").changed


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nowhere", "there is no network, IP set or security group named 'nowhere'"),
        ("db1", "VMs and vApps cannot be named on NSX-T"),
        ("network:lam", "there is no network named 'lam'"),
        ("both", "write one of ipset:both, group:both"),
        ("vm:db1", "rules contain networks and groups, not VMs"),
        ("vapp:shop", "rules contain networks and groups, not VMs"),
        ("urn:vcloud:firewallGroup:00000000-0000-4000-8000-00000000dead", "there is no firewall group with the ID"),
    ],
)
def test_unknown_or_ambiguous_name_is_refused_before_a_write(tmp_path: Path, text: str, reason: str) -> None:
    with cloud(tmp_path) as (client, simulator):
        with pytest.raises(SpecError) as caught:
            client.ensure(RULE, {"name": "named", "destination": [text]}, target=NEW)
        assert reason in caught.value.message
        assert client.read(POLICY, NEW)["rules"] == []
        assert writes(simulator) == 0


def look_ups(simulator: Any) -> list[str]:
    """Return the paths of the requests that read lists of names."""
    lists = ("orgVdcNetworks", "firewallGroups/summaries")
    return [entry.path for entry in simulator.request_log.entries() if entry.path.endswith(lists)]


@pytest.mark.parametrize("count", [1, 30])
def test_number_of_look_ups_does_not_depend_on_the_number_of_rules(tmp_path: Path, count: int) -> None:
    """The client reads two lists: networks, and IP sets with security groups.

    A commit that creates a group of networks reads the list of groups again.
    """
    with cloud(tmp_path) as (client, simulator):
        rules: list[dict[str, Any]] = [
            {"name": f"r{number}", "source": ["new-lan", "partners", "group:both"], "destination": ["servers"]}
            for number in range(count)
        ]
        client.ensure(POLICY, {"rules": rules}, target=NEW)
        assert len(look_ups(simulator)) <= 4
        simulator.request_log.clear()
        for rule in rules:
            assert not client.ensure(RULE, rule, target=NEW).changed
        client.read(POLICY, NEW)
        assert look_ups(simulator) == []


def test_profile_is_named_with_and_without_a_prefix(tmp_path: Path) -> None:
    with cloud(tmp_path) as (client, _):
        spec = {"name": "named", "applications": ["app:HTTPS"]}
        outcome = client.ensure(RULE, spec, target=NEW)
        assert outcome.resource[0]["services"] == [{"protocol": "tcp", "port": ["443"]}]
        for text in ("HTTPS", "service:HTTPS"):
            assert not client.ensure(RULE, {"name": "named", "applications": [text]}, target=NEW).changed
        nat = {"name": "web", "action": "dnat", "original_address": "203.0.113.100", "translated_address": "10.0.0.1"}
        client.ensure("ans.nat_rule", {**nat, "application": "app:HTTPS"}, target=NEW)
        assert not client.ensure("ans.nat_rule", {**nat, "application": "HTTPS"}, target=NEW).changed


def test_created_ip_set_can_be_named_in_the_same_session(tmp_path: Path) -> None:
    with cloud(tmp_path) as (client, _):
        client.ensure(RULE, {"name": "a", "source": ["partners"]}, target=NEW)
        client.ensure("ans.ip_set", {"name": "late", "addresses": ["10.9.0.0/16"]}, target=NEW)
        outcome = client.ensure(RULE, {"name": "a", "source": ["late"]}, target=NEW)
        assert outcome.resource[0]["source"] == ["ipset:late"]
