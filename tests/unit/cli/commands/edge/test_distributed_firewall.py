"""Tests of ``vca distributed-firewall list``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.unit.cli.conftest import FakeClient, Result

Vca = Callable[..., Result]
MakeClient = Callable[..., FakeClient]

RULE: dict[str, Any] = {
    "name": "web in",
    "action": "accept",
    "source": ["internal"],
    "source_exclude": True,
    "destination": ["group:web servers"],
    "services": [{"protocol": "tcp", "port": ["443"]}],
    "enabled": True,
    "logging": False,
    "rule_id": "d0bf5d51",
}
DEFAULT = {**RULE, "name": "Default_VdcGroup_dc-group", "source_exclude": False, "rule_type": "default_policy"}
FIREWALL: dict[str, Any] = {"enabled": True, "rules": [RULE], "internal_rules": [DEFAULT]}


def test_rules_in_order(vca: Vca, client: MakeClient) -> None:
    fake = client(resources={"ans.distributed_firewall": FIREWALL})
    result = vca("distributed-firewall", "list", "--vdc-group", "dc-group", "--internal", "--no-trunc")
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert [line.split()[:3] for line in lines[1:3]] == [
        ["0", "web", "in"],
        ["Default_VdcGroup_dc-group", "accept", "internal"],
    ]
    assert "not internal" in lines[1]
    assert "Distributed firewall on." in result.err
    assert fake.asked == [("ans.distributed_firewall", {"vdc_group": "dc-group"})]


def test_json_is_input_for_the_module(vca: Vca, client: MakeClient) -> None:
    client(resources={"ans.distributed_firewall": {**FIREWALL, "enabled": False}})
    result = vca("distributed-firewall", "list", "--vdc-group", "dc-group", "-o", "json")
    assert json.loads(result.out) == {"enabled": False, "rules": [RULE]}


def test_a_disabled_policy_is_reported(vca: Vca, client: MakeClient) -> None:
    client(resources={"ans.distributed_firewall": {**FIREWALL, "enabled": False, "rules": []}})
    result = vca("distributed-firewall", "list", "--vdc-group", "dc-group")
    assert "has no user rules" in result.err + result.out
    assert "Distributed firewall OFF: the rules are not applied." in result.err


def test_the_group_is_required(vca: Vca, client: MakeClient) -> None:
    client(resources={"ans.distributed_firewall": FIREWALL})
    result = vca("distributed-firewall", "list")
    assert result.code != 0
    assert "VCA_VDC_GROUP" in result.err
