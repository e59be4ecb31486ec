"""Tests of distributed firewalls with the simulator."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from vcloudair_core import Client
from vcloudair_core.errors import ConfigurationError, DecodeError, NotFoundError, SpecError
from vcloudair_core.services.ans.nsxt.api import CloudApi
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing import LinkedClock, RequestView, simulated_app, simulator_settings
from vcloudair_core.testing.simulated_cloud import make_simulator

VERSIONS = ("37.2", "38.1", "39.1")
WHOLE, RULE = "ans.distributed_firewall", "ans.distributed_firewall_rule"
DEFAULT_NAME = "Default_VdcGroup_pair"
INVENTORY = """
orgs:
  - name: org1
    users: [{name: demo, password: demo-password}]
    vdcs:
      - name: left
        edges: [{name: left-edge, backend: nsxt}]
        networks: [{name: lan, edge: left-edge}]
      - name: right
        edges: [{name: right-edge, backend: nsxt}]
      - name: classic
        edges: [{name: old-edge}]
    vdc_groups:
      - {name: pair, vdcs: [left, right], edges: [left-edge, right-edge]}
      - {name: old pair, vdcs: [classic], edges: []}
"""


@contextmanager
def cloud(folder: Path, version: str, *, active: bool = True, **config: Any) -> Iterator[tuple[Client, Simulator]]:
    """Yield a client and a simulated cloud with a VDC group."""
    file = folder / "inventory.yml"
    file.write_text(INVENTORY, encoding="utf-8")
    simulator = make_simulator(profile="vcd", inventory_file=str(file), **config)
    with another_client(simulator, version, folder / "state") as client:
        if active:
            client.ensure(WHOLE, {"enabled": True})
        yield client, simulator


@contextmanager
def another_client(simulator: Simulator, version: str, state_dir: Path) -> Iterator[Client]:
    """Yield a client. Clients with the same ``state_dir`` share locks."""
    settings = {**simulator_settings(simulator), "username": "demo", "org": "org1", "password": "demo-password"}
    settings |= {"api_version": version, "vdc_group": "pair", "state_dir": str(state_dir)}
    with simulated_app(simulator, LinkedClock(simulator)).client(**settings) as client:
        yield client


def rules(count: int) -> list[dict[str, Any]]:
    """Return rules with each kind of source, destination and service."""
    services: list[dict[str, Any]] = [
        {"services": [{"protocol": "tcp", "port": [443]}]},
        {"services": [{"protocol": "tcp", "port": [8080, "9000-9010"]}, {"protocol": "udp", "port": [53]}]},
        {"services": [{"protocol": "icmp"}]},
        {},
    ]
    sources: list[dict[str, Any]] = [
        {"source": ["internal"]},
        {"source": ["10.0.0.0/24", "192.0.2.1-192.0.2.9"]},
        {"source": ["10.0.0.0/24"], "source_exclude": True},
    ]
    return [
        {
            "name": f"rule {number}",
            "action": ("accept", "deny", "reject")[number % 3],
            "description": f"ticket {number}",
            "destination": [f"198.51.100.{number}"],
            **sources[number % len(sources)],
            **services[number % len(services)],
        }
        for number in range(1, count + 1)
    ]


def names(client: Client) -> list[str]:
    shown = client.read(WHOLE)
    assert [rule["name"] for rule in shown["internal_rules"]] == [DEFAULT_NAME]
    return [rule["name"] for rule in shown["rules"]]


def helper_objects(client: Client) -> list[str]:
    """Return the names of the managed groups and profiles that the server has."""
    api = CloudApi(client.session)
    objects = [*api.pages("/1.0.0/firewallGroups/summaries"), *api.pages("/1.0.0/applicationPortProfiles")]
    return [str(item["name"]) for item in objects if str(item["name"]).startswith("vca-")]


@pytest.mark.parametrize("version", VERSIONS)
def test_rules_converge_and_leave_nothing_behind(tmp_path: Path, version: str) -> None:
    with cloud(tmp_path, version) as (client, _):
        wanted: dict[str, Any] = {"enabled": True, "rules": rules(24)}
        checked = client.ensure(WHOLE, wanted, state="exact_lists", check=True)
        outcome = client.ensure(WHOLE, wanted, state="exact_lists")
        assert (checked.changed, outcome.changed) == (True, True)
        assert [change.as_dict() for change in checked.plan.changes] == [
            change.as_dict() for change in outcome.plan.changes
        ]
        assert not client.ensure(WHOLE, wanted, state="exact_lists").changed
        assert names(client) == [rule["name"] for rule in wanted["rules"]]
        assert not client.ensure(RULE, client.read(RULE)).changed
        client.ensure(WHOLE, {"rules": [], "allow_empty": True}, state="exact_lists")
        assert names(client) == []
        assert helper_objects(client) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_single_rules_keep_the_rules_of_others(tmp_path: Path, version: str) -> None:
    with cloud(tmp_path, version) as (client, _):
        client.ensure(WHOLE, {"rules": rules(4)})
        ids = [rule["rule_id"] for rule in client.read(RULE)]
        new = {"name": "new", "protocol": "tcp", "dest_port": [22], "before": "rule 2"}
        assert client.ensure(RULE, new).changed
        assert not client.ensure(RULE, new).changed
        assert names(client) == ["rule 1", "new", "rule 2", "rule 3", "rule 4"]
        client.ensure(RULE, {"name": "rule 3", "position": "top"})
        client.ensure(RULE, {"name": "rule 1", "action": "reject"})
        client.ensure(RULE, {"name": "new"}, state="absent")
        after = client.read(RULE)
        assert [rule["name"] for rule in after] == ["rule 3", "rule 1", "rule 2", "rule 4"]
        assert sorted(rule["rule_id"] for rule in after) == sorted(ids)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_default_policy_is_enabled_and_disabled(tmp_path: Path, version: str) -> None:
    with cloud(tmp_path, version, active=False) as (client, _):
        assert client.read(WHOLE)["enabled"] is False
        with pytest.raises(ConfigurationError, match="not active.*Set enabled to true"):
            client.ensure(RULE, {"name": "early"})
        assert client.ensure(WHOLE, {"enabled": True, "rules": rules(2)}).changed
        assert names(client) == ["rule 1", "rule 2"]
        assert client.ensure(WHOLE, {"enabled": False}).changed
        assert not client.ensure(WHOLE, {"enabled": False}).changed
        assert names(client) == ["rule 1", "rule 2"]
        assert client.read(WHOLE)["enabled"] is False
        assert client.ensure(WHOLE, {"enabled": True}).changed


def test_a_list_takes_one_write_and_a_changed_rule_another(tmp_path: Path) -> None:
    with cloud(tmp_path, "39.1") as (client, simulator):
        requests = RequestView(simulator)
        requests.clear()
        wanted = [rule for rule in rules(12) if not rule.get("source_exclude") and not rule.get("services")]
        client.ensure(WHOLE, {"rules": wanted})
        client.ensure(RULE, {"name": wanted[0]["name"], "logging": False, "enabled": False})
        calls = [
            f"{entry.method} {entry.path.partition('/dfwPolicies/')[2].partition('/rules/')[0]}"
            for entry in simulator.request_log.entries()
            if "dfwPolicies" in entry.path
        ]
        assert calls == [
            "GET default/rules",
            "GET default/rules",
            "PUT default/rules",
            "GET default/rules",
            "GET default/rules",
            "PUT default",
            "GET default/rules",
        ]


@pytest.mark.parametrize("version", VERSIONS)
def test_groups_and_profiles_are_shared_with_the_edges_of_the_group(tmp_path: Path, version: str) -> None:
    """The VDC group owns the objects. Source: protocol/nsxt.md §3."""
    rule = {"name": "same", "source": ["10.0.0.0/24"], "protocol": "tcp", "dest_port": [8443]}
    with cloud(tmp_path, version) as (client, _):
        client.ensure("ans.firewall_rule", rule, target={"edge": "left-edge"})
        client.ensure(RULE, rule)
        objects = helper_objects(client)
        assert len(objects) == len(set(objects))
        client.ensure(RULE, {"name": "same"}, state="absent")
        assert not client.ensure("ans.firewall_rule", rule, target={"edge": "left-edge"}).changed
        client.ensure("ans.firewall_rule", {"name": "same"}, state="absent", target={"edge": "left-edge"})
        assert helper_objects(client) == []


@pytest.mark.parametrize("version", ["37.2", "39.1"])
def test_refusals_send_no_request_about_rules(tmp_path: Path, version: str) -> None:
    with cloud(tmp_path, version) as (client, simulator):
        requests = RequestView(simulator)
        requests.clear()
        for check in (False, True):
            with pytest.raises(SpecError, match="distributed firewalls"):
                client.ensure(RULE, {"name": "x", "source": ["vse"]}, check=check)
        assert requests.count(path="dfwPolicies") == 0


def test_groups_are_found_by_name_and_errors_name_near_groups(tmp_path: Path) -> None:
    with cloud(tmp_path, "39.1") as (client, _):
        with pytest.raises(NotFoundError, match="VDC group not found: 'pear'.*pair"):
            client.read(WHOLE, {"vdc_group": "pear"})
        with pytest.raises(ConfigurationError, match="not NSX-T networks"):
            client.read(WHOLE, {"vdc_group": "old pair"})
        assert client.read(WHOLE, {"vdc_group": "PAIR"}) == client.read(WHOLE)


@pytest.mark.parametrize("version", VERSIONS)
def test_staged_rules_take_one_write(tmp_path: Path, version: str) -> None:
    with cloud(tmp_path, version) as (client, simulator):
        requests = RequestView(simulator)
        requests.clear()
        for rule in rules(9):
            client.stage(RULE, rule, stage_id="run")
        assert requests.count("PUT") == requests.count("POST") == 0
        client.commit_stage("run")
        assert names(client) == [rule["name"] for rule in rules(9)]
        assert requests.count("PUT", path="dfwPolicies") == 1


@pytest.mark.parametrize("version", ["37.2", "39.1"])
def test_writers_of_one_host_lose_no_rules(tmp_path: Path, version: str) -> None:
    """Each writer writes all rules, so the lock of the VDC group serializes writes."""
    with cloud(tmp_path, version) as (client, simulator):
        failures: list[BaseException] = []

        def add(writer: int) -> None:
            try:
                with another_client(simulator, version, tmp_path / "state") as own:
                    for number in range(3):
                        spec = {"name": f"{writer}.{number}", "source": [f"10.{writer}.{number}.1"]}
                        own.ensure(RULE, spec)
            except BaseException as exc:  # noqa: BLE001 - the main thread reports it
                failures.append(exc)

        writers = [threading.Thread(target=add, args=(writer,)) for writer in range(3)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join(60)
        assert failures == []
        assert sorted(names(client)) == sorted(f"{writer}.{number}" for writer in range(3) for number in range(3))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_rule_added_between_read_and_write_is_kept(tmp_path: Path, version: str) -> None:
    """The last read shows the write of another client, so the task plans again."""
    with cloud(tmp_path, version, nsxt_task_s=0.0) as (client, simulator):
        with another_client(simulator, version, tmp_path / "other") as other:
            approved: list[str] = []

            def write_as_other(plan: Any) -> None:
                if not approved:
                    other.ensure(RULE, {"name": "theirs", "source": ["10.9.0.1"]})
                approved.append(plan.summary())

            assert client.ensure(RULE, {"name": "ours", "source": ["10.8.0.1"]}, approve=write_as_other).changed
        assert sorted(names(client)) == ["ours", "theirs"]
        assert approved == ["1 to create", "1 to create"]


@pytest.mark.parametrize(("kind", "at", "what"), [(RULE, 0, "rules"), (WHOLE, 0, "policies"), (WHOLE, 1, "rules")])
def test_a_document_of_another_type_is_no_empty_list_of_rules(tmp_path: Path, kind: str, at: int, what: str) -> None:
    with cloud(tmp_path, "39.1") as (client, simulator):
        client.ensure(RULE, {"name": "web"})
        simulator.faults.add(kind="other_document", path="/dfwPolicies", skip=at, count=1)
        spec = {"name": "web"} if kind == RULE else {"enabled": True, "rules": [], "allow_empty": True}
        with pytest.raises(DecodeError, match=f"dis.*firewall of VDC group pair failed. The response has no {what}"):
            client.ensure(kind, spec, state="absent" if kind == RULE else "exact")
        assert [rule["name"] for rule in client.read(WHOLE)["rules"]] == ["web"]
