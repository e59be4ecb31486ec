"""Tests of firewalls in the simulator, which shares no code with the client."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.tiers import sampled
from vcloudair_core.app import App
from vcloudair_core.client import Client
from vcloudair_core.compat.ans import ANSFirewall
from vcloudair_core.errors import InvalidRequestError, NotFoundError
from vcloudair_core.services.ans.edge.backend import EDGE_APIS
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing import RequestView, simulator_settings
from vcloudair_core.util.clock import FakeClock

CONFIG = "/firewall/config"


def server_firewall(simulator: Simulator) -> dict[str, Any]:
    """Return the firewall of the first edge in the simulator."""
    return next(iter(simulator.world.edges.values())).firewall


def foreign(number: int, **more: Any) -> dict[str, Any]:
    """Return a rule created by another client, with unusual keys and spellings."""
    return {
        "ruleId": number,
        "ruleTag": number,
        "name": f"foreign {number}",
        "ruleType": "user",
        "enabled": True,
        "loggingEnabled": False,
        "description": "",
        "matchTranslated": False,
        "action": "accept",
        "source": {"exclude": False, "ipAddress": ["2.2.2.2/24"], "groupingObjectId": [], "vnicGroupId": []},
        "application": {"service": [{"protocol": "TCP", "port": ["443"], "sourcePort": ["any"]}]},
        "futureKey": "kept",
        **more,
    }


@pytest.fixture(params=EDGE_APIS)
def edge_api(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(vca_app: App, vca_simulator: Simulator, edge_api: str) -> Iterator[Client]:
    with vca_app.client(**{**simulator_settings(vca_simulator), "edge_api": edge_api}) as opened:
        # Session retries use the clock of the pipeline. Engine retries use the clock of the session.
        opened.session.clock = opened.session._pipeline.clock = FakeClock()
        yield opened


def seeded(simulator: Simulator, *rules: dict[str, Any]) -> None:
    """Add rules to the edge directly, without the API."""
    edge = next(iter(simulator.world.edges.values()))
    edge.next_rule_id = 200_000
    edge.firewall["user"] = [copy.deepcopy(rule) for rule in rules]


def methods(journal: RequestView) -> list[str]:
    return [call.split()[0] for call in journal.calls if call.endswith(CONFIG)]


def same_bytes(rules: Any) -> str:
    """Return rules as JSON with sorted keys, because the simulator sorts some keys."""
    return json.dumps(rules, sort_keys=True)


def policy(count: int) -> dict[str, Any]:
    return {
        "default_action": "deny",
        "global_settings": {"udp_timeout": 90},
        "rules": [
            {
                "name": f"rule {n}",
                "source": ["external", f"10.{n // 250}.{n % 250}.0/24"],
                "destination": "203.0.113.10",
                "services": [{"protocol": "tcp", "port": [443, "8000-8080"]}, {"protocol": "icmp"}],
                "logging": n % 2 == 0,
            }
            for n in range(count)
        ],
    }


@pytest.mark.parametrize("edge_api", sampled(EDGE_APIS, 3), indirect=True)
def test_a_thousand_rules_cost_one_write_and_then_none(
    client: Client, vca_simulator: Simulator, vca_request_log: RequestView
) -> None:
    seeded(vca_simulator, foreign(150_000), foreign(150_001))
    before = same_bytes(server_firewall(vca_simulator)["user"])
    first = client.ensure("ans.firewall", policy(1000))
    assert first.plan.summary() == "1000 to create, 1 to update"
    assert methods(vca_request_log) == ["GET", "PUT", "GET"]
    vca_request_log.clear()
    again = client.ensure("ans.firewall", policy(1000))
    assert not again.changed
    assert methods(vca_request_log) == [call.split()[0] for call in vca_request_log.calls] == ["GET"]
    vca_request_log.clear()
    changed = policy(1000)
    changed["rules"][500]["action"] = "deny"
    ids = [rule["ruleId"] for rule in server_firewall(vca_simulator)["user"]]
    assert client.ensure("ans.firewall", changed).plan.summary() == "1 to update"
    assert methods(vca_request_log) == ["GET", "PUT", "GET"]
    assert [rule["ruleId"] for rule in server_firewall(vca_simulator)["user"]] == ids
    assert same_bytes(server_firewall(vca_simulator)["user"][:2]) == before


def test_rules_of_other_owners_are_kept_exactly(client: Client, vca_simulator: Simulator) -> None:
    odd = foreign(
        150_000, source={"exclude": True, "ipAddress": ["any"], "groupingObjectId": [], "vnicGroupId": ["vse"]}
    )
    seeded(vca_simulator, odd, foreign(150_001), foreign(150_002))
    before = [same_bytes(rule) for rule in server_firewall(vca_simulator)["user"]]
    client.ensure("ans.firewall_rule", [{"name": "ours", "index": 1}, {"name": "foreign 150001", "logging": True}])
    after = {rule["name"]: rule for rule in server_firewall(vca_simulator)["user"]}
    assert list(after) == ["foreign 150000", "ours", "foreign 150001", "foreign 150002"]
    assert same_bytes(after["foreign 150000"]) == before[0]
    assert same_bytes(after["foreign 150002"]) == before[2]
    assert same_bytes({**after["foreign 150001"], "loggingEnabled": False}) == before[1]


def test_the_server_accepts_all_values(client: Client, vca_simulator: Simulator) -> None:
    words = {
        "name": "full",
        "action": "reject",
        "enabled": False,
        "logging": True,
        "description": "ümläut & <tag>",
        "source": ["10.0.0.5/24", "vnic-3", "ipset-2", "10.1.0.1-10.1.0.9"],
        "source_exclude": True,
        "destination": ["2001:DB8::1", "internal"],
        "services": [
            {"protocol": "tcp", "port": [80, "8000-8080"], "source_port": "1024-65535"},
            {"protocol": "icmp", "icmp_type": "echo-request"},
            {"protocol": "any"},
        ],
        "applications": ["application-155"],
        "match_translated": True,
        "direction": "in",
        "tag": 30000,
    }
    assert client.ensure("ans.firewall_rule", words).changed
    assert not client.ensure("ans.firewall_rule", words).changed
    info = client.read("ans.firewall")
    assert not client.ensure("ans.firewall", info, state="exact").changed
    assert client.ensure("ans.firewall_rule", {"name": "full"}, state="absent").changed
    assert server_firewall(vca_simulator)["user"] == []


def test_a_lost_response_neither_repeats_nor_loses_rules(
    client: Client, vca_simulator: Simulator, vca_request_log: RequestView
) -> None:
    seeded(vca_simulator, foreign(150_000))
    for kind, writes in (("reset_after", 1), ("reset", 2)):
        vca_request_log.clear()
        vca_simulator.faults.add(kind, method="PUT", path=CONFIG)
        assert client.ensure("ans.firewall_rule", {"name": f"ours {kind}"}).changed
        assert vca_request_log.count("PUT", CONFIG) == writes
    names = [rule["name"] for rule in server_firewall(vca_simulator)["user"]]
    assert names == ["foreign 150000", "ours reset_after", "ours reset"]


@pytest.mark.parametrize("edge_api", ["network_xml", "network_json"], indirect=True)
def test_a_rule_of_a_concurrent_writer_is_kept(
    client: Client, vca_simulator: Simulator, vca_request_log: RequestView
) -> None:
    def edit(simulator: Simulator) -> None:
        firewall = server_firewall(simulator)
        firewall["user"].append(foreign(150_007))
        firewall["version"] += 1

    vca_simulator.faults.add("edit", method="PUT", path=CONFIG, edit=edit)
    assert client.ensure("ans.firewall_rule", {"name": "ours"}).changed
    assert [rule["name"] for rule in server_firewall(vca_simulator)["user"]] == ["foreign 150007", "ours"]
    assert methods(vca_request_log) == ["GET", "PUT", "GET", "PUT", "GET"]


def test_a_rule_removed_during_the_run_is_created_again(client: Client, vca_simulator: Simulator) -> None:
    def edit(simulator: Simulator) -> None:
        firewall = server_firewall(simulator)
        firewall["user"].pop()
        firewall["version"] += 1

    seeded(vca_simulator, foreign(150_000), foreign(150_001))
    vca_simulator.faults.add("edit", method="PUT", path=CONFIG, edit=edit)
    assert client.ensure("ans.firewall_rule", {"name": "ours"}).changed
    assert [rule["name"] for rule in server_firewall(vca_simulator)["user"]] == ["foreign 150000", "ours"]


def test_the_run_waits_for_a_busy_edge(client: Client, vca_simulator: Simulator) -> None:
    vca_simulator.faults.add("busy", method="PUT", path=CONFIG, count=3)
    vca_simulator.faults.add("status", method="PUT", path=CONFIG, count=1, status=503)
    assert client.ensure("ans.firewall_rule", {"name": "ours"}).changed


def test_errors_of_the_server_are_reported_verbatim(
    client: Client, vca_request_log: RequestView, edge_api: str
) -> None:
    with pytest.raises(InvalidRequestError, match="999 could not be found|could not be found"):
        client.ensure("ans.firewall_rule", {"name": "ours", "source": "object:nothing"})
    # Before the server has accepted a version, the version may be the reason for a rejection.
    assert vca_request_log.count("PUT", CONFIG) == (2 if edge_api == "hybridity" else 1)


def test_an_unknown_edge_is_reported_with_the_known_ones(client: Client, vca_simulator: Simulator) -> None:
    name = next(iter(vca_simulator.world.edges.values())).name
    with pytest.raises(NotFoundError, match=f"Did you mean '{name}'"):
        client.read("ans.firewall", {"edge": name + "x"})


@pytest.mark.vca_simulator(edges=3)
def test_edges_are_listed(client: Client, vca_simulator: Simulator) -> None:
    found = client.edges.list_edges()
    assert [edge.name for edge in found] == sorted(edge.name for edge in vca_simulator.world.edges.values())
    assert all(edge.vdc_name and edge.status == "READY" for edge in found)


def test_vcloudair_0_5_compatibility_has_the_same_rules(client: Client, vca_simulator: Simulator) -> None:
    firewall: ANSFirewall = client.edges.firewall(client.settings.edge or "")
    firewall.add_rule("Rule Name", source="external", destination="203.0.113.10", dest_port=80)
    firewall.save_config()
    assert [rule["name"] for rule in client.read("ans.firewall_rule")] == ["Rule Name"]
    assert not client.ensure(
        "ans.firewall_rule",
        {
            "name": "Rule Name",
            "source": "external",
            "destination": "203.0.113.10/32",
            "protocol": "tcp",
            "dest_port": 80,
        },
    ).changed
