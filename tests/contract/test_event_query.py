"""Check the jq expressions that count edge gateways and VMs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jq
import pytest
import yaml

from tests.support.modules import MODULES, answer
from vcloudair_core import App, Client
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing import simulator_settings

ROOT = Path(__file__).resolve().parents[2]
QUERIES: dict[str, dict[str, str]] = yaml.safe_load(
    (ROOT / "extensions" / "audit" / "event_query.yml").read_text(encoding="utf-8")
)
COLLECTION = "vcloudair.cloud"
TUNNEL = {
    "name": "branch",
    "local_ip": "203.0.113.10",
    "local_subnets": ["192.168.10.0/24"],
    "peer_ip": "198.51.100.7",
    "peer_subnets": ["10.20.0.0/16"],
    "psk": "canary-psk",
}
DNAT = {"action": "dnat", "original_address": "203.0.113.10", "translated_address": "192.168.10.20", "protocol": "tcp"}
EDGE_TASKS: list[tuple[str, dict[str, Any]]] = [
    ("vca_firewall", {"rules": [{"name": "web"}]}),
    ("vca_firewall_rule", {"name": "web"}),
    ("vca_firewall_info", {}),
    ("vca_nat", {"rules": [DNAT]}),
    ("vca_nat_rule", DNAT),
    ("vca_nat_info", {}),
    ("vca_ipsec", {"tunnels": [TUNNEL]}),
    ("vca_ipsec_tunnel", TUNNEL),
    ("vca_ipsec_info", {}),
    ("vca_edge_config", {"config": {"firewall": {"enabled": True}}}),
    ("vca_edge_info", {}),
    ("vca_query_info", {"type": "edgeGateway"}),
]
VM_TASKS: list[tuple[str, dict[str, Any], set[str]]] = [
    ("vca_query_info", {"type": "vm", "where": {"name": "vm-0001"}}, {"vm-0001"}),
    ("vca_query_facts", {"name": "vm-0001"}, {"vm-0001"}),
    ("vca_metrics_info", {"names": ["vm-0001"]}, {"vm-0001"}),
    ("vca_dr_info", {}, {"replicated-0001", "replicated-0002"}),
    ("vca_dr_failover", {"action": "test", "all": True}, {"replicated-0001", "replicated-0002"}),
]
Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(vca_app: App, vca_simulator: Simulator, tmp_path: Path) -> Ask:
    vca_simulator.reset(dataclasses.replace(vca_simulator.config, replications=2))
    settings = {**simulator_settings(vca_simulator), "state_dir": str(tmp_path)}

    def connect(**options: Any) -> Client:
        return vca_app.client(**{**settings, **options})

    return lambda name, options, **modes: answer(name, connect, options, **modes)


def nodes(module: str, result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the nodes that the controller extracts from a result.

    The automation controller uses the expression of the module, or else the expression of the collection. It skips
    nodes without canonical facts, and nodes whose canonical facts contain null. Source:
    awx/main/tasks/host_indirect.py in the repository ansible/awx.
    """
    query = QUERIES.get(f"{COLLECTION}.{module}") or QUERIES[f"{COLLECTION}.*"]
    counted: list[dict[str, Any]] = jq.compile(query["query"]).input(json.loads(json.dumps(result))).all()
    for node in counted:
        assert set(node) == {"name", "canonical_facts", "facts"}
        assert node["name"]
        assert all(isinstance(fact, str) and fact for fact in node["canonical_facts"].values())
    return counted


@pytest.mark.parametrize("check_mode", [False, True])
def test_every_edge_task_counts_the_same_edge_gateway(ask: Ask, vca_simulator: Simulator, check_mode: bool) -> None:
    edge = next(iter(vca_simulator.world.edges.values()))
    expected = (edge.name, {"id": edge.edge_id, "type": "edge_gateway"})
    for module, options in EDGE_TASKS:
        counted = nodes(module, ask(module, options, check_mode=check_mode))
        assert [(node["name"], node["canonical_facts"]) for node in counted] == [expected], module


@pytest.mark.parametrize(("module", "options", "names"), VM_TASKS)
def test_tasks_count_vms(ask: Ask, module: str, options: dict[str, Any], names: set[str]) -> None:
    counted = nodes(module, ask(module, options))
    assert {node["name"] for node in counted} == names
    assert len({node["canonical_facts"]["id"] for node in counted}) == len(counted) == len(names)
    assert {node["canonical_facts"]["type"] for node in counted} == {"vm"}


def test_vm_has_the_same_id_in_all_modules(ask: Ask) -> None:
    ids = {
        node["canonical_facts"]["id"]
        for module, options, names in VM_TASKS
        if names == {"vm-0001"}
        for node in nodes(module, ask(module, options))
    }
    assert len(ids) == 1


def test_staged_changes_are_counted_once_by_the_commit(ask: Ask, vca_simulator: Simulator) -> None:
    for number in (1, 2):
        staged = ask("vca_firewall_rule", {"name": f"rule {number}", "stage": True, "stage_id": "run"})
        assert nodes("vca_firewall_rule", staged) == []
    ask("vca_nat_rule", {**DNAT, "stage": True, "stage_id": "run"})
    (node,) = nodes("vca_edge_commit", ask("vca_edge_commit", {"stage_id": "run"}))
    edge = next(iter(vca_simulator.world.edges.values()))
    assert (node["name"], node["canonical_facts"]["id"]) == (edge.name, edge.edge_id)


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("result", [{"failed": True, "msg": "no"}, {"skipped": True}, {"results": [{}]}, {}])
def test_results_without_objects_have_no_nodes(module: str, result: dict[str, Any]) -> None:
    assert nodes(module, result) == []


def test_templates_are_no_vms() -> None:
    record = {"name": "t", "id": "1", "href": "https://h/api/vApp/vm-1", "isVAppTemplate": True}
    assert nodes("vca_query_info", {"records": [record, None, {"name": "no id"}]}) == []


def test_queries_name_modules_of_the_collection() -> None:
    known = {f"{COLLECTION}.{name}" for name in (*MODULES, "*")}
    assert set(QUERIES) <= known
