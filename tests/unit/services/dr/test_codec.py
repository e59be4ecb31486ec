"""Decode replications and the DR capabilities of a VDC, in each format."""

from __future__ import annotations

import pytest

from vcloudair_core.errors import DecodeError
from vcloudair_core.services.dr.codec import parse_group, parse_recovery_details
from vcloudair_core.services.dr.model import RecoveryDetails, Reference

GROUP = """<g:ReplicationGroup xmlns="http://www.vmware.com/vcloud/v1.5" xmlns:g="http://www.vmware.com/vr/v6.0"
  name="web1">{}</g:ReplicationGroup>"""
DETAILS = '<VrRecoveryDetails xmlns="http://www.vmware.com/vr/v6.0">{}</VrRecoveryDetails>'
HCS = "application/vnd.vmware.hcs."


@pytest.mark.parametrize(
    ("links", "offered"),
    [
        ("", ()),
        ('<Link rel="operation:failover"/><Link rel="operation:plannedMigration"/>', ("failover", "plannedMigration")),
        (f'<Link rel="test" type="{HCS}testFailoverParams+xml"/>', ("testFailover",)),  # that rel is not known for sure
        (f'<Link rel="x" type="{HCS}FailoverParams+xml"/>', ("failover",)),
        (f'<Link rel="operation:failover" type="{HCS}failoverParams+xml"/><Link rel="operation:failover"/>',
         ("failover",)),
        (f'<Link rel="remove" type="{HCS}replicationGroup+xml"/><Link/>', ()),
    ],
)  # fmt: skip
def test_links_say_what_is_offered(links: str, offered: tuple[str, ...]) -> None:
    assert parse_group(GROUP.format(links).encode(), Reference("https://cloud/1")).offered == offered


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("<IsFailoverEnabled>true</IsFailoverEnabled>", RecoveryDetails(None, True)),
        ("<IsFailoverEnabled> 0 </IsFailoverEnabled><IsTestFailoverEnabled>1</IsTestFailoverEnabled>",
         RecoveryDetails(True, False)),
        ("<IsFailoverEnabled>perhaps</IsFailoverEnabled>", RecoveryDetails(None, None)),
    ],
)  # fmt: skip
def test_details_say_what_is_enabled(words: str, expected: RecoveryDetails) -> None:
    found = parse_recovery_details(DETAILS.format(words).encode())
    assert found == expected
    assert (found.allows("test"), found.allows("failover")) == (expected.allows_test, expected.allows_failover)
    assert found.allows("cleanup")


def test_another_document_is_refused() -> None:
    with pytest.raises(DecodeError, match="VrRecoveryDetails"):
        parse_recovery_details(b"<Vdc/>")
