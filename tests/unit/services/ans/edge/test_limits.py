"""Tests of options that a backend does not support."""

from __future__ import annotations

from typing import Any

import pytest

from vcloudair_core.engine.desired import Present
from vcloudair_core.errors import SpecProblem
from vcloudair_core.services.ans.firewall.section import SECTION
from vcloudair_core.services.ans.section.kinds import RuleKind, SectionKind

NSXT_37, NSXT_38, NSXV = "nsxt 37.2", "nsxt 38.1", "nsxv"


def problems(data: dict[str, Any], backend: str) -> list[SpecProblem]:
    kind = RuleKind(SECTION)
    return kind.unsupported(Present((kind.parse({"name": "web", **data}),)), backend)


@pytest.mark.parametrize(
    ("data", "option", "reason"),
    [
        ({"source": ["vnic-0", "10.0.0.1"]}, "source", "'vnic-0' is not supported on NSX-T edge gateways"),
        ({"destination": ["internal", "vse"]}, "destination", "'internal', 'vse' is not supported"),
        ({"source": ["ipset-2"]}, "source", "'ipset-2' is not supported"),
        ({"source": ["10.0.0.1"], "source_exclude": True}, "source_exclude", "cannot exclude"),
        ({"tag": 12}, "tag", "rules have no tags"),
        ({"match_translated": True}, "match_translated", "inside NAT"),
        ({"applications": ["application-155"]}, "applications", "'application-155' is not supported"),
        ({"services": [{"protocol": "icmp", "icmp_type": 8}]}, "services", "'8' is not supported"),
        ({"services": [{"protocol": "any", "port": [80]}]}, "services", "ports need a protocol"),
    ],
)
@pytest.mark.parametrize("backend", [NSXT_37, NSXT_38])
def test_nsxt_refuses_options_without_an_equivalent(
    backend: str, data: dict[str, Any], option: str, reason: str
) -> None:
    [problem] = problems(data, backend)
    assert (problem.path, reason in problem.reason) == (option, True)
    assert problem.hint.endswith(".")


def test_an_option_can_be_supported_from_an_api_version_on() -> None:
    data = {"services": [{"protocol": "tcp", "port": [80], "source_port": ["1024-65535"]}]}
    [problem] = problems(data, NSXT_37)
    assert "is not supported on NSX-T edge gateways before API version 38.1" in problem.reason
    assert problems(data, NSXT_38) == []
    assert problems({"applied_to": "dmz"}, "nsxt 37.0") != []
    assert problems({"applied_to": "dmz"}, "nsxt 37.1") == []


@pytest.mark.parametrize("backend", [NSXT_37, NSXT_38, NSXV])
def test_defaults_are_never_refused(backend: str) -> None:
    data = {
        "source": ["any"],
        "source_exclude": False,
        "match_translated": False,
        "direction": "inout",
        "ip_version": "any",
        "applied_to": "",
        "services": [{"protocol": "any", "port": ["any"], "source_port": ["any"]}],
        "applications": [],
    }
    assert problems(data, backend) == []


@pytest.mark.parametrize(
    ("data", "option"),
    [
        ({"applications": ["urn:vcloud:applicationPortProfile:00000000-0000-4000-8000-0000000000c1"]}, "applications"),
        ({"ip_version": "4"}, "ip_version"),
        ({"applied_to": "dmz"}, "applied_to"),
    ],
)
@pytest.mark.parametrize("backend", [NSXV, "vcloudair"])
def test_options_of_nsxt_are_refused_elsewhere(backend: str, data: dict[str, Any], option: str) -> None:
    assert [problem.path for problem in problems(data, backend)] == [option]


@pytest.mark.parametrize("name", ["group:web servers", "network:lan", "vm-0001"])
def test_names_are_refused_on_vcloud_air_only(name: str) -> None:
    """vCloud Air cannot list objects, so names cannot be resolved."""
    assert [problem.path for problem in problems({"source": [name]}, "vcloudair")] == ["source"]
    assert problems({"source": [name], "applications": ["HTTPS"]}, NSXV) == []


@pytest.mark.parametrize("name", ["vm:db1", "vapp:shop"])
def test_names_of_vms_are_refused_on_nsxt_with_the_way_out(name: str) -> None:
    [problem] = problems({"destination": ["network:lan", name]}, NSXT_38)
    assert problem.path == "destination"
    assert repr(name) in problem.reason
    assert "group:NAME" in problem.hint


def test_settings_are_refused_with_their_rules() -> None:
    kind = SectionKind(SECTION)
    spec = kind.parse({
        "enabled": False,
        "global_settings": {"udp_timeout": 5},
        "rules": [{"name": "a"}, {"name": "b", "tag": 1}],
    })  # fmt: skip
    paths = [problem.path for problem in kind.unsupported(Present((spec,)), NSXT_37)]
    assert paths == ["enabled", "global_settings", "rules[1].tag"]
    assert [problem.path for problem in kind.unsupported(Present((spec,)), NSXT_38)] == paths[1:]
