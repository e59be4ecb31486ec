"""Property tests of DHCP: applying converges, and an export has no drift."""

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

OPTIONS: dict[str, Any] = {
    "default_gateway": st.just("192.168.10.1"),
    "domain_name": st.sampled_from(["corp.example", "Corp.Example"]),
    "dns_servers": st.lists(st.sampled_from(["10.0.0.53", "10.0.0.54"]), max_size=2, unique=True),
    "lease_time": st.sampled_from(["60", "86400", "infinite", "INFINITE", 3600]),
}


def _pool(number: int) -> Any:
    first = 100 + 10 * number
    ip_range = st.just(f"192.168.10.{first}-192.168.10.{first + 9}")
    return st.fixed_dictionaries({"ip_range": ip_range}, optional=OPTIONS)


def _binding(number: int) -> Any:
    spellings = st.sampled_from([f"00:50:56:0a:00:0{number}", f"00-50-56-0A-00-0{number}"])
    required = {
        "mac_address": spellings,
        "host_name": st.sampled_from([f"host-{number}", f"HOST-{number}"]),
        "ip_address": st.just(f"192.168.10.{10 + number}"),
    }
    return st.fixed_dictionaries(required, optional=OPTIONS)


def _lists(entry: Any) -> Any:
    numbers = st.lists(st.integers(0, 5), max_size=4, unique=True)
    return numbers.flatmap(lambda chosen: st.tuples(*map(entry, chosen)).map(list))


sections = st.fixed_dictionaries(
    {"enabled": st.booleans()},
    optional={
        "pools": _lists(_pool),
        "bindings": _lists(_binding),
        "logging": st.booleans(),
        "log_level": st.sampled_from(["info", "DEBUG"]),
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
    """Return the raw records of the first edge gateway, by IP range or MAC address."""
    section = next(iter(simulator.world.edges.values())).sections["dhcp"]
    records = [*section["ipPools"]["ipPools"], *section["staticBindings"]["staticBindings"]]
    return copy.deepcopy({record.get("ipRange") or record["macAddress"].casefold(): record for record in records})


@pytest.mark.slow
@pytest.mark.parametrize("edge_api", ["hybridity", "network_xml", "network_json"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=sections, after=sections, exact=st.booleans())
def test_apply_converges_and_keeps_other_records(
    edge_api: str, before: dict[str, Any], after: dict[str, Any], exact: bool
) -> None:
    client, simulator = fresh(edge_api)
    client.ensure("ans.dhcp", before)
    client.read("ans.dhcp")
    theirs = held(simulator)
    state = "exact" if exact else "present"
    after = {**after, "allow_empty": True}
    predicted = client.ensure("ans.dhcp", after, state=state, check=True)
    completed = client.ensure("ans.dhcp", after, state=state)
    assert completed.plan.summary() == predicted.plan.summary()
    second_plan = client.ensure("ans.dhcp", after, state=state, check=True)
    assert not second_plan.changed, second_plan.plan.as_dict()
    ours = {pool["ip_range"] for pool in after.get("pools", ())}
    ours |= {binding["mac_address"].casefold().replace("-", ":") for binding in after.get("bindings", ())}
    others = {name: record for name, record in held(simulator).items() if name not in ours}
    assert others.items() <= theirs.items()
    if not exact:
        assert set(others) == set(theirs) - ours


@pytest.mark.slow
@pytest.mark.parametrize("edge_api", ["hybridity", "network_xml", "network_json"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(section=sections)
def test_an_export_has_no_drift(edge_api: str, section: dict[str, Any]) -> None:
    client, _ = fresh(edge_api)
    client.ensure("ans.dhcp", section)
    exported = client.read("ans.dhcp")
    assert not client.ensure("ans.dhcp", exported, state="exact", check=True).changed
    assert not client.ensure("ans.dhcp", {**exported, "allow_empty": True}, state="exact_lists", check=True).changed
