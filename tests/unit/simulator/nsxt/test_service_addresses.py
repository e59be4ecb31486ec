"""Tests of the addresses that services of NSX-T edge gateways use.

Source: protocol/nsxt.md §2.
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from tests.unit.simulator.nsxt.harness import harness


def test_nat_rules_and_tunnels_use_uplink_addresses(tmp_path: Path) -> None:
    cloud = harness(tmp_path)
    first, second, third = (str(ip_address(cloud.edge().external_address) + offset) for offset in range(3))
    for kind, external, internal in (
        ("DNAT", second, "10.0.0.2"),
        ("SNAT", second, "10.0.0.0/24"),
        ("NO_DNAT", "0.0.0.0/32", ""),
        ("NO_SNAT", "", "10.0.0.9"),
    ):
        rule = {"name": kind, "type": kind, "externalAddresses": external, "internalAddresses": internal}
        cloud.write("POST", cloud.path("nat/rules"), rule)
    ends = {
        "localEndpoint": {"localAddress": third, "localNetworks": ["10.0.0.0/24"]},
        "remoteEndpoint": {"remoteAddress": "198.51.100.7"},
    }
    cloud.write("POST", cloud.path("ipsec/tunnels"), {"name": "hq", "preSharedKey": "k", **ends})
    used = cloud.read(cloud.path("usedIpAddresses"))["values"]
    assert [(entry["ipAddress"], entry["category"]) for entry in used] == [
        (first, "PRIMARY_IP"), (second, "DNAT"), (second, "SNAT"), (third, "IPsec_VPN")
    ]  # fmt: skip
    edge = cloud.read(f"/cloudapi/1.0.0/edgeGateways/{cloud.urn()}")
    assert edge["edgeGatewayUplinks"][0]["subnets"]["values"][0]["usedIpCount"] == 3


def test_a_rule_for_all_addresses_uses_each_uplink_address_once(tmp_path: Path) -> None:
    cloud = harness(tmp_path)
    rule = {"name": "all", "type": "NO_DNAT", "externalAddresses": "0.0.0.0/0", "internalAddresses": ""}
    cloud.write("POST", cloud.path("nat/rules"), rule)
    used = cloud.read(f"{cloud.path('usedIpAddresses')}?filter=category==DNAT")
    assert used["resultTotal"] == cloud.edge().address_count
