"""Check that the generic resource modules support all kinds, and hide secrets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest import mock

import pytest
from ansible.module_utils import basic

from tests.support.modules import answer
from vcloudair_core import App, Client
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing import RequestView, simulator_settings

Answer = Callable[..., dict[str, Any]]

RULE = {
    "action": "dnat",
    "original_address": "203.0.113.10",
    "original_port": "443",
    "translated_address": "192.168.10.20",
    "protocol": "tcp",
}
SECRET = "do not 'ever' show\\this"
TUNNEL = {
    "name": "branch",
    "local_ip": "203.0.113.10",
    "local_subnets": ["192.168.10.0/24"],
    "peer_ip": "198.51.100.7",
    "peer_subnets": ["10.20.0.0/16"],
    "psk": SECRET,
}
VPN = {"tunnels": [TUNNEL], "global_psk": SECRET}


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Return the lines that the modules write to the system log."""
    lines: list[str] = []
    with mock.patch.object(
        basic.AnsibleModule, "log", lambda self, msg, log_args=None: lines.append(f"{msg} {log_args}")
    ):
        yield lines


@pytest.fixture
def ask(vca_app: App, vca_simulator: Simulator, logged: list[str]) -> Answer:
    settings = simulator_settings(vca_simulator)

    def connect(**options: Any) -> Client:
        return vca_app.client(**{**settings, **options})

    def run(name: str, options: Mapping[str, Any], **modes: bool) -> dict[str, Any]:
        return answer(name, connect, options, **modes)

    return run


def test_converges_any_kind_in_one_write_and_is_idempotent(ask: Answer, vca_request_log: RequestView) -> None:
    task = {"kind": "ans.nat_rule", "spec": RULE}
    predicted = ask("vca_resource", task, check_mode=True, diff=True)
    assert vca_request_log.writes == []
    made = ask("vca_resource", task, diff=True)
    assert len(vca_request_log.writes) == 1
    assert (predicted["changed"], made["changed"], made["plan"]) == (True, True, "1 to create")
    assert predicted["diff"] == made["diff"]
    assert made["resource"][0]["translated_address"] == "192.168.10.20"
    assert ask("vca_resource", task)["changed"] is False
    live = ask("vca_resource_info", {"kind": "ans.nat_rule"})
    assert (live["changed"], live["resource"]) == (False, made["resource"])
    assert ask("vca_resource", {**task, "state": "absent"})["plan"] == "1 to delete"


def test_exact_removes_unlisted_items(ask: Answer) -> None:
    second_rule = {**RULE, "original_port": "80"}
    ask("vca_resource", {"kind": "ans.nat_rule", "specs": [RULE, second_rule]})
    result = ask("vca_resource", {"kind": "ans.nat_rule", "specs": [second_rule], "state": "exact"})
    assert result["plan"] == "1 to delete"
    assert len(ask("vca_resource_info", {"kind": "ans.nat_rule"})["resource"]) == 1


@pytest.mark.vca_simulator(edges=2)
def test_target_of_the_kind_overrides_the_options(ask: Answer, vca_client: Client) -> None:
    first_edge, second_edge = sorted(edge.name for edge in vca_client.edges.list_edges())
    task = {"kind": "ans.nat_rule", "spec": RULE, "edge": first_edge, "target": {"edge": second_edge}}
    assert ask("vca_resource", task)["changed"]
    assert vca_client.read("ans.nat_rule", {"edge": first_edge}) == []
    assert len(vca_client.read("ans.nat_rule", {"edge": second_edge})) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"kind": "ans.nat_rul", "spec": RULE},
            "Unknown resource kind: 'ans.nat_rul'. Did you mean 'ans.nat_rule'?",
        ),
        ({"kind": "ans.nat_rule"}, "one of the following is required: spec, specs"),
        ({"kind": "ans.nat_rule", "spec": RULE, "specs": [RULE]}, "mutually exclusive"),
        ({"spec": RULE}, "missing required arguments: kind"),
        ({"kind": "ans.nat_rule", "spec": {**RULE, "protocl": 1}}, "protocl: unknown field; did you mean 'protocol'?"),
        ({"kind": "ans.nat_rule", "specs": [RULE, RULE]}, "[1]"),
        ({"kind": "ans.nat_rule", "spec": {"action": "dnat"}}, "original_address"),
    ],
)
def test_refuses_invalid_input_before_any_request(
    options: dict[str, Any], message: str, ask: Answer, vca_request_log: RequestView
) -> None:
    result = ask("vca_resource", options)
    assert result["failed"] is True
    assert message in result["msg"]
    assert vca_request_log.calls == []


SECRETIVE: list[dict[str, Any]] = [
    {"kind": "ans.ipsec_tunnel", "spec": TUNNEL},
    {"kind": "ans.ipsec_tunnel", "specs": [TUNNEL]},
    {"kind": "ans.ipsec", "spec": VPN},
    {"kind": "ans.edge", "spec": {"ipsec": VPN}},
    {"kind": "ans.ipsec_tunnel", "spec": {**TUNNEL, "pear": 1}},
    {"kind": "ans.ipsec_tunnel", "spec": {**TUNNEL, "mtu": SECRET}},
    {"kind": "ans.ipsec_tunnel", "spec": {**TUNNEL, "psk": [SECRET]}},
    {"kind": "ans.ipsec_tunnel", "spec": {**TUNNEL, "psk": {"value": SECRET}}},
    {"kind": "ans.ipsec_tunnel", "spec": TUNNEL, "specs": [TUNNEL]},
    {"kind": "ans.ipsec_tunnel", "spec": json.dumps(TUNNEL)},
    {"kind": "ans.ipsec_tunnel", "specs": [json.dumps(TUNNEL)]},
    {"kind": "ans.ipsec_tunnel", "spec": f"no mapping {SECRET}"},
    {"kind": "ans.ipsec_tunnel", "spec": TUNNEL, "state": "gone"},
    {"kind": "ans.ipsec_tunnel", "spec": TUNNEL, "edge": "nowhere"},
    {"kind": "unknown.kind", "spec": {"color": SECRET}},
    {"kind": "unknown.kind", "specs": [{"color": SECRET}]},
    {"kind": "unknown.kind", "specs": f"color='{SECRET}'"},
    {"spec": TUNNEL},
]


@pytest.mark.parametrize("options", SECRETIVE, ids=range(len(SECRETIVE)))
def test_results_errors_and_log_have_no_secrets(options: dict[str, Any], ask: Answer, logged: list[str]) -> None:
    for check_mode in (True, False):
        result = ask("vca_resource", options, check_mode=check_mode, diff=True)
        assert "invocation" in result
        for text in (repr(result), json.dumps(result), *logged):
            for spelling in (SECRET, json.dumps(SECRET)[1:-1], repr(SECRET)[1:-1], "do not 'ever", "show\\this"):
                assert spelling not in text, text


def test_result_shows_values_that_are_not_secret(ask: Answer, logged: list[str]) -> None:
    result = ask("vca_resource", {"kind": "ans.ipsec_tunnel", "spec": TUNNEL}, check_mode=True)
    spec = result["invocation"]["module_args"]["spec"]
    assert (spec["name"], spec["peer_ip"]) == ("branch", "198.51.100.7")
    assert spec["psk"] != SECRET
    assert any("198.51.100.7" in line for line in logged)
    unknown = ask("vca_resource", {"kind": "unknown.kind", "spec": {"color": SECRET}})
    assert unknown["invocation"]["module_args"]["spec"] == {}
