"""Tests of the certificate library. Source: protocol/nsxt.md §7."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509

from tests.unit.simulator.nsxt.bench import bench

LIBRARY = "/cloudapi/1.0.0/ssl/certificateLibrary"


def test_each_org_has_a_gateway_certificate_and_its_ca(tmp_path: Path) -> None:
    cloud = bench(tmp_path)
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
    [item, _] = bench(tmp_path, version).read(LIBRARY)["values"]
    assert ("consumerCount" in item) == is_shown


def test_orgs_have_separate_certificates(tmp_path: Path) -> None:
    first, second = (
        bench(tmp_path, user=f"demo@{org}").read(LIBRARY)["values"] for org in ("org1", "org2")
    )  # fmt: skip
    assert {item["id"] for item in first}.isdisjoint(item["id"] for item in second)
