"""Property tests of load balancers: applying converges, exports have no drift."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vcloudair_core.client import Client
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.testing import simulated_app, simulator_settings

LISTS = ("monitors", "pools", "application_profiles", "application_rules", "virtual_servers")
NUMBERS = range(3)
SOME_MONITOR = st.sampled_from(["monitor-name-0", "default_tcp_monitor"])
MEMBERS = st.lists(st.integers(1, 3), max_size=3, unique=True).flatmap(
    lambda numbers: st.tuples(
        *(
            st.fixed_dictionaries(
                {"name": st.just(f"m{number}"), "ip_address": st.just(f"192.168.10.{number}"), "port": st.just(80)},
                optional={
                    "weight": st.integers(0, 9),
                    "condition": st.sampled_from(["enabled", "Drain", "disabled"]),
                    "monitor_port": st.sampled_from([80, 81]),
                },
            )
            for number in numbers
        )
    ).map(list)
)


def _monitor(number: int) -> Any:
    return st.fixed_dictionaries(
        {"name": st.just(f"monitor-name-{number}"), "type": st.sampled_from(["http", "HTTPS"])},
        optional={"interval": st.integers(1, 9), "url_path": st.sampled_from(["/", "/x"]), "method": st.just("get")},
    )


def _pool(number: int) -> Any:
    return st.fixed_dictionaries(
        {"name": st.just(f"pool-name-{number}"), "members": MEMBERS},
        optional={
            "monitor": SOME_MONITOR,
            "algorithm": st.sampled_from(["ip-hash", "leastconn"]),
            "transparent": st.booleans(),
            "description": st.sampled_from(["a", "b & c"]),
        },
    )


def _profile(number: int) -> Any:
    return st.fixed_dictionaries(
        {"name": st.just(f"profile-name-{number}"), "type": st.sampled_from(["http", "TCP"])},
        optional={"persistence": st.sampled_from(["cookie", "sourceip"]), "x_forwarded_for": st.booleans()},
    )


def _rule(number: int) -> Any:
    scripts = st.sampled_from(["acl a path_beg /a", "acl a path_beg /a\nblock if a", "acl b hdr(x) -m sub <&>"])
    return st.fixed_dictionaries({"name": st.just(f"rule-name-{number}"), "script": scripts})


def _server(number: int) -> Any:
    return st.fixed_dictionaries(
        {
            "name": st.just(f"server-name-{number}"),
            "ip_address": st.just("203.0.113.10"),
            "protocol": st.just("http"),
            "port": st.just(8000 + number),
        },
        optional={
            "pool": st.sampled_from(["pool-name-0", "pool-name-1"]),
            "application_profile": st.just("profile-name-0"),
            "application_rules": st.permutations(["rule-name-0", "rule-name-1"]).flatmap(
                lambda names: st.sampled_from([names, names[:1], []])
            ),
            "enabled": st.booleans(),
            "connection_limit": st.integers(0, 9),
        },
    )


def _all(entry: Any) -> Any:
    return st.tuples(*map(entry, NUMBERS)).map(list)


def _some(entry: Any) -> Any:
    numbers = st.lists(st.sampled_from(NUMBERS), max_size=3, unique=True)
    return numbers.flatmap(lambda chosen: st.tuples(*map(entry, chosen)).map(list))


whole = st.fixed_dictionaries(
    {"enabled": st.booleans(), "monitors": _all(_monitor), "pools": _all(_pool),
     "application_profiles": _all(_profile), "application_rules": _all(_rule), "virtual_servers": _all(_server)}
)  # fmt: skip
parts = st.fixed_dictionaries(
    {},
    optional={
        "enabled": st.booleans(),
        "log_level": st.sampled_from(["info", "DEBUG"]),
        "monitors": _all(_monitor),
        "pools": _all(_pool),
        "application_profiles": _all(_profile),
        "application_rules": _all(_rule),
        "virtual_servers": _some(_server),
    },
)


@cache
def cloud(edge_api: str) -> tuple[Client, Simulator]:
    """Return a cached cloud. Starting a cloud for each Hypothesis example is slow."""
    simulator = Simulator(SimulatorConfig(profile="all"))
    options = {**simulator_settings(simulator), "edge_api": edge_api, "lock": False}
    return simulated_app(simulator).client(**options), simulator


def fresh(edge_api: str) -> tuple[Client, Simulator]:
    """Return a cloud whose first edge gateway has default settings."""
    client, simulator = cloud(edge_api)
    next(iter(simulator.world.edges.values())).sections.clear()
    return client, simulator


def held(simulator: Simulator) -> dict[str, Any]:
    """Return the raw objects of the first edge gateway, by name."""
    section = next(iter(simulator.world.edges.values())).sections["loadbalancer"]
    keys = ("monitor", "pool", "applicationProfile", "virtualServer")
    return copy.deepcopy({record["name"]: record for key in keys for record in section[key]})


@pytest.mark.slow
@pytest.mark.parametrize("edge_api", ["hybridity", "network_xml", "network_json"])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=whole, after=parts, exact=st.booleans())
def test_apply_converges_and_keeps_other_objects(
    edge_api: str, before: dict[str, Any], after: dict[str, Any], exact: bool
) -> None:
    client, simulator = fresh(edge_api)
    client.ensure("ans.load_balancer", before)
    theirs = held(simulator)
    if exact and "monitors" in after:
        after = {**after, "monitors": [*after["monitors"], {"name": "default_tcp_monitor"}]}
    after = {**after, "allow_empty": True}
    state = "exact" if exact else "present"
    predicted = client.ensure("ans.load_balancer", after, state=state, check=True)
    completed = client.ensure("ans.load_balancer", after, state=state)
    assert completed.plan.summary() == predicted.plan.summary()
    second_plan = client.ensure("ans.load_balancer", after, state=state, check=True)
    assert not second_plan.changed, second_plan.plan.as_dict()
    ours = {item["name"] for name in LISTS for item in after.get(name, ())}
    others = {name: record for name, record in held(simulator).items() if name not in ours}
    assert others.items() <= theirs.items()
    if not exact:
        assert set(others) == set(theirs) - ours


@pytest.mark.slow
@pytest.mark.parametrize("edge_api", ["hybridity", "network_xml", "network_json"])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(section=whole)
def test_an_export_has_no_drift(edge_api: str, section: dict[str, Any]) -> None:
    client, _ = fresh(edge_api)
    client.ensure("ans.load_balancer", section)
    exported = client.read("ans.load_balancer")
    assert not client.ensure("ans.load_balancer", exported, state="exact", check=True).changed
    assert not client.ensure("ans.load_balancer", exported, state="exact_lists", check=True).changed
    fresh(edge_api)
    client.ensure("ans.load_balancer", exported, state="exact")
    assert {**client.read("ans.load_balancer"), "version": 0} == {**exported, "version": 0}


NSXT_POOLS = st.lists(st.sampled_from(NUMBERS), max_size=3, unique=True).flatmap(
    lambda numbers: st.tuples(
        *(
            st.fixed_dictionaries(
                {"name": st.just(f"pool-name-{number}")},
                optional={
                    "monitor": st.sampled_from(["tcp", "http", "icmp"]),
                    "algorithm": st.sampled_from(["round-robin", "leastconn", "ip-hash", "random"]),
                    "description": st.sampled_from(["a", "b & c"]),
                    "members": st.lists(st.integers(1, 3), max_size=3, unique=True).map(
                        lambda hosts: [
                            {"ip_address": f"192.168.10.{host}", "port": 80 + host, "weight": host} for host in hosts
                        ]
                    ),
                },
            )
            for number in numbers
        )
    ).map(list)
)


@cache
def nsxt_cloud() -> tuple[Client, Any]:
    """Return a cached client and its NSX-T edge gateway."""
    simulator = Simulator(SimulatorConfig(profile="vcd", release="10.5", edges=0, nsxt_edges=1, nsxt_task_s=0))
    edge = next(iter(simulator.world.edges.values()))
    options = {**simulator_settings(simulator), "edge": edge.name, "lock": False}
    return simulated_app(simulator).client(**options), edge


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=NSXT_POOLS, after=NSXT_POOLS, port=st.integers(1, 65535), exact=st.booleans())
def test_apply_converges_on_nsxt(before: list[Any], after: list[Any], port: int, exact: bool) -> None:
    client, edge = nsxt_cloud()
    edge.services.pop("loadBalancer", None)
    client.ensure("ans.load_balancer", {"enabled": True, "pools": before})
    server = {"name": "site", "ip_address": edge.external_address, "protocol": "udp", "port": port, "pool": "kept"}
    spec = {"pools": [*after, {"name": "kept"}], "virtual_servers": [server]}
    state = "exact" if exact else "present"
    predicted = client.ensure("ans.load_balancer", spec, state=state, check=True)
    assert client.ensure("ans.load_balancer", spec, state=state).plan.summary() == predicted.plan.summary()
    assert not client.ensure("ans.load_balancer", spec, state=state, check=True).changed
    exported = client.read("ans.load_balancer")
    names = {pool["name"] for pool in exported["pools"]}
    assert names == {pool["name"] for pool in (*after, *(() if exact else before))} | {"kept"}
    assert not client.ensure("ans.load_balancer", exported, state="exact", check=True).changed
