"""Check that invalid tunnels are reported before any request, without keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.ipsec_harness import BRANCH, KEY
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.ipsec.parse import parse_ipsec, parse_tunnel


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("encryption", "AES256", "aes256"),
        ("encryption", "3DES", "3des"),
        ("encryption", "aes-gcm", "aes-gcm"),
        ("encryption", "aes192", "aes192"),  # allowed in an export of an edge, but cannot be set
        ("encryption", "chacha20-poly1305", "chacha20-poly1305"),
        *((("encryption", name, "aes256")) for name in ("AES-256", "aes_256", "AES256", "aes 256", "AES-256-CBC")),
        *((("encryption", name, "aes")) for name in ("AES", "AES-128", "aes128", "AES_128")),
        *((("encryption", name, "3des")) for name in ("3DES", "triple-des", "TripleDES", "triple_des", "DES3")),
        *((("encryption", name, "aes-gcm")) for name in ("AES_GCM", "AesGcm", "GCM")),
        *((("dh_group", name, "dh14")) for name in ("DH-14", "group 14", "modp2048", "MODP-2048", "DH Group 14", "14")),
        *((("digest", name, "sha1")) for name in ("SHA-1", "sha_1", "HMAC-SHA1")),
        *((("digest", name, "sha-256")) for name in ("SHA256", "sha2-256", "SHA-256", "sha_256")),
        *((("ike_version", name, "ikev2")) for name in ("v2", "IKEv2", "ike-v2", "IKE_V2")),
        ("dh_group", 14, "dh14"),
        ("dh_group", "14", "dh14"),
        ("dh_group", "DH14", "dh14"),
        ("dh_group", "group14", "dh14"),
        ("dh_group", "dh21", "dh21"),
        ("ike_version", 2, "ikev2"),
        ("ike_version", "IKE_FLEX", "ikeflex"),
        ("digest", "SHA1", "sha1"),
        ("digest", "sha-512", "sha-512"),
        ("compliance_suite", "suite-b-gcm-256", "suite-b-gcm-256"),
    ],
)
def test_spellings_of_algorithms(field: str, value: Any, name: str) -> None:
    assert getattr(parse_tunnel({**BRANCH, field: value}), field) == name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encryption": "sha256"}, "is not one of aes, aes256, 3des, aes-gcm"),
        ({"encryption": "ase"}, "did you mean 'aes'"),
        ({"encryption": True}, "encryption: True is not one of"),
        ({"dh_group": 3}, "dh_group: 3 is not one of dh2, dh5, dh14, dh15, dh16"),
        ({"dh_group": "ecdh"}, "dh_group: 'ecdh' is not one of"),
        ({"ike_version": 3}, "ike_version: 3 is not one of ikev1, ikev2, ikeflex"),
        ({"authentication": "rsa"}, "authentication: 'rsa' is not one of psk, x.509"),
        ({"local_ip": "203.0.113.10/32"}, "local_ip: '203.0.113.10/32' is not an IPv4 address"),
        ({"local_ip": "2001:db8::1"}, "is not an IPv4 address of the edge gateway"),
        ({"peer_ip": "198.51.100.300"}, "peer_ip: '198.51.100.300' is not an address, a full host name, or any"),
        ({"peer_ip": "host_name"}, "is not an address, a full host name, or any"),
        ({"local_subnets": []}, "local_subnets: is empty"),
        ({"local_subnets": ["any"]}, "local_subnets[0]: 'any' is not a network"),
        ({"peer_subnets": ["10.0.0.1-10.0.0.9"]}, "peer_subnets[0]:"),
        ({"peer_subnets": ["192.168.10.0/25"]}, "peer_subnets: 192.168.10.0/25 overlaps 192.168.10.0/24"),
        ({"peer_subnets": ["2001:db8::/64"]}, "peer_subnets: have a different IP version than local_subnets"),
        ({"peer_id": "a\nb"}, "peer_id: contains a line break"),
        ({"local_id": "x" * 300}, "local_id: has 300 characters, at most 255 are allowed"),
        ({"extension": "mtu=1400"}, "is neither securelocaltrafficbyip=ADDRESS nor passthroughSubnets="),
        ({"mtu": 20}, "mtu: 20 is out of range; use 68 to 9000"),
        ({"psk": "******"}, "psk: is the mask that the server shows"),
        ({"psk": "x" * 129}, "psk: has 129 characters, at most 128 are allowed"),
        ({"psk": 123456}, "psk: is a number in YAML"),
        ({"psk": "a\nb"}, "psk: contains a control character"),
        ({"psk": ["a"]}, "psk: is not a string"),
        ({"psk_file": "/does/not/exist"}, "psk_file: cannot be combined with psk"),
        ({"psk": None, "psk_file": "/does/not/exist"}, "psk_file: reading the file /does/not/exist failed: No such"),
        ({"authentication": "x509"}, "psk: is only allowed with authentication psk, not x.509"),
        ({"name": None}, "name: is required, because match_by is name"),
        ({"match_by": "site_id"}, "site_id: is required, because match_by is site_id"),
        ({"dhgroup": 14}, "dhgroup: unknown field; did you mean 'dh_group' or"),
    ],
)
def test_invalid_values(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as met:
        parse_tunnel({**BRANCH, **change})
    assert message in str(met.value)
    assert KEY not in str(met.value)


def test_a_key_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n", encoding="utf-8")
    found = parse_tunnel({**BRANCH, "psk": None, "psk_file": str(path)})
    assert found.psk is not None
    assert found.psk.reveal() == KEY
    assert KEY not in repr(found)


def test_all_invalid_fields_are_reported_without_keys() -> None:
    with pytest.raises(SpecError) as met:
        parse_ipsec(
            {
                "enabled": "perhaps",
                "log_level": "loud",
                "global_psk": "******",
                "tunnels": [BRANCH, {**BRANCH, "name": "other", "mtu": 1}, KEY],
            }
        )
    text = str(met.value)
    for message in ("enabled", "log_level", "global_psk: is the mask", "tunnels[1].mtu", "tunnels[2]: a tunnel"):
        assert message in text
    assert KEY not in text


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (dict(BRANCH), "tunnels[1].name: 'branch' is already listed at tunnels[0]"),
        ({**BRANCH, "name": "other"}, "tunnels[1].peer_id: '198.51.100.7' is already the peer of tunnels[0]"),
    ],
)
def test_tunnels_that_exclude_each_other(second: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as met:
        parse_ipsec({"tunnels": [BRANCH, second]})
    assert message in str(met.value)


def test_tunnels_with_any_peer_are_distinguished_by_peer_id() -> None:
    first, second = ({**BRANCH, "name": name, "peer_ip": "any", "peer_id": name} for name in ("a", "b"))
    assert parse_ipsec({"tunnels": [first, second]}).tunnels is not None


def test_repeated_networks_are_merged() -> None:
    spec = parse_tunnel({**BRANCH, "local_subnets": ["192.168.10.1/24", ["192.168.10.0 / 24", "192.168.11.0/24"]]})
    assert spec.local_subnets == ("192.168.10.1/24", "192.168.11.0/24")
