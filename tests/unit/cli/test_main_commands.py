"""Tests of commands with a fake client."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from tests.unit.cli.conftest import FakeClient, Result
from vcloudair_core._version import __version__
from vcloudair_core.services.ans.edge.model import Edge
from vcloudair_core.util.install_hint import install_hint

Vca = Callable[..., Result]
MakeClient = Callable[..., FakeClient]


@dataclass(frozen=True)
class FakeIdentity:
    flavor: str = "vcd"
    base_url: str = "https://vcd.example"
    api_version: str = "36.3"
    org_name: str = "acme"
    org_id: str = "o-1"
    vdc_name: str = "gold"
    vdc_id: str = "v-1"
    user: str = "ops"
    roles: tuple[str, ...] = ("Organization Administrator",)
    auth_header: str = "x-vcloud-authorization"


EDGES = [
    Edge("e-1", "web-edge", vdc_name="gold", status="READY", is_advanced=True),
    Edge("e-2", "db-edge", vdc_name="gold", status="UPGRADE", is_busy=True, is_advanced=False),
]
RULE = {
    "name": "allow web",
    "action": "accept",
    "enabled": True,
    "logging": False,
    "source": ["any"],
    "destination": ["192.0.2.10", "192.0.2.11"],
    "services": [{"protocol": "tcp", "port": ["443", "8000-8080"], "source_port": ["any"], "icmp_type": None}],
    "rule_id": 131073,
}
POLICY = {
    "enabled": True,
    "default_action": "deny",
    "default_logging": True,
    "rules": [
        RULE,
        RULE | {"name": "ping", "services": [{"protocol": "icmp", "icmp_type": "echo-request"}], "enabled": False},
        RULE | {"name": "dns", "services": [{"protocol": "udp", "port": ["53"], "source_port": ["1024-65535"]}]},
        RULE
        | {"name": "rest", "services": [], "applications": ["application-7"], "source_exclude": True, "logging": 1},
    ],
    "internal_rules": [
        RULE | {"name": "vpn", "rule_type": "internal_high"},
        RULE | {"name": "the rest", "action": "deny", "rule_type": "default_policy"},
    ],
    "version": 4,
}


def test_edge_list_as_table_json_and_yaml(vca: Vca, client: MakeClient) -> None:
    client(edges=EDGES)
    assert vca("edge", "list").out.splitlines() == [
        "NAME      ID   VDC   STATUS",
        "web-edge  e-1  gold  READY",
        "db-edge   e-2  gold  UPGRADE, busy, no advanced services",
    ]
    assert [row["name"] for row in json.loads(vca("edge", "list", "-o", "json").out)] == ["web-edge", "db-edge"]
    assert [row["id"] for row in yaml.safe_load(vca("-o", "yaml", "edge", "list").out)] == ["e-1", "e-2"]


def test_edge_list_filters_by_vdc(vca: Vca, client: MakeClient) -> None:
    fake = client(edges=EDGES)
    vca("edge", "list", "--vdc", "gold")
    assert (fake.asked, fake.closed) == (["gold"], 1)


def test_empty_edge_list_prints_a_hint(vca: Vca, client: MakeClient) -> None:
    client(edges=[])
    result = vca("edge", "list")
    assert (result.code, result.out) == (0, "")
    assert "vca doctor" in result.err


def test_firewall_list_as_table(vca: Vca, client: MakeClient) -> None:
    fake = client(resources={"ans.firewall": POLICY})
    result = vca("firewall", "list", "--edge", "web-edge")
    lines = [line.split("  ") for line in result.out.splitlines()]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert cells == [
        ["INDEX", "NAME", "ACTION", "SOURCE", "DESTINATION", "SERVICES", "ENABLED", "LOGGING"],
        ["0", "allow web", "accept", "any", "192.0.2.10, 192.0.2.11", "tcp/443+8000-8080", "yes", "no"],
        ["1", "ping", "accept", "any", "192.0.2.10, 192.0.2.11", "icmp/echo-request", "disabled", "no"],
        ["2", "dns", "accept", "any", "192.0.2.10, 192.0.2.11", "udp/53 from 1024-65535", "yes", "no"],
        ["3", "rest", "accept", "not any", "192.0.2.10, 192.0.2.11", "application-7", "yes", "1"],
    ]
    assert result.err == "Firewall on. Default action: deny, logged.\n"
    assert fake.asked == [("ans.firewall", {"edge": "web-edge"})]


def test_firewall_list_with_internal_rules_and_disabled_firewall(vca: Vca, client: MakeClient) -> None:
    client(resources={"ans.firewall": POLICY | {"enabled": False}})
    result = vca("firewall", "list", "--edge", "web-edge", "--internal")
    lines = result.out.splitlines()
    assert (lines[1].split()[0], lines[1].split()[-1]) == ("vpn", "internal_high")
    assert lines[2].split()[0] == "0"
    assert lines[-1].startswith("       the rest")
    assert lines[-1].endswith("default_policy")
    assert "OFF" in result.err


HITS = [
    {"rule_id": "131080", "name": "web", "enabled": True, "connections": 12, "packets": 90, "bytes": 7000,
     "timestamp": 1448532000, "is_unused": False},
    {"rule_id": "131081", "name": "old", "enabled": False, "connections": 0, "packets": 0, "bytes": 0,
     "timestamp": 1448532000, "is_unused": True},
]  # fmt: skip


def with_hits(client: MakeClient, rows: list[dict[str, Any]]) -> None:
    edges: Any = client(resources={}).edges
    edges.firewall_hits = lambda edge, vdc=None: rows


def test_firewall_list_with_hits_counts_the_unused_rules(vca: Vca, client: MakeClient) -> None:
    with_hits(client, HITS)
    result = vca("firewall", "list", "--edge", "web-edge", "--hits")
    assert [line.split() for line in result.out.splitlines()] == [
        ["INDEX", "NAME", "CONNECTIONS", "PACKETS", "BYTES", "ENABLED"],
        ["0", "web", "12", "90", "7000", "yes"],
        ["1", "old", "0", "0", "0", "disabled"],
    ]
    assert result.err == "1 of 2 user rules never matched.\n"
    assert json.loads(vca("firewall", "list", "--edge", "web-edge", "--hits", "-o", "json").out) == HITS


def test_firewall_list_of_unused_rules(vca: Vca, client: MakeClient) -> None:
    with_hits(client, HITS)
    result = vca("firewall", "list", "--edge", "web-edge", "--unused")
    assert [line.split()[:2] for line in result.out.splitlines()] == [["INDEX", "NAME"], ["1", "old"]]
    assert json.loads(vca("firewall", "list", "--edge", "web-edge", "--unused", "-o", "json").out) == HITS[1:]
    with_hits(client, HITS[:1])
    assert "has matched" in vca("firewall", "list", "--edge", "web-edge", "--unused").err
    with_hits(client, [])
    assert "no user rules" in vca("firewall", "list", "--edge", "web-edge", "--unused").err


def test_firewall_list_with_hits_has_no_internal_rules(vca: Vca, client: MakeClient) -> None:
    with_hits(client, HITS)
    result = vca("firewall", "list", "--edge", "web-edge", "--hits", "--internal")
    assert result.code == 64
    assert "counts only user rules" in result.err


def test_firewall_list_as_data_is_module_input(vca: Vca, client: MakeClient) -> None:
    client(resources={"ans.firewall": POLICY})
    read_only = ("internal_rules", "version")
    shown = json.loads(vca("firewall", "list", "--edge", "web-edge", "-o", "json").out)
    assert shown == {key: value for key, value in POLICY.items() if key not in read_only}


def test_firewall_list_as_data_with_internal_rules_is_the_whole_policy(vca: Vca, client: MakeClient) -> None:
    client(resources={"ans.firewall": POLICY})
    assert json.loads(vca("firewall", "list", "--edge", "web-edge", "--internal", "-o", "json").out) == POLICY


def test_firewall_list_uses_the_edge_of_the_settings(
    vca: Vca, client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VCA_EDGE", "web-edge")
    fake = client(resources={"ans.firewall": POLICY})
    assert vca("firewall", "list").code == 0
    assert fake.asked[0][1]["edge"] == "web-edge"
    monkeypatch.delenv("VCA_EDGE")
    result = vca("firewall", "list")
    assert result.code == 64
    assert "VCA_EDGE" in result.err


@pytest.mark.parametrize(("command", "done"), [("login", ["login"]), ("whoami", [])])
def test_login_and_whoami_show_the_identity_without_the_token(
    vca: Vca, client: MakeClient, command: str, done: list[str]
) -> None:
    fake = client(identity=FakeIdentity())
    shown: dict[str, Any] = json.loads(vca(command, "-o", "json").out)
    assert (shown["user"], shown["org"], shown["vdc"], shown["service_type"]) == ("ops", "acme", "gold", "vcd")
    assert (shown["session"], shown["expires_at"]) == ("this command", "2027-01-15T08:00:00+00:00")
    assert not {"token", "password"} & set(shown)
    assert fake.session.done == done


def test_login_reports_that_the_session_is_not_kept(vca: Vca, client: MakeClient) -> None:
    client(identity=FakeIdentity())
    assert "session_cache is off" in vca("login", "--no-session-cache").err


def test_logout(vca: Vca, client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VCA_PASSWORD", "hunter2")
    fake = client(identity=FakeIdentity())
    result = vca("logout")
    assert (result.code, result.out, result.err) == (0, "", "Signed out.\n")
    assert fake.session.done == ["logout"]


def test_logout_without_a_session_reports_it(vca: Vca, client: MakeClient) -> None:
    client(identity=None)
    result = vca("logout")
    assert (result.code, result.out) == (0, "")
    assert "No session to end" in result.err and "Signed out" not in result.err


@pytest.mark.parametrize(
    ("module", "extra"),
    [
        ("prometheus_client", "metrics"),
        ("prometheus_client.core", "metrics"),
        ("jinja2", "dr"),
        ("uvicorn", "simulator"),
    ],
)
def test_missing_extra_is_reported_with_an_install_hint(
    vca: Vca, monkeypatch: pytest.MonkeyPatch, module: str, extra: str
) -> None:
    def missing(*arguments: Any, **words: Any) -> None:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    monkeypatch.setattr("vcloudair_core.settings.settings.Settings.load", missing)
    result = vca("config")
    assert result.code == 64
    assert install_hint(extra) in result.err and f"[{extra}]" in result.err and "bug" not in result.err


def test_version_lists_dependencies(vca: Vca) -> None:
    shown = json.loads(vca("version", "-o", "json").out)
    assert shown["vcloudair-core"] == __version__
    assert {"python", "openssl", "requests", "ansible-core"} <= set(shown)
