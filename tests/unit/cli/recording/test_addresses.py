"""Check that replaced addresses keep their kind and their subnets."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vcloudair_core.cli.recording.addresses import AddressMap

DOCUMENTATION = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15")
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
SPECIAL = ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")
SAFE = [ip_network(text) for text in (*DOCUMENTATION, *PRIVATE, *SPECIAL)]


@given(st.ip_addresses(v=4))
def test_no_public_address_stays_public(address: object) -> None:
    replaced = ip_address(AddressMap(b"key").replace_in(str(address)))
    assert any(replaced in network for network in SAFE)


@given(st.ip_addresses(v=4, network="10.0.0.0/8"), st.ip_addresses(v=4, network="10.0.0.0/8"), st.integers(8, 24))
def test_addresses_share_exactly_the_subnets_that_they_shared(first: object, second: object, prefix: int) -> None:
    addresses = AddressMap(b"key")
    before = ip_interface(f"{first}/{prefix}").network == ip_interface(f"{second}/{prefix}").network
    new = [addresses.replace_in(str(address)) for address in (first, second)]
    assert (ip_interface(f"{new[0]}/{prefix}").network == ip_interface(f"{new[1]}/{prefix}").network) is before


@pytest.mark.parametrize("text", ["0.0.0.0/0", "127.0.0.1", "any", "tcp/443", "1.2.3", "12:30:00", ""])
def test_other_texts_stay(text: str) -> None:
    assert AddressMap(b"key").replace_in(text) == text


def test_subnets_stay_valid_and_contain_their_addresses() -> None:
    addresses = AddressMap(b"key")
    network = ip_network(addresses.replace_in("10.20.0.0/16"))
    assert network.prefixlen == 16
    assert ip_address(addresses.replace_in("10.20.30.40")) in network
    first, last = addresses.replace_in("8.8.8.10-8.8.8.20").split("-")
    assert (first.rpartition(".")[2], last.rpartition(".")[2]) == ("10", "20")
    assert first.rpartition(".")[0] == last.rpartition(".")[0]


def test_ipv6_addresses_become_addresses_for_documentation() -> None:
    addresses = AddressMap(b"key")
    first, second = addresses.replace_in("2a00:1450::5 2a00:1450::6").split()
    assert ip_address(first) in ip_network("2001:db8::/32")
    assert int(ip_address(second)) - int(ip_address(first)) == 1


def test_another_key_gives_other_addresses() -> None:
    assert AddressMap(b"one").replace_in("10.20.30.40") != AddressMap(b"two").replace_in("10.20.30.40")
