"""Property tests: addresses are equal if they match the same packets."""

from __future__ import annotations

import ipaddress
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from vcloudair_core.services.ans.ipsec.spec import IpsecTunnelSpec, subnets_meaning
from vcloudair_core.services.ans.nat.spec import address_meaning
from vcloudair_core.services.ans.section.rule_values import endpoint_meaning

FOUR = ["10.0.0.0/30", "10.0.0.2/31", "10.0.0.3", "10.0.0.1-10.0.0.2", "10.0.0.0/31", "0.0.0.0/1", "128.0.0.0/1"]
SIX = ["2001:db8::/126", "2001:db8::2/127", "2001:db8::", "2001:db8::1-2001:db8::3", "::/1", "8000::/1"]
WHOLE = ["0.0.0.0/0", "::/0", "any"]
address_lists = st.lists(st.sampled_from(FOUR + SIX + WHOLE), min_size=1, max_size=5)

EDGES_OF_FOUR = [0, 2**31 - 1, 2**31, 2**32 - 1, *range(0x0A000000 - 1, 0x0A000000 + 5)]
BASE_OF_SIX = int(ipaddress.IPv6Address("2001:db8::"))
EDGES_OF_SIX = [0, 2**127 - 1, 2**127, 2**128 - 1, *range(BASE_OF_SIX - 1, BASE_OF_SIX + 5)]
UNIVERSE = [*((4, address) for address in EDGES_OF_FOUR), *((6, address) for address in EDGES_OF_SIX)]
"""One address from each interval that the addresses above delimit."""


def matches(pattern: str, packet: tuple[int, int]) -> bool:
    """Return True if a pattern matches a packet, computed without the tested code."""
    version, address = packet
    if pattern == "any":
        return True
    if "-" in pattern:
        low, high = (ipaddress.ip_address(end) for end in pattern.split("-"))
        return version == low.version and int(low) <= address <= int(high)
    network = ipaddress.ip_network(pattern, strict=False)
    return version == network.version and int(network[0]) <= address <= int(network[-1])


def packets(listed: list[str]) -> frozenset[tuple[int, int]]:
    """Return the test packets that match a list of addresses."""
    return frozenset(packet for packet in UNIVERSE if any(matches(address, packet) for address in listed))


@settings(deadline=None)
@given(address_lists, address_lists)
def test_firewall_addresses_are_equal_if_and_only_if_they_match_the_same_packets(
    left: list[str], right: list[str]
) -> None:
    assert (endpoint_meaning(left) == endpoint_meaning(right)) == (packets(left) == packets(right))


@settings(deadline=None)
@given(st.sampled_from(FOUR + WHOLE), st.sampled_from(FOUR + WHOLE))
def test_nat_addresses_are_equal_if_and_only_if_they_match_the_same_ipv4_packets(left: str, right: str) -> None:
    def ipv4(address: str) -> frozenset[tuple[int, int]]:
        return frozenset(packet for packet in packets([address]) if packet[0] == 4)

    if "::/0" not in (left, right):
        assert (address_meaning(left) == address_meaning(right)) == (ipv4(left) == ipv4(right))


NETWORKS = ["10.9.2.0/24", "10.9.2.7/24", "10.9.3.0/24", "10.9.2.0/23", "10.9.2.1", "10.9.2.1/32"]
sides = st.lists(st.sampled_from(NETWORKS), min_size=1, max_size=4)


def pairs(local: list[str], peer: list[str]) -> frozenset[tuple[object, object]]:
    """Return the pairs of subnets that the two ends of a tunnel negotiate."""
    ours, theirs = ({ipaddress.ip_network(address, strict=False) for address in side} for side in (local, peer))
    return frozenset(product(ours, theirs))


@settings(deadline=None)
@given(sides, sides, sides, sides)
def test_tunnels_are_equal_if_and_only_if_they_join_the_same_subnet_pairs(
    local: list[str], peer: list[str], other_local: list[str], other_peer: list[str]
) -> None:
    ours = (subnets_meaning(tuple(local)), subnets_meaning(tuple(peer)))
    theirs = (subnets_meaning(tuple(other_local)), subnets_meaning(tuple(other_peer)))
    assert (ours == theirs) == (pairs(local, peer) == pairs(other_local, other_peer))
    assert IpsecTunnelSpec(local_subnets=tuple(local)).local_subnets == tuple(local)
