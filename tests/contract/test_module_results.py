"""Check that modules return documented keys, and accept returned values as input."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import make_pair
from tests.support.modules import MODULES, answer, load
from vcloudair_core import App, Client
from vcloudair_core.services.ans.firewall.spec import GLOBAL_SETTINGS, FirewallRuleSpec, ServiceSpec
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing import RequestView, simulator_settings

Answer = Callable[..., dict[str, Any]]

OF_ANSIBLE = {"changed", "failed", "msg", "invocation", "diff", "exception", "warnings", "deprecations"}
"""Keys that Ansible adds to every result. Modules do not document them."""

WIRE_TYPES = {"dict": dict, "list": list, "str": str, "int": int, "bool": bool, "raw": object}

EVERYTHING: dict[str, Any] = {
    "name": "everything",
    "action": "reject",
    "enabled": False,
    "logging": True,
    "description": 'All of it, "quoted" & <marked>',
    "source": ["192.0.2.0/24", "internal"],
    "source_exclude": True,
    "destination": ["198.51.100.1-198.51.100.9", "2001:db8::/32"],
    "destination_exclude": True,
    "services": [
        {"protocol": "tcp", "port": ["443", "8000-8080"], "source_port": ["1024-65535"]},
        {"protocol": "icmp", "icmp_type": "echo-reply"},
    ],
    "applications": ["application-347"],
    "match_translated": True,
    "direction": "in",
    "tag": "4711",
}
"""A firewall rule that sets every stored field."""


@pytest.fixture(autouse=True)
def _runs_are_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VCA_STATE_DIR", str(tmp_path))


@pytest.fixture
def ask(vca_app: App, vca_simulator: Simulator) -> Answer:
    """Return a function that runs a module: ``ask("vca_firewall_info", options)``."""
    settings = simulator_settings(vca_simulator)
    if not vca_simulator.world.replications:
        vca_simulator.reset(dataclasses.replace(vca_simulator.config, replications=2))

    def connect(**options: Any) -> Client:
        return vca_app.client(**{**settings, **options})

    def run(name: str, options: Mapping[str, Any] | None = None, **modes: bool) -> dict[str, Any]:
        return answer(name, connect, options or {}, **modes)

    return run


# -- RETURN ------------------------------------------------------------------------------------------------------

PAIR = make_pair()
NAT_RULE: dict[str, Any] = {
    "action": "dnat",
    "original_address": "203.0.113.10",
    "original_port": "443",
    "translated_address": "192.168.10.20",
    "protocol": "tcp",
}
ROUTE: dict[str, Any] = {"network": "10.9.0.0/16", "next_hops": [{"address": "192.168.10.254"}]}
TUNNEL: dict[str, Any] = {
    "name": "branch",
    "local_ip": "203.0.113.10",
    "local_subnets": ["192.168.10.0/24"],
    "peer_ip": "198.51.100.7",
    "peer_subnets": ["10.20.0.0/16"],
    "psk": "an answer never holds it",
}
L2VPN: dict[str, Any] = {
    "listener_ip": "203.0.113.10",
    "encryption_algorithms": ["AES128-GCM-SHA256"],
    "tunnels": [
        {
            "name": "stretch",
            "user_id": "branch",
            "networks": [{"network": "lan"}],
            "psk": "an answer never holds it",
        }
    ],
}
CERTIFICATE = {"name": "web", "certificate": PAIR.certificate, "private_key": PAIR.key}
DHCP_POOL: dict[str, Any] = {"ip_range": "192.168.10.100-192.168.10.199", "lease_time": "3600"}
BINDING: dict[str, Any] = {"mac_address": "00:50:56:01:02:03", "host_name": "web1", "ip_address": "192.168.10.20"}
LB_POOL: dict[str, Any] = {
    "name": "web",
    "members": [{"name": "web1", "ip_address": "192.168.10.21", "port": 8443}],
}
LB_MONITOR: dict[str, Any] = {"name": "health", "type": "http", "url_path": "/health"}
LB_RULE: dict[str, Any] = {"name": "redirect", "script": "acl old path_beg /old"}
LB_PROFILE: dict[str, Any] = {"name": "https", "type": "https", "ssl_passthrough": True}
LB_SERVER: dict[str, Any] = {"name": "site", "ip_address": "203.0.113.10", "protocol": "https", "port": 443}
IP_SET: dict[str, Any] = {"name": "partners", "addresses": ["198.51.100.0/24"]}
PROFILE: dict[str, Any] = {"name": "web", "services": [{"protocol": "tcp", "port": ["443"]}]}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("vca_address_info", {}),
    ("vca_dhcp", {"enabled": True, "pools": [DHCP_POOL], "bindings": [BINDING]}),
    ("vca_dhcp", {"purge": True, "pools": [], "allow_empty": True}),
    ("vca_dhcp", {"state": "absent", "bindings": [BINDING]}),
    ("vca_dhcp_binding", BINDING),
    ("vca_dhcp_binding", {**BINDING, "state": "absent"}),
    ("vca_dhcp_info", {}),
    ("vca_dhcp_info", {"leases": False}),
    ("vca_l2vpn", L2VPN),
    ("vca_l2vpn", {"state": "absent", "tunnels": [{"name": "stretch"}]}),
    ("vca_l2vpn_info", {}),
    ("vca_l2vpn_info", {"status": False}),
    ("vca_l2vpn_tunnel", {"name": "stretch", "state": "absent"}),
    ("vca_dhcp_pool", DHCP_POOL),
    ("vca_dhcp_pool", {**DHCP_POOL, "state": "absent"}),
    ("vca_dhcp_relay", {"ip_addresses": ["10.0.0.11"], "agents": [{"vnic": 1}]}),
    ("vca_dhcp_relay", {"state": "absent", "agents": [{"vnic": 1}]}),
    ("vca_firewall_info", {}),
    ("vca_firewall_info", {"hits": True}),
    ("vca_firewall", {"rules": [{"name": "web"}]}),
    ("vca_firewall", {"purge": True, "rules": [], "allow_empty": True}),
    ("vca_firewall", {"default_logging": True}),
    ("vca_firewall", {"state": "absent", "rules": [{"name": "web"}]}),
    ("vca_firewall_rule", {"name": "web"}),
    ("vca_firewall_rule", {"name": "web", "state": "absent"}),
    ("vca_ipsec_info", {}),
    ("vca_ipsec", {"tunnels": [TUNNEL]}),
    ("vca_ipsec", {"log_level": "debug"}),
    ("vca_ipsec", {"purge": True, "tunnels": [], "allow_empty": True}),
    ("vca_ipsec", {"state": "absent", "tunnels": [TUNNEL]}),
    ("vca_ipsec_tunnel", TUNNEL),
    ("vca_ipsec_tunnel", {**TUNNEL, "state": "absent"}),
    ("vca_lb_application_profile", LB_PROFILE),
    ("vca_lb_application_profile", {**LB_PROFILE, "state": "absent"}),
    ("vca_lb_application_rule", LB_RULE),
    ("vca_lb_application_rule", {**LB_RULE, "state": "absent"}),
    ("vca_lb_info", {}),
    ("vca_lb_info", {"status": True}),
    ("vca_lb_monitor", LB_MONITOR),
    ("vca_lb_monitor", {**LB_MONITOR, "state": "absent"}),
    ("vca_lb_pool", LB_POOL),
    ("vca_lb_pool", {**LB_POOL, "state": "absent"}),
    ("vca_lb_virtual_server", LB_SERVER),
    ("vca_lb_virtual_server", {**LB_SERVER, "state": "absent"}),
    ("vca_load_balancer", {"enabled": True, "pools": [LB_POOL], "virtual_servers": [{**LB_SERVER, "pool": "web"}]}),
    ("vca_load_balancer", {"purge": True, "pools": [], "allow_empty": True}),
    ("vca_load_balancer", {"state": "absent", "monitors": [LB_MONITOR]}),
    ("vca_ip_set", IP_SET),
    ("vca_ip_set", {"name": "partners", "state": "absent", "force": True}),
    ("vca_ip_set_info", {}),
    ("vca_application_profile", PROFILE),
    ("vca_application_profile_info", {}),
    ("vca_edge_info", {}),
    ("vca_edge_config", {"config": {"nat": {"rules": [NAT_RULE]}, "ipsec": {"tunnels": [TUNNEL]}}}),
    ("vca_dr_info", {}),
    ("vca_dr_readiness_info", {"all": True}),
    ("vca_dr_failover", {"action": "test", "all": True}),
    ("vca_dr_failover", {"action": "cleanup", "all": True}),
    ("vca_nat_info", {}),
    ("vca_certificate_info", {}),
    ("vca_certificate", CERTIFICATE),
    ("vca_certificate", {"name": "web", "state": "absent"}),
    ("vca_metrics_info", {"names": ["vm-0001"], "metrics": ["cpu.*"], "samples": True}),
    ("vca_metrics_assert", {"thresholds": [{"metric": "mem.usage.average", "max": 100}]}),
    ("vca_network_info", {}),
    ("vca_network_info", {"name": "dmz"}),
    ("vca_vdc_info", {}),
    ("vca_query_info", {"type": "vm", "where": {"isVAppTemplate": False}, "expect": "first"}),
    ("vca_query_info", {"type": "vm", "where": {"name": "nobody"}}),
    ("vca_query_facts", {"name": "vm-0001", "nics": True}),
    ("vca_nat", {"rules": [NAT_RULE]}),
    ("vca_nat", {"purge": True, "rules": [], "allow_empty": True}),
    ("vca_nat", {"enabled": False}),
    ("vca_nat", {"state": "absent", "rules": [NAT_RULE]}),
    ("vca_nat_rule", NAT_RULE),
    ("vca_nat_rule", {**NAT_RULE, "state": "absent"}),
    ("vca_static_routes_info", {}),
    ("vca_static_routes", {"routes": [ROUTE]}),
    ("vca_static_routes", {"default_gateway": "192.168.10.253"}),
    ("vca_static_routes", {"purge": True, "routes": [], "allow_empty": True}),
    ("vca_static_routes", {"state": "absent", "routes": [ROUTE]}),
    ("vca_static_route", ROUTE),
    ("vca_static_route", {**ROUTE, "state": "absent"}),
    ("vca_dns_info", {}),
    ("vca_dns", {"enabled": True, "servers": ["192.0.2.53"]}),
    ("vca_dns", {"state": "absent"}),
    ("vca_resource", {"kind": "ans.ipsec_tunnel", "spec": TUNNEL}),
    ("vca_resource", {"kind": "ans.nat", "specs": [{"rules": [NAT_RULE]}], "state": "exact"}),
    ("vca_resource_info", {"kind": "ans.nat"}),
    ("vca_resource_info", {"kind": "ans.nat_rule"}),
]
REQUIRED: dict[str, dict[str, Any]] = {
    "vca_dhcp_binding": BINDING,
    "vca_dhcp_pool": DHCP_POOL,
    "vca_lb_application_profile": LB_PROFILE,
    "vca_lb_application_rule": LB_RULE,
    "vca_lb_monitor": LB_MONITOR,
    "vca_lb_pool": LB_POOL,
    "vca_lb_virtual_server": LB_SERVER,
    "vca_dr_failover": {"action": "cleanup", "vms": []},
    "vca_dr_readiness_info": {"vms": []},
    "vca_edge_commit": {"stage_id": "nothing"},
    "vca_edge_config": {"config": {"firewall": {"enabled": True}}},
    "vca_firewall_rule": {"name": "web"},
    "vca_ipsec_tunnel": TUNNEL,
    "vca_certificate": CERTIFICATE,
    "vca_l2vpn": L2VPN,
    "vca_l2vpn_tunnel": {"name": "stretch", "state": "absent"},
    "vca_nat_rule": NAT_RULE,
    "vca_static_route": ROUTE,
    "vca_metrics_assert": {
        "thresholds": [{"metric": "cpu.usage.average", "max": 0, "aggregate": "p95"}],
        "action": "warn",
    },
    "vca_network_info": {"name": "dmz"},
    "vca_query_info": {"type": "vm"},
    "vca_query_facts": {"name": "vm-0001"},
    "vca_application_profile": PROFILE,
    "vca_ip_set": IP_SET,
    "vca_security_group": {"name": "web"},
    "vca_resource": {"kind": "ans.nat_rule", "spec": NAT_RULE},
    "vca_resource_info": {"kind": "ans.nat_rule"},
}
OF_NSXT = ("vca_security_group", "vca_security_group_info")
"""Modules that need an NSX-T edge gateway or a VDC group."""

OF_VDC_GROUPS = ("vca_distributed_firewall", "vca_distributed_firewall_info", *OF_NSXT)
"""Modules that need objects which the cloud of these tests does not have."""

NO_SAMPLE = (*OF_VDC_GROUPS, "vca_l2vpn_tunnel")
"""Modules whose sample is an object that the cloud of these tests lacks."""

FAILURES: dict[str, tuple[dict[str, Any], str]] = {
    **{name: ({"vdc_group": "nowhere"}, "NotFoundError") for name in OF_VDC_GROUPS},
    "vca_dr_failover": ({"vms": ["nobody"]}, "NotFoundError"),
    "vca_dr_info": ({"vms": ["nobody"]}, "NotFoundError"),
    "vca_dr_readiness_info": ({"vms": None, "plan": "gone.yml"}, "ConfigurationError"),
    "vca_edge_commit": ({"stage_id": "../no"}, "ConfigurationError"),
    "vca_metrics_info": ({"names": ["nobody"]}, "NotFoundError"),
    "vca_metrics_assert": ({"names": ["nobody"]}, "NotFoundError"),
    "vca_query_info": ({"where": {"name": "nobody"}, "expect": "one"}, "NotFoundError"),
    "vca_query_facts": ({"name": "nobody"}, "NotFoundError"),
    "vca_network_info": ({"name": "nowhere"}, "NotFoundError"),
    "vca_vdc_info": ({"vdc": "nowhere"}, "NotFoundError"),
}
"""Options that make a module fail.

Modules that are not listed fail because the edge gateway does not exist.
"""


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(("name", "options"), CALLS)
def test_result_has_exactly_the_documented_keys(
    name: str, options: dict[str, Any], check_mode: bool, ask: Answer
) -> None:
    result = ask(name, options, check_mode=check_mode, diff=True)
    assert "an answer never holds it" not in repr(result)
    returned = load(name).returned
    when = {"success", "in check mode" if check_mode else "when O(wait=true), not in check mode"}
    assert set(result) - OF_ANSIBLE == {key for key, about in returned.items() if about["returned"] in when}
    assert ("diff" in result) == (not name.endswith(("_info", "_facts", "_assert")))
    for key, about in returned.items():
        if result.get(key) is not None:
            assert isinstance(result[key], WIRE_TYPES[about["type"]]), key
        nested = about.get("contains", {})
        always = {inner for inner, values in nested.items() if values["returned"] == "success"}
        for inner in always:
            assert isinstance(result[key][inner], WIRE_TYPES[nested[inner]["type"]]), inner
        if nested:
            assert always <= set(result[key]) <= set(nested)


@pytest.mark.parametrize("name", MODULES)
def test_failure_has_documented_keys(name: str, ask: Answer) -> None:
    options, error = FAILURES.get(name, ({"edge": "nowhere"}, "NotFoundError"))
    result = ask(name, {**REQUIRED.get(name, {}), **options})
    returned = load(name).returned
    assert result["failed"] is True
    assert set(result) - OF_ANSIBLE == {key for key, about in returned.items() if about["returned"] == "failure"}
    assert result["error"]["error"] == error


@pytest.mark.parametrize("name", [name for name in MODULES if name not in NO_SAMPLE])
def test_documented_samples_have_returned_keys(name: str, ask: Answer) -> None:
    result = ask(name, REQUIRED.get(name, {}))
    for key, about in load(name).returned.items():
        if about["returned"] == "success" and isinstance(about.get("sample"), dict):
            assert set(about["sample"]) <= set(result[key]), key


# -- options -----------------------------------------------------------------------------------------------------


NSXT_ONLY = {"ip_version", "applied_to"}
"""Fields that an NSX-V edge gateway does not have."""


def test_firewall_table_has_every_stored_field() -> None:
    stored_fields = {field.name for field in dataclasses.fields(FirewallRuleSpec)}
    steering = {"rule_id", "position", "before", "after", "index", "match_by"}
    assert set(EVERYTHING) == stored_fields - steering - NSXT_ONLY
    services = {name for service in EVERYTHING["services"] for name in service}
    assert services == {field.name for field in dataclasses.fields(ServiceSpec)}


@pytest.mark.parametrize("name", ["vca_firewall", "vca_firewall_rule"])
def test_every_option_of_a_rule_reaches_the_server(name: str, ask: Answer) -> None:
    result = ask(name, EVERYTHING if name == "vca_firewall_rule" else {"rules": [EVERYTHING]})
    assert result["changed"], result
    (rule,) = ask("vca_firewall_info")["firewall"]["rules"]
    assert {key: rule[key] for key in EVERYTHING} == EVERYTHING
    assert set(rule) == {*EVERYTHING, "rule_id"}


@pytest.mark.parametrize(("word", "kind"), [(word, kind) for word, (_, kind, _) in GLOBAL_SETTINGS.items()])
def test_every_global_firewall_setting_reaches_the_server(word: str, kind: type, ask: Answer) -> None:
    before = ask("vca_firewall_info")["firewall"]["global_settings"]
    value = not before[word] if kind is bool else before[word] + 1
    assert ask("vca_firewall", {"global_settings": {word: value}})["changed"]
    assert ask("vca_firewall_info")["firewall"]["global_settings"] == {**before, word: value}


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ({"protocol": "tcp"}, {"protocol": "tcp"}),
        ({"protocol": "tcp", "dest_port": "443"}, {"protocol": "tcp", "port": ["443"]}),
        ({"protocol": "tcp", "dest_port": "80,443"}, {"protocol": "tcp", "port": ["80", "443"]}),
        (
            {"protocol": "udp", "dest_port": [53], "source_port": ["1024-65535"]},
            {"protocol": "udp", "port": ["53"], "source_port": ["1024-65535"]},
        ),
        ({"protocol": "icmp"}, {"protocol": "icmp"}),
        ({"protocol": "any"}, {"protocol": "any"}),
    ],
)
def test_short_form_of_services_equals_the_long_form(short: dict[str, Any], long: dict[str, Any], ask: Answer) -> None:
    assert ask("vca_firewall_rule", {"name": "web", **short})["changed"]
    assert not ask("vca_firewall_rule", {"name": "web", "services": [long]})["changed"]
    assert not ask("vca_firewall", {"rules": [{"name": "web", **short}]})["changed"]


CONTRADICTIONS: list[dict[str, Any]] = [
    {"services": [{"protocol": "tcp"}], "protocol": "tcp"},
    {"services": [{"protocol": "tcp"}], "dest_port": ["443"]},
    {"services": [{"protocol": "tcp"}], "source_port": ["443"]},
    {"position": "top", "before": "x"},
    {"before": "x", "after": "y"},
    {"after": "x", "index": 0},
    {"position": "bottom", "index": 3},
]


@pytest.mark.parametrize("options", CONTRADICTIONS, ids=lambda options: "-".join(options))
@pytest.mark.parametrize("name", ["vca_firewall", "vca_firewall_rule"])
def test_refuses_contradicting_options_before_any_request(
    name: str, options: dict[str, Any], ask: Answer, vca_request_log: RequestView
) -> None:
    rule = {"name": "web", **options}
    result = ask(name, rule if name == "vca_firewall_rule" else {"rules": [rule]})
    assert result["failed"] is True
    assert "mutually exclusive" in result["msg"]
    assert [word for word in options if word not in result["msg"].replace("|", " ")] == []
    assert vca_request_log.calls == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"state": "absent", "purge": True, "rules": [{"name": "a"}]}, "purge: cannot be combined with state"),
        (
            {"state": "absent", "enabled": False, "rules": [{"name": "a"}]},
            "enabled: cannot be combined with state absent",
        ),
        (
            {"state": "absent", "default_action": "deny", "rules": [{"name": "a"}]},
            "default_action: cannot be combined with",
        ),
        ({"state": "absent"}, "state is absent but all of the following are missing: rules"),
        ({"purge": True}, "purge is True but all of the following are missing: rules"),
        ({"rules": [{"name": "a", "dest_port": ["443"]}]}, "rules[0].protocol: is required"),
        ({"rules": [{"match_by": "rule_id"}]}, "rules[0].rule_id: is required, because match_by is rule_id"),
        ({"rules": [{}]}, "rules[0].name: is required"),
    ],
)
def test_refuses_invalid_options_before_any_request(
    options: dict[str, Any], message: str, ask: Answer, vca_request_log: RequestView
) -> None:
    result = ask("vca_firewall", options)
    assert result["failed"] is True
    assert message in result["msg"]
    assert vca_request_log.calls == []


# -- results as input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("purge", [False, True])
def test_returned_rules_as_input_change_nothing(purge: bool, ask: Answer, vca_request_log: RequestView) -> None:
    three = [EVERYTHING, {"name": "", "tag": 7, "match_by": "tag"}, {"name": "plain"}]
    settings = {"default_action": "accept", "global_settings": {"udp_timeout": 61}}
    assert ask("vca_firewall", {"rules": three, **settings})["changed"]
    live = ask("vca_firewall_info")["firewall"]
    assert [rule["name"] for rule in live["rules"]] == ["everything", "", "plain"]
    settings = {key: live[key] for key in ("enabled", "default_action", "default_logging", "global_settings")}

    vca_request_log.clear()
    result = ask("vca_firewall", {**settings, "rules": live["rules"], "purge": purge}, diff=True)
    assert result["changed"] is False, result
    assert result["diff"]["before"] == result["diff"]["after"]
    assert result["firewall"] == {**settings, "rules": live["rules"]}
    for rule in live["rules"]:
        assert ask("vca_firewall_rule", rule)["changed"] is False
    assert vca_request_log.count("PUT") == 0


@pytest.mark.vca_simulator(edges=2)
def test_returned_rules_are_accepted_for_another_edge(ask: Answer, vca_client: Client) -> None:
    source_edge, target_edge = sorted(edge.name for edge in vca_client.edges.list_edges())
    assert ask("vca_firewall", {"edge": source_edge, "rules": [EVERYTHING, {"name": "plain"}]})["changed"]
    rules = ask("vca_firewall_info", {"edge": source_edge})["firewall"]["rules"]
    assert ask("vca_firewall", {"edge": target_edge, "rules": rules, "purge": True})["changed"]
    assert not ask("vca_firewall", {"edge": target_edge, "rules": rules, "purge": True})["changed"]


# -- options of the action group ---------------------------------------------------------------------------------

SHARED = {"stage": True, "stage_id": "shared", "edge": None, "lock": True, "firewall_lint": "off"}
"""Options that ``module_defaults`` of the action group can set for every module."""


@pytest.mark.parametrize("name", MODULES)
def test_every_module_accepts_the_options_of_the_action_group(name: str, ask: Answer) -> None:
    result = ask(name, {**REQUIRED.get(name, {}), **{key: value for key, value in SHARED.items() if value is not None}})
    assert "Unsupported parameters" not in str(result.get("msg"))
    reasons = ("No VDC group is selected", "The backend of the edge gateway is")
    is_expected = name in OF_VDC_GROUPS and any(reason in result["msg"] for reason in reasons)
    assert not result.get("failed") or is_expected, result


def test_stages_a_change_or_reports_that_staging_is_unsupported(ask: Answer, vca_simulator: Simulator) -> None:
    failure = ask("vca_ipsec_tunnel", {**TUNNEL, "stage": True})
    assert "stage was ignored" in str(failure.get("warnings"))
    for name, rule in (("vca_firewall", {"name": "staged"}), ("vca_nat", NAT_RULE)):
        result = ask(name, {"rules": [rule], "stage": True, "stage_id": "all"})
        assert (result["changed"], result["staged"]) == (True, True)
    assert [section["plan"] for section in ask("vca_edge_commit", {"stage_id": "all"})["sections"]] == [
        "1 to create",
        "1 to create",
    ]
