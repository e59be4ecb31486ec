"""Tests of the command group ``vca l2vpn``."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import FakeClient, Result
from vcloudair_core.util.redaction import Secret

Vca = Callable[..., Result]
MakeClient = Callable[..., FakeClient]

TUNNEL: dict[str, Any] = {
    "name": "stretch",
    "session_mode": "server",
    "enabled": True,
    "local_ip": "203.0.113.10",
    "peer_ip": "198.51.100.7",
    "networks": [{"network": "app-net", "tunnel_id": 1}],
    "rule_id": "5b0e9f0a-0000-4000-8000-000000000001",
}
STATUS = {"status": "up", "last_error": "", "received_bytes": 1200, "sent_bytes": 900}


class Edges:
    """The service ``client.edges`` with one tunnel."""

    def l2vpn_status(self, **target: str) -> dict[str, Any]:
        return {"tunnels": [{**TUNNEL, **STATUS}], "version": None}

    def l2vpn_peer_code(self, tunnel: str, **target: str) -> Secret:
        return Secret(f"code of {tunnel} on {target['edge']}")

    def save_l2vpn_peer_code(self, tunnel: str, path: str, **target: str) -> bool:
        from vcloudair_core.services.ans.l2vpn.peer_code_file import write_peer_code

        return write_peer_code(Path(path), self.l2vpn_peer_code(tunnel, **target))


@pytest.fixture
def fake(client: MakeClient) -> FakeClient:
    made = client(resources={"ans.l2vpn": {"tunnels": [TUNNEL], "version": None}})
    edges = Edges()
    for name in ("l2vpn_status", "l2vpn_peer_code", "save_l2vpn_peer_code"):
        setattr(made, name, getattr(edges, name))
    return made


def test_list_shows_the_status_and_the_networks(vca: Vca, fake: FakeClient) -> None:
    result = vca("l2vpn", "list", "--edge", "dc-edge")
    assert result.code == 0, result.err
    assert "app-net (1)" in result.out and "up" in result.out.split()


def test_list_without_the_status_prints_valid_input(vca: Vca, fake: FakeClient) -> None:
    result = vca("l2vpn", "list", "--edge", "dc-edge", "--no-status", "-o", "json")
    assert json.loads(result.out)["tunnels"] == [TUNNEL]


@pytest.mark.parametrize("name", ["stretch", TUNNEL["rule_id"]])
def test_show_finds_a_tunnel_by_name_or_id(vca: Vca, fake: FakeClient, name: str) -> None:
    result = vca("l2vpn", "show", name, "--edge", "dc-edge", "-o", "json")
    assert json.loads(result.out) == {**TUNNEL, **STATUS}


def test_show_refuses_an_unknown_tunnel(vca: Vca, fake: FakeClient) -> None:
    result = vca("l2vpn", "show", "other", "--edge", "dc-edge")
    assert result.code != 0
    assert "L2 VPN tunnel not found: 'other' on edge gateway dc-edge" in result.err
    assert "Run `vca l2vpn list` to see the tunnels." in result.err


@pytest.mark.parametrize("options", [[], ["--file", "x", "--stdout"]])
def test_peer_code_needs_one_destination(vca: Vca, fake: FakeClient, options: list[str]) -> None:
    result = vca("l2vpn", "peer-code", "stretch", "--edge", "dc-edge", *options)
    assert result.code == 64
    assert "code of stretch" not in result.out + result.err


def test_peer_code_writes_a_private_file(vca: Vca, fake: FakeClient, tmp_path: Path) -> None:
    file = tmp_path / "stretch.code"
    file.write_text("old", encoding="utf-8")
    file.chmod(0o644)
    result = vca("l2vpn", "peer-code", "stretch", "--edge", "dc-edge", "--file", str(file))
    assert result.code == 0, result.err
    assert "code of stretch" not in result.out + result.err
    assert file.read_text(encoding="utf-8") == "code of stretch on dc-edge\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_peer_code_is_printed_on_request(vca: Vca, fake: FakeClient) -> None:
    result = vca("l2vpn", "peer-code", "stretch", "--edge", "dc-edge", "--stdout")
    assert result.out == "code of stretch on dc-edge\n"
