"""Conformance tests of the services and resource kinds in built-in plugins."""

from __future__ import annotations

from typing import Any

from vcloudair_core.testing import Conformance, Example

RULE = {"name": "conformance", "source": ["192.0.2.1"], "destination": ["192.0.2.2"], "protocol": "tcp"}
OTHER_RULE = {**RULE, "dest_port": "443"}
NAT_RULE = {
    "action": "dnat",
    "vnic": 0,
    "original_address": "203.0.113.10",
    "original_port": "443",
    "translated_address": "192.168.10.20",
    "protocol": "tcp",
}
OTHER_NAT_RULE = {**NAT_RULE, "translated_port": "8443"}
TUNNEL = {
    "name": "branch",
    "local_ip": "203.0.113.10",
    "local_subnets": ["192.168.10.0/24"],
    "peer_ip": "198.51.100.7",
    "peer_subnets": ["10.20.0.0/16"],
    "psk": 'first "of" <two> keys & more',
}
OTHER_TUNNEL = {**TUNNEL, "psk": "second\\of'two", "mtu": 1400}


DHCP_POOL = {"ip_range": "192.168.10.100-192.168.10.199", "lease_time": "3600"}
OTHER_DHCP_POOL = {**DHCP_POOL, "lease_time": "infinite", "dns_servers": ["10.0.0.53"]}
BINDING = {"mac_address": "00:50:56:01:02:03", "host_name": "web1", "ip_address": "192.168.10.20"}
OTHER_BINDING = {**BINDING, "ip_address": "192.168.10.21"}
AGENT = {"vnic": 1, "gateway_address": "192.168.10.1"}
OTHER_AGENT = {**AGENT, "gateway_address": "192.168.10.2"}

ROUTE = {"network": "10.9.0.0/16", "next_hops": [{"address": "192.168.10.254"}], "description": "to the data center"}
OTHER_ROUTE = {**ROUTE, "next_hops": [{"address": "192.168.10.253", "distance": 10}]}

NOT_SIMULATED = (
    "ans.certificate", "ans.distributed_firewall", "ans.distributed_firewall_rule",
    "ans.dns", "ans.dns_zone", "ans.ip_set", "ans.security_group", "ans.application_profile",
)  # fmt: skip
"""Resource kinds without an example. Unit tests cover them instead.

They have no simulator route, have no elements there, or a change takes several writes.
"""


class TestAns(Conformance):
    plugin = "ans"
    examples = (
        Example("ans.firewall_rule", [RULE], [OTHER_RULE]),
        Example("ans.firewall", [{"rules": [RULE]}], [{"rules": [OTHER_RULE], "default_logging": True}]),
        Example("ans.nat_rule", [NAT_RULE], [OTHER_NAT_RULE]),
        Example("ans.nat", [{"rules": [NAT_RULE]}], [{"rules": [OTHER_NAT_RULE]}]),
        Example("ans.ipsec_tunnel", [TUNNEL], [OTHER_TUNNEL]),
        Example(
            "ans.ipsec",
            [{"tunnels": [TUNNEL], "global_psk": "the first key of all"}],
            [{"tunnels": [OTHER_TUNNEL], "global_psk": "the second key of all"}],
        ),
        Example("ans.dhcp_pool", [DHCP_POOL], [OTHER_DHCP_POOL]),
        Example("ans.dhcp_binding", [BINDING], [OTHER_BINDING]),
        Example(
            "ans.dhcp",
            [{"enabled": True, "pools": [DHCP_POOL], "bindings": [BINDING]}],
            [{"pools": [OTHER_DHCP_POOL], "bindings": [OTHER_BINDING]}],
        ),
        Example("ans.dhcp_relay_agent", [AGENT], [OTHER_AGENT]),
        Example(
            "ans.dhcp_relay",
            [{"ip_addresses": ["10.0.0.11"], "agents": [AGENT]}],
            [{"ip_addresses": ["10.0.0.12"], "agents": [OTHER_AGENT]}],
        ),
        Example("ans.static_route", [ROUTE], [OTHER_ROUTE]),
        Example("ans.static_routes", [{"routes": [ROUTE]}], [{"routes": [OTHER_ROUTE]}]),
        Example(
            "ans.edge",
            [
                {
                    "firewall": {"rules": [RULE]},
                    "nat": {"rules": [NAT_RULE]},
                    "ipsec": {"global_psk": "an example key of all", "tunnels": [TUNNEL]},
                }
            ],
            [
                {
                    "firewall": {"rules": [OTHER_RULE]},
                    "nat": {"rules": [OTHER_NAT_RULE]},
                    "ipsec": {"tunnels": [OTHER_TUNNEL]},
                }
            ],
            reads=3,
            writes=3,
        ),
    )

    def test_kind_has_service_and_example(self, kind_record: Any) -> None:
        if kind_record.name not in NOT_SIMULATED:
            super().test_kind_has_service_and_example(kind_record)


class TestQuery(Conformance):
    plugin = "query"


class TestMetrics(Conformance):
    plugin = "metrics"


class TestDr(Conformance):
    plugin = "dr"


class TestCommandLine(Conformance):
    plugin = "command_line"


class TestPolicy(Conformance):
    plugin = "policy"


class TestSignIn(Conformance):
    plugin = "sign_in"
