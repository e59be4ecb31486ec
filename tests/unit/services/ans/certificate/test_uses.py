"""Tests of certificates that are in use: listed uses, renewal and deletion."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import vcloudair_core.services.ans.certificate.uses as uses
from tests.support.certificates import make_pair
from tests.unit.services.ans.certificate.harness import NEW, NSXT, NSXV, OLD, CertificateHarness, certificates, spec
from vcloudair_core.errors import ConflictError, PermissionDeniedError, SpecError

CA, NEW_CA = make_pair("Example CA", serial=11), make_pair("Example CA", 2032, serial=12)
TUNNEL = {
    "name": "branch",
    "local_ip": "203.0.113.100",
    "local_id": "CN=web",
    "local_subnets": ["192.168.10.0/24"],
    "peer_ip": "198.51.100.7",
    "peer_id": "CN=branch",
    "peer_subnets": ["10.20.0.0/16"],
}
PSK = "a key of this test"


def ca_spec(pair: Any, **fields: Any) -> dict[str, Any]:
    return {"name": "ca", "certificate": pair.certificate, **fields}


@pytest.fixture
def nsxv() -> Iterator[CertificateHarness]:
    """An edge gateway whose IPsec VPN uses the certificates ``web`` and ``ca``."""
    with certificates(NSXV) as made:
        made.ensure([spec(OLD), ca_spec(CA)])
        web, ca = (reference(made, name) for name in ("web", "ca"))
        tunnel = {**TUNNEL, "authentication": "x.509", "certificate": web}
        other = {**TUNNEL, "name": "other", "peer_ip": "198.51.100.8", "peer_id": "198.51.100.8", "psk": PSK}
        made.client.ensure(
            "ans.ipsec", {"service_certificate": web, "ca_certificates": [ca], "tunnels": [tunnel, other]}
        )
        yield made


@pytest.fixture
def nsxt() -> Iterator[CertificateHarness]:
    """An edge gateway with a tunnel that uses the certificates ``web`` and ``ca``."""
    with certificates(NSXT) as made:
        made.ensure([spec(OLD), ca_spec(CA)])
        tunnel = {**TUNNEL, "authentication": "x.509", "certificate": "web", "ca_certificate": "ca"}
        made.client.ensure("ans.ipsec_tunnel", tunnel)
        yield made


def reference(harness: CertificateHarness, name: str) -> str:
    identifier: str = harness.read()[name]["certificate_id"]
    return identifier.rpartition(":")[2] if harness.backend == NSXV else identifier


def keys(harness: CertificateHarness) -> list[str]:
    """Return the pre-shared keys on the server."""
    return [site["psk"] for site in harness.edge.sections["ipsec"]["sites"] if site.get("psk")]


# -- showing and refusing ----------------------------------------------------------------------------------------


def test_info_shows_the_uses(nsxv: CertificateHarness) -> None:
    edge = nsxv.edge.name
    assert nsxv.read()["web"]["used_by"] == [
        {"type": "ipsec", "name": "", "edge": edge},
        {"type": "ipsec_tunnel", "name": "branch", "edge": edge},
    ]
    assert nsxv.read()["ca"]["used_by"] == [{"type": "ipsec", "name": "", "edge": edge}]


def test_info_shows_the_uses_of_the_library(nsxt: CertificateHarness) -> None:
    assert nsxt.read()["web"]["used_by"] == [{"type": "ipsec_tunnel", "name": "branch", "edge": "nsxt-edge1"}]
    assert nsxt.read()["ca"]["used_by"] == [{"type": "ipsec_tunnel", "name": "branch", "edge": "nsxt-edge1"}]


@pytest.mark.parametrize("backend", [NSXV, NSXT])
@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("force", [True, False])
def test_used_certificate_is_not_deleted(
    backend: str, check: bool, force: bool, request: pytest.FixtureRequest
) -> None:
    harness: CertificateHarness = request.getfixturevalue(backend)
    with pytest.raises(ConflictError) as caught:
        harness.ensure({"name": "web", "force": force}, "absent", check=check)
    assert f"in use by {'the IPsec VPN' if backend == NSXV else 'IPsec tunnel'}" in str(caught.value)
    assert f"IPsec tunnel 'branch' of edge gateway {harness.edge.name}" in str(caught.value)
    assert "Change or delete the users first." in str(caught.value)
    assert harness.requests.writes == []


def test_user_who_must_not_see_tunnels_reads_but_does_not_delete(
    nsxv: CertificateHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Denied:
        def read(self) -> None:
            raise PermissionDeniedError("no")

    monkeypatch.setattr(uses, "open_section", lambda *args: Denied())
    assert "used_by" not in nsxv.read()["web"]
    with pytest.raises(PermissionDeniedError):
        nsxv.ensure({"name": "web"}, "absent")
    assert nsxv.requests.writes == []


# -- moving ------------------------------------------------------------------------------------------------------


def test_renewal_moves_the_references(nsxv: CertificateHarness) -> None:
    nsxv.ensure([spec(NEW), ca_spec(NEW_CA)])
    section = nsxv.edge.sections["ipsec"]
    web, ca = (reference(nsxv, name) for name in ("web", "ca"))
    assert section["global"]["serviceCertificate"] == web
    assert section["global"]["caCertificates"]["caCertificate"] == [ca]
    assert [site.get("certificate") for site in section["sites"]] == [web, None]
    assert keys(nsxv) == [PSK], "the pre-shared keys of other tunnels are kept"
    assert len(nsxv.read()) == 2
    assert not nsxv.ensure([spec(NEW), ca_spec(NEW_CA)]).changed


def test_renewal_moves_the_references_of_tunnels_on_nsxt(nsxt: CertificateHarness) -> None:
    nsxt.ensure([spec(NEW), ca_spec(NEW_CA)])
    [tunnel] = nsxt.edge.services["ipsec"]["tunnels"]
    assert tunnel["certificateRef"]["id"] == reference(nsxt, "web")
    assert tunnel["caCertificateRef"]["id"] == reference(nsxt, "ca")
    assert not nsxt.ensure([spec(NEW), ca_spec(NEW_CA)]).changed


def test_request_budget_of_a_renewal(nsxv: CertificateHarness) -> None:
    nsxv.ensure(spec(NEW))
    assert nsxv.calls() == [
        "GET scope", "GET config", "GET config",  # certificates and their uses
        "POST certificate",
        "GET config", "PUT config", "GET config",  # references
        "DELETE certificate", "GET scope",
    ]  # fmt: skip


@pytest.mark.parametrize("backend", [NSXV, NSXT])
def test_renewal_of_a_used_certificate_needs_a_private_key(backend: str, request: pytest.FixtureRequest) -> None:
    harness: CertificateHarness = request.getfixturevalue(backend)
    with pytest.raises(SpecError, match="private_key: is required, because"):
        harness.ensure({"name": "web", "certificate": NEW.certificate})
    assert harness.requests.writes == []


# -- removing ----------------------------------------------------------------------------------------------------


def test_unneeded_ca_certificate_is_deleted_with_force(nsxv: CertificateHarness) -> None:
    nsxv.client.ensure("ans.ipsec_tunnel", {"name": "branch"}, state="absent")
    with pytest.raises(ConflictError, match="Set force to true"):
        nsxv.ensure({"name": "ca"}, "absent")
    nsxv.ensure({"name": "ca", "force": True}, "absent")
    assert nsxv.edge.sections["ipsec"]["global"]["caCertificates"]["caCertificate"] == []
    assert list(nsxv.read()) == ["web"]
    assert keys(nsxv) == [PSK]


# -- the load balancer -------------------------------------------------------------------------------------------


@pytest.fixture
def balancer() -> Iterator[CertificateHarness]:
    """An edge gateway with a used and an unused application profile."""
    with certificates(NSXV) as made:
        made.ensure([spec(OLD), spec(make_pair("unused"), "unused")])
        profiles = [
            {"name": name, "template": "HTTPS", "clientSsl": {"serviceCertificate": [reference(made, name)]}}
            for name in ("web", "unused")
        ]
        server = {"name": "site", "ipAddress": "203.0.113.10", "protocol": "https", "port": 443}
        made.client.session.call(
            "PUT",
            f"/network/edges/{made.edge.edge_id}/loadbalancer/config",
            content_type="application/json",
            body=json.dumps(
                {
                    "featureType": "loadbalancer_4.0",
                    "applicationProfile": profiles,
                    "virtualServer": [{**server, "applicationProfileId": "applicationProfile-1"}],
                }
            ).encode(),
        )
        yield made


def test_virtual_servers_and_profiles_are_users(balancer: CertificateHarness) -> None:
    edge = balancer.edge.name
    assert balancer.read()["web"]["used_by"] == [{"type": "virtual_server", "name": "site", "edge": edge}]
    assert balancer.read()["unused"]["used_by"] == [{"type": "application_profile", "name": "unused", "edge": edge}]
    with pytest.raises(ConflictError, match="in use by virtual server 'site' of edge gateway"):
        balancer.ensure({"name": "web", "force": True}, "absent")
    assert balancer.requests.writes == []


def test_renewal_moves_the_references_of_application_profiles(balancer: CertificateHarness) -> None:
    before = balancer.edge.sections["loadbalancer"]
    balancer.ensure(spec(NEW))
    after = balancer.edge.sections["loadbalancer"]
    assert after["applicationProfile"][0]["clientSsl"]["serviceCertificate"] == [reference(balancer, "web")]
    assert after["applicationProfile"][1:] == before["applicationProfile"][1:]
    assert {key: after[key] for key in ("virtualServer", "pool", "monitor")} == {
        key: before[key] for key in ("virtualServer", "pool", "monitor")
    }
    assert len(balancer.requests.writes) == 3
    assert not balancer.ensure(spec(NEW)).changed


def test_certificate_of_an_unused_profile_is_deleted_with_force(balancer: CertificateHarness) -> None:
    with pytest.raises(ConflictError, match="Set force to true"):
        balancer.ensure({"name": "unused"}, "absent")
    balancer.ensure({"name": "unused", "force": True}, "absent")
    assert list(balancer.read()) == ["web"]
    assert not balancer.edge.sections["loadbalancer"]["applicationProfile"][1].get("clientSsl")
