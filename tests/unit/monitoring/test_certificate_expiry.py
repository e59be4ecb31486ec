"""Tests of the metric for the expiry of certificates."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest

from tests.unit.services.ans.certificate.harness import NEW, NSXT, NSXV, OLD, CertificateHarness, certificates, spec
from vcloudair_core.monitoring.certificate_expiry import LIBRARY, CertificateExpiry
from vcloudair_core.monitoring.collector import Collector

IN_2030 = datetime(2030, 1, 1, tzinfo=timezone.utc).timestamp()


@pytest.fixture
def harness() -> Iterator[CertificateHarness]:
    with certificates(NSXV) as made:
        made.ensure(spec(OLD))
        made.requests.clear()
        yield made


def samples(expiry: CertificateExpiry) -> list[tuple[dict[str, str], float]]:
    return [(sample.labels, sample.value) for family in expiry.families() for sample in family.samples]


def test_expiry_is_read_once_an_hour_without_uses(harness: CertificateHarness) -> None:
    times = [0.0]
    name = harness.edge.name
    expiry = CertificateExpiry(harness.client, [name, name], now=lambda: times[0])
    assert samples(expiry) == []
    expiry.refresh()
    [(labels, value)] = samples(expiry)
    assert value == IN_2030
    assert labels == {"edge": name, "certificate": "web", "certificate_id": f"{harness.edge.edge_id}:certificate-1"}
    harness.ensure(spec(NEW))
    harness.requests.clear()
    times[0] = 3599.0
    expiry.refresh()
    assert harness.requests.calls == []
    times[0] = 3600.0
    expiry.refresh()
    assert len(harness.requests.calls) == 1
    assert samples(expiry)[0][1] > IN_2030


def test_library_has_no_edge() -> None:
    with certificates(NSXT) as harness:
        expiry = CertificateExpiry(harness.client, [LIBRARY])
        harness.requests.clear()
        expiry.refresh()
        assert len(harness.requests.calls) == 1
        assert {(labels["edge"], labels["certificate"]) for labels, _ in samples(expiry)} == {
            ("", "vpn-ca"), ("", "vpn-gateway"),
        }  # fmt: skip


def test_failed_read_keeps_the_values_and_is_logged_once(
    harness: CertificateHarness, caplog: pytest.LogCaptureFixture
) -> None:
    expiry = CertificateExpiry(harness.client, [harness.edge.name, "nowhere"], interval_s=0)
    caplog.set_level(logging.WARNING)
    for _ in range(2):
        expiry.refresh()
    messages: list[Any] = [record.getMessage() for record in caplog.records]
    assert len(messages) == 1
    assert messages[0].startswith("Reading the certificates of nowhere failed.")
    assert len(samples(expiry)) == 1


def test_collector_serves_the_expiry_and_counts_the_requests(harness: CertificateHarness) -> None:
    assert Collector(harness.client).collect_once()  # later collections send the same requests
    plain = Collector(harness.client, names=["no such VM"])
    collector = Collector(
        harness.client, names=["no such VM"], sources=[CertificateExpiry(harness.client, [harness.edge.name])]
    )
    for exporter in (plain, collector):
        assert exporter.collect_once()
    names = {family.name for family in collector.collect()}
    assert "vca_certificate_not_after_seconds" in names
    assert "vca_certificate_not_after_seconds" not in {family.name for family in plain.collect()}
    assert collector.cost.calls == plain.cost.calls + 1
