"""Tests of the codec for IPsec tunnels of NSX-T edge gateways, without a server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.services.ans.ipsec.nsxt.harness import BRANCH, LOCAL
from vcloudair_core.engine.desired import Desired, Exactly, Present
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.ipsec.nsxt.codec import PROPERTIES, NsxtIpsecCodec
from vcloudair_core.services.ans.ipsec.section import SECTION
from vcloudair_core.services.ans.ipsec.tunnel_rules import as_peer
from vcloudair_core.services.ans.section.document import state_of
from vcloudair_core.services.ans.section.kinds import RuleKind
from vcloudair_core.util.redaction import Secret

CODEC = NsxtIpsecCodec()
LIVE: dict[str, Any] = {
    "id": "4c8a2f0e-0000-4000-8000-000000000001",
    "name": "to-hq",
    "description": None,
    "enabled": True,
    "localEndpoint": {"localId": None, "localAddress": LOCAL, "localNetworks": ["10.0.1.0/24"], "futureKey": 1},
    "remoteEndpoint": {"remoteId": "hq", "remoteAddress": "198.51.100.7", "remoteNetworks": []},
    "authenticationMode": "PSK",
    "preSharedKey": Secret("s3cr3t"),
    "certificateRef": None,
    "caCertificateRef": None,
    "connectorInitiationMode": "ON_DEMAND",
    "securityType": "DEFAULT",
    "logging": True,
    "version": {"version": 3},
    "futureKey": {"kept": True},
}
CUSTOM: dict[str, Any] = {
    "securityType": "CUSTOM",
    "ikeConfiguration": {
        "ikeVersion": "IKE_FLEX", "encryptionAlgorithms": ["AES_256"], "digestAlgorithms": ["SHA1"],
        "dhGroups": ["GROUP5"], "saLifeTime": 28800,
    },
    "tunnelConfiguration": {
        "perfectForwardSecrecyEnabled": False, "dfPolicy": "CLEAR",
        "encryptionAlgorithms": ["NO_ENCRYPTION_AUTH_AES_GMAC_192"], "digestAlgorithms": None, "dhGroups": ["GROUP21"],
        "saLifeTime": 900,
    },
    "dpdConfiguration": {"probeInterval": 30},
    "futureKey": 2,
}  # fmt: skip


def document(*records: dict[str, Any]) -> Any:
    return CODEC.document({"ipsec": {"tunnels": list(records)}})


def merged(desired: Desired, *records: dict[str, Any]) -> list[dict[str, Any]]:
    """Plan and merge tunnels. Check that a second plan has no changes."""
    kind = RuleKind(SECTION)
    before = document(*records)
    after = kind.merge(before, kind.plan(before, desired))
    assert kind.plan(after, desired).is_empty
    tunnels: list[dict[str, Any]] = after.tree["ipsec"]["tunnels"]
    return tunnels


def present(*tunnels: dict[str, Any]) -> Present:
    return Present(tuple(RuleKind(SECTION).parse(tunnel) for tunnel in tunnels))


def test_a_tunnel_of_another_client_is_decoded() -> None:
    """An empty list of networks means all networks. Source: protocol/nsxt.md §7."""
    tunnel = state_of(document({**LIVE, PROPERTIES: CUSTOM})).rules[0].spec
    assert (tunnel.local_id, tunnel.peer_id, tunnel.peer_subnets) == (LOCAL, "hq", ("0.0.0.0/0",))
    assert (tunnel.initiation_mode, tunnel.responder_only, tunnel.logging) == ("on_demand", False, True)
    assert (tunnel.encryption, tunnel.tunnel_encryption) == ("aes256", "aes-gmac-192")
    assert (tunnel.digest, tunnel.tunnel_digest, tunnel.dh_group, tunnel.tunnel_dh_group) == (
        "sha1",
        None,
        "dh5",
        "dh21",
    )
    assert (tunnel.ike_version, tunnel.pfs, tunnel.df_policy) == ("ikeflex", False, "clear")
    assert (tunnel.ike_lifetime, tunnel.tunnel_lifetime, tunnel.dpd_interval) == (28800, 900, 30)
    assert (tunnel.security_profile, tunnel.psk) == ("custom", None)


def test_the_default_profile_has_no_values() -> None:
    tunnel = state_of(document(LIVE)).rules[0].spec
    assert (tunnel.security_profile, tunnel.encryption, tunnel.dh_group, tunnel.pfs) == ("default", None, None, None)
    sheet = as_peer(tunnel)
    assert (sheet["encryption"], sheet["tunnel_encryption"], sheet["digest"]) == ("aes", "aes-gcm", "sha-256")
    assert (sheet["ike_version"], sheet["dh_group"], sheet["ike_lifetime"]) == ("ikev2", "dh14", 86400)


@pytest.mark.parametrize("record", [LIVE, {**LIVE, "securityType": "CUSTOM", PROPERTIES: CUSTOM}])
def test_a_change_keeps_everything_else(record: dict[str, Any]) -> None:
    [tunnel] = merged(present({"name": "to-hq", "peer_ip": "198.51.100.8", "local_id": "here"}), record)
    assert tunnel == {
        **record,
        "localEndpoint": {**LIVE["localEndpoint"], "localId": "here"},
        "remoteEndpoint": {**LIVE["remoteEndpoint"], "remoteAddress": "198.51.100.8"},
    }


def test_a_changed_profile_keeps_unknown_keys_and_the_other_phase() -> None:
    record = {**LIVE, "securityType": "CUSTOM", PROPERTIES: CUSTOM}
    [tunnel] = merged(present({"name": "to-hq", "tunnel_encryption": "AES_GCM_256", "dpd_interval": 3}), record)
    assert tunnel[PROPERTIES] == {
        **CUSTOM,
        "tunnelConfiguration": {**CUSTOM["tunnelConfiguration"], "encryptionAlgorithms": ["AES_GCM_256"]},
        "dpdConfiguration": {"probeInterval": 3},
    }
    assert record[PROPERTIES] is CUSTOM


def test_a_digest_is_added_and_removed_with_the_encryption() -> None:
    """Phase 2 has no digest with GCM and GMAC. Source: protocol/vcd-modern.md §5."""
    record = {**LIVE, "securityType": "CUSTOM", PROPERTIES: CUSTOM}
    [tunnel] = merged(present({"name": "to-hq", "tunnel_encryption": "aes"}), record)
    assert tunnel[PROPERTIES]["tunnelConfiguration"]["digestAlgorithms"] == ["SHA1"]
    [tunnel] = merged(present({"name": "to-hq", "encryption": "aes-gcm", "digest": "sha-512"}), tunnel)
    assert tunnel[PROPERTIES]["tunnelConfiguration"]["digestAlgorithms"] is None
    assert tunnel[PROPERTIES]["ikeConfiguration"]["digestAlgorithms"] == ["SHA2_512"]


def test_a_digest_of_both_phases_is_not_set_in_phase_2_with_its_own_digest() -> None:
    [tunnel] = merged(present({**BRANCH, "encryption": "aes", "digest": "sha1", "tunnel_digest": "sha-256"}))
    record = {**tunnel, "id": "1"}
    [tunnel] = merged(present({"name": "branch", "encryption": "aes-gcm-192", "digest": "sha-512"}), record)
    assert tunnel[PROPERTIES]["ikeConfiguration"]["digestAlgorithms"] == ["SHA2_512"]
    assert tunnel[PROPERTIES]["tunnelConfiguration"]["digestAlgorithms"] is None
    with pytest.raises(SpecError, match="tunnel_digest: is not possible with aes-gcm"):
        merged(present({"name": "to-hq", "tunnel_digest": "sha1"}), LIVE)


@pytest.mark.parametrize(
    "options",
    [
        {"security_profile": "custom"},
        {"pfs": False},
        {"dh_group": "dh20"},
        {"tunnel_dh_group": "dh20", "dh_group": "dh20"},
        {"tunnel_encryption": "none"},
        {"encryption": "aes-gcm-192", "digest": "sha-384", "ike_version": "ikev1"},
        {"digest": "sha1", "tunnel_digest": "sha-256", "encryption": "aes", "df_policy": "clear"},
        {"ike_lifetime": 21600, "tunnel_lifetime": 31536000, "dpd_interval": 3},
    ],
)
def test_a_new_and_an_existing_tunnel_get_the_same_profile(options: dict[str, Any]) -> None:
    new = {**BRANCH, **options}
    [created] = merged(present(new))
    [changed] = merged(present({"name": "to-hq", **options}), LIVE)
    [exact] = merged(Exactly(present({**new, "name": "to-hq"}).specs), LIVE)
    assert created[PROPERTIES] == changed[PROPERTIES] == exact[PROPERTIES]
    assert created["securityType"] == "CUSTOM"


def test_perfect_forward_secrecy_alone_keeps_the_default_profile() -> None:
    [tunnel] = merged(present({**BRANCH, "pfs": True}))
    assert PROPERTIES not in tunnel
    assert merged(present({"name": "to-hq", "pfs": True}), LIVE) == [LIVE]


def test_missing_values_of_a_profile_are_its_defaults() -> None:
    empty = {"securityType": "CUSTOM", "ikeConfiguration": None}
    tunnel = state_of(document({**LIVE, PROPERTIES: empty})).rules[0].spec
    assert (tunnel.encryption, tunnel.digest, tunnel.pfs, tunnel.tunnel_lifetime) == ("aes", "sha-256", True, 3600)


def test_the_second_path_version_has_another_name_for_enabled() -> None:
    record = {key: value for key, value in LIVE.items() if key != "enabled"}
    assert state_of(document({**record, "active": False})).rules[0].spec.enabled is False
    [tunnel] = merged(present({"name": "to-hq", "enabled": True}), {**record, "active": False})
    assert (tunnel["active"], "enabled" in tunnel) == (True, False)


def test_a_new_key_is_a_secret_until_it_is_sent() -> None:
    [tunnel] = merged(present(BRANCH))
    assert isinstance(tunnel["preSharedKey"], Secret)
    [changed] = merged(present({"name": "to-hq", "psk": "another"}), LIVE)
    assert changed["preSharedKey"].reveal() == "another"
    [certified] = merged(present({"name": "to-hq", "authentication": "x.509", "certificate": "vpn"}), LIVE)
    assert (certified["preSharedKey"], certified["certificateRef"]) == (None, {"name": "vpn"})
