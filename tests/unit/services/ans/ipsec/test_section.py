"""Check that IPsec tunnels converge with all edge APIs, and that keys are kept."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.ipsec_harness import BRANCH, KEY, Harness, as_text, foreign, harness
from vcloudair_core.errors import (
    AmbiguousMatchError,
    InvalidRequestError,
    NotFoundError,
    SpecError,
    StageError,
    VcloudAirError,
)
from vcloudair_core.services.ans.edge.backend import EDGE_APIS
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.edge.ipsec_section import MASK


@pytest.fixture(params=EDGE_APIS)
def edge_api(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ipsec(vca_simulator: Simulator, edge_api: str) -> Iterator[Harness]:
    with harness(vca_simulator, edge_api) as made:
        yield made


@pytest.fixture
def one(vca_simulator: Simulator) -> Iterator[Harness]:
    """Return a test harness with one edge API, for tests that are not about the API."""
    with harness(vca_simulator, "network_json") as made:
        yield made


def again(vca_simulator: Simulator, edge_api: str = "network_json") -> Any:
    """Return another client on the same host, as in a new run."""
    return harness(vca_simulator, edge_api)


FULL = {
    **BRANCH,
    "enabled": False,
    "description": "ümläute & <tags>",
    "local_id": "vpn.example.com",
    "peer_id": "branch.example.com",
    "peer_ip": "gw.branch.example.com",
    "encryption": "aes-gcm",
    "pfs": False,
    "dh_group": "dh15",
    "mtu": 1400,
    "extension": "passthroughSubnets=10.9.0.0/16",
    "ike_version": "ikev2",
    "digest": "sha-256",
    "responder_only": True,
}


# -- converging --------------------------------------------------------------------------------------------------


def test_a_new_tunnel_gets_its_defaults_and_a_second_run_changes_nothing(ipsec: Harness) -> None:
    outcome = ipsec.ensure(BRANCH)

    assert outcome.changed
    assert ipsec.methods() == ["GET", "PUT", "GET"]
    (site,) = ipsec.sites
    assert site["psk"] == KEY
    assert (site["encryptionAlgorithm"], site["enablePfs"]) == ("aes256", True)
    assert site["localId"] == "203.0.113.10"
    assert site["peerId"] == "198.51.100.7"
    assert site["dhGroup"] == ("dh5" if ipsec.client.settings.edge_api == "hybridity" else "dh14")
    assert not {"ikeOption", "digestAlgorithm", "responderOnly"} & set(site)

    assert not ipsec.ensure(BRANCH).changed
    assert ipsec.methods() == ["GET"]


def test_all_fields_are_sent_and_read_back(ipsec: Harness) -> None:
    outcome = ipsec.ensure(FULL)

    (site,) = ipsec.sites
    assert site["ikeOption"] == "ikev2"
    assert str(site["responderOnly"]).lower() == "true"
    shown = dict(outcome.after[0])
    shown.pop("site_id")
    assert shown == {**{key: value for key, value in FULL.items() if key != "psk"}, "authentication": "psk"}
    assert not ipsec.ensure(FULL).changed


def test_tunnels_of_other_owners_are_kept_exactly(ipsec: Harness) -> None:
    ipsec.seed(foreign(1), foreign(2, ConfigStatus="good", psk="x" * 128))
    before = as_text([{**site} for site in ipsec.sites[:1]])

    ipsec.ensure(BRANCH)

    assert as_text(ipsec.sites[:1]) == before or ipsec.client.settings.edge_api == "network_xml"
    assert [site["psk"] for site in ipsec.sites] == ["their own 1", "x" * 128, KEY]
    assert [site.get("futureKey") for site in ipsec.sites] == ["kept", "kept", None]
    assert ipsec.names() == ["foreign 1", "foreign 2", "branch"]
    assert ipsec.sites[0]["siteId"] == "ipsecsite-1"


def test_an_update_changes_set_fields_and_keeps_the_key(ipsec: Harness) -> None:
    ipsec.seed(foreign(1))

    outcome = ipsec.ensure({"name": "foreign 1", "peer_subnets": ["10.77.0.0/16"], "encryption": "aes"})

    assert set(outcome.plan.changes[0].fields) == {"peer_subnets", "encryption"}
    (site,) = ipsec.sites
    assert site["psk"] == "their own 1"
    assert site["peerSubnets"] == {"subnets": ["10.77.0.0/16"]}
    assert site["dhGroup"] == "dh16"
    assert site["futureKey"] == "kept"


def test_equivalent_values_are_not_changes(ipsec: Harness) -> None:
    ipsec.seed(foreign(1))

    assert not ipsec.ensure(
        {"name": "foreign 1", "local_subnets": ["192.168.10.0/24"], "encryption": "aes256", "dh_group": 16}
    ).changed


def test_values_of_newer_edges_are_kept_and_can_be_set(ipsec: Harness) -> None:
    ipsec.client.session  # noqa: B018 - signed in below
    ipsec.seed(foreign(1, encryptionAlgorithm="aes-gmac-512", dhGroup="dh21"))

    assert ipsec.client.read("ans.ipsec")["tunnels"][0]["dh_group"] == "dh21"
    assert not ipsec.ensure({"name": "foreign 1", "dh_group": "dh21", "encryption": "aes-gmac-512"}).changed
    with pytest.raises(InvalidRequestError):
        ipsec.ensure({"name": "foreign 1", "description": "changed"})  # the simulator does not support dh21
    assert ipsec.sites[0]["dhGroup"] == "dh21"


def test_absent_deletes_one_tunnel_and_an_exact_list_the_others(ipsec: Harness) -> None:
    ipsec.seed(foreign(1), foreign(2), foreign(3))

    assert ipsec.ensure({"name": "foreign 2"}, "absent").changed
    assert ipsec.names() == ["foreign 1", "foreign 3"]
    assert not ipsec.ensure({"name": "foreign 2"}, "absent").changed
    assert ipsec.ensure({"tunnels": [{"name": "foreign 3"}]}, "exact").changed
    assert ipsec.names() == ["foreign 3"]


def test_the_whole_section(ipsec: Harness) -> None:
    outcome = ipsec.ensure({"enabled": True, "log_level": "debug", "logging": False, "tunnels": [BRANCH]})

    assert ipsec.methods() == ["GET", "PUT", "GET"]
    assert ipsec.state["enabled"] is True
    assert ipsec.state["logging"] == {"enable": False, "logLevel": "debug"}
    assert outcome.plan.summary() == "1 to create, 1 to update"
    assert not ipsec.ensure({"enabled": True, "log_level": "DEBUG", "tunnels": [BRANCH]}).changed


def test_certificates_and_x509(ipsec: Harness) -> None:
    words = {key: value for key, value in BRANCH.items() if key != "psk"}
    ipsec.ensure(
        {
            "service_certificate": "certificate-4",
            "ca_certificates": ["certificate-1", "certificate-2"],
            "tunnels": [{**words, "authentication": "x.509", "certificate": "certificate-9", "peer_id": "CN=branch"}],
        }
    )

    assert ipsec.state["global"]["serviceCertificate"] == "certificate-4"
    assert ipsec.state["global"]["caCertificates"] == {"caCertificate": ["certificate-1", "certificate-2"]}
    assert ipsec.sites[0]["authenticationMode"] == "x.509"
    assert "psk" not in ipsec.sites[0]
    back = ipsec.ensure({"name": "branch", "authentication": "psk", "psk": KEY})
    assert back.changed
    assert ipsec.sites[0]["psk"] == KEY
    assert "certificate" not in ipsec.sites[0]


def test_the_output_is_valid_input_without_changes(ipsec: Harness) -> None:
    ipsec.seed(foreign(1), foreign(2))

    read = ipsec.client.read("ans.ipsec")

    assert "psk" not in json.dumps(read["tunnels"]).replace('"authentication": "psk"', "")
    assert not ipsec.ensure(read, "exact").changed


# -- identity ----------------------------------------------------------------------------------------------------


def test_a_tunnel_matched_by_peer_can_be_renamed(one: Harness) -> None:
    one.seed(foreign(1))

    assert one.ensure({"match_by": "peer", "peer_id": "foreign-1", "name": "new name"}).changed
    assert one.names() == ["new name"]
    assert one.ensure({"match_by": "site_id", "site_id": "ipsecsite-1", "name": "third", "peer_id": "other"}).changed
    assert (one.sites[0]["name"], one.sites[0]["peerId"]) == ("third", "other")


def test_two_tunnels_of_one_name_are_ambiguous(one: Harness) -> None:
    one.seed(foreign(1, name="twin"), foreign(2, name="twin"))

    with pytest.raises(AmbiguousMatchError) as met:
        one.ensure({"name": "twin", "enabled": False})

    assert [item["site_id"] for item in met.value.candidates] == ["ipsecsite-1", "ipsecsite-2"]
    assert "Set site_id as well" in met.value.hint
    outcome = one.ensure({"name": "twin", "site_id": "ipsecsite-2", "enabled": False})
    assert outcome.plan.changes[0].title == "twin (rule ipsecsite-2)"
    assert outcome.plan.changes[0].positions == (None, None)
    assert [site["enabled"] for site in one.sites] == [True, False]
    assert not one.ensure({"match_by": "site_id", "site_id": "ipsecsite-2", "enabled": False}).changed


def test_an_unknown_id_creates_no_tunnel(one: Harness) -> None:
    with pytest.raises(NotFoundError, match="IPsec tunnel not found: site_id 'ipsecsite-9'"):
        one.ensure({**BRANCH, "match_by": "site_id", "site_id": "ipsecsite-9"})


# -- invalid states ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("specs", "state", "said"),
    [
        ({"name": "new"}, "present", "local_ip: is required, because the tunnel does not exist yet"),
        ({**BRANCH, "psk": None}, "present", "psk: is required"),
        ({**BRANCH, "peer_id": "foreign-1"}, "present", "'foreign-1' is the peer of the tunnels 'foreign 1' and"),
        ({"name": "foreign 1", "peer_subnets": ["192.168.10.128/25"]}, "present", "overlaps 192.168.10.1/24"),
        ({"enabled": True, "tunnels": []}, "exact", "enabled: cannot be true if the list of tunnels is empty"),
    ],
)
def test_changes_that_the_server_rejects_are_not_sent(one: Harness, specs: Any, state: str, said: str) -> None:
    one.seed(foreign(1))

    with pytest.raises(SpecError, match=".*") as met:
        one.ensure(specs, state)

    assert said in str(met.value)
    assert "PUT" not in one.methods()
    assert KEY not in str(met.value)


def test_the_last_tunnel_of_an_enabled_service_is_not_deleted(one: Harness) -> None:
    one.ensure({"enabled": True, "tunnels": [BRANCH]})

    with pytest.raises(SpecError, match="this deletes the last tunnel"):
        one.ensure({"name": "branch"}, "absent")

    with pytest.raises(SpecError, match="would delete the only IPsec tunnel"):
        one.ensure({"enabled": False, "tunnels": []}, "exact")
    assert one.ensure({"tunnels": [], "allow_empty": True}, "exact").changed
    assert (one.sites, one.state["enabled"]) == ([], False)


def test_enabling_the_service_without_a_tunnel_is_rejected(one: Harness) -> None:
    with pytest.raises(SpecError, match="cannot be true without a tunnel"):
        one.ensure({"enabled": True})


# -- keys --------------------------------------------------------------------------------------------------------


def test_another_host_sends_the_key_once(vca_simulator: Simulator, tmp_path: Path) -> None:
    with harness(vca_simulator, "network_json") as first:
        first.ensure(BRANCH)
    with harness(vca_simulator, "network_json", state_dir=str(tmp_path / "other")) as other:
        outcome = other.ensure(BRANCH)
        assert outcome.changed
        assert outcome.plan.changes[0].fields == ("psk",)
        assert "psk" not in (outcome.plan.changes[0].after or {})
        assert "the new key" in outcome.plan.diff()["after"]
        assert not other.ensure(BRANCH).changed


def test_a_changed_key_is_sent(vca_simulator: Simulator, edge_api: str) -> None:
    with again(vca_simulator, edge_api) as first:
        first.ensure(BRANCH)
    with again(vca_simulator, edge_api) as second:
        assert not second.ensure(BRANCH).changed
        assert second.ensure({**BRANCH, "psk": "another one"}).changed
        assert second.sites[0]["psk"] == "another one"
    with again(vca_simulator, edge_api) as third:
        assert not third.ensure({**BRANCH, "psk": "another one"}).changed
        assert third.ensure(BRANCH).changed
        assert third.sites[0]["psk"] == KEY


def test_always_sends_the_key_in_every_run_and_on_create_only_once(vca_simulator: Simulator) -> None:
    with again(vca_simulator) as first:
        first.ensure({**BRANCH, "update_psk": "always"})
    with again(vca_simulator) as second:
        assert second.ensure({**BRANCH, "update_psk": "always"}).changed
        assert second.methods() == ["GET", "PUT", "GET"]
        assert not second.ensure({**BRANCH, "update_psk": "on_create", "psk": "never sent"}).changed
        assert second.sites[0]["psk"] == KEY


def test_a_recreated_tunnel_gets_its_key_again(vca_simulator: Simulator) -> None:
    with again(vca_simulator) as first:
        first.ensure(BRANCH)
        made_anew = {**copy.deepcopy(first.sites[0]), "siteId": "ipsecsite-77", "psk": "set in the portal"}
        first.seed(made_anew)
        assert first.ensure(BRANCH).changed
        assert first.sites[0]["psk"] == KEY


def test_a_key_is_sent_again_after_a_lost_response(one: Harness) -> None:
    one.simulator.faults.add("reset_after", method="PUT", path="/ipsec/config")

    one.ensure(BRANCH)

    assert one.names() == ["branch"]
    assert one.sites[0]["psk"] == KEY
    assert not one.ensure(BRANCH).changed


def test_the_global_key(vca_simulator: Simulator) -> None:
    with again(vca_simulator) as first:
        outcome = first.ensure({"global_psk": KEY, "log_level": "info"})
        assert first.state["global"]["psk"] == KEY
        assert "global_key" in outcome.plan.diff()["after"]
        assert not first.ensure({"global_psk": KEY}).changed
    with again(vca_simulator) as second:
        assert not second.ensure({"global_psk": KEY}).changed
        assert second.ensure({"global_psk": "other"}).changed
        assert not second.ensure({"global_psk": KEY, "update_psk": "on_create"}).changed
        second.ensure({"log_level": "notice"})
        assert second.state["global"]["psk"] == "other"


def test_the_mask_is_never_a_key(edge_api: str) -> None:
    """Never send the mask as a key, even if the server would accept the mask."""
    hostile = Simulator(SimulatorConfig(profile="vca", masked_psk_of_new_site="store"))
    with harness(hostile, edge_api) as ipsec:
        with pytest.raises(SpecError, match="is the mask that the server shows"):
            ipsec.ensure({**BRANCH, "psk": MASK})
        ipsec.seed(foreign(1))
        ipsec.ensure(BRANCH)
        ipsec.ensure({"name": "branch", "description": "new"})
        ipsec.ensure({"match_by": "peer", "peer_id": "foreign-1", "name": "renamed", "peer_ip": "192.0.2.99"})
        assert [site["psk"] for site in ipsec.sites] == ["their own 1", KEY]


def test_check_mode_sends_nothing_and_shows_no_key(ipsec: Harness) -> None:
    outcome = ipsec.ensure(BRANCH, check=True)

    assert outcome.changed
    assert ipsec.methods() == ["GET"]
    assert KEY not in json.dumps(outcome.as_dict())
    assert '"***"' in json.dumps(outcome.plan.as_dict())


def test_a_key_is_never_stored_shown_or_logged(
    vca_simulator: Simulator, edge_api: str, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    with harness(vca_simulator, edge_api, state_dir=str(tmp_path)) as ipsec:
        outcome = ipsec.ensure({"enabled": True, "global_psk": KEY, "tunnels": [BRANCH]})
        shown = [repr(outcome), json.dumps(outcome.as_dict()), repr(ipsec.client.read("ans.ipsec"))]
        vca_simulator.faults.add("status", method="PUT", path="/ipsec/config", status=400, message=f"psk is {KEY}!")
        with pytest.raises(VcloudAirError) as met:
            ipsec.ensure({"tunnels": [{**BRANCH, "psk": KEY, "update_psk": "always"}], "log_level": "info"})
        shown += [str(met.value), repr(met.value), json.dumps(met.value.as_dict())]
        with pytest.raises(StageError):
            ipsec.client.stage("ans.ipsec_tunnel", BRANCH, stage_id="run")
    written = [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) >= 2  # the fingerprints and the HMAC key
    for text in (*shown, caplog.text, *written):
        assert "c4n4ry" not in text
    for path in (tmp_path / "psk").iterdir():
        assert path.stat().st_mode & 0o077 == 0


def test_an_unusable_state_folder_only_disables_fingerprints(
    vca_simulator: Simulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    with harness(vca_simulator, "network_json", state_dir=str(tmp_path / "file"), lock=False) as first:
        assert first.ensure(BRANCH).changed
        assert not first.ensure({"name": "branch"}).changed
    assert "Storing fingerprints of pre-shared keys" in caplog.text
    with harness(vca_simulator, "network_json", state_dir=str(tmp_path / "file"), lock=False) as second:
        assert second.ensure(BRANCH).changed


@pytest.mark.parametrize("edge_api", EDGE_APIS)
def test_identifiers_follow_the_addresses_they_derive_from(vca_simulator: Simulator, edge_api: str) -> None:
    with harness(vca_simulator, edge_api) as made:
        plain = {name: value for name, value in BRANCH.items() if name not in ("peer_id", "local_id")}
        made.ensure(plain)
        moved = {**plain, "peer_ip": "198.51.100.77", "local_ip": "203.0.113.20"}
        assert made.ensure(moved, check=True).plan.changes[0].fields == ("local_id", "local_ip", "peer_id", "peer_ip")
        made.ensure(moved)
        site = made.sites[0]
        assert (site["peerId"], site["localId"]) == ("198.51.100.77", "203.0.113.20")
        assert not made.ensure(moved).changed


def test_explicit_identifiers_are_kept_when_the_address_changes(one: Harness) -> None:
    one.ensure({**BRANCH, "peer_id": "branch.example.com", "local_id": "10.0.0.1"})
    plain = {name: value for name, value in BRANCH.items() if name not in ("peer_id", "local_id")}
    one.ensure({**plain, "peer_ip": "198.51.100.77", "local_ip": "203.0.113.20"})
    assert (one.sites[0]["peerId"], one.sites[0]["localId"]) == ("branch.example.com", "10.0.0.1")


def test_a_name_derived_from_the_peer_follows_it(one: Harness) -> None:
    spec = {name: value for name, value in BRANCH.items() if name != "name"}
    one.ensure({**spec, "match_by": "peer"})
    assert one.sites[0]["name"] == BRANCH["peer_ip"]
    one.ensure({"match_by": "site_id", "site_id": one.sites[0]["siteId"], "peer_ip": "198.51.100.77"})
    assert (one.sites[0]["name"], one.sites[0]["peerId"]) == ("198.51.100.77", "198.51.100.77")
