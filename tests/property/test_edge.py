"""Property tests of edge documents: applying converges and keeps unrelated rules."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.property import test_dhcp, test_firewall
from vcloudair_core.client import Client
from vcloudair_core.services.ans.sections import SECTIONS
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.edge.firewall_section import factory
from vcloudair_core.testing import simulated_app, simulator_settings
from vcloudair_core.util.clock import FakeClock

octet = st.integers(1, 254)
inside = st.builds("192.168.{}.{}".format, octet, octet)
outside = st.builds("203.0.113.{}".format, octet)
port = st.integers(1, 65535).map(str)


def _dnat(original: str, translated: str, original_port: str, logging: bool) -> dict[str, Any]:
    rule = {"action": "dnat", "vnic": 0, "protocol": "tcp", "original_address": original, "logging": logging}
    return {**rule, "original_port": original_port, "translated_address": translated}


def _snat(original: str, translated: str, enabled: bool) -> dict[str, Any]:
    rule = {"action": "snat", "vnic": 0, "original_address": f"{original}/32", "enabled": enabled}
    return {**rule, "translated_address": translated}


def _with_own_tag(rule: dict[str, Any]) -> dict[str, Any]:
    """Return a rule with a unique tag, as on an edge gateway."""
    return {**rule, "tag": 1000 + int(rule["name"].split()[-1])} if "tag" in rule else rule


def _identity(rule: dict[str, Any]) -> tuple[Any, ...]:
    return rule["action"], rule["original_address"], rule.get("original_port")


nat_rules = st.one_of(
    st.builds(_dnat, outside, inside, port, st.booleans()),
    st.builds(_snat, inside, outside, st.booleans()),
)
firewalls = st.builds(
    lambda rules, action: {"rules": [_with_own_tag(rule) for rule in rules], "default_action": action},
    test_firewall.rule_lists(),
    st.sampled_from(["accept", "deny"]),
)
nats = st.builds(
    lambda rules, enabled: {"rules": rules, "enabled": enabled},
    st.lists(nat_rules, max_size=4, unique_by=_identity),
    st.booleans(),
)


def _tunnel(number: int, subnet: int, psk: str, encryption: str, pfs: bool, description: str) -> dict[str, Any]:
    return {
        "name": f"tunnel {number}",
        "local_ip": "203.0.113.10",
        "peer_ip": f"198.51.100.{number}",
        "local_subnets": ["192.168.10.0/24"],
        "peer_subnets": [f"10.{subnet}.0.0/16", f"10.{subnet}.0.0/24"],
        "psk": psk,
        "encryption": encryption,
        "pfs": pfs,
        "description": description,
    }


def _ipsec(tunnels: list[dict[str, Any]], enabled: bool, log_level: str) -> dict[str, Any]:
    return {"tunnels": tunnels, "enabled": enabled and bool(tunnels), "log_level": log_level}


tunnels = st.builds(
    _tunnel,
    st.integers(1, 5),
    octet,
    st.text("aZ9<&>\"' ü", min_size=8, max_size=20).filter(lambda text: bool(text.strip())),
    st.sampled_from(["aes", "AES256", "3des"]),
    st.booleans(),
    st.sampled_from(["", "über <uns>"]),
)
ipsecs = st.builds(
    _ipsec,
    st.lists(tunnels, max_size=4, unique_by=lambda tunnel: tunnel["name"]),
    st.booleans(),
    st.sampled_from(["warning", "DEBUG"]),
)


def _route(number: int, hop: str, description: str) -> dict[str, Any]:
    return {"network": f"10.{number}.0.0/16", "next_hops": [{"address": hop}], "description": description}


routes = st.builds(
    _route,
    st.integers(20, 24),
    st.builds("192.168.10.{}".format, st.integers(250, 254)),
    st.sampled_from(["", "ü <b>"]),
)
static_routes = st.builds(
    lambda items: {"routes": items}, st.lists(routes, max_size=3, unique_by=lambda route: route["network"])
)
dns_sections = st.fixed_dictionaries(
    {"enabled": st.booleans(), "servers": st.lists(inside, min_size=1, max_size=2, unique=True)},
    optional={"logging": st.booleans(), "log_level": st.sampled_from(["info", "DEBUG"])},
)
sections = {"firewall": firewalls, "nat": nats, "ipsec": ipsecs}
services = {"dhcp": test_dhcp.sections, "static_routes": static_routes, "dns": dns_sections}
edges = st.fixed_dictionaries({}, optional=sections).filter(bool)
edges_of_nsxv = st.fixed_dictionaries({}, optional={**sections, **services}).filter(bool)


def edges_of(edge_api: str) -> st.SearchStrategy[dict[str, Any]]:
    """Generate edge documents for an API.

    vCloud Air has no sections for static routes and DNS.
    """
    return edges if edge_api == "hybridity" else edges_of_nsxv


def test_every_section_is_generated_or_has_separate_tests() -> None:
    unit_tests = Path(__file__).parent.parent / "unit" / "services" / "ans"
    for name in SECTIONS:
        assert name in {**sections, **services} or (unit_tests / f"test_sections_{name}.py").is_file(), name


@cache
def cloud(edge_api: str, number: int = 0) -> tuple[Client, Simulator]:
    """Return a cached cloud. Starting a cloud for each Hypothesis example is slow."""
    simulator = Simulator(SimulatorConfig(profile="all"))
    settings = {**simulator_settings(simulator), "edge_api": edge_api, "lock": False, "firewall_lint": "off"}
    client = simulated_app(simulator).client(**settings)
    client.session.clock = client.session._pipeline.clock = FakeClock()
    return client, simulator


def fresh(edge_api: str, number: int = 0) -> tuple[Client, Simulator]:
    """Reset the first edge gateway, and return the client and the simulator."""
    client, simulator = cloud(edge_api, number)
    edge = next(iter(simulator.world.edges.values()))
    edge.firewall = factory(edge, 21600)
    edge.sections.clear()
    return client, simulator


def held(simulator: Simulator) -> dict[str, list[dict[str, Any]]]:
    """Return the raw user rules of the first edge, by section."""
    edge = next(iter(simulator.world.edges.values()))
    nat, ipsec = edge.sections.get("nat", {}), edge.sections.get("ipsec", {})
    return copy.deepcopy(
        {"firewall": edge.firewall["user"], "nat": nat.get("user", []), "ipsec": ipsec.get("sites", [])}
    )


def named(document: dict[str, Any]) -> set[tuple[Any, ...]]:
    """Return the identifying fields of each rule and tunnel in a document."""
    firewall = {("firewall", rule["name"]) for rule in document.get("firewall", {}).get("rules", ())}
    tunnels = {("ipsec", tunnel["name"]) for tunnel in document.get("ipsec", {}).get("tunnels", ())}
    return firewall | tunnels | {("nat", *_identity(rule)) for rule in document.get("nat", {}).get("rules", ())}


def foreign(simulator: Simulator, ours: set[tuple[Any, ...]]) -> list[Any]:
    """Return the raw rules and tunnels that are not in ``ours``, in order."""
    sections = held(simulator)
    other_rules: list[Any] = [rule for rule in sections["firewall"] if ("firewall", rule["name"]) not in ours]
    for rule in sections["nat"]:
        own_port = rule["originalPort"] if rule["action"] == "dnat" else None
        if ("nat", rule["action"], rule["originalAddress"], own_port) not in ours:
            other_rules.append(rule)
    return other_rules + [site for site in sections["ipsec"] if ("ipsec", site["name"]) not in ours]


@pytest.mark.slow
@pytest.mark.parametrize("edge_api", ["hybridity", "network_xml", "network_json"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), exact=st.booleans())
def test_apply_converges_and_keeps_rules_of_others(edge_api: str, data: st.DataObject, exact: bool) -> None:
    before, after = data.draw(edges_of(edge_api)), data.draw(edges_of(edge_api))
    client, simulator = fresh(edge_api)
    client.ensure("ans.edge", before)
    ours = named(after)
    theirs = foreign(simulator, ours)
    state = "exact" if exact else "present"
    after = {**after, "allow_empty": True}
    predicted = client.ensure("ans.edge", after, state=state, check=True)
    completed = client.ensure("ans.edge", after, state=state)
    assert completed.plan.summary() == predicted.plan.summary()
    second_plan = client.ensure("ans.edge", after, state=state, check=True)
    assert not second_plan.changed, second_plan.plan.as_dict()
    keys = {site["name"]: site["psk"] for site in held(simulator)["ipsec"]}
    assert all(keys[tunnel["name"]] == tunnel["psk"] for tunnel in after.get("ipsec", {}).get("tunnels", ()))
    other_rules = foreign(simulator, ours)
    assert other_rules == ([rule for rule in theirs if rule in other_rules] if exact else theirs)


@pytest.mark.slow
@pytest.mark.parametrize("edge_api", ["hybridity", "network_xml", "network_json"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_export_has_no_drift_and_applies_to_a_second_edge(edge_api: str, data: st.DataObject) -> None:
    edge = data.draw(edges_of(edge_api))
    (client, _), (second_client, _) = fresh(edge_api), fresh(edge_api, 1)
    client.ensure("ans.edge", edge)
    exported = client.read("ans.edge")
    assert not client.ensure("ans.edge", exported, state="exact", check=True).changed
    with_keys = copy.deepcopy(exported)
    for tunnel in with_keys["ipsec"]["tunnels"]:
        tunnel["psk"] = "not part of an export"
    second_client.ensure("ans.edge", with_keys, state="exact")
    assert not second_client.ensure("ans.edge", with_keys, state="exact", check=True).changed
    assert _without_ids(second_client.read("ans.edge")) == _without_ids(exported)


def _without_ids(value: Any) -> Any:
    """Return a value without server IDs, which differ between edge gateways."""
    if isinstance(value, dict):
        return {key: _without_ids(item) for key, item in value.items() if key not in ("rule_id", "tag", "site_id")}
    return [_without_ids(item) for item in value] if isinstance(value, list) else value
