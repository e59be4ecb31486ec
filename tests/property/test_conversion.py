"""Property tests of conversions: every result is supported and widens no rule."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.property.test_edge import edges
from tests.property.test_firewall import rule_lists
from vcloudair_core.client import Client
from vcloudair_core.engine.canonical import ANY, address_range, port_range
from vcloudair_core.engine.desired import Exactly
from vcloudair_core.services.ans.conversion.edge_converter import convert_edge
from vcloudair_core.services.ans.conversion.report import DISABLED, LEFT_OUT, OMITTED
from vcloudair_core.services.ans.document.kind import EdgeKind
from vcloudair_core.services.ans.firewall.parse import parse_policy
from vcloudair_core.services.ans.firewall.spec import FirewallRuleSpec, ServiceSpec
from vcloudair_core.services.ans.section.rule_values import ADDRESS, member
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing import LinkedClock, simulated_app, simulator_settings
from vcloudair_core.testing.simulated_cloud import make_simulator

VERSIONS = ["37.0", "37.2", "38.1", "39.1"]


@dataclass(frozen=True)
class Packet:
    """A packet, and the objects, interfaces and applications that it belongs to."""

    source: str
    destination: str
    protocol: str
    port: int
    source_port: int
    icmp_type: str
    is_inbound: bool
    objects: Mapping[str, bool]
    is_translated_match: bool


addresses = st.sampled_from(["10.0.0.7", "10.0.1.7", "10.9.0.1", "192.0.2.1", "2001:db8::1", "2001:db8::ffff"])
packets = st.builds(
    Packet,
    source=addresses,
    destination=addresses,
    protocol=st.sampled_from(["tcp", "udp", "icmp", "esp"]),
    port=st.integers(1, 1100),
    source_port=st.integers(1, 1100),
    icmp_type=st.sampled_from(["echo-request", "redirect"]),
    is_inbound=st.booleans(),
    objects=st.fixed_dictionaries(
        {
            name: st.booleans()
            for name in (
                *("internal", "external", "vse", "vnic-0", "vnic-index-7", "ipset-2", "securitygroup-10"),
                *("urn:vcloud:vm:5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a10", "application-1", "application-2"),
            )
        }
    ),
    is_translated_match=st.booleans(),
)


members = st.sampled_from(
    [["any"], ["10.0.0.0/8"], ["10.0.0.7"], ["internal"], ["vnic-0", "10.0.1.0/24"], ["ipset-2"], ["2001:db8::/64"]]
)
services = st.sampled_from(
    [
        {},
        {"protocol": "tcp"},
        {"protocol": "udp", "dest_port": ["1-500"]},
        {"protocol": "tcp", "source_port": ["1-500"]},
        {"services": [{"protocol": "icmp", "icmp_type": "8"}]},
        {"services": [{"protocol": "icmp"}, {"protocol": "udp"}]},
        {"applications": ["application-1"]},
    ]
)
overlapping_rules = st.builds(
    lambda options, traffic: {**options, **traffic},
    st.fixed_dictionaries(
        {"action": st.sampled_from(["accept", "deny", "reject"]), "source": members, "destination": members},
        optional={
            "enabled": st.booleans(),
            "direction": st.sampled_from(["in", "out", "inout"]),
            "source_exclude": st.booleans(),
            "match_translated": st.booleans(),
        },
    ),
    services,
)


def accepts(rules: Sequence[FirewallRuleSpec], packet: Packet) -> bool:
    """Return True if the first enabled rule that matches a packet accepts the packet."""
    for rule in rules:
        if rule.enabled is not False and matches(rule, packet):
            return (rule.action or "accept") == "accept"
    return False


def matches(rule: FirewallRuleSpec, packet: Packet) -> bool:
    if rule.direction in ("in", "out") and (rule.direction == "in") is not packet.is_inbound:
        return False
    if rule.match_translated and not packet.is_translated_match:
        return False
    for side in ("source", "destination"):
        is_member = any(contains(text, getattr(packet, side), packet) for text in getattr(rule, side) or (ANY,))
        if is_member is bool(getattr(rule, f"{side}_exclude")):
            return False
    applications = rule.applications or ()
    services = rule.services if rule.services is not None else (() if applications else (ServiceSpec(),))
    return any(packet.objects[name] for name in applications) or any(has(service, packet) for service in services)


def contains(text: str, address: str, packet: Packet) -> bool:
    parsed = member(text)
    assert parsed is not None
    if parsed.kind != ADDRESS:
        return packet.objects[parsed.text]
    bounds = address_range(parsed.text)
    number = ipaddress.ip_address(address)
    return bounds is None or (bounds[0] == number.version and bounds[1] <= int(number) <= bounds[2])


def has(service: ServiceSpec, packet: Packet) -> bool:
    if service.protocol not in (ANY, packet.protocol):
        return False
    if service.protocol == "icmp":
        types = {"8": "echo-request"}
        return types.get(service.icmp_type or "", service.icmp_type) in (None, ANY, packet.icmp_type)
    return is_port(service.port, packet.port) and is_port(service.source_port, packet.source_port)


def is_port(ports: Sequence[str] | None, number: int) -> bool:
    ranges = [port_range(text) for text in ports or (ANY,)]
    return any(bounds is None or bounds[0] <= number <= bounds[1] for bounds in ranges)


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
@settings(max_examples=50, deadline=None)
@given(
    rules=st.one_of(
        rule_lists(),
        st.lists(overlapping_rules, min_size=1, max_size=4).map(
            lambda rules: [{"name": f"rule {at}", **rule} for at, rule in enumerate(rules)]
        ),
    ),
    traffic=st.lists(packets, min_size=5, max_size=20),
)
def test_a_converted_firewall_accepts_no_other_traffic(
    version: str, rules: list[dict[str, Any]], traffic: list[Packet]
) -> None:
    data = {"rules": [{**rule, "tag": None} for rule in rules]}
    converted = convert_edge({"firewall": data}, api_version=version).document["firewall"]
    before, after = (parse_policy(policy).rules or () for policy in (data, converted))
    for packet in traffic:
        if accepts(after, packet):
            assert accepts(before, packet)


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
@settings(max_examples=30, deadline=None)
@given(edge=edges)
def test_a_converted_document_is_supported_and_every_loss_is_reported(version: str, edge: dict[str, Any]) -> None:
    conversion = convert_edge(edge, api_version=version, uplinks=["0"])
    kind = EdgeKind()
    spec = kind.parse(conversion.document)
    kind.validate(Exactly((spec,)))
    assert kind.unsupported(Exactly((spec,)), f"nsxt {version}") == []
    for name, section in edge.items():
        field = "tunnels" if name == "ipsec" else "rules"
        lost = {
            item.path.partition(".")[0] + item.path[item.path.find("[") :].partition(".")[0]
            for item in conversion.items
            if item.result == LEFT_OUT and item.path.startswith(f"{name}.{field}[")
        }
        assert len(conversion.document[name][field]) + len(lost) == len(section[field])
    assert conversion.is_complete is not any(item.result in (LEFT_OUT, DISABLED, OMITTED) for item in conversion.items)


@cache
def nsxt_cloud(version: str) -> tuple[Client, Simulator]:
    """Return a cached cloud, because starting a cloud for each example is slow."""
    simulator = make_simulator(profile="vcd", nsxt_edges=1, logging_right=True, external_address="any")
    settings = {**simulator_settings(simulator), "api_version": version, "edge": "nsxt-edge1", "lock": False}
    client = simulated_app(simulator, LinkedClock(simulator)).client(**settings, firewall_lint="off")
    return client, simulator


@pytest.mark.slow
@pytest.mark.parametrize("version", ["37.2", "38.1", "39.1"])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edge=edges)
def test_a_converted_document_converges(version: str, edge: dict[str, Any]) -> None:
    client, _ = nsxt_cloud(version)
    document = {**convert_edge(edge, api_version=version, uplinks=["0"]).document, "allow_empty": True}
    for tunnel in document.get("ipsec", {}).get("tunnels", ()):
        tunnel["psk"] = "not part of a conversion"
    client.ensure("ans.edge", document, state="exact")
    second_plan = client.ensure("ans.edge", document, state="exact", check=True)
    assert not second_plan.changed, second_plan.plan.as_dict()
