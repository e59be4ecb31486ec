"""Tests of the DHCP forwarder of NSX-T edge gateways.

Source: protocol/nsxt.md §10.
"""

from __future__ import annotations

from pathlib import Path

from tests.unit.simulator.nsxt.harness import harness


def test_the_forwarder_is_replaced_and_counts_versions(tmp_path: Path) -> None:
    cloud = harness(tmp_path)
    path = cloud.path("dhcpForwarder")
    assert cloud.read(path) == {"enabled": False, "dhcpServers": [], "version": {"version": 0}}
    cloud.write("PUT", path, {"enabled": True, "dhcpServers": ["10.9.0.2"], "version": {"version": 0}})
    assert cloud.read(path) == {"enabled": True, "dhcpServers": ["10.9.0.2"], "version": {"version": 1}}
    for body, message in (
        ({"enabled": True}, "'dhcpServers': must not be empty"),
        ({"enabled": True, "dhcpServers": ["dhcp1"]}, "'dhcp1' is not an IP address"),
        ({"enabled": False, "version": {"version": 0}}, "the current version is 1, not 0"),
    ):
        assert message in cloud.refused("PUT", path, body)


def test_the_path_needs_a_newer_version(tmp_path: Path) -> None:
    cloud = harness(tmp_path, "36.0")
    assert "does not exist in API version 36.0" in cloud.refused("GET", cloud.path("dhcpForwarder"), status=404)
