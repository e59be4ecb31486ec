"""Tests of the certificates of an NSX-V edge. Source: protocol/ans.md §5."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from tests.support.certificates import PASSPHRASE, make_pair
from tests.support.simulated import Caller, first_edge, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig

XML = "application/*+xml;version=33.0"
TRUST = "/network/services/truststore/certificate"


class Truststore:
    """The certificates of the first edge gateway."""

    def __init__(self) -> None:
        self.caller: Caller = signed_in(Simulator(SimulatorConfig(profile="vcd")))
        self.edge = first_edge(self.caller.simulator)

    def add(self, **texts: str) -> Any:
        root = etree.Element("trustObject")
        for name, text in texts.items():
            etree.SubElement(root, name).text = text
        return self.caller.send("POST", f"{TRUST}/{self.edge.edge_id}", etree.tostring(root), Accept=XML)

    def listed(self) -> list[Any]:
        return list(self.caller.xml(f"{TRUST}/scope/{self.edge.edge_id}", Accept=XML))

    def delete(self, object_id: str) -> Any:
        return self.caller.send("DELETE", f"{TRUST}/{object_id}", Accept=XML)


@pytest.fixture
def trust() -> Truststore:
    return Truststore()


def test_added_certificate_is_listed_and_deleted(trust: Truststore) -> None:
    pair = make_pair()
    response = trust.add(pemEncoding=pair.certificate, privateKey=pair.key, description="web")
    assert response.status == 201
    (made,) = etree.fromstring(response.body)
    object_id = f"{trust.edge.edge_id}:certificate-1"
    assert made.findtext("objectId") == object_id
    assert made.findtext("name") == "www.example.test"
    (listed,) = trust.listed()
    assert listed.findtext("description") == "web"
    assert listed.findtext("pemEncoding").strip() == pair.certificate.strip()
    assert int(listed.findtext("daysLeftToExpiry")) > 0
    assert b"PRIVATE" not in etree.tostring(listed)
    assert trust.caller.xml(f"{TRUST}/{object_id}", Accept=XML).findtext("name") == "www.example.test"
    assert trust.delete(object_id).status == 204
    assert trust.listed() == []
    assert trust.delete(object_id).status == 404


def test_encrypted_key_needs_its_passphrase(trust: Truststore) -> None:
    pair = make_pair()
    texts = {"pemEncoding": pair.certificate, "privateKey": pair.encrypted_key}
    assert trust.add(**texts).status == 400
    assert trust.add(**texts, passphrase=PASSPHRASE).status == 201


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ({"pemEncoding": "none"}, "not a valid PEM certificate"),
        ({"pemEncoding": make_pair().certificate, "privateKey": make_pair("other").key}, "does not match"),
        ({"pemEncoding": make_pair().certificate, "privateKey": "none"}, "cannot be read"),
    ],
)
def test_invalid_upload_is_refused(trust: Truststore, texts: dict[str, str], reason: str) -> None:
    response = trust.add(**texts)
    assert response.status == 400
    assert reason in str(etree.fromstring(response.body).findtext("details"))
    assert trust.listed() == []


@pytest.mark.parametrize(
    "section",
    [
        {"global": {"serviceCertificate": "certificate-1"}},
        {"global": {"caCertificates": {"caCertificate": ["certificate-1"]}}},
        {"sites": [{"name": "branch", "certificate": "certificate-1"}]},
    ],
)
def test_used_certificate_is_not_deleted(trust: Truststore, section: dict[str, Any]) -> None:
    trust.add(pemEncoding=make_pair().certificate)
    trust.edge.sections["ipsec"] = section
    response = trust.delete(f"{trust.edge.edge_id}:certificate-1")
    assert response.status == 400
    assert b"in use by IPsec" in response.body
    assert len(trust.listed()) == 1
