"""Tests that every built-in route of the simulator states its API versions."""

from __future__ import annotations

from vcloudair_core.simulator.profiles import built_in_routes


def test_every_route_has_api_versions() -> None:
    silent = [
        f"{route.method} {route.path}"
        for profile in ("vcd", "vchs", "vca")
        for group in built_in_routes(profile)
        for route in group.routes
        if group.name != "absent" and not (route.versions or group.versions)
    ]
    assert silent == []
