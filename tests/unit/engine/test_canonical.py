"""Tests of the canonical forms of addresses, networks and ports."""

from __future__ import annotations

import pytest

from vcloudair_core.engine.canonical import (
    address_range,
    address_set,
    fold,
    ipv4_set,
    network_set,
    port_range,
    port_set,
)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (["10.0.0.1"], ["10.0.0.1/32"]),
        (["10.0.0.1"], ["10.0.0.1-10.0.0.1"]),
        (["10.0.0.9/24"], ["10.0.0.0/24"]),
        (["10.0.0.0/24"], ["10.0.0.0-10.0.0.255"]),
        (["10.0.0.0/25", "10.0.0.128/25"], ["10.0.0.0/24"]),
        (["10.0.0.2", "10.0.0.1"], ["10.0.0.1", "10.0.0.2", "10.0.0.2"]),
        (["2001:DB8::0001"], ["2001:db8:0:0::1/128"]),
        (["Any "], ["any", "10.0.0.1"]),
        (["0.0.0.0/0", "::/0"], ["any"]),
        (["10.0.0.1 - 10.0.0.4"], ["10.0.0.1-10.0.0.4"]),
    ],
)
def test_equal_addresses(left: list[str], right: list[str]) -> None:
    assert address_set(left) == address_set(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (["10.0.0.1"], ["10.0.0.2"]),
        (["::/0"], ["any"]),
        (["0.0.0.0/0"], ["any"]),
        (["0.0.0.0/0", "::/0"], ["0.0.0.0/0"]),
        (["10.0.0.0/24"], ["10.0.0.0/25"]),
        (["0.0.0.1"], ["::1"]),
        (["255.255.255.255"], ["255.255.255.255", "::"]),
    ],
)
def test_different_addresses(left: list[str], right: list[str]) -> None:
    assert address_set(left) != address_set(right)


def test_ipv4_set_of_all_addresses_is_any() -> None:
    assert ipv4_set(["0.0.0.0/0"]) == ipv4_set(["any"])
    assert ipv4_set(["::/0"]) != ipv4_set(["any"])


def test_network_set_does_not_merge_networks() -> None:
    assert network_set(["10.0.0.0/24", "10.0.1.0/24"]) != network_set(["10.0.0.0/23"])
    assert network_set(["10.0.0.0/24", "10.0.0.0/25"]) != network_set(["10.0.0.0/24"])
    assert network_set(["10.0.1.0/24", "10.0.0.9/24"]) == network_set(["10.0.0.0/24", "10.0.1.0/24", "10.0.1.0/24"])


@pytest.mark.parametrize(
    "word",
    [
        "10.0.0.300",
        "10.0.0.0/33",
        "10.0.0.0/255.255.255.0",
        "10.0.0.5-10.0.0.1",
        "1.2.3.4-::1",
        "fe80::1%eth0",
        "",
        "-",
        "/",
    ],
)
def test_invalid_addresses(word: str) -> None:
    assert address_range(word) is None


def test_unknown_texts_are_compared_without_case() -> None:
    assert address_set(["Banana", "10.0.0.1"]) == address_set(["10.0.0.1", "banana"])


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (["80-80"], ["80"]),
        (["80", "81"], ["80-81"]),
        (["443", "80"], ["80", "443"]),
        ([], ["any"]),
        (["ANY"], ["1-65535"]),
        (["any"], ["0-65535"]),
        (["1-100", "50-65535"], ["any"]),
        (["080"], ["80"]),
    ],
)
def test_equal_ports(left: list[str], right: list[str]) -> None:
    assert port_set(left) == port_set(right)


def test_different_ports() -> None:
    assert port_set(["80"]) != port_set(["80-81"])
    assert port_set(["ftp"]) != port_set(["80"])


@pytest.mark.parametrize("word", ["65536", "90-80", "-1", "a", "80-", "", "٨٠", "1" * 30])
def test_invalid_ports(word: str) -> None:
    assert port_range(word) is None


def test_fold() -> None:
    assert fold(" TCP ") == "tcp"
