"""Tests of the conversion of IPsec tunnels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vcloudair_core.services.ans.conversion.edge_converter import convert_edge
from vcloudair_core.services.ans.conversion.report import CHANGED, LEFT_OUT, OMITTED, Conversion

KEY = "not-shown-anywhere"
TUNNEL = {
    "name": "hq",
    "local_ip": "203.0.113.10",
    "peer_ip": "198.51.100.7",
    "local_subnets": ["10.0.0.0/24"],
    "peer_subnets": ["192.168.0.0/24"],
}


def convert(*tunnels: dict[str, Any], **settings: Any) -> tuple[Conversion, list[dict[str, Any]], dict[str, str]]:
    """Return the conversion, the converted tunnels, and the results by path."""
    conversion = convert_edge({"ipsec": {**settings, "tunnels": list(tunnels)}})
    paths = {item.path.removeprefix("ipsec."): item.result for item in conversion.items}
    return conversion, conversion.document["ipsec"]["tunnels"], paths


def test_defaults_of_nsxv_become_explicit() -> None:
    _, [tunnel], paths = convert(TUNNEL)
    assert tunnel == {
        **TUNNEL,
        "encryption": "aes256",
        "pfs": True,
        "dh_group": "dh14",
        "ike_version": "ikev1",
        "digest": "sha1",
        "logging": True,
    }
    assert paths == {"tunnels[0].psk": OMITTED}


def test_keys_are_not_copied_or_shown() -> None:
    conversion, [tunnel], paths = convert({**TUNNEL, "psk": KEY}, global_psk=KEY)
    assert "psk" not in tunnel
    assert KEY not in json.dumps([conversion.document, [item.as_dict() for item in conversion.items]])
    assert paths == {"global_psk": OMITTED, "tunnels[0].psk": OMITTED}


def test_the_file_of_a_key_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(KEY, encoding="utf-8")
    _, [tunnel], paths = convert({**TUNNEL, "psk_file": str(file)})
    assert (tunnel["psk_file"], paths) == (str(file), {})


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("peer_ip", "vpn.example.com"),
        ("encryption", "3des"),
        ("extension", "securelocaltrafficbyip=10.0.0.1"),
        ("compliance_suite", "cnsa"),
    ],
)
def test_a_tunnel_that_nsxt_cannot_express_is_left_out(option: str, value: str) -> None:
    _, tunnels, paths = convert({**TUNNEL, option: value})
    assert (tunnels, paths) == ([], {f"tunnels[0].{option}": LEFT_OUT})


def test_a_tunnel_with_a_certificate_is_left_out() -> None:
    _, tunnels, paths = convert({**TUNNEL, "authentication": "x.509", "certificate": "certificate-1"})
    assert (tunnels, paths) == ([], {"tunnels[0].certificate": LEFT_OUT})


def test_a_tunnel_is_converted_without_its_mtu() -> None:
    _, [tunnel], paths = convert({**TUNNEL, "mtu": 1400})
    assert "mtu" not in tunnel
    assert paths == {"tunnels[0].psk": OMITTED, "tunnels[0].mtu": OMITTED}


def test_a_second_tunnel_between_the_same_addresses_is_left_out() -> None:
    second = {**TUNNEL, "name": "hq2", "peer_id": "hq2", "peer_subnets": ["192.168.1.0/24"]}
    _, tunnels, paths = convert(TUNNEL, second)
    assert [tunnel["name"] for tunnel in tunnels] == ["hq"]
    assert paths["tunnels[1].peer_ip"] == LEFT_OUT


def test_a_disabled_service_disables_every_tunnel() -> None:
    conversion, [tunnel], paths = convert(TUNNEL, enabled=False, logging=False)
    assert (tunnel["enabled"], tunnel["logging"]) == (False, False)
    assert set(conversion.document["ipsec"]) == {"tunnels"}
    assert paths == {"enabled": CHANGED, "tunnels[0].psk": OMITTED}
