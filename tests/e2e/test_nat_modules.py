"""Tests of the NAT modules: API calls, warnings and invalid options."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.ansible import Run, run_module, run_playbook
from vcloudair_core.simulator import SimulatorServer

WEB = {
    "action": "dnat",
    "vnic": "0",
    "original_address": "203.0.113.10",
    "original_port": "443",
    "translated_address": "192.168.10.20",
    "protocol": "tcp",
}
NOT_LET_IN = "accepts the traffic of 'dnat 203.0.113.10 tcp/443 vnic 0' from outside"


def calls(server: SimulatorServer, section: str) -> list[str]:
    return [
        entry.method for entry in server.simulator.request_log.entries() if entry.path.endswith(f"{section}/config")
    ]


def rule(env: dict[str, str], *arguments: str, **options: Any) -> Run:
    given = {name: value for name, value in {**WEB, **options}.items() if value is not None}
    return run_module("vca_nat_rule", given, env, *arguments)


def test_first_play_writes_once_and_second_play_reads_once_per_task(
    env: dict[str, str], vca_simulator_server: SimulatorServer
) -> None:
    run_playbook("nat_converge.yml", env)
    # vca_nat, vca_nat_rule with an absent rule, and vca_nat_info
    assert calls(vca_simulator_server, "nat") == ["GET", "PUT", "GET", "GET", "GET"]
    vca_simulator_server.simulator.request_log.clear()
    run_playbook("nat_converge.yml", env)
    assert calls(vca_simulator_server, "nat") == ["GET", "GET", "GET"]
    assert calls(vca_simulator_server, "firewall") == ["GET"]


def test_blocked_rule_causes_one_warning(env: dict[str, str], vca_simulator_server: SimulatorServer) -> None:
    predicted = rule(env, "--check")
    assert " ".join(predicted.output.split()).count(NOT_LET_IN) >= 1
    first = rule(env)
    assert first.status == 0
    assert NOT_LET_IN in " ".join(first.output.split())
    second = rule(env)
    assert (second.status, "WARNING" in second.output, '"changed": false' in second.output) == (0, False, True)
    gone = rule(env, state="absent")
    assert ('"rule": null' in gone.output, "WARNING" in gone.output) == (True, False)


def test_rule_can_name_its_interface(env: dict[str, str]) -> None:
    made = rule(env, vnic=None, interface="external-net")
    assert '"vnic": "0"' in made.output
    assert '"changed": false' in rule(env, vnic=None, network="external-net").output
    wrong = rule(env, vnic=None, interface="external")
    assert wrong.status != 0
    assert "external-net (vnic 0, uplink)" in wrong.output


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"interface": "external-net"}, "vnic|interface"),
        ({"action": None}, "match_by is tuple but all of the following are missing: action"),
        ({"match_by": "rule_id"}, "match_by is rule_id but all of the following are missing: rule_id"),
        ({"before": "a", "index": 1}, "position|before|after|index"),
        ({"original_port": "70000"}, "original_port: port '70000' is out of range"),
    ],
)
def test_invalid_options_send_no_request(
    env: dict[str, str], vca_simulator_server: SimulatorServer, options: dict[str, Any], words: str
) -> None:
    run = rule(env, **options)
    assert run.status != 0
    assert words in run.output.replace("\\", "")
    assert "Traceback" not in run.output
    assert vca_simulator_server.simulator.request_log.entries() == []


def test_new_rule_without_translation_is_rejected_after_a_read(
    env: dict[str, str], vca_simulator_server: SimulatorServer
) -> None:
    run = rule(env, translated_address=None)
    assert run.status != 0
    assert "translated_address: is required" in run.output
    methods = {entry.method for entry in vca_simulator_server.simulator.request_log.entries(path="/edge")}
    assert methods == {"GET"}


def test_info_result_is_valid_input(env: dict[str, str], tmp_path: Path) -> None:
    tasks = [
        {"vcloudair.cloud.vca_nat_info": {}, "register": "live"},
        {"vcloudair.cloud.vca_nat": {"rules": "{{ live.nat.rules }}", "purge": True}},
    ]
    playbook = tmp_path / "again.yml"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    run_playbook("nat_converge.yml", env)
    run = run_playbook(str(playbook), env)
    assert (run.status, run.counts["changed"]) == (0, 0), run.output
