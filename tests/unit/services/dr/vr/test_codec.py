"""Tests of parsing replications and the recovery details of a VDC."""

from __future__ import annotations

import pytest

from vcloudair_core.errors import DecodeError
from vcloudair_core.services.dr.model import RecoveryDetails, Reference
from vcloudair_core.services.dr.vr.codec import parse_group, parse_recovery_details

GROUP = """<g:ReplicationGroup xmlns="http://www.vmware.com/vcloud/v1.5" xmlns:g="http://www.vmware.com/vr/v6.0"
  name="web1">{}</g:ReplicationGroup>"""
DETAILS = '<VrRecoveryDetails xmlns="http://www.vmware.com/vr/v6.0">{}</VrRecoveryDetails>'
HCS = "application/vnd.vmware.hcs."


@pytest.mark.parametrize(
    ("links", "offered"),
    [
        ("", ()),
        ('<Link rel="operation:failover"/><Link rel="operation:plannedMigration"/>', ("failover", "plannedMigration")),
        (f'<Link rel="test" type="{HCS}testFailoverParams+xml"/>', ("testFailover",)),  # this rel is not documented
        (f'<Link rel="x" type="{HCS}FailoverParams+xml"/>', ("failover",)),
        (f'<Link rel="operation:failover" type="{HCS}failoverParams+xml"/><Link rel="operation:failover"/>',
         ("failover",)),
        (f'<Link rel="remove" type="{HCS}replicationGroup+xml"/><Link/>', ()),
    ],
)  # fmt: skip
def test_links_show_the_offered_actions(links: str, offered: tuple[str, ...]) -> None:
    assert parse_group(GROUP.format(links).encode(), Reference("https://cloud/1")).offered == offered


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ("<IsFailoverEnabled>true</IsFailoverEnabled>", RecoveryDetails(None, True)),
        ("<IsFailoverEnabled> 0 </IsFailoverEnabled><IsTestFailoverEnabled>1</IsTestFailoverEnabled>",
         RecoveryDetails(True, False)),
        ("<IsFailoverEnabled>perhaps</IsFailoverEnabled>", RecoveryDetails(None, None)),
    ],
)  # fmt: skip
def test_recovery_details_show_the_enabled_actions(elements: str, expected: RecoveryDetails) -> None:
    details = parse_recovery_details(DETAILS.format(elements).encode())
    assert details == expected
    assert (details.allows("test"), details.allows("failover")) == (expected.allows_test, expected.allows_failover)
    assert details.allows("cleanup")


def test_other_documents_are_rejected() -> None:
    with pytest.raises(DecodeError, match="VrRecoveryDetails"):
        parse_recovery_details(b"<Vdc/>")
