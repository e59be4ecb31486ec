"""Conformance tests of the services and resource kinds in built-in plugins."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import PASSPHRASE, make_pair
from vcloudair_core.client import Client
from vcloudair_core.testing import Conformance, Example, RequestView

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


LB_POOL = {"name": "web", "members": [{"name": "web1", "ip_address": "192.168.10.21", "port": 8443}]}
OTHER_LB_POOL = {**LB_POOL, "algorithm": "leastconn"}
LB_MONITOR = {"name": "health", "type": "http", "url_path": "/health"}
OTHER_LB_MONITOR = {**LB_MONITOR, "interval": 7}
LB_PROFILE = {"name": "https", "type": "https", "ssl_passthrough": True}
OTHER_LB_PROFILE = {**LB_PROFILE, "persistence": "sourceip"}
LB_RULE = {"name": "redirect", "script": "acl old path_beg /old\nredirect location https://www.example.com/ if old"}
OTHER_LB_RULE = {**LB_RULE, "script": "acl none path_beg /none"}
LB_SERVER = {"name": "site", "ip_address": "203.0.113.10", "protocol": "https", "port": 443}
OTHER_LB_SERVER = {**LB_SERVER, "enabled": False}
DHCP_POOL = {"ip_range": "192.168.10.100-192.168.10.199", "lease_time": "3600"}
OTHER_DHCP_POOL = {**DHCP_POOL, "lease_time": "infinite", "dns_servers": ["10.0.0.53"]}
BINDING = {"mac_address": "00:50:56:01:02:03", "host_name": "web1", "ip_address": "192.168.10.20"}
OTHER_BINDING = {**BINDING, "ip_address": "192.168.10.21"}
AGENT = {"vnic": 1, "gateway_address": "192.168.10.1"}
OTHER_AGENT = {**AGENT, "gateway_address": "192.168.10.2"}

ROUTE = {"network": "10.9.0.0/16", "next_hops": [{"address": "192.168.10.254"}], "description": "to the data center"}
OTHER_ROUTE = {**ROUTE, "next_hops": [{"address": "192.168.10.253", "distance": 10}]}
NSXT_INVENTORY = Path(__file__).parent.parent / "data" / "nsxt_conformance.yml"
NSXT, GROUP = {"edge": "nsxt-edge1"}, {"vdc_group": "dc-group"}
ZONE = {"name": "corp", "domains": ["corp.example"], "servers": ["10.9.0.1"]}
OTHER_ZONE = {**ZONE, "servers": ["10.9.0.2", "10.9.0.3"]}
DFW_RULE = {"name": "conformance", "source": ["192.0.2.1"], "services": [{"protocol": "tcp", "port": ["443"]}]}
OTHER_DFW_RULE = {**DFW_RULE, "action": "deny"}
IP_SET = {"name": "partners", "addresses": ["198.51.100.0/24"]}
OTHER_IP_SET = {**IP_SET, "addresses": ["198.51.100.0/24", "192.0.2.1"], "description": "ticket 4711"}
SECURITY_GROUP = {"name": "web", "members": ["lan"]}
OTHER_SECURITY_GROUP = {**SECURITY_GROUP, "members": ["lan", "dmz"]}
PROFILE = {"name": "web", "services": [{"protocol": "tcp", "port": ["443"]}]}
OTHER_PROFILE = {**PROFILE, "services": [{"protocol": "tcp", "port": ["443", "8443"]}]}
L2VPN_TUNNEL = {
    "name": "stretch",
    "session_mode": "server",
    "local_ip": "203.0.113.100",
    "peer_ip": "198.51.100.7",
    "networks": [{"network": "lan"}],
    "psk": "a key of the tests",
}
OTHER_L2VPN_TUNNEL = {**L2VPN_TUNNEL, "networks": [{"network": "dmz"}], "description": "of the branch"}
L2VPN_CLIENT = {
    "name": "stretch",
    "session_mode": "client",
    "local_ip": "203.0.113.100",
    "peer_ip": "198.51.100.7",
    "networks": [{"network": "lan", "tunnel_id": 1}],
    "peer_code": base64.b64encode(b'{"preSharedKey": "a key of the tests"}').decode(),
}
OTHER_L2VPN_CLIENT = {**L2VPN_CLIENT, "networks": [{"network": "lan", "tunnel_id": 2}], "description": "of the branch"}
L2VPN_SITE = {
    "name": "stretch",
    "user_id": "branch",
    "networks": [{"network": "lan"}],
    "egress_gateways": ["192.168.10.1"],
    "psk": "a password of the tests",
}
OTHER_L2VPN_SITE = {**L2VPN_SITE, "networks": [{"network": "dmz"}], "description": "of the branch", "enabled": False}
L2VPN = {
    "enabled": True,
    "listener_ip": "203.0.113.10",
    "encryption_algorithms": ["AES128-GCM-SHA256"],
    "tunnels": [L2VPN_SITE],
}
OTHER_L2VPN = {**L2VPN, "listener_port": 8443, "log_level": "debug", "tunnels": [OTHER_L2VPN_SITE]}
PAIR = make_pair()
CERTIFICATE = {
    "name": "web",
    "certificate": PAIR.certificate,
    "private_key": PAIR.encrypted_key,
    "passphrase": PASSPHRASE,
}
OTHER_CERTIFICATE = {**CERTIFICATE, "description": "of the web servers"}

NOT_SIMULATED: dict[str, str] = {}
"""Resource kinds that no class checks, with the reason that pytest shows."""
ONE_BY_ONE = frozenset(
    ("ans.ip_set", "ans.security_group", "ans.application_profile", "ans.certificate", "ans.lb_pool")
)
"""Kinds whose objects are written one at a time, without a document of the server."""


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
        Example("ans.l2vpn", [L2VPN], [OTHER_L2VPN], unset_secrets=["peer_code"]),
        Example("ans.static_route", [ROUTE], [OTHER_ROUTE]),
        Example("ans.static_routes", [{"routes": [ROUTE]}], [{"routes": [OTHER_ROUTE]}]),
        Example("ans.lb_monitor", [LB_MONITOR], [OTHER_LB_MONITOR]),
        Example("ans.lb_pool", [LB_POOL], [OTHER_LB_POOL]),
        Example("ans.lb_application_profile", [LB_PROFILE], [OTHER_LB_PROFILE]),
        Example("ans.lb_application_rule", [LB_RULE], [OTHER_LB_RULE]),
        Example("ans.lb_virtual_server", [LB_SERVER], [OTHER_LB_SERVER]),
        Example(
            "ans.load_balancer",
            [{"enabled": True, "pools": [LB_POOL], "virtual_servers": [{**LB_SERVER, "pool": "web"}]}],
            [{"pools": [OTHER_LB_POOL], "virtual_servers": [OTHER_LB_SERVER], "monitors": [LB_MONITOR]}],
        ),
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
            # Only L2 VPN has it, and the simulated edge gateway is an NSX-V one.
            unset_secrets=["peer_code"],
        ),
    )

    def test_kind_has_service_and_example(self, kind_record: Any) -> None:
        if kind_record.name in NOT_SIMULATED:
            pytest.skip(NOT_SIMULATED[kind_record.name])
        if kind_record.name not in {example.kind for example in TestAnsOnNsxt.examples}:
            super().test_kind_has_service_and_example(kind_record)


@pytest.mark.vca_simulator(profile="vcd", inventory_file=str(NSXT_INVENTORY))
class TestAnsOnNsxt(Conformance):
    """Kinds that only NSX-T has, or that NSX-T writes one object at a time."""

    plugin = "ans"
    examples = (
        Example("ans.dns_zone", [ZONE], [OTHER_ZONE], target=NSXT),
        Example("ans.dns", [{"servers": ["10.9.0.1"], "zones": [ZONE]}], [{"zones": [OTHER_ZONE]}], target=NSXT),
        Example("ans.distributed_firewall_rule", [DFW_RULE], [OTHER_DFW_RULE], target=GROUP),
        Example(
            "ans.distributed_firewall",
            [{"rules": [DFW_RULE]}],
            [{"rules": [OTHER_DFW_RULE]}],
            target=GROUP,
        ),
        Example("ans.ip_set", [IP_SET], [OTHER_IP_SET], target=NSXT),
        Example("ans.security_group", [SECURITY_GROUP], [OTHER_SECURITY_GROUP], target=NSXT),
        Example("ans.application_profile", [PROFILE], [OTHER_PROFILE], target=NSXT),
        Example("ans.certificate", [CERTIFICATE], [OTHER_CERTIFICATE], target=NSXT),
        Example("ans.lb_pool", [LB_POOL], [{**OTHER_LB_POOL, "persistence": "client-ip"}], target=NSXT),
        Example("ans.dhcp_pool", [DHCP_POOL], [OTHER_DHCP_POOL], target=NSXT, reads=3),
        Example("ans.dhcp_binding", [BINDING], [OTHER_BINDING], target=NSXT, reads=4),
        Example(
            "ans.dhcp",
            [{"enabled": True, "pools": [DHCP_POOL], "bindings": [BINDING]}],
            [{"pools": [OTHER_DHCP_POOL], "bindings": [OTHER_BINDING]}],
            target=NSXT,
            reads=4,
            writes=2,
        ),
        Example(
            "ans.l2vpn_tunnel",
            [L2VPN_TUNNEL],
            [OTHER_L2VPN_TUNNEL],
            target=NSXT,
            reads=2,
            unset_secrets=["peer_code"],
        ),
        Example("ans.l2vpn_tunnel", [L2VPN_CLIENT], [OTHER_L2VPN_CLIENT], target=NSXT, reads=2, unset_secrets=["psk"]),
        Example(
            "ans.l2vpn",
            [{"tunnels": [L2VPN_TUNNEL]}],
            [{"tunnels": [OTHER_L2VPN_TUNNEL]}],
            target=NSXT,
            reads=2,
            unset_secrets=["peer_code"],
        ),
        Example(
            "ans.l2vpn",
            [{"tunnels": [L2VPN_CLIENT]}],
            [{"tunnels": [OTHER_L2VPN_CLIENT]}],
            target=NSXT,
            reads=2,
            unset_secrets=["psk"],
        ),
    )

    @classmethod
    def _parameters(cls) -> dict[str, Sequence[Any]]:
        """Return only the examples. TestAns tests all other parts of the plugin."""
        return {name: values if name == "example" else () for name, values in super()._parameters().items()}

    @pytest.fixture(autouse=True)
    def _active_distributed_firewall(self, request: pytest.FixtureRequest) -> None:
        """Activate the distributed firewall, which is inactive in a new cloud."""
        example = getattr(request.node, "callspec", None) and request.node.callspec.params.get("example")
        if example is not None and example.target == GROUP:
            client = request.getfixturevalue("vca_client")
            client.ensure("ans.distributed_firewall", {"enabled": True}, target=GROUP)

    def test_unknown_fields_are_kept(self, example: Example, kind: Any, vca_client: Client) -> None:
        if example.kind in ONE_BY_ONE:
            pytest.skip("the document has no fields of the server; a write adds changes to the object that was read")
        super().test_unknown_fields_are_kept(example, kind, vca_client)

    def test_losses_of_the_server_are_detected(self, example: Example, kind: Any, vca_client: Client) -> None:
        if example.kind in ONE_BY_ONE:
            pytest.skip("each object is written alone, so a write cannot remove objects of another client")
        super().test_losses_of_the_server_are_detected(example, kind, vca_client)

    def test_second_run_writes_nothing(
        self, example: Example, kind: Any, vca_client: Client, vca_request_log: RequestView
    ) -> None:
        """Count only writes for objects that are written one at a time.

        The number of reads varies, because each object is read by ID and each write waits for its task.
        """
        if example.kind not in ONE_BY_ONE:
            super().test_second_run_writes_nothing(example, kind, vca_client, vca_request_log)
            return
        for specs in (example.specs, example.changed):
            vca_request_log.clear()
            check = vca_client.ensure(kind.name, specs, target=example.target, check=True)
            assert (check.changed, vca_request_log.writes) == (True, [])
            outcome = vca_client.ensure(kind.name, specs, target=example.target)
            assert outcome.plan.as_dict() == check.plan.as_dict()
            assert len(vca_request_log.writes) == 1
            vca_request_log.clear()
            assert not vca_client.ensure(kind.name, specs, target=example.target).changed
            assert vca_request_log.writes == []


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
