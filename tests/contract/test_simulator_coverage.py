"""Tests that built-in routes state their API versions and are unique."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from vcloudair_core.simulator.config import PROFILES
from vcloudair_core.simulator.profiles import built_in_routes
from vcloudair_core.simulator.vcda.routes import vcda_routes


def test_every_route_has_api_versions() -> None:
    silent = [
        f"{route.method} {route.path}"
        for profile in ("vcd", "vchs", "vca")
        for group in (*built_in_routes(profile), *vcda_routes())
        for route in group.routes
        if group.name != "absent" and not (route.versions or group.versions)
    ]
    assert silent == []


@pytest.mark.parametrize("profile", PROFILES)
def test_no_two_routes_answer_the_same_request(profile: str) -> None:
    requests = Counter(
        (route.method, re.sub(r"\{\w+\}", "{}", route.path).rstrip("/"))
        for group in built_in_routes(profile)
        for route in group.routes
    )
    assert [request for request, count in requests.items() if count > 1] == []


def test_no_two_vcda_routes_answer_the_same_request() -> None:
    requests = [
        (route.method, re.sub(r"\{\w+\}", "{}", route.path)) for group in vcda_routes() for route in group.routes
    ]
    assert len(set(requests)) == len(requests)
