"""Tests of the conversion of static routes and DNS forwarding."""

from __future__ import annotations

from typing import Any

from vcloudair_core.engine.desired import Exactly
from vcloudair_core.services.ans.conversion.edge_converter import convert_edge
from vcloudair_core.services.ans.conversion.report import CHANGED, LEFT_OUT, OMITTED, Conversion
from vcloudair_core.services.ans.document.kind import EdgeKind


def convert(**sections: Any) -> Conversion:
    """Convert a document, and check that NSX-T supports the result."""
    conversion = convert_edge(sections, api_version="37.0")
    kind = EdgeKind()
    spec = kind.parse(conversion.document)
    assert kind.unsupported(Exactly((spec,)), "nsxt 37.0") == []
    return conversion


def route(network: str, last: int = 254, **more: Any) -> dict[str, Any]:
    return {"network": network, "next_hops": [{"address": f"192.168.10.{last}", "distance": 1}], **more}


def results(conversion: Conversion) -> list[tuple[str, str]]:
    return [(item.path, item.result) for item in conversion.items]


def test_routes_get_unique_names() -> None:
    conversion = convert(
        static_routes={"routes": [route("10.9.0.0/16", description="dc"), route("10.8.0.0/16", description="dc")]}
    )
    assert [entry["name"] for entry in conversion.document["static_routes"]["routes"]] == ["dc", "dc (2)"]
    assert conversion.is_complete


def test_routes_to_one_network_become_one_route() -> None:
    routes = [route("10.9.0.0/16"), route("10.8.0.0/16"), route("10.9.0.0/16", 253)]
    conversion = convert(static_routes={"routes": routes})
    first, second = conversion.document["static_routes"]["routes"]
    assert [hop["address"] for hop in first["next_hops"]] == ["192.168.10.254", "192.168.10.253"]
    assert (first["name"], second["network"]) == ("route to 10.9.0.0/16", "10.8.0.0/16")
    assert results(conversion) == [("static_routes.routes[2].next_hops", CHANGED)]


def test_a_route_has_at_most_five_next_hops() -> None:
    routes = [route("10.9.0.0/16", last) for last in range(1, 7)]
    conversion = convert(static_routes={"routes": routes})
    assert len(conversion.document["static_routes"]["routes"][0]["next_hops"]) == 5
    assert results(conversion)[-1] == ("static_routes.routes[5].next_hops", LEFT_OUT)


def test_options_of_interfaces_are_omitted_and_host_bits_removed() -> None:
    conversion = convert(static_routes={"routes": [route("10.9.0.1/16", vnic=1, mtu=1400)]})
    [entry] = conversion.document["static_routes"]["routes"]
    assert (entry["network"], "vnic" in entry, "mtu" in entry) == ("10.9.0.0/16", False, False)
    assert results(conversion) == [
        ("static_routes.routes[0].network", CHANGED),
        ("static_routes.routes[0].vnic", OMITTED),
        ("static_routes.routes[0].mtu", OMITTED),
    ]


def test_the_default_route_is_omitted() -> None:
    conversion = convert(static_routes={"default_gateway": "203.0.113.1", "routes": [route("10.9.0.0/16")]})
    assert "default_gateway" not in conversion.document["static_routes"]
    assert results(conversion) == [("static_routes.default_gateway", OMITTED)]


def test_dns_servers_are_kept_and_enabling_needs_a_listener() -> None:
    dns = {"enabled": True, "servers": ["192.0.2.53"], "cache_size": 16, "logging": False, "log_level": "info"}
    conversion = convert(dns=dns)
    assert conversion.document["dns"] == {"servers": ["192.0.2.53"]}
    [item] = conversion.items
    assert (item.path, item.result, "listener_ip" in item.hint) == ("dns.enabled", OMITTED, True)


def test_disabled_dns_is_complete_and_a_cache_size_is_reported() -> None:
    assert convert(dns={"enabled": False, "servers": []}).is_complete
    assert results(convert(dns={"servers": ["192.0.2.53"], "cache_size": 64})) == [("dns.cache_size", OMITTED)]
