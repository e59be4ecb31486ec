"""Tests of the certificate library. Source: protocol/nsxt.md §7."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tests.support.certificates import make_pair
from tests.unit.simulator.nsxt.harness import harness
from vcloudair_core.simulator.nsxt.ipsec.status import ipsec_state

LIBRARY = "/cloudapi/1.0.0/ssl/certificateLibrary"


def test_each_org_has_a_gateway_certificate_and_its_ca(tmp_path: Path) -> None:
    cloud = harness(tmp_path)
    page = cloud.read(LIBRARY)
    assert [item["alias"] for item in page["values"]] == ["vpn-ca", "vpn-gateway"]
    ca, gateway = (x509.load_pem_x509_certificate(item["certificate"].encode()) for item in page["values"])
    gateway.verify_directly_issued_by(ca)
    for item in page["values"]:
        assert item["id"].startswith("urn:vcloud:certificateLibraryItem:")
        assert item["privateKey"] is None
        assert cloud.read(f"{LIBRARY}/{item['id']}") == item
    [match] = cloud.read(f"{LIBRARY}?filter=alias==vpn-ca")["values"]
    assert match == page["values"][0]
    assert cloud.refused("GET", f"{LIBRARY}/urn:vcloud:certificateLibraryItem:x", status=403)


@pytest.mark.parametrize(("version", "is_shown"), [("39.0", False), ("39.1", True)])
def test_newer_versions_count_the_consumers(tmp_path: Path, version: str, is_shown: bool) -> None:
    [item, _] = harness(tmp_path, version).read(LIBRARY)["values"]
    assert ("consumerCount" in item) == is_shown


def test_orgs_have_separate_certificates(tmp_path: Path) -> None:
    first, second = (
        harness(tmp_path, user=f"demo@{org}").read(LIBRARY)["values"] for org in ("org1", "org2")
    )  # fmt: skip
    assert {item["id"] for item in first}.isdisjoint(item["id"] for item in second)


def test_certificates_are_added_renamed_and_deleted(tmp_path: Path) -> None:
    cloud, pair = harness(tmp_path), make_pair()
    body = {"alias": "web", "certificate": pair.certificate, "privateKey": pair.key, "description": "site"}
    response = cloud.send("POST", LIBRARY, body)
    assert response.status == 201
    item = json.loads(response.body)
    assert item["privateKey"] is None
    path = f"{LIBRARY}/{item['id']}"
    assert cloud.read(path) == item
    assert "already in use" in cloud.refused("POST", LIBRARY, body)
    assert cloud.send("PUT", path, {**item, "alias": "old web"}).status == 200
    assert cloud.read(path)["alias"] == "old web"
    changed = {**item, "certificate": make_pair("other").certificate}
    assert "cannot be changed" in cloud.refused("PUT", path, changed)
    assert cloud.send("DELETE", path).status == 204
    assert cloud.refused("DELETE", path, status=403)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"certificate": "none"}, "not a valid PEM certificate"),
        ({"privateKey": make_pair("other").key}, "does not match"),
        ({"privateKey": make_pair().encrypted_key}, "cannot be read"),
        ({"alias": None}, "must not be null"),
    ],
)
def test_invalid_certificates_are_refused(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    body = {"alias": "web", "certificate": make_pair().certificate, **changes}
    assert reason in harness(tmp_path).refused("POST", LIBRARY, body)


def test_auditor_must_not_add_certificates(tmp_path: Path) -> None:
    cloud = harness(tmp_path, user="auditor@org1")
    assert cloud.refused("POST", LIBRARY, {"alias": "web", "certificate": make_pair().certificate}, status=403)


def test_used_certificate_is_not_deleted(tmp_path: Path) -> None:
    cloud = harness(tmp_path)
    [item] = cloud.read(f"{LIBRARY}?filter=alias==vpn-gateway")["values"]
    reference = {"id": item["id"]}
    ipsec_state(cloud.edge("gw1"))["tunnels"].append(
        {"name": "branch", "certificateRef": reference, "caCertificateRef": None}
    )
    assert "in use by branch" in cloud.refused("DELETE", f"{LIBRARY}/{item['id']}")
