"""Tests of NSX-T IPsec tunnels with the engine and the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.ipsec.nsxt.harness import (
    BRANCH,
    KEY,
    LOCAL,
    PROFILE,
    VERSIONS,
    NsxtHarness,
    cloud,
    connected,
    harness,
)
from vcloudair_core.errors import AmbiguousMatchError, ConfigurationError, NotFoundError, SpecError

READ = ["GET", "GET ID"]
OTHER = {**BRANCH, "name": "other", "peer_ip": "198.51.100.8", "peer_subnets": ["10.40.0.0/16"]}


@pytest.fixture(params=VERSIONS)
def ipsec(request: pytest.FixtureRequest) -> Iterator[NsxtHarness]:
    with harness(request.param) as made:
        yield made


@pytest.fixture
def one() -> Iterator[NsxtHarness]:
    with harness() as made:
        yield made


# -- creating ----------------------------------------------------------------------------------------------------


def test_a_new_tunnel_takes_one_write(ipsec: NsxtHarness) -> None:
    """A tunnel whose spec sets no profile options gets the default profile."""
    assert ipsec.ensure(BRANCH).changed
    assert ipsec.calls() == ["GET", "POST", *READ]
    tunnel = ipsec.tunnel
    assert (tunnel["name"], tunnel["preSharedKey"], tunnel["securityType"]) == ("branch", KEY, "DEFAULT")
    assert tunnel["localEndpoint"] == {
        "localId": LOCAL, "localAddress": LOCAL, "localNetworks": ["192.168.10.0/24"],
    }  # fmt: skip
    assert tunnel["remoteEndpoint"]["remoteId"] == "198.51.100.7"

    assert not ipsec.ensure(BRANCH).changed
    assert ipsec.calls() == READ


def test_a_new_tunnel_with_a_custom_profile_takes_two_writes(ipsec: NsxtHarness) -> None:
    assert ipsec.ensure({**BRANCH, **PROFILE}).changed
    assert ipsec.calls() == [
        "GET", "POST", "GET", "PUT ID connectionProperties", *READ, "GET ID connectionProperties",
    ]  # fmt: skip
    properties = ipsec.tunnel["properties"]
    for part in ("ikeConfiguration", "tunnelConfiguration"):
        assert properties[part]["encryptionAlgorithms"] == ["AES_256"]
        assert properties[part]["digestAlgorithms"] == ["SHA2_256"]
        assert properties[part]["dhGroups"] == ["GROUP16"]
    assert not ipsec.ensure({**BRANCH, **PROFILE}).changed


def test_several_new_profiles_need_one_list(one: NsxtHarness) -> None:
    one.ensure({"tunnels": [{**BRANCH, **PROFILE}, {**OTHER, "encryption": "aes-gcm-256"}]})
    assert one.calls()[:6] == [
        "GET", "POST", "POST", "GET", "PUT ID connectionProperties", "PUT ID connectionProperties",
    ]  # fmt: skip


def test_the_read_budget(one: NsxtHarness) -> None:
    """A read fetches the list, each tunnel, and each custom profile."""
    one.ensure({"tunnels": [{**BRANCH, **PROFILE}, OTHER]})
    one.ensure({"tunnels": [BRANCH]})
    assert sorted(one.calls()) == ["GET", "GET ID", "GET ID", "GET ID connectionProperties"]


# -- changing ----------------------------------------------------------------------------------------------------


def test_a_changed_tunnel_takes_one_write_and_keeps_its_profile(ipsec: NsxtHarness) -> None:
    ipsec.ensure({**BRANCH, **PROFILE})
    profile = ipsec.tunnel["properties"]
    outcome = ipsec.ensure({"name": "branch", "description": "new", "enabled": False})
    assert ipsec.writes() == ["PUT ID"]
    assert outcome.plan.changes[0].fields == ("enabled", "description")
    tunnel = ipsec.tunnel
    assert (tunnel["description"], tunnel["active"], tunnel["preSharedKey"]) == ("new", False, KEY)
    assert (tunnel["securityType"], tunnel["properties"]) == ("CUSTOM", profile)


def test_a_changed_profile_takes_one_write(ipsec: NsxtHarness) -> None:
    ipsec.ensure(BRANCH)
    assert ipsec.ensure({"name": "branch", "ike_lifetime": 28800, "pfs": False}).changed
    assert ipsec.writes() == ["PUT ID connectionProperties"]
    properties = ipsec.tunnel["properties"]
    assert properties["ikeConfiguration"]["saLifeTime"] == 28800
    assert properties["tunnelConfiguration"]["perfectForwardSecrecyEnabled"] is False
    assert properties["tunnelConfiguration"]["encryptionAlgorithms"] == ["AES_GCM_128"]
    assert not ipsec.ensure({"name": "branch", "ike_lifetime": 28800, "pfs": False}).changed


@pytest.mark.parametrize("version_check", ["refuse-stale", "required"])
def test_a_profile_is_written_before_its_tunnel(version_check: str) -> None:
    with harness(object_version=version_check) as ipsec:
        ipsec.ensure(BRANCH)
        assert ipsec.ensure({"name": "branch", "description": "new", **PROFILE}).changed
        assert [call for call in ipsec.calls() if call not in READ] == [
            "PUT ID connectionProperties", "PUT ID", "GET ID connectionProperties",
        ]  # fmt: skip
        assert (ipsec.tunnel["description"], ipsec.tunnel["securityType"]) == ("new", "CUSTOM")


def test_back_to_the_default_profile(ipsec: NsxtHarness) -> None:
    ipsec.ensure({**BRANCH, **PROFILE})
    assert ipsec.ensure({"name": "branch", "security_profile": "default"}).changed
    assert ipsec.writes() == ["PUT ID"]
    assert (ipsec.tunnel["securityType"], ipsec.tunnel["properties"]) == ("DEFAULT", None)
    assert ipsec.tunnel["preSharedKey"] == KEY


def test_an_exact_list_without_a_profile_restores_the_default_profile(one: NsxtHarness) -> None:
    one.ensure({**BRANCH, **PROFILE})
    assert one.ensure({"tunnels": [BRANCH]}, "exact").changed
    assert one.tunnel["securityType"] == "DEFAULT"
    assert not one.ensure({"tunnels": [BRANCH]}, "exact").changed


def test_values_of_both_phases(one: NsxtHarness) -> None:
    """An option without the prefix ``tunnel_`` replaces the values of both phases."""
    one.ensure({**BRANCH, "encryption": "aes256", "tunnel_encryption": "aes-gcm-256", "tunnel_dh_group": "dh20"})
    shown = one.read()["tunnels"][0]
    assert (shown["encryption"], shown["tunnel_encryption"]) == ("aes256", "aes-gcm-256")
    assert (shown["dh_group"], shown["tunnel_dh_group"]) == ("dh14", "dh20")
    assert "tunnel_digest" not in shown
    assert one.tunnel["properties"]["tunnelConfiguration"]["digestAlgorithms"] is None
    outcome = one.ensure({"name": "branch", "encryption": "aes256", "dh_group": "dh20"})
    assert outcome.plan.changes[0].fields == ("dh_group", "tunnel_encryption")
    shown = one.read()["tunnels"][0]
    assert (shown["encryption"], shown["dh_group"]) == ("aes256", "dh20")
    assert not {"tunnel_encryption", "tunnel_dh_group", "tunnel_digest"} & set(shown)


def test_the_initiation_mode(one: NsxtHarness) -> None:
    one.ensure({**BRANCH, "responder_only": True})
    assert one.tunnel["connectorInitiationMode"] == "RESPOND_ONLY"
    assert not one.ensure({"name": "branch", "initiation_mode": "respond_only"}).changed
    assert one.ensure({"name": "branch", "initiation_mode": "on_demand"}).changed
    assert not one.ensure({"name": "branch", "responder_only": False}).changed
    assert one.tunnel["connectorInitiationMode"] == "ON_DEMAND"
    assert one.ensure({"tunnels": [BRANCH]}, "exact").changed
    assert one.tunnel["connectorInitiationMode"] == "INITIATOR"


def test_addresses_are_free_before_they_are_used(one: NsxtHarness) -> None:
    """Delete tunnels first, and free addresses before other tunnels use them."""
    one.ensure([BRANCH, OTHER, {**OTHER, "name": "third", "peer_ip": "198.51.100.9"}])
    moved: list[dict[str, Any]] = [
        {"name": "branch", "peer_ip": "198.51.100.8"},
        {"name": "other", "peer_ip": "198.51.100.10"},
        {**OTHER, "name": "fourth", "peer_ip": "198.51.100.9"},
    ]
    one.ensure({"tunnels": [{**BRANCH, **moved[0]}, {**OTHER, **moved[1]}, moved[2]]}, "exact")
    assert one.writes() == ["DELETE ID", "PUT ID", "PUT ID", "POST"]
    ends = {tunnel["name"]: tunnel["remoteEndpoint"]["remoteAddress"][-2:] for tunnel in one.tunnels}
    assert ends == {"branch": ".8", "other": "10", "fourth": ".9"}


def test_a_swap_of_tunnel_addresses_is_refused(one: NsxtHarness) -> None:
    one.ensure([BRANCH, OTHER])
    with pytest.raises(ConfigurationError, match="swaps the addresses of the tunnels 'branch', 'other'"):
        one.ensure([{"name": "branch", "peer_ip": "198.51.100.8"}, {"name": "other", "peer_ip": "198.51.100.7"}])
    assert one.writes() == []


# -- identity ----------------------------------------------------------------------------------------------------


def test_repeated_addresses_are_refused_before_a_write(one: NsxtHarness) -> None:
    one.ensure(BRANCH)
    with pytest.raises(SpecError, match=r"are the addresses of the tunnels 'branch' and 'twin'"):
        one.ensure({**BRANCH, "name": "twin", "peer_id": "another"})
    assert one.writes() == []


def test_a_peer_can_have_tunnels_from_several_local_addresses(one: NsxtHarness) -> None:
    second = {**BRANCH, "name": "second", "local_ip": "203.0.113.101", "local_subnets": ["192.168.11.0/24"]}
    one.ensure([BRANCH, second])
    assert one.names() == ["branch", "second"]
    by_peer = {"match_by": "peer", "peer_ip": "198.51.100.7"}
    with pytest.raises(AmbiguousMatchError):
        one.ensure({**by_peer, "description": "new"})
    assert one.ensure({**by_peer, "local_ip": "203.0.113.101", "description": "new"}).changed
    assert {tunnel["name"]: tunnel["description"] for tunnel in one.tunnels} == {"branch": "", "second": "new"}


def test_a_tunnel_is_renamed_by_peer_and_by_id(one: NsxtHarness) -> None:
    one.ensure(BRANCH)
    site_id = one.tunnel["id"]
    assert one.ensure({"match_by": "peer", "peer_ip": "198.51.100.7", "name": "new name"}).changed
    assert one.ensure({"match_by": "site_id", "site_id": site_id, "peer_ip": "198.51.100.9"}).changed
    assert (one.tunnel["name"], one.tunnel["id"]) == ("new name", site_id)
    assert one.tunnel["remoteEndpoint"]["remoteId"] == "198.51.100.9"
    with pytest.raises(NotFoundError, match="IPsec tunnel not found"):
        one.ensure({**BRANCH, "match_by": "site_id", "site_id": "00000000-0000-4000-8000-000000000000"})


def test_the_last_tunnel_is_deleted(ipsec: NsxtHarness) -> None:
    ipsec.ensure(BRANCH)
    assert ipsec.ensure({"name": "branch"}, "absent").changed
    assert (ipsec.writes(), ipsec.tunnels) == (["DELETE ID"], [])
    assert ipsec.read()["enabled"] is False


def test_an_export_is_planned_without_changes(ipsec: NsxtHarness) -> None:
    assert not ipsec.ensure({**ipsec.read()}, "exact").changed
    ipsec.ensure([{**BRANCH, **PROFILE, "tunnel_digest": "sha1", "dpd_interval": 30}, OTHER])
    read = ipsec.read()
    assert "psk" not in read["tunnels"][0]
    assert not ipsec.ensure(read, "exact").changed


# -- keys and other clients -------------------------------------------------------------------------------------


def test_a_changed_key_of_another_client_is_replaced(one: NsxtHarness) -> None:
    one.ensure(BRANCH)
    one.tunnel["preSharedKey"] = "set in the portal"
    outcome = one.ensure(BRANCH)
    assert outcome.plan.changes[0].fields == ("psk",)
    assert one.tunnel["preSharedKey"] == KEY
    assert one.writes() == ["PUT ID"]


def test_update_psk(one: NsxtHarness) -> None:
    one.ensure(BRANCH)
    assert one.ensure({**BRANCH, "update_psk": "always"}).changed
    assert one.writes() == ["PUT ID"]
    assert not one.ensure({**BRANCH, "update_psk": "on_create", "psk": "never sent"}).changed
    assert one.tunnel["preSharedKey"] == KEY


def test_a_user_of_another_version_reads_the_same(one: NsxtHarness) -> None:
    one.ensure({**BRANCH, **PROFILE})
    with connected(one.simulator, "38.1") as other:
        assert other.read() == one.read()


# -- logging -----------------------------------------------------------------------------------------------------


def test_ignored_logging_is_one_change_and_one_warning(tmp_path: Path) -> None:
    """Later runs of the same user report no change. Source: protocol/nsxt.md §13.1."""
    simulator = cloud(logging_right=False)
    logs = {**BRANCH, "logging": True}
    with connected(simulator, state_dir=str(tmp_path)) as ipsec:
        assert ipsec.ensure(logs).warnings
    with connected(simulator, state_dir=str(tmp_path)) as later:
        for state, specs in (("present", logs), ("exact", {"tunnels": [logs]})):
            outcome = later.ensure(specs, state)
            assert (outcome.changed, outcome.warnings) == (False, ())
        by_peer = {"match_by": "peer", "peer_ip": "198.51.100.7", "logging": True}
        assert not later.ensure(by_peer).changed
        assert not later.ensure({"name": "branch", "logging": False}).changed
        outcome = later.ensure({**logs, "description": "new"})
        assert [change.fields for change in outcome.plan.changes] == [("description",)]
        assert [tunnel["logging"] for tunnel in later.read()["tunnels"]] == [False]
        later.tunnel["logging"] = True
        assert not later.ensure({"tunnels": [{**logs, "description": "new"}]}, "exact").changed
        assert later.ensure({"name": "branch", "logging": False}).changed


def test_logging_without_the_right_is_a_warning() -> None:
    with harness(logging_right=False) as ipsec:
        outcome = ipsec.ensure({**BRANCH, "logging": True})
        [warning] = outcome.warnings
        assert "The server ignored logging=true of IPsec tunnels" in warning
        assert "'branch'" in warning


def test_logging_with_the_right() -> None:
    with connected(cloud(logging_right=True)) as ipsec:
        assert ipsec.ensure({**BRANCH, "logging": True}).warnings == ()
        assert ipsec.tunnel["logging"] is True
        assert not ipsec.ensure({**BRANCH, "logging": True}).changed


# -- certificates ------------------------------------------------------------------------------------------------

CERTIFIED: dict[str, Any] = {
    **{name: value for name, value in BRANCH.items() if name != "psk"},
    "authentication": "x.509",
    "certificate": "vpn-gateway",
    "ca_certificate": "vpn-ca",
}


def test_certificates_by_name_and_urn(ipsec: NsxtHarness) -> None:
    assert ipsec.ensure(CERTIFIED).changed
    tunnel = ipsec.tunnel
    assert (tunnel["authenticationMode"], tunnel["preSharedKey"]) == ("CERTIFICATE", None)
    urns = {"certificate": tunnel["certificateRef"]["id"], "ca_certificate": tunnel["caCertificateRef"]["id"]}
    assert urns["certificate"].startswith("urn:vcloud:certificateLibraryItem:")
    assert not ipsec.ensure(CERTIFIED).changed
    assert not ipsec.ensure({**CERTIFIED, **urns}).changed
    assert ipsec.read()["tunnels"][0]["certificate"] == "vpn-gateway"
    assert ipsec.ensure({"name": "branch", "authentication": "psk", "psk": KEY}).changed
    assert (ipsec.tunnel["certificateRef"], ipsec.tunnel["preSharedKey"]) == (None, KEY)


def test_an_unknown_certificate_is_refused_before_the_tunnels_are_read(one: NsxtHarness) -> None:
    with pytest.raises(SpecError, match="no certificate named 'vpn-gatewy'; did you mean 'vpn-gateway'"):
        one.ensure({**CERTIFIED, "certificate": "vpn-gatewy"})
    assert one.calls() == []
