"""Tests of parsing firewall rules: valid values, and errors with the invalid path."""

from __future__ import annotations

from typing import Any

import pytest

from vcloudair_core.engine.desired import Exactly, Present
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.firewall.parse import parse_policy, parse_rule
from vcloudair_core.services.ans.firewall.section import SECTION as FIREWALL
from vcloudair_core.services.ans.firewall.spec import FirewallRuleSpec, ServiceSpec, services_meaning
from vcloudair_core.services.ans.section.kinds import RuleKind, SectionKind
from vcloudair_core.services.ans.section.rule_values import endpoint_meaning, member

UUID = "5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a10"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"action": "Allow"}, {"action": "accept"}),
        ({"action": "DROP"}, {"action": "deny"}),
        ({"action": "reject"}, {"action": "reject"}),
        ({"enabled": "yes", "logging": False}, {"enabled": True, "logging": False}),
        ({"source": "any"}, {"source": ("any",)}),
        ({"source": ["Internal", " 10.0.0.1 "]}, {"source": ("Internal", "10.0.0.1")}),
        ({"source": "10.0.0.1, 10.0.0.2"}, {"source": ("10.0.0.1", "10.0.0.2")}),
        ({"destination": ["vnic-3", "vnic-index-4", "vse"]}, {"destination": ("vnic-3", "vnic-index-4", "vse")}),
        (
            {"source": ["ipset-2", f"urn:vcloud:network:{UUID}", "object:odd"]},
            {"source": ("ipset-2", f"urn:vcloud:network:{UUID}", "object:odd")},
        ),
        ({"source": [f"{UUID}:ipset-2"]}, {"source": (f"{UUID}:ipset-2",)}),
        ({"protocol": "TCP", "dest_port": 443}, {"services": (ServiceSpec("tcp", ("443",)),)}),
        (
            {"protocol": "udp", "dest_port": ["53", 5353], "source_port": "1024-65535"},
            {"services": (ServiceSpec("udp", ("53", "5353"), ("1024-65535",)),)},
        ),
        ({"protocol": "icmp", "dest_port": "any"}, {"services": (ServiceSpec("icmp"),)}),
        (
            {"services": [{"protocol": "icmp", "icmp_type": "Echo-Request"}]},
            {"services": (ServiceSpec("icmp", None, None, "echo-request"),)},
        ),
        ({"services": {"protocol": "any"}}, {"services": (ServiceSpec("any"),)}),
        ({"services": [], "applications": ["application-155"]}, {"services": (), "applications": ("application-155",)}),
        ({"direction": "InOut"}, {"direction": "inout"}),
        ({"tag": 30000}, {"tag": "30000"}),
        ({"tag": " 0030000 "}, {"tag": "30000"}),
        ({"tag": 131080, "rule_id": 131080}, {"tag": None, "rule_id": "131080"}),
        ({"tag": "131080", "rule_id": 131080.0}, {"tag": None, "rule_id": "131080"}),
        ({"rule_id": "0131080"}, {"rule_id": "131080"}),
        ({"rule_id": " 5F3C9A10-2B4D-4E6F-8A9B-0C1D2E3F4A5B "}, {"rule_id": "5f3c9a10-2b4d-4e6f-8a9b-0c1d2e3f4a5b"}),
        ({"rule_id": "  "}, {"rule_id": None}),
        ({"index": "3"}, {"index": 3}),
        ({"before": 131080}, {"before": "131080"}),
        ({"name": 8080}, {"name": "8080"}),
        ({"source": None, "action": None}, {"source": None, "action": None}),
    ],
)  # fmt: skip
def test_valid_values(data: dict[str, Any], expected: dict[str, Any]) -> None:
    spec = parse_rule({"name": "r", **data})
    assert {name: getattr(spec, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("data", "field", "reason"),
    [
        ({"source": ["10.0.0.300"]}, "source[0]", "not a valid address"),
        ({"source": ["any", "10.0.0.0/33"]}, "source[1]", "not a valid address"),
        ({"source": ["10.0.0.9-10.0.0.1"]}, "source[0]", "is descending; write the lower address first"),
        ({"source": ["10.0.0.9-2001:db8::1"]}, "source[0]", "mixes IPv4 and IPv6"),
        ({"source": ["vnic-10"]}, "source[0]", "out of range; use vnic-0 to vnic-9"),
        (
            {"protocol": "esp"},
            "protocol",
            "not supported in edge rules, only any, tcp, udp, icmp; create an application",
        ),
        ({"services": [{"protocol": "ICMPv6"}]}, "services[0].protocol", "create an application for this protocol"),
        ({"protocol": "tcp", "dest_port": "80, 0"}, "dest_port[1]", "out of range; use 1 to 65535"),
        ({"protocol": "tcp", "dest_port": "8080 - 8000"}, "dest_port", "is descending"),
        ({"source": ["2001:db8::/129"]}, "source[0]", "not a valid address"),
        ({"destination": ["***"]}, "destination[0]", "is not an address, CIDR, range, any"),
        ({"destination": ["vm: "]}, "destination[0]", "has no name after the prefix"),
        ({"destination": ["urn:vcloud:vm:7"]}, "destination[0]", "object:urn:vcloud:vm:7"),
        ({"destination": ["10.0.0.1.example"]}, "destination[0]", "not a valid address"),
        ({"source": ["vnic-x"]}, "source[0]", "vnic-N"),
        ({"source": []}, "source", "is empty; use any"),
        ({"source": [7]}, "source[0]", "a string was expected"),
        ({"source": {"a": 1}}, "source[0]", "a string was expected"),
        ({"source": 1.5}, "source", "a list was expected"),
        ({"services": []}, "services", "[{protocol: any}]"),
        ({"services": [], "applications": []}, "services", "[{protocol: any}]"),
        ({"services": [{"protocol": "tpc"}]}, "services[0].protocol", "did you mean 'tcp'"),
        ({"services": [{"port": 80}]}, "services[0].protocol", "is required"),
        ({"services": ["tcp"]}, "services[0]", "a mapping"),
        (
            {"services": [{"protocol": "tcp", "port": [80, 70000]}]},
            "services[0].port[1]",
            "out of range; use 1 to 65535",
        ),
        ({"services": [{"protocol": "tcp", "port": 0}]}, "services[0].port", "out of range"),
        ({"services": [{"protocol": "tcp", "port": "90-80"}]}, "services[0].port", "is descending"),
        ({"services": [{"protocol": "tcp", "port": "http"}]}, "services[0].port", "not a port"),
        ({"services": [{"protocol": "tcp", "port": True}]}, "services[0].port", "not a port"),
        ({"services": [{"protocol": "tcp", "port": []}]}, "services[0].port", "is empty; use any"),
        ({"services": [{"protocol": "tcp", "ports": 1}]}, "services[0].ports", "did you mean 'port'"),
        ({"services": [{"protocol": "icmp", "port": 80}]}, "services[0].port", "icmp has no ports"),
        (
            {"services": [{"protocol": "tcp", "icmp_type": "any"}]},
            "services[0].icmp_type",
            "is only allowed with protocol icmp",
        ),
        ({"services": [{"protocol": "icmp", "icmp_type": "echo"}]}, "services[0].icmp_type", "is not one of"),
        ({"services": [{"protocol": "any"}], "dest_port": 1}, "dest_port", "cannot be combined with services"),
        ({"dest_port": 70000, "protocol": "tcp"}, "dest_port", "port 70000 is out of range"),
        ({"dest_port": 80}, "protocol", "is required"),
        ({"action": "permit"}, "action", "'permit' is not one of accept, deny, reject"),
        ({"action": 5}, "action", "was expected"),
        ({"enabled": "maybe"}, "enabled", "true or false"),
        ({"description": ["x"]}, "description", "a string was expected, not a list"),
        ({"tag": 0}, "tag", "out of range"),
        ({"tag": 70000}, "tag", "out of range; use 1 to 65536"),
        ({"tag": "x"}, "tag", "a whole number"),
        ({"tag": "5F3C9A10-2B4D-4E6F-8A9B-0C1D2E3F4A5B"}, "tag", "a whole number"),
        ({"rule_id": 0}, "rule_id", "out of range; use 1 or more"),
        ({"rule_id": "web"}, "rule_id", "a number or a UUID was expected, not 'web'"),
        ({"rule_id": "-5"}, "rule_id", "a number or a UUID was expected"),
        ({"rule_id": True}, "rule_id", "a number or a UUID was expected"),
        ({"rule_id": 1.5}, "rule_id", "a whole number"),
        (
            {"rule_id": "urn:vcloud:rule:5F3C9A10-2B4D-4E6F-8A9B-0C1D2E3F4A5B"},
            "rule_id",
            "a number or a UUID was expected",
        ),
        ({"rule_id": ["5"]}, "rule_id", "a number or a UUID was expected"),
        ({"index": -1}, "index", "out of range"),
        ({"position": "first"}, "position", "not one of top, bottom"),
        ({"position": "top", "index": 1}, "index", "cannot be combined with position"),
        ({"before": "a", "after": "b"}, "after", "cannot be combined with before"),
        ({"direction": "up"}, "direction", "not one of in, out, inout"),
        ({"match_by": "tag"}, "tag", "is required, because match_by is tag"),
        ({"match_by": "color"}, "match_by", "not one of name, rule_id, tag"),
        ({"name": None}, "name", "is required"),
        ({"name": " "}, "name", "is required"),
        ({"sorce": "any"}, "sorce", "did you mean 'source'"),
        ({"applications": [{}]}, "applications[0]", "ID or name of an application"),
        ({"applications": ["a\x00"]}, "applications[0]", "control character"),
        ({"description": "bell\x07"}, "description", "control character"),
        ({"description": "half \ud800"}, "description", "control character"),
        ({"source": ["object:\x00"]}, "source[0]", "control character"),
    ],
)
def test_invalid_values(data: dict[str, Any], field: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_rule({"name": "r", **data})
    assert caught.value.field == field
    assert reason in caught.value.reason


def test_all_problems_are_reported_together() -> None:
    rules = [{"name": "ok"}, {"name": "x", "source": ["10.0.0.300"], "action": "permit"}, {}, "junk"]
    with pytest.raises(SpecError) as caught:
        parse_policy({"rules": rules, "default_action": "reject", "global_settings": {"udp_timout": 1}})
    message = str(caught.value)
    for part in (
        "default_action: 'reject' is not one of",
        "global_settings.udp_timout: unknown field; did you mean 'udp_timeout'",
        "rules[1].source[0]: '10.0.0.300' is not a valid address",
        "rules[1].action: 'permit'",
        "rules[2].name: is required",
        "rules[3]: a rule (a mapping) was expected",
    ):
        assert part in message


def test_a_long_list_of_problems_is_cut() -> None:
    with pytest.raises(SpecError, match="and 39 more"):
        parse_policy({"rules": [{}] * 50})


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ([{"name": "a"}, {"name": "b"}, {"name": "a"}], "rules[2].name"),
        ([{"name": "a", "rule_id": 5}, {"name": "a", "rule_id": 5}], "rules[1].name"),
        ([{"name": "a", "rule_id": 5}, {"name": "a", "rule_id": "5"}], "rules[1].name"),
        ([{"match_by": "tag", "tag": "5"}, {"match_by": "tag", "tag": 5}], "rules[1].tag"),
        ([{"name": "a", "rule_id": 5}, {"name": "a"}], "rules[1].name"),
        ([{"match_by": "tag", "tag": 5}, {"match_by": "tag", "tag": 5}], "rules[1].tag"),
    ],
)
def test_repeated_rules_are_rejected(rules: list[dict[str, Any]], field: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_policy({"rules": rules})
    assert caught.value.field == field


def test_equal_names_with_different_ids_are_valid() -> None:
    assert len(parse_policy({"rules": [{"name": "a", "rule_id": 5}, {"name": "a", "rule_id": 6}]}).rules or ()) == 2
    assert len(parse_policy({"rules": [{"name": "a", "tag": 5}, {"name": "a", "tag": 6}]}).rules or ()) == 2


def test_keys_of_the_server_are_ignored() -> None:
    spec = parse_policy({"enabled": True, "internal_rules": [{"name": "x"}], "version": 3})
    assert spec.rules is None
    assert spec.enabled is True


def test_global_settings_are_typed() -> None:
    spec = parse_policy({"global_settings": {"udp_timeout": "90", "log_invalid_traffic": True}})
    assert dict(spec.global_settings or ()) == {"udp_timeout": 90, "log_invalid_traffic": True}
    for wrong in ({"udp_timeout": True}, {"log_invalid_traffic": 2}, {"udp_timeout": -1}, "x"):
        with pytest.raises(SpecError, match="global_settings"):
            parse_policy({"global_settings": wrong})


def test_the_kinds_check_the_list_of_rules() -> None:
    twice = (FirewallRuleSpec(name="a"), FirewallRuleSpec(name="a"))
    with pytest.raises(SpecError, match=r"\[1\].name: 'a' is already listed at \[0\]"):
        RuleKind(FIREWALL).validate(Present(twice))
    with pytest.raises(SpecError, match=r"\[0\].position: cannot be combined with purge"):
        RuleKind(FIREWALL).validate(Exactly((FirewallRuleSpec(name="a", position="top"),)))
    policy = parse_policy({"rules": [{"name": "a", "before": "b"}]})
    SectionKind(FIREWALL).validate(Present((policy,)))
    with pytest.raises(SpecError, match=r"rules\[0\].before"):
        SectionKind(FIREWALL).validate(Exactly((policy,)))
    with pytest.raises(SpecError, match="one Firewall section was expected, not 2"):
        SectionKind(FIREWALL).validate(Present((policy, policy)))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (("vnic-3",), ("VNIC-index-3",)),
        (("Any",), ("0.0.0.0/0", "::/0")),
        (("any", "internal"), ("any",)),
        (("10.0.0.1", "external"), ("external", "10.0.0.1/32")),
        (("object:ipset-2",), ("ipset-2",)),
        (("object:odd",), ("OBJECT:odd",)),
    ],
)
def test_equal_endpoints(left: tuple[str, ...], right: tuple[str, ...]) -> None:
    assert endpoint_meaning(left) == endpoint_meaning(right)


def test_different_endpoints() -> None:
    assert endpoint_meaning(("internal",)) != endpoint_meaning(("external",))
    assert endpoint_meaning(("object:internal",)) != endpoint_meaning(("internal",))
    assert member("ipset-2") != member("10.0.0.1")


def test_equal_services() -> None:
    one = ServiceSpec("tcp", ("80", "443"))
    assert services_meaning((one,)) == services_meaning((ServiceSpec("TCP", ("443",)), ServiceSpec("tcp", ("80-80",))))
    assert services_meaning((ServiceSpec("any"), one)) == services_meaning((ServiceSpec("any", ("any",)),))
    assert services_meaning((ServiceSpec("icmp"),)) == services_meaning((ServiceSpec("icmp", icmp_type="ANY"),))
    assert services_meaning((one,)) != services_meaning((ServiceSpec("udp", ("80", "443")),))
    assert services_meaning((one,)) != services_meaning((ServiceSpec("tcp", ("80", "443"), ("1",)),))
    assert services_meaning(()) != services_meaning((ServiceSpec(),))


@pytest.mark.parametrize("word", ["tcp+udp", "TCP/UDP", "tcp & udp", "udp_tcp", "tcpudp", ["tcp", "udp"]])
def test_two_protocols_become_two_services(word: Any) -> None:
    both = (ServiceSpec("tcp", ("53",)), ServiceSpec("udp", ("53",)))
    assert parse_rule({"name": "dns", "protocol": word, "dest_port": 53}).services == both
    assert parse_rule({"name": "dns", "services": [{"protocol": word, "port": 53}]}).services == both


def test_blanks_in_ports_and_addresses_are_removed() -> None:
    spec = parse_rule(
        {
            "name": "apps",
            "protocol": "tcp",
            "dest_port": "80, 443, 8000 - 8080",
            "source_port": [" 1024\u201365535 ", "1000:1010", "7-7"],
            "source": ["10.0.0.1 - 10.0.0.9", "10.0.0.0 / 24", " Internal "],
        }
    )
    assert spec.services == (ServiceSpec("tcp", ("80", "443", "8000-8080"), ("1024-65535", "1000-1010", "7")),)
    assert spec.source == ("10.0.0.1-10.0.0.9", "10.0.0.0/24", "Internal")


def test_nested_lists_are_flattened() -> None:
    spec = parse_rule({"name": "x", "source": [["10.0.0.1", ["10.0.0.2"]], "internal"]})
    assert spec.source == ("10.0.0.1", "10.0.0.2", "internal")
