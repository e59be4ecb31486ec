"""Property tests of documents of NSX-T edge gateways, in two API versions."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vcloudair_core.client import Client
from vcloudair_core.services.ans.nsxt.api import CloudApi
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing import LinkedClock, simulated_app, simulator_settings
from vcloudair_core.testing.simulated_cloud import make_simulator

VERSIONS = ("37.2", "39.1")
PUBLIC = "203.0.113.100"
octet = st.integers(1, 254)
address = st.one_of(
    st.builds("10.{}.{}.0/24".format, octet, octet),
    st.builds("192.168.1.{}".format, octet),
    st.builds("192.168.2.{}/32".format, octet),
    st.builds(lambda low: f"172.16.0.{low}-172.16.0.{low + 1}", st.integers(1, 253)),
    st.builds("2001:db8::{:x}/128".format, octet),
)
members = st.one_of(st.just(["any"]), st.lists(address, min_size=1, max_size=4))
ports = st.lists(
    st.one_of(st.integers(1, 65535).map(str), st.integers(1, 65000).map(lambda low: f"{low}-{low + 100}")),
    min_size=1,
    max_size=20,
)
services = st.one_of(
    st.just([{"protocol": "any"}]),
    st.just([{"protocol": "icmp"}]),
    st.just([{"protocol": "tcp"}, {"protocol": "any"}]),
    st.just([{"protocol": "icmp", "icmp_type": "echo-request"}, {"protocol": "tcp"}]),
    st.lists(
        st.fixed_dictionaries({"protocol": st.sampled_from(["tcp", "udp"]), "port": ports}), min_size=1, max_size=3
    ),
)


def _firewall_rule(number: int) -> Any:
    return st.fixed_dictionaries(
        {"name": st.just(f"rule {number}")},
        optional={
            "action": st.sampled_from(["accept", "deny", "reject"]),
            "enabled": st.booleans(),
            "description": st.sampled_from(["", "über <uns>"]),
            "source": members,
            "destination": members,
            "services": services,
            "direction": st.sampled_from(["in", "out", "inout"]),
            "ip_version": st.sampled_from(["any", "4"]),
        },
    )


def _firewall(numbers: list[int]) -> Any:
    return st.tuples(*map(_firewall_rule, numbers)).map(lambda rules: {"rules": list(rules)})


firewalls = st.lists(st.integers(1, 6), max_size=5, unique=True).flatmap(_firewall)


def _dnat(number: int, port: int, protocol: str, enabled: bool, description: str) -> dict[str, Any]:
    return {
        "action": "dnat",
        "protocol": protocol,
        "original_address": PUBLIC,
        "original_port": 1000 + number,
        "translated_address": f"192.168.10.{number}",
        "translated_port": port,
        "enabled": enabled,
        "description": description,
    }


def _snat(number: int, enabled: bool) -> dict[str, Any]:
    network = f"192.168.{number}.0/24"
    return {"action": "snat", "original_address": network, "translated_address": PUBLIC, "enabled": enabled}


texts = st.sampled_from(["", "web", "über <uns>"])
nat_rules = st.one_of(
    st.builds(_dnat, octet, st.integers(1, 65535), st.sampled_from(["tcp", "udp"]), st.booleans(), texts),
    st.builds(_snat, octet, st.booleans()),
)
nats = st.lists(
    nat_rules, max_size=4, unique_by=lambda rule: (rule["original_address"], rule.get("original_port"))
).map(lambda rules: {"rules": rules})


def _tunnel(number: int, subnet: int, psk: str, encryption: str | None, pfs: bool) -> dict[str, Any]:
    crypto = {} if encryption is None else {"encryption": encryption, "pfs": pfs, "dh_group": "dh14"}
    return {
        "name": f"tunnel {number}",
        "local_ip": PUBLIC,
        "peer_ip": f"198.51.100.{number}",
        "local_subnets": ["192.168.10.0/24"],
        "peer_subnets": [f"10.{subnet}.0.0/16"],
        "psk": psk,
        **crypto,
    }


keys = st.text("aZ9-_", min_size=8, max_size=20)
ciphers = st.sampled_from([None, "aes256", "aes"])
tunnels = st.builds(_tunnel, st.integers(1, 5), octet, keys, ciphers, st.booleans())
ipsecs = st.lists(tunnels, max_size=3, unique_by=lambda tunnel: str(tunnel["name"])).map(
    lambda items: {"tunnels": items}
)
edges = st.fixed_dictionaries({}, optional={"firewall": firewalls, "nat": nats, "ipsec": ipsecs}).filter(bool)
versions = pytest.mark.parametrize("version", VERSIONS)
examples = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def cloud(version: str) -> tuple[Client, Simulator]:
    """Return a cached cloud. Starting a cloud for each Hypothesis example is slow."""
    simulator = make_simulator(profile="vcd", nsxt_edges=2)
    options = {**simulator_settings(simulator), "api_version": version, "lock": False, "firewall_lint": "off"}
    return simulated_app(simulator, LinkedClock(simulator)).client(**options), simulator


def emptied(version: str, edge: str = "nsxt-edge1") -> tuple[Client, dict[str, str]]:
    """Return a client and the target of an edge gateway without rules."""
    client, _ = cloud(version)
    target = {"edge": edge}
    nothing = {"firewall": {"rules": []}, "nat": {"rules": []}, "ipsec": {"tunnels": []}, "allow_empty": True}
    client.ensure("ans.edge", nothing, state="exact_lists", target=target)
    return client, target


def helper_objects(client: Client) -> list[str]:
    api = CloudApi(client.session)
    objects = [*api.pages("/1.0.0/firewallGroups/summaries"), *api.pages("/1.0.0/applicationPortProfiles")]
    return [str(item["name"]) for item in objects if str(item["name"]).startswith("vca-")]


@versions
@pytest.mark.slow
@examples
@given(before=edges, after=edges, is_exact=st.booleans())
def test_the_plan_after_apply_is_empty(
    version: str, before: dict[str, Any], after: dict[str, Any], is_exact: bool
) -> None:
    client, target = emptied(version)
    client.ensure("ans.edge", before, target=target)
    state = "exact_lists" if is_exact else "present"
    after = {**after, "allow_empty": True}
    predicted = client.ensure("ans.edge", after, state=state, target=target, check=True)
    completed = client.ensure("ans.edge", after, state=state, target=target)
    assert completed.plan.summary() == predicted.plan.summary()
    again = client.ensure("ans.edge", after, state=state, target=target, check=True)
    assert not again.changed, again.plan.as_dict()
    emptied(version)
    assert helper_objects(client) == []


@versions
@pytest.mark.slow
@examples
@given(edge=edges)
def test_an_export_has_no_drift_and_applies_to_a_second_edge(version: str, edge: dict[str, Any]) -> None:
    client, target = emptied(version)
    client.ensure("ans.edge", edge, target=target)
    exported = client.read("ans.edge", target)
    plan = client.ensure("ans.edge", {**exported, "allow_empty": True}, state="exact", target=target, check=True)
    assert not plan.changed, plan.plan.as_dict()
    _, second = emptied(version, "nsxt-edge2")
    copied = {**exported, "allow_empty": True}
    copied = {name: copied[name] for name in ("firewall", "allow_empty")}
    client.ensure("ans.edge", copied, state="exact_lists", target=second)
    assert not client.ensure("ans.edge", copied, state="exact_lists", target=second, check=True).changed
