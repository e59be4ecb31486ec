"""Tests of certificate names in the IPsec section of NSX-V edge gateways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.services.ans.certificate.harness import NEW, NSXV, OLD, CertificateHarness, certificates, spec
from vcloudair_core.errors import SpecError

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


def test_names_are_sent_as_ids(cloud: CertificateHarness) -> None:
    settings = {
        "service_certificate": "vpn",
        "ca_certificates": ["ca", "certificate-1"],
        "tunnels": [{**TUNNEL, "certificate": "vpn"}],
    }
    section = ipsec_of(cloud, **settings)
    assert section["tunnels"][0]["certificate"] == "certificate-1"
    assert (section["service_certificate"], section["ca_certificates"]) == (
        "certificate-1",
        ["certificate-2", "certificate-1"],
    )
    assert not cloud.client.ensure("ans.ipsec", settings).changed


def test_a_list_of_certificates_is_read_only_for_names(cloud: CertificateHarness) -> None:
    """Settings and tunnels take one extra request each, for any number of names."""
    ids = {"tunnels": [{**TUNNEL, "certificate": "certificate-1"}], "service_certificate": "certificate-2"}
    cloud.client.ensure("ans.ipsec", ids)
    cloud.requests.clear()
    cloud.client.ensure("ans.ipsec", ids, check=True)
    assert not [call for call in cloud.requests.calls if "truststore" in call]
    names = {
        "tunnels": [{**TUNNEL, "certificate": "vpn"}, {**TUNNEL, "name": "b", "peer_id": "CN=b", "certificate": "ca"}],
        "service_certificate": "ca",
        "ca_certificates": ["vpn", "ca"],
    }
    cloud.requests.clear()
    cloud.client.ensure("ans.ipsec", names, check=True)
    assert len([call for call in cloud.requests.calls if "truststore" in call]) == 2


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
