"""Cost of a task that changes nothing, compared with a ping task.

A playbook alternates 50 tasks for converged firewall rules with 50 pings, so that noise affects both. The time of a
task ends when the next task begins, so the startup of Ansible is excluded. A debug task measures the minimum cost of a
task: it runs no module, but Ansible forks a worker for every task.
"""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

import requests

from tests.support.ansible import environment
from tests.support.recorded import record
from tests.support.served import served
from vcloudair_core.session.cache.run_cache import KEPT_S

COUNT = 50
RULE = "vcloudair.cloud.vca_firewall_rule"
PING = "ansible.builtin.ping"
FLOOR = "ansible.builtin.debug"

BUDGET = 0.25
"""Maximum time of a task, as a share of the ping time.

When the maximum was set, a task took 0.16 of the ping time, and the floor took 0.06.
"""
CALLS = 1
"""Number of requests of a task: read the firewall.

Once a minute, a task also looks up the edge.
"""


def rule(number: int) -> dict[str, Any]:
    return {"name": f"rule {number}", "source": [f"10.0.0.{number}"], "protocol": "tcp", "dest_port": ["443"]}


def one_turn(words: dict[str, Any]) -> list[dict[str, Any]]:
    return [{RULE: words}, {PING: {}}, {FLOOR: {"msg": "floor"}}]


def written(path: Path, tasks: list[dict[str, Any]]) -> Path:
    path.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    return path


def test_a_converged_task_costs_a_fraction_of_a_ping(tmp_path: Path) -> None:
    rules = [rule(number) for number in range(COUNT)]
    turns: list[dict[str, Any]] = [task for words in rules for task in one_turn(words)]
    # The simulator runs in a separate process, so that it does not slow down the measurement.
    with served(tmp_path, environment({}, tmp_path)) as exported:
        env = environment(exported, tmp_path)
        first = record(
            written(tmp_path / "first.yml", [{"vcloudair.cloud.vca_firewall": {"rules": rules}}]), env, tmp_path
        )
        assert first.run.counts["changed"] == 1, first.run.output
        recorded = record(written(tmp_path / "turns.yml", turns), env, tmp_path)
        answer = requests.get(f"{exported['VCA_URL']}/_sim/request-log", verify=exported["VCA_CA_PATH"], timeout=30)
        sent = [(line["method"], line["path"]) for line in answer.json()]
    assert recorded.run.counts == {"ok": 3 * COUNT, "changed": 0, "unreachable": 0, "failed": 0}

    seconds: dict[str, list[float]] = {}
    for action, passed in recorded.seconds():
        seconds.setdefault(action, []).append(passed)
    ours, ping, floor = (statistics.median(seconds[action]) for action in (RULE, PING, FLOOR))
    logins = sent.count(("POST", "/cloudapi/1.0.0/sessions"))
    calls = [line["result"]["api_calls"] for line in recorded.results(action=RULE)]
    print(
        f"\nconverged rule {ours * 1000:.1f} ms, ping {ping * 1000:.1f} ms: {ours / ping:.2f} of it; "
        f"floor {floor * 1000:.1f} ms ({floor / ping:.2f}); {sum(calls)} calls in {COUNT} tasks; {logins} sign-in"
    )
    assert set(calls) <= {CALLS, CALLS + 1}
    assert calls.count(CALLS + 1) <= 1 + sum(map(sum, seconds.values())) / KEPT_S
    assert logins == 1
    assert ours / ping < BUDGET
