"""Tests of the public addresses of edge gateways on both backends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.two_backends import Harness, harness
from vcloudair_core.errors import ConfigurationError, DecodeError, NotFoundError
from vcloudair_core.services.ans.address_book import nsxt_addresses, nsxv_addresses
from vcloudair_core.services.ans.address_book.segments import AddressUse, Uplink, address_book, range_of

BACKENDS = ("nsxv network_xml", "nsxv network_json", "nsxt 37.2", "nsxt 39.1")
TUNNEL = {
    "name": "branch",
    "local_subnets": ["192.168.10.0/24"],
    "peer_ip": "198.51.100.7",
    "peer_subnets": ["10.20.0.0/16"],
    "psk": "a key of this test",
}

DAMAGED_UPLINK = {"edgeGatewayUplinks": [{"subnets": {"values": [{"primaryIp": "no address"}]}}]}


@pytest.fixture(params=BACKENDS)
def cloud(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    """An edge gateway with six public addresses."""
    with harness(tmp_path, request.param) as made:
        made.edge.address_count = 6
        yield made


def address(cloud: Harness, offset: int) -> str:
    return str(ip_address(cloud.edge.external_address) + offset)


def rule(cloud: Harness, action: str, offset: int) -> dict[str, Any]:
    public, private = address(cloud, offset), "192.168.10.20"
    original, translated = (private, public) if action == "snat" else (public, private)
    return {"action": action, "original_address": original, "translated_address": translated}


def rows(book: dict[str, Any]) -> list[tuple[str, int, str, list[str]]]:
    return [(row["addresses"], row["count"], row["state"], row["used_by"]) for row in book["addresses"]]


def test_used_addresses_have_their_services_and_the_others_are_free(cloud: Harness) -> None:
    rules = [rule(cloud, "dnat", 2), rule(cloud, "snat", 2), {**rule(cloud, "dnat", 3), "enabled": False}]
    cloud.client.ensure("ans.nat", {"rules": rules})
    cloud.client.ensure("ans.ipsec", {"tunnels": [{**TUNNEL, "local_ip": address(cloud, 5)}]})
    book = cloud.client.edges.addresses()
    assert rows(book) == [
        (address(cloud, 0), 1, "used", ["primary"]),
        (address(cloud, 1), 1, "free", []),
        (address(cloud, 2), 1, "used", ["snat", "dnat"]),
        (address(cloud, 3), 1, "used", ["dnat"]),
        (address(cloud, 4), 1, "free", []),
        (address(cloud, 5), 1, "used", ["ipsec"]),
    ]
    assert {row["network"] for row in book["addresses"]} == {"external-net"}
    assert (book["allocated_count"], book["used_count"], book["free_count"]) == (6, 4, 2)


def test_an_edge_gateway_without_services_uses_its_primary_address(cloud: Harness) -> None:
    assert rows(cloud.client.edges.addresses()) == [
        (address(cloud, 0), 1, "used", ["primary"]),
        (f"{address(cloud, 1)}-{address(cloud, 5)}", 5, "free", []),
    ]


def test_the_number_of_calls_does_not_depend_on_the_number_of_rules(cloud: Harness) -> None:
    cloud.client.ensure("ans.nat", {"rules": [rule(cloud, "dnat", offset) for offset in range(1, 5)]})
    cloud.journal.clear()
    cloud.client.edges.addresses()
    ends = [call.partition("?")[0].rpartition("/")[2] for call in cloud.journal.calls]
    assert len(ends) == (2 if cloud.is_nsxt else 4), ends


def test_an_unknown_edge_gateway_is_reported(cloud: Harness) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        cloud.client.edges.addresses("nowhere")


@pytest.mark.parametrize("backend", BACKENDS[:2])
def test_a_virtual_server_uses_its_address(tmp_path: Path, backend: str) -> None:
    with harness(tmp_path, backend) as cloud:
        cloud.edge.address_count = 2
        server = {"virtualServerId": "virtualServer-1", "name": "web", "ipAddress": address(cloud, 1)}
        cloud.client.edges.addresses()
        section = cloud.edge.sections.setdefault("loadbalancer", {"version": 1, "enabled": True})
        section["virtualServer"] = [server]
        assert rows(cloud.client.edges.addresses())[1] == (address(cloud, 1), 1, "used", ["load_balancer"])


def test_an_uplink_with_ip_spaces_is_refused() -> None:
    tree = {"name": "gw1", "edgeGatewayUplinks": [{"uplinkName": "t0", "usingIpSpace": True}]}
    with pytest.raises(ConfigurationError, match="'gw1' failed. The uplink 't0' uses IP spaces"):
        nsxt_addresses.parse_uplinks(tree)


def test_ranges_are_divided_without_expanding_them() -> None:
    ranges = (range_of("2001:db8::/64", "x"), range_of("203.0.113.1-203.0.113.9", "x"))
    uses = [
        AddressUse(range_of("2001:db8::5", "x"), "dnat"),
        AddressUse(range_of("203.0.113.3-203.0.113.5", "x"), "snat"),
        AddressUse(range_of("203.0.113.5-203.0.113.20", "x"), "l2_vpn"),
        AddressUse(range_of("192.0.2.1", "x"), "dnat"),
    ]
    book = address_book([Uplink("isp", ranges)], uses)
    assert rows(book) == [
        ("203.0.113.1-203.0.113.2", 2, "free", []),
        ("203.0.113.3-203.0.113.4", 2, "used", ["snat"]),
        ("203.0.113.5", 1, "used", ["snat", "l2_vpn"]),
        ("203.0.113.6-203.0.113.9", 4, "used", ["l2_vpn"]),
        ("2001:db8::-2001:db8::4", 5, "free", []),
        ("2001:db8::5", 1, "used", ["dnat"]),
        ("2001:db8::6-2001:db8::ffff:ffff:ffff:ffff", 2**64 - 6, "free", []),
    ]
    assert book["free_count"] == 2**64 - 1 + 2


def test_a_rule_for_any_address_uses_all_addresses() -> None:
    section = {"rules": [{"action": "dnat", "original_address": "any"}], "internal_rules": []}
    book = address_book(
        [Uplink("isp", (range_of("203.0.113.1-203.0.113.9", "x"),))], [*nsxv_addresses.nat_uses(section)]
    )
    assert rows(book) == [("203.0.113.1-203.0.113.9", 9, "used", ["dnat"])]


def test_unknown_categories_keep_their_name() -> None:
    uses = nsxt_addresses.parse_used(
        [{"ipAddress": "203.0.113.1", "category": "SSL_VPN"}, {"ipAddress": "203.0.113.2"}]
    )
    assert [use.service for use in uses] == ["ssl_vpn", "unknown"]


@pytest.mark.parametrize(
    ("parse", "value"),
    [
        (nsxt_addresses.parse_uplinks, []),
        (nsxt_addresses.parse_uplinks, DAMAGED_UPLINK),
        (nsxt_addresses.parse_used, [{"ipAddress": "no address"}]),
        (nsxt_addresses.parse_used, ["no object"]),
        (nsxv_addresses.parse_uplinks, b"<Vdc/>"),
        (nsxv_addresses.parse_json_servers, b"[]"),
        (nsxv_addresses.parse_json_servers, json.dumps({"virtualServer": [{"ipAddress": "no address"}]}).encode()),
        (nsxv_addresses.parse_xml_servers, b"<nat/>"),
    ],
)  # fmt: skip
def test_damaged_documents_are_refused(parse: Any, value: Any) -> None:
    with pytest.raises(DecodeError, match="failed"):
        parse(value)
