"""Tests of ``vca group list`` and ``vca group uses``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.cli.conftest import FakeClient, Result
from vcloudair_core.cli.exit_codes import USAGE

Vca = Callable[..., Result]
MakeClient = Callable[..., FakeClient]

USE = {"owner": "edge gateway gw", "section": "firewall", "rule": "web in", "fields": ["source"], "removal": "delete"}
COMMON: dict[str, Any] = {"owner": "edge gateway gw", "rules": 0, "uses": []}
GROUPS: list[dict[str, Any]] = [
    {**COMMON, "type": "ip_set", "name": "partners", "addresses": ["10.0.0.1", "10.0.0.9"], "rules": 1, "uses": [USE]},
    {**COMMON, "type": "security_group", "name": "lans", "members": ["lan"]},
    {
        **COMMON,
        "type": "security_group",
        "name": "web vms",
        "criteria": [{"rules": [{"attribute": "vm_name", "operator": "contains", "value": "web"}]}],
    },
    {**COMMON, "type": "application_profile", "name": "app", "services": [{"protocol": "tcp", "port": ["80", "443"]}]},
]


def test_list_shows_content_and_number_of_rules(vca: Vca, client: MakeClient) -> None:
    fake = client(resources={"groups": GROUPS})
    result = vca("group", "list", "--edge", "gw", "--no-trunc")
    assert result.code == 0, result.err
    header, *lines = result.out.splitlines()
    assert header.split() == ["TYPE", "NAME", "CONTENT", "OWNER", "RULES"]
    assert lines[0].split() == ["ip_set", "partners", "10.0.0.1,", "10.0.0.9", "edge", "gateway", "gw", "1"]
    assert "vm_name contains web" in lines[2]
    assert "tcp 80,443" in lines[3]
    assert fake.asked == [{"edge": "gw"}]


def test_json_has_the_uses(vca: Vca, client: MakeClient) -> None:
    client(resources={"groups": GROUPS})
    assert json.loads(vca("group", "list", "--edge", "gw", "-o", "json").out) == GROUPS


def test_uses_show_what_force_does(vca: Vca, client: MakeClient) -> None:
    client(resources={"groups": GROUPS})
    result = vca("group", "uses", "partners", "--edge", "gw", "-o", "json")
    assert json.loads(result.out) == [{"type": "ip_set", **USE}]
    result = vca("group", "uses", "lans", "--edge", "gw")
    assert "No rule uses 'lans'." in result.out + result.err


def test_unknown_object_is_reported(vca: Vca, client: MakeClient) -> None:
    client(resources={"groups": GROUPS})
    result = vca("group", "uses", "partner", "--edge", "gw")
    assert result.code == 4
    assert "Object not found: 'partner'." in result.err


@pytest.mark.parametrize(
    ("environment", "options", "target"),
    [
        ({}, ["--vdc-group", "pair"], {"vdc_group": "pair"}),
        ({"VCA_EDGE": "gw"}, ["--vdc-group", "pair"], {"vdc_group": "pair"}),
        ({"VCA_VDC_GROUP": "pair"}, ["--edge", "gw"], {"edge": "gw"}),
        ({"VCA_EDGE": "gw", "VCA_VDC_GROUP": "pair"}, [], {"edge": "gw"}),
    ],
)
def test_option_takes_precedence_over_environment(
    vca: Vca,
    client: MakeClient,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    options: list[str],
    target: dict[str, str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    fake = client(resources={"groups": []})
    assert vca("group", "list", *options).code == 0
    assert fake.asked == [target]


def test_a_target_is_required(vca: Vca, client: MakeClient) -> None:
    client(resources={"groups": []})
    assert vca("group", "list").code == USAGE
