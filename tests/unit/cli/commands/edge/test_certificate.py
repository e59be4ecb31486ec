"""Tests of ``vca certificate list``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.unit.cli.conftest import FakeClient, Result

Vca = Callable[..., Result]
MakeClient = Callable[..., FakeClient]

WEB: dict[str, Any] = {
    "name": "web",
    "certificate_id": "certificate-2",
    "subject": "CN=www.example.test",
    "issuer": "CN=Example CA",
    "not_after": "2030-01-01T00:00:00Z",
    "days_left": 1313,
    "used_by": [
        {"type": "ipsec_tunnel", "name": "branch", "edge": "web-edge"},
        {"type": "ipsec", "name": "", "edge": "e"},
    ],
    "certificate": "-----BEGIN CERTIFICATE-----",
}
OLD = {**WEB, "name": "old", "certificate_id": "certificate-1", "not_after": "2026-05-01T00:00:00Z", "days_left": -27}


def test_certificates_in_order_of_expiry(vca: Vca, client: MakeClient) -> None:
    fake = client(resources={"ans.certificate": [WEB, {**OLD, "used_by": []}]})
    result = vca("certificate", "list", "--edge", "web-edge", "--no-trunc")
    assert result.code == 0, result.err
    header, *lines = result.out.splitlines()
    assert header.split()[:4] == ["NAME", "SUBJECT", "ISSUER", "EXPIRES"]
    assert [line.split()[0] for line in lines] == ["old", "web"]
    assert "2030-01-01T00:00:00Z" in lines[1]
    assert "1313" in lines[1]
    assert "ipsec_tunnel branch (web-edge), ipsec (e)" in lines[1]
    assert fake.asked == [("ans.certificate", {"edge": "web-edge"})]


def test_json_has_the_certificates(vca: Vca, client: MakeClient) -> None:
    fake = client(resources={"ans.certificate": [WEB]})
    result = vca("certificate", "list", "-o", "json")
    assert json.loads(result.out) == [WEB]
    assert fake.asked == [("ans.certificate", {})]


def test_empty_list(vca: Vca, client: MakeClient) -> None:
    client(resources={"ans.certificate": []})
    result = vca("certificate", "list")
    assert "There are no certificates." in result.err + result.out
