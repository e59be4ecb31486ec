"""Tests of certificate names in the IPsec section of NSX-V edge gateways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.services.ans.certificate.harness import NEW, NSXV, OLD, CertificateHarness, certificates, spec
from vcloudair_core.errors import PermissionDeniedError, SpecError
from vcloudair_core.services.ans.certificate import truststore

TUNNEL = {
    "name": "branch",
    "local_ip": "203.0.113.10",
    "local_subnets": ["192.168.10.0/24"],
    "peer_ip": "198.51.100.7",
    "peer_id": "CN=branch",
    "peer_subnets": ["10.20.0.0/16"],
    "authentication": "x.509",
}


@pytest.fixture
def cloud() -> Iterator[CertificateHarness]:
    with certificates(NSXV) as harness:
        harness.ensure([spec(OLD, "vpn"), spec(NEW, "ca")])
        harness.requests.clear()
        yield harness


def ipsec_of(cloud: CertificateHarness, **settings: Any) -> dict[str, Any]:
    cloud.client.ensure("ans.ipsec", settings)
    section: dict[str, Any] = cloud.client.read("ans.ipsec")
    return section


def sent(cloud: CertificateHarness) -> dict[str, Any]:
    """Return the section on the server."""
    section: dict[str, Any] = cloud.edge.sections["ipsec"]
    return section


def test_names_are_sent_as_ids(cloud: CertificateHarness) -> None:
    settings = {
        "service_certificate": "vpn",
        "ca_certificates": ["ca", "certificate-1"],
        "tunnels": [{**TUNNEL, "certificate": "vpn"}],
    }
    section = ipsec_of(cloud, **settings)
    assert sent(cloud)["sites"][0]["certificate"] == "certificate-1"
    assert sent(cloud)["global"]["serviceCertificate"] == "certificate-1"
    assert sent(cloud)["global"]["caCertificates"]["caCertificate"] == ["certificate-2", "certificate-1"]
    assert section["tunnels"][0]["certificate"] == "vpn"
    assert (section["service_certificate"], section["ca_certificates"]) == ("vpn", ["ca", "vpn"])
    assert not cloud.client.ensure("ans.ipsec", settings).changed
    by_id = {
        **settings,
        "service_certificate": "certificate-1",
        "tunnels": [{**TUNNEL, "certificate": "certificate-1"}],
    }
    assert not cloud.client.ensure("ans.ipsec", by_id).changed


def test_changes_show_names(cloud: CertificateHarness) -> None:
    ipsec_of(cloud, service_certificate="vpn", tunnels=[{**TUNNEL, "certificate": "vpn"}])
    changed = cloud.client.ensure("ans.ipsec_tunnel", {"name": "branch", "certificate": "certificate-2"})
    [change] = changed.plan.changes
    assert change.before is not None and change.after is not None
    assert (change.before["certificate"], change.after["certificate"]) == ("vpn", "ca")
    assert sent(cloud)["sites"][0]["certificate"] == "certificate-2"


def test_certificates_without_permission_are_shown_as_ids(
    cloud: CertificateHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    ipsec_of(cloud, service_certificate="vpn", tunnels=[{**TUNNEL, "certificate": "vpn"}])

    def denied(*args: Any) -> None:
        raise PermissionDeniedError("no")

    monkeypatch.setattr(truststore, "ids_by_name", denied)
    assert cloud.client.read("ans.ipsec")["service_certificate"] == "certificate-1"
    assert not cloud.client.ensure("ans.ipsec", {"service_certificate": "certificate-1"}).changed
    with pytest.raises(PermissionDeniedError):
        cloud.client.ensure("ans.ipsec", {"service_certificate": "vpn"})


def test_certificates_with_the_same_name_are_shown_as_ids(cloud: CertificateHarness) -> None:
    ipsec_of(cloud, service_certificate="vpn", tunnels=[{**TUNNEL, "certificate": "ca"}])
    cloud.edge.sections["truststore"]["certificates"][1]["description"] = "vpn"
    section = cloud.client.read("ans.ipsec")
    assert (section["service_certificate"], section["tunnels"][0]["certificate"]) == ("certificate-1", "certificate-2")


def test_unknown_ids_are_kept(cloud: CertificateHarness) -> None:
    section = ipsec_of(cloud, service_certificate="certificate-77", tunnels=[{**TUNNEL, "certificate": "vpn"}])
    assert section["service_certificate"] == "certificate-77"
    assert not cloud.client.ensure("ans.ipsec", {"service_certificate": "certificate-77"}).changed


def test_revocation_lists_have_names(cloud: CertificateHarness) -> None:
    cloud.edge.sections["truststore"]["crls"] = [{"number": 1, "name": "CN=Example CA", "description": "revoked"}]
    ipsec_of(cloud, crl_certificates=["revoked"])
    assert sent(cloud)["global"]["crlCertificates"]["crlCertificate"] == ["crl-1"]
    cloud.requests.clear()
    assert cloud.client.read("ans.ipsec")["crl_certificates"] == ["revoked"]
    assert [call for call in cloud.requests.calls if "/scope/" in call and "/crl/" in call]
    assert not [call for call in cloud.requests.calls if "/truststore/certificate" in call]
    assert not cloud.client.ensure("ans.ipsec", {"crl_certificates": ["crl-1"]}).changed
    with pytest.raises(SpecError, match="no certificate revocation list named 'revokd'; did you mean"):
        cloud.client.ensure("ans.ipsec", {"crl_certificates": ["revokd"]})


def test_each_list_is_read_once(cloud: CertificateHarness) -> None:
    """Without certificates, no extra request is sent."""

    def lists() -> int:
        return len([call for call in cloud.requests.calls if "truststore" in call])

    plain = {**TUNNEL, "authentication": "psk", "psk": "a key of this test", "name": "plain", "peer_id": "plain"}
    cloud.client.ensure("ans.ipsec", {"tunnels": [plain]})
    cloud.client.read("ans.ipsec")
    assert lists() == 0
    names = {
        "tunnels": [{**TUNNEL, "certificate": "vpn"}, {**TUNNEL, "name": "b", "peer_id": "CN=b", "certificate": "ca"}],
        "service_certificate": "ca",
        "ca_certificates": ["vpn", "certificate-2"],
    }
    cloud.client.ensure("ans.ipsec", names)
    assert lists() == 1
    cloud.requests.clear()
    cloud.client.read("ans.ipsec")
    assert lists() == 1
    cloud.requests.clear()
    assert not cloud.client.ensure("ans.ipsec", names).changed
    assert lists() == 1


@pytest.mark.parametrize(
    ("settings", "field", "reason"),
    [
        ({"tunnels": [{**TUNNEL, "certificate": "vpm"}]}, "tunnels[0].certificate", "vpn"),
        ({"service_certificate": "absent"}, "service_certificate", "no certificate named 'absent'"),
        ({"ca_certificates": ["ca", "absent"]}, "ca_certificates[1]", "no certificate named 'absent'"),
    ],
)
def test_unknown_names_are_refused_before_a_write(
    cloud: CertificateHarness, settings: dict[str, Any], field: str, reason: str
) -> None:
    with pytest.raises(SpecError, match=reason) as error:
        cloud.client.ensure("ans.ipsec", settings)
    assert error.value.field == field
    assert not [call for call in cloud.requests.calls if call.startswith("PUT")]


def test_a_name_of_two_certificates_is_refused(cloud: CertificateHarness) -> None:
    cloud.edge.sections["truststore"]["certificates"][1]["description"] = "vpn"
    with pytest.raises(SpecError, match="certificate-1, certificate-2"):
        cloud.client.ensure("ans.ipsec_tunnel", {**TUNNEL, "certificate": "vpn"})
