"""Property tests of the firewall: convergence, rule equality, unrelated rules."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.services.ans.fakes import FakeEdge, application, endpoint, from_xml, section, to_xml, user_rule
from vcloudair_core.engine.desired import Absent, Desired, Exactly, Present
from vcloudair_core.engine.kind import Document
from vcloudair_core.errors import AmbiguousMatchError, SpecError, VcloudAirError
from vcloudair_core.services.ans.edge.backend import EDGE_APIS
from vcloudair_core.services.ans.firewall.parse import parse_policy, parse_rule
from vcloudair_core.services.ans.firewall.section import SECTION as FIREWALL
from vcloudair_core.services.ans.section.backends import codec_of
from vcloudair_core.services.ans.section.kinds import RuleKind, SectionKind

NAMES = [f"rule {n}" for n in range(6)]
POLICY, RULES = SectionKind(FIREWALL), RuleKind(FIREWALL)

octet = st.integers(0, 255)
addresses = st.one_of(
    st.builds("10.{}.{}.{}".format, octet, octet, octet),
    st.builds("10.{}.0.0/{}".format, octet, st.integers(8, 32)),
    st.builds("10.0.0.{0}-10.0.1.{0}".format, octet),
    st.builds("2001:DB8::{:X}".format, st.integers(0, 65535)),
    st.just("0.0.0.0/0"),
)
interfaces = st.sampled_from(["internal", "external", "vse", "vnic-0", "vnic-index-7"])
objects = st.sampled_from(["ipset-2", "securitygroup-10", "urn:vcloud:vm:5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a10"])
members = st.lists(st.one_of(addresses, interfaces, objects), min_size=1, max_size=3) | st.just(["any"])
ports = st.one_of(st.integers(1, 65535), st.integers(1, 1000).map(lambda low: f"{low}-{low + 9}"), st.just("any"))
port_lists = st.lists(ports, min_size=1, max_size=3)


@st.composite
def services(draw: Any) -> dict[str, Any]:
    """Generate a service."""
    protocol = draw(st.sampled_from(["tcp", "UDP", "any", "icmp"]))
    service: dict[str, Any] = {"protocol": protocol}
    if protocol == "icmp":
        if draw(st.booleans()):
            service["icmp_type"] = draw(st.sampled_from(["any", "echo-request"]))
    else:
        for name in ("port", "source_port"):
            if draw(st.booleans()):
                service[name] = draw(port_lists)
    return service


OPTIONAL = {
    "action": st.sampled_from(["accept", "deny", "reject", "Allow"]),
    "enabled": st.booleans(),
    "logging": st.booleans(),
    "description": st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=8).map(str.strip),
    "source": members,
    "destination": members,
    "source_exclude": st.booleans(),
    "destination_exclude": st.booleans(),
    "services": st.lists(services(), min_size=1, max_size=3),
    "applications": st.lists(st.sampled_from(["application-1", "application-2"]), unique=True, max_size=2),
    "match_translated": st.booleans(),
    "direction": st.sampled_from(["in", "out", "inout"]),
    "tag": st.integers(1, 65536),
}


@st.composite
def rules(draw: Any, name: str) -> dict[str, Any]:
    """Generate a rule with some of the optional fields."""
    rule = draw(st.fixed_dictionaries({}, optional=OPTIONAL))
    if "tag" in rule:
        rule["tag"] = 1000 + int(name.split()[-1])  # rule tags are unique on an edge gateway
    return {"name": name, **rule}


@st.composite
def rule_lists(draw: Any) -> list[dict[str, Any]]:
    """Generate rules with different names."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))
    return [draw(rules(name)) for name in names]


@st.composite
def edges(draw: Any) -> dict[str, Any]:
    """Generate a firewall section as a server sends it, with unknown keys."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=5))
    server_rules = []
    for at, name in enumerate(names):
        settings_keys: dict[str, Any] = {}
        if draw(st.booleans()):
            settings_keys["source"] = endpoint(*draw(st.lists(addresses, max_size=2)), vnics=["vnic-3"], innerKey="i")
        if draw(st.booleans()):
            settings_keys["application"] = application(
                {"protocol": "TCP", "port": [str(draw(st.integers(1, 65535)))], "sourcePort": ["any"]},
                ids=["application-1"],
            )
        if draw(st.booleans()):
            settings_keys["futureKey"] = f"f{at}"
        server_rules.append(user_rule(132_000 + at, name, **settings_keys))
    return section(*server_rules, futureTop="t")


def parsed(edge_api: str, tree: dict[str, Any]) -> Document:
    """Return ``tree`` as a document that is parsed from the edge API's format."""
    body = to_xml(tree) if edge_api == "network_xml" else json.dumps(tree).encode()
    return codec_of(FIREWALL, *EDGE_APIS[edge_api]).parse(body)


def applied(edge_api: str, tree: dict[str, Any], document: Document) -> dict[str, Any]:
    """Return the section of a fake edge after a PUT of the document."""
    edge = FakeEdge(tree)
    body = codec_of(FIREWALL, *EDGE_APIS[edge_api]).encode(document)
    edge.put(from_xml(body) if edge_api == "network_xml" else json.loads(body))
    return edge.tree


def policies(state: type, specs: list[dict[str, Any]]) -> Desired:
    """Return a desired state with one firewall policy that has these rules."""
    made: Desired = state((parse_policy({"rules": specs, "allow_empty": True}),))
    return made


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(EDGE_APIS)),
    edges(),
    rule_lists(),
    st.sampled_from([Present, Exactly, Absent]),
    st.booleans(),
)
def test_plan_after_apply_has_no_changes(
    edge_api: str, tree: dict[str, Any], specs: list[dict[str, Any]], state: type, whole: bool
) -> None:
    kind: Any = POLICY if whole else RULES
    desired = policies(state, specs) if whole else state(tuple(parse_rule(rule) for rule in specs))
    document = parsed(edge_api, tree)
    if state is Exactly and not (whole or specs) and tree["firewallRules"]["firewallRules"]:
        return  # refused: an empty rule list is valid only with an exact section
    plan = kind.plan(document, desired)
    if plan.is_empty:
        return
    raw = codec_of(FIREWALL, *EDGE_APIS[edge_api]).encode(document)
    after = applied(edge_api, tree, kind.merge(document, plan))
    assert codec_of(FIREWALL, *EDGE_APIS[edge_api]).encode(document) == raw, (
        "Merging must not change the document in place."
    )
    assert kind.plan(parsed(edge_api, after), desired).is_empty
    named = {rule["name"] for rule in specs}
    before_others = [rule for rule in tree["firewallRules"]["firewallRules"] if rule["name"] not in named]
    after_others = [rule for rule in after["firewallRules"]["firewallRules"] if rule["name"] not in named]
    if state is not Exactly:
        assert _comparable(edge_api, after_others) == _comparable(edge_api, before_others)
    ids = {rule["name"]: rule["ruleId"] for rule in tree["firewallRules"]["firewallRules"]}
    for rule in after["firewallRules"]["firewallRules"]:
        assert rule["ruleId"] == ids.get(rule["name"], rule["ruleId"])
    assert after["futureTop"] == "t"
    assert after["globalConfig"]["someNewerSetting"] == "kept"
    if state is Exactly:
        users = [rule["name"] for rule in after["firewallRules"]["firewallRules"] if rule["ruleType"] == "user"]
        assert users == [rule["name"] for rule in specs]


def _comparable(edge_api: str, section: list[dict[str, Any]]) -> Any:
    # XML has no empty lists. JSON must be equal, with the same key order.
    if edge_api == "network_xml":
        return from_xml(to_xml({"firewallRules": {"firewallRules": section}}))
    return json.dumps(section)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(sorted(EDGE_APIS)), edges())
def test_listed_rules_as_input_change_nothing(edge_api: str, tree: dict[str, Any]) -> None:
    document = parsed(edge_api, tree)
    info = json.loads(json.dumps(POLICY.project(document)))
    for state in (Present, Exactly):
        assert POLICY.plan(document, state((POLICY.parse({**info, "allow_empty": True}),))).is_empty
    rules_shown = RULES.project(document)
    assert RULES.plan(document, Present(tuple(RULES.parse(rule) for rule in rules_shown))).is_empty


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(sorted(EDGE_APIS)), rule_lists())
def test_created_rules_read_back_unchanged(edge_api: str, specs: list[dict[str, Any]]) -> None:
    tree = section()
    desired = policies(Exactly, specs)
    document = parsed(edge_api, tree)
    after = applied(edge_api, tree, POLICY.merge(document, POLICY.plan(document, desired)))
    rules_shown = POLICY.project(parsed(edge_api, after))["rules"]
    assert POLICY.plan(parsed(edge_api, after), policies(Exactly, rules_shown)).is_empty
    assert POLICY.plan(parsed("hybridity", after), policies(Exactly, rules_shown)).is_empty


def _respelled(rule: dict[str, Any], flip: bool) -> dict[str, Any]:
    """Return an equivalent rule whose values are spelled differently."""
    equivalent = copy.deepcopy(rule)
    for side in ("source", "destination"):
        if side in equivalent:
            equivalent[side] = [
                word.upper() if flip and "urn" not in word and "-" not in word else word
                for word in equivalent[side][::-1]
            ]
            equivalent[side] = [
                f"{word}/32" if word.count(".") == 3 and not set("/-") & set(word) else word
                for word in equivalent[side]
            ]
    if "services" in equivalent:
        equivalent["services"] = [
            {**service, **({"port": [str(port) for port in service["port"]][::-1]} if "port" in service else {})}
            for service in equivalent["services"][::-1]
        ]
    return equivalent


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(sorted(EDGE_APIS)), rule_lists(), st.booleans())
def test_equivalent_spellings_change_nothing(edge_api: str, specs: list[dict[str, Any]], flip: bool) -> None:
    tree = section()
    document = parsed(edge_api, tree)
    after = applied(edge_api, tree, POLICY.merge(document, POLICY.plan(document, policies(Present, specs))))
    desired = policies(Present, [_respelled(rule, flip) for rule in specs])
    assert POLICY.plan(parsed(edge_api, after), desired).is_empty


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["any", "1-2", "tcp"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    *OPTIONAL,
    "name",
    "rule_id",
    "position",
    "before",
    "after",
    "index",
    "match_by",
    "protocol",
    "dest_port",
    "source_port",
]


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), junk, max_size=6))
def test_invalid_rules_raise_a_spec_error(data: dict[str, Any]) -> None:
    for read in (parse_rule, lambda item: parse_policy({"rules": [item]}), parse_policy):
        try:
            read(data)
        except SpecError as exc:
            assert exc.reason


@settings(max_examples=100, deadline=None)
@given(junk, st.sampled_from(["firewallRules", "defaultPolicy", "globalConfig", "enabled", "version", "rule"]))
def test_invalid_server_values_raise_library_errors_only(value: Any, key: str) -> None:
    tree = section(user_rule(1, "a"))
    if key == "rule":
        tree["firewallRules"]["firewallRules"].insert(
            1, {"ruleType": "user", "name": "b", "source": value, "application": value}
        )
    else:
        tree[key] = value
    try:
        document = parsed("hybridity", tree)
        plan = RULES.plan(document, Present((parse_rule({"name": "new"}),)))
        json.loads(codec_of(FIREWALL, *EDGE_APIS["hybridity"]).encode(RULES.merge(document, plan)))
        POLICY.project(document)
    except VcloudAirError:
        pass


def test_ambiguous_rule_is_refused() -> None:
    document = parsed("hybridity", section(user_rule(1, "a"), user_rule(2, "a")))
    with pytest.raises(AmbiguousMatchError):
        RULES.plan(document, Present((parse_rule({"name": "a"}),)))
