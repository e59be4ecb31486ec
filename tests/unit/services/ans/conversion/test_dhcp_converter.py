"""Tests of the conversion of DHCP for NSX-T edge gateways."""

from __future__ import annotations

from typing import Any

from vcloudair_core.services.ans.conversion.edge_converter import convert_edge

POOL = {"ip_range": "192.168.10.100-192.168.10.199", "default_gateway": "192.168.10.1", "lease_time": "infinite"}
BINDING = {"mac_address": "00:50:56:01:02:03", "host_name": "web1", "ip_address": "192.168.10.20"}


def converted(**section: Any) -> tuple[Any, list[tuple[str, str]]]:
    conversion = convert_edge({"dhcp": section})
    return conversion.document.get("dhcp"), [(item.path, item.result) for item in conversion.items]


def test_pools_and_static_bindings_are_kept() -> None:
    document, items = converted(enabled=True, pools=[POOL], bindings=[BINDING])
    assert document == {"enabled": True, "pools": [POOL], "bindings": [BINDING]}
    assert items == []


def test_options_that_networks_lack_are_omitted() -> None:
    corp = {"domain_name": "corp.example"}
    document, items = converted(
        enabled=True, logging=True, log_level="debug", pools=[{**POOL, **corp}], bindings=[{**BINDING, **corp}]
    )
    assert document == {"enabled": True, "pools": [POOL], "bindings": [BINDING]}
    assert items == [
        ("dhcp.logging", "omitted"),
        ("dhcp.log_level", "omitted"),
        ("dhcp.pools[0].domain_name", "omitted"),
        ("dhcp.bindings[0].domain_name", "omitted"),
    ]


def test_a_lease_time_that_nsxt_refuses_leaves_the_entry_out() -> None:
    document, items = converted(enabled=True, pools=[{**POOL, "lease_time": "30"}], bindings=[])
    assert document == {"enabled": True, "pools": [], "bindings": []}
    assert items == [("dhcp.pools[0].lease_time", "left out")]


def test_a_disabled_service_is_left_out() -> None:
    assert converted(enabled=False, pools=[POOL], bindings=[BINDING]) == (
        None,
        [("dhcp.pools", "left out"), ("dhcp.bindings", "left out")],
    )
    assert converted(enabled=False, log_level="info", pools=[], bindings=[])[1] == []
