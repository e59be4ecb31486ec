"""Tests of the number of requests for groups and profiles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.groups.clouds import GW, OLD, PAIR, cloud
from vcloudair_core import Client

SET = {"name": "partners", "addresses": ["198.51.100.0/24"]}
PROFILE = {"name": "web", "services": [{"protocol": "tcp", "port": [8443]}]}


def calls_of(client: Client, act: Callable[[], Any]) -> int:
    """Return the number of requests that ``act`` sends, without task polls."""
    before = client.session.calls
    act()
    return client.session.calls - before


@pytest.mark.parametrize(
    ("kind", "target", "spec", "unchanged", "unused"),
    [
        # An NSX-T group is read with the list of groups and its own document.
        ("ans.ip_set", GW, SET, 2, 3),
        ("ans.ip_set", PAIR, SET, 2, 6),
        ("ans.application_profile", GW, PROFILE, 1, 6),
        # A VDC has two NSX-V edge gateways with a firewall and a DHCP relay each, and one list of groups.
        ("ans.ip_set", OLD, SET, 1, 6),
        ("ans.application_profile", OLD, PROFILE, 1, 4),
    ],
)
def test_number_of_requests(
    tmp_path: Path, kind: str, target: dict[str, str], spec: dict[str, Any], unchanged: int, unused: int
) -> None:
    with cloud(tmp_path) as (client, _):
        client.ensure(kind, spec, target=target)
        assert calls_of(client, lambda: client.ensure(kind, spec, target=target)) == unchanged
        absent = {"name": spec["name"]}
        planned = calls_of(client, lambda: client.ensure(kind, absent, target=target, state="absent", check=True))
        assert planned <= unused, planned
