"""Tests of the conversion of load balancers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.services.ans.conversion.test_network_converters import convert, results
from vcloudair_core.services.ans.conversion.report import CHANGED, LEFT_OUT, OMITTED

MEMBER = {"name": "web1", "ip_address": "192.168.10.21", "port": 80, "monitor_port": 80}
POOL: dict[str, Any] = {"name": "web", "monitor": "health", "members": [MEMBER]}
SERVER = {"name": "site", "ip_address": "203.0.113.10", "protocol": "https", "port": 443, "pool": "web"}


def test_monitors_and_profiles_become_options_of_pools_and_servers() -> None:
    conversion = convert(
        load_balancer={
            "monitors": [{"name": "health", "type": "https", "url_path": "/health"}],
            "pools": [POOL, {"name": "other", "monitor": "default_tcp_monitor"}],
            "application_profiles": [
                {"name": "passed", "type": "https", "ssl_passthrough": True},
                {"name": "decrypted", "type": "https", "certificate": "www"},
            ],
            "virtual_servers": [
                {**SERVER, "application_profile": "passed"},
                {**SERVER, "name": "decrypted", "port": 444, "application_profile": "decrypted"},
            ],
        }
    )
    section = conversion.document["load_balancer"]
    assert [pool["monitor"] for pool in section["pools"]] == ["https", "tcp"]
    assert section["pools"][0]["members"] == [{"ip_address": "192.168.10.21", "port": 80}]
    assert [server["protocol"] for server in section["virtual_servers"]] == ["tcp", "https"]
    assert section["virtual_servers"][1]["certificate"] == "www"
    assert "application_profile" not in section["virtual_servers"][0]
    assert {result for _, result in results(conversion)} == {CHANGED}


def test_options_without_an_equivalent_are_reported() -> None:
    conversion = convert(
        firewall={"rules": [{"name": "web", "source": ["10.0.0.0/24"]}]},
        load_balancer={
            "enabled": True,
            "logging": True,
            "pools": [{**POOL, "monitor": "", "transparent": True}],
            "application_profiles": [{"name": "sticky", "type": "https", "x_forwarded_for": True}],
            "virtual_servers": [
                {**SERVER, "application_profile": "sticky"},
                {**SERVER, "name": "plain"},
                {"name": "alone", "ip_address": "203.0.113.10", "protocol": "tcp", "port": 1},
            ],
        },
    )
    assert [*conversion.document] == ["firewall"]
    assert results(conversion) == [
        ("load_balancer.enabled", OMITTED),
        ("load_balancer.logging", OMITTED),
        ("load_balancer.pools[0].transparent", LEFT_OUT),
        ("load_balancer.virtual_servers[0].application_profile", LEFT_OUT),
        ("load_balancer.virtual_servers[0].application_profile", LEFT_OUT),
        ("load_balancer.virtual_servers[1].certificate", LEFT_OUT),
        ("load_balancer.virtual_servers[2].pool", LEFT_OUT),
    ]


def test_a_load_balancer_that_is_not_used_is_omitted_silently() -> None:
    rules = {"rules": [{"name": "web", "source": ["10.0.0.0/24"]}]}
    conversion = convert(firewall=rules, load_balancer={"monitors": [{"name": "default_tcp_monitor", "type": "tcp"}]})
    assert [*conversion.document] == ["firewall"]
    assert conversion.is_complete


def persistent(profiles: list[dict[str, Any]], servers: list[str]) -> Any:
    """Return the conversion of a pool whose virtual servers have these profiles."""
    return convert(
        load_balancer={
            "pools": [POOL],
            "monitors": [{"name": "health", "type": "http"}],
            "application_profiles": [{"type": "http", **profile} for profile in profiles],
            "virtual_servers": [
                {**SERVER, "name": name or "plain", "protocol": "http", "port": 80 + at}
                | ({"application_profile": name} if name else {})
                for at, name in enumerate(servers)
            ],
        }
    )


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ({"persistence": "sourceip"}, ("client-ip", None)),
        ({"persistence": "ssl_sessionid"}, ("tls", None)),
        ({"persistence": "cookie", "cookie_name": "SID"}, ("http-cookie", "SID")),
        ({"persistence": "cookie", "cookie_name": "SID", "cookie_mode": "app"}, ("app-cookie", "SID")),
    ],
)
def test_persistence_of_a_profile_becomes_that_of_the_pool(profile: dict[str, Any], expected: Any) -> None:
    conversion = persistent([{"name": "sticky", **profile}], ["sticky"])
    [pool] = conversion.document["load_balancer"]["pools"]
    assert (pool["persistence"], pool.get("persistence_value")) == expected
    assert [server["name"] for server in conversion.document["load_balancer"]["virtual_servers"]] == ["sticky"]
    [item] = [item for item in conversion.items if item.path.endswith("pools[0].persistence")]
    assert ("PREMIUM" in item.reason) == (expected[0] in ("tls", "app-cookie"))


@pytest.mark.parametrize(
    "profile",
    [
        {"persistence": "msrdp"},
        {"persistence": "cookie"},
        {"persistence": "cookie", "cookie_name": "SID", "cookie_mode": "prefix"},
    ],
)
def test_persistence_without_an_equivalent_is_reported(profile: dict[str, Any]) -> None:
    conversion = persistent([{"name": "sticky", **profile}], ["sticky"])
    assert "virtual_servers" not in conversion.document["load_balancer"]
    assert "persistence" not in conversion.document["load_balancer"]["pools"][0]
    reasons = [item.reason for item in conversion.items if item.result == LEFT_OUT]
    assert f"NSX-T has no equivalent of persistence: {profile['persistence']}" in reasons


def test_virtual_servers_of_a_pool_with_different_persistence_are_reported() -> None:
    conversion = persistent([{"name": "sticky", "persistence": "sourceip"}, {"name": "loose"}], ["sticky", "loose"])
    section = conversion.document["load_balancer"]
    assert [server["name"] for server in section["virtual_servers"]] == ["loose"]
    assert "persistence" not in section["pools"][0]
    reasons = [item.reason for item in conversion.items if item.result == LEFT_OUT]
    assert "the virtual servers of pool 'web' have different persistence" in reasons


def test_a_timeout_of_persistence_is_omitted_with_a_message() -> None:
    profile = {"name": "sticky", "persistence": "sourceip", "persistence_timeout": 60}
    conversion = persistent([profile], ["sticky"])
    assert ("load_balancer.pools[0].persistence", OMITTED) in results(conversion)
