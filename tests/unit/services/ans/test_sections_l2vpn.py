"""Tests of L2 VPN specs without a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.l2vpn.harness import CLIENT, SERVER
from vcloudair_core.client import Client
from vcloudair_core.errors import ConfigurationError, SpecError
from vcloudair_core.services.ans.l2vpn.section import SECTION


def problems(spec: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(SpecError) as met:
        SECTION.read_rule(spec)
    return [(problem.path, problem.reason) for problem in met.value.problems]


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"name": None}, "name", "is required with match_by=name"),
        ({"match_by": "rule_id"}, "rule_id", "is required with match_by=rule_id"),
        ({"session_mode": "both"}, "session_mode", "both"),
        ({"local_ip": "edge.example"}, "local_ip", "is not an IPv4 address"),
        ({"peer_ip": "2001:db8::1"}, "peer_ip", "is not an IPv4 address"),
        ({"tunnel_interface": "169.254.64.1"}, "tunnel_interface", "has no prefix length"),
        ({"tunnel_interface": "169.254.64.1/99"}, "tunnel_interface", "is not an address with a prefix length"),
        ({"initiation_mode": "never"}, "initiation_mode", "never"),
        ({"psk": "******"}, "psk", "is the mask that the server shows"),
        ({"psk": "a\nb"}, "psk", "contains a control character"),
        ({"psk": 12345}, "psk", "put the key in quotes"),
        ({"psk": "x" * 129}, "psk", "has 129 characters"),
        ({"peer_code": "abc"}, "peer_code", "cannot be combined with psk"),
        ({"psk": None, "peer_code": "abc"}, "peer_code", "is only for client tunnels"),
        ({"networks": [{"network": "lan"}, {"network": "lan"}]}, "networks", "contains the network 'lan' twice"),
        ({"networks": [{"network": "lan", "tunnel_id": 4094}]}, "networks[0].tunnel_id", "4094 is out of range"),
        ({"networks": [{"tunnel_id": 1}]}, "networks[0].network", "is required"),
        ({"unknown": 1}, "unknown", "unknown field"),
    ],
)
def test_an_invalid_server_tunnel_is_refused(change: dict[str, Any], field: str, reason: str) -> None:
    assert any(path == field and reason in text for path, text in problems({**SERVER, **change}))


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"psk": "a key"}, "psk", "is only for server tunnels"),
        ({"initiation_mode": "initiator"}, "initiation_mode", "is only for server tunnels"),
        ({"tunnel_interface": "169.254.64.1/28"}, "tunnel_interface", "is only for server tunnels"),
        ({"networks": [{"network": "lan"}]}, "networks[0].tunnel_id", "is required for client tunnels"),
        (
            {"networks": [{"network": "lan", "tunnel_id": 3}, {"network": "dmz", "tunnel_id": 3}]},
            "networks",
            "contains the tunnel id 3 twice",
        ),
    ],
)
def test_an_invalid_client_tunnel_is_refused(change: dict[str, Any], field: str, reason: str) -> None:
    assert any(path == field and reason in text for path, text in problems({**CLIENT, **change}))


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "code"
    file.write_text("peer-code\n", encoding="utf-8")
    spec = SECTION.read_rule({**CLIENT, "peer_code_file": str(file)})
    assert spec.secret is not None and spec.secret.reveal() == "peer-code"
    [(path, reason)] = problems({**CLIENT, "peer_code_file": str(tmp_path / "missing")})
    assert path == "peer_code_file" and "No such file" in reason
    assert ("psk_file", "cannot be combined with psk") in problems({**SERVER, "psk_file": str(file)})


def test_no_message_shows_a_secret() -> None:
    for spec in (
        {**SERVER, "psk": "c4n4ry\n"},
        {**SERVER, "psk": ["c4n4ry"]},
        {**CLIENT, "peer_code": {"a": "c4n4ry"}},
        {**CLIENT, "peer_code": "c4n4ry" * 5000},
    ):
        assert "c4n4ry" not in str(problems(spec))


@pytest.mark.vca_simulator(profile="vca")
def test_an_edge_gateway_of_vcloud_air_is_refused_with_a_way_out(vca_client: Client) -> None:
    with pytest.raises(ConfigurationError, match="this version supports the section only on NSX-T and NSX-V") as met:
        vca_client.ensure("ans.l2vpn_tunnel", SERVER, check=True)
    assert met.value.hint == "Configure the L2 VPN of this edge gateway in the portal of the cloud."


@pytest.mark.vca_simulator(profile="vcd")
def test_options_of_nsxt_are_refused_on_nsxv(vca_client: Client) -> None:
    with pytest.raises(SpecError) as met:
        vca_client.ensure("ans.l2vpn_tunnel", SERVER, check=True)
    assert [problem.path for problem in met.value.problems] == ["local_ip", "peer_ip"]
