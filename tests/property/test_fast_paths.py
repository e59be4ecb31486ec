"""Property tests: fast paths return the same results as the general code."""

from __future__ import annotations

import contextlib
import copy
from dataclasses import replace
from typing import Any
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.property.test_firewall import edges, members, parsed, rule_lists, rules
from vcloudair_core.engine import fields as spec_fields
from vcloudair_core.engine import matching, ordering
from vcloudair_core.engine.desired import Absent, Desired, Exactly, Present
from vcloudair_core.engine.fields import fields_of
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.ordering import Placement
from vcloudair_core.engine.validation import Problems
from vcloudair_core.errors import VcloudAirError
from vcloudair_core.services.ans.edge.backend import EDGE_APIS
from vcloudair_core.services.ans.firewall import parse
from vcloudair_core.services.ans.firewall.codec_xml import XmlFirewallCodec
from vcloudair_core.services.ans.firewall.parse import parse_policy, parse_rule, plain_rule, read_any_rule
from vcloudair_core.services.ans.firewall.section import SECTION as FIREWALL
from vcloudair_core.services.ans.firewall.spec import FirewallRuleSpec, completed_rule
from vcloudair_core.services.ans.section.document import SectionDocument
from vcloudair_core.services.ans.section.kinds import SectionKind
from vcloudair_core.services.ans.section.rule_values import endpoint_meaning, is_any
from vcloudair_core.services.ans.section.xml_codec import XmlCodec
from vcloudair_core.services.ans.section.xml_elements import children, fast_copies, set_text

ODD_VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [
        None, "", " ", [], [""], [None], {}, 0, 1, True, False, 2.0, "yes", "True", "any", " any ", "********", "a*b",
        "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", ["********"], "bell\x07", "two\nlines", "\ud800", "Ünicode", "x" * 300,
        "10.0.0.1, 10.0.0.2", ["10.0.0.1, 10.0.0.2"], ["vm:db,1"], "vnic-9", "vnic-10", "address:ANY", "object:7",
        "10.0.0.9/24", "10.0.0.256", ["any", ["internal"]], "0", "007", "131073", 131073, "65537", "70000-80000",
        "8080-80", ["80:90"], [80, "443"], [True], "tcp+udp", "ICMP", "allow", "DROP", ("any",), b"any",
        [{"protocol": "tcp", "port": 80}], [{"protocol": "icmp", "port": "80"}], [{"port": 80}], [{"protocol": ""}],
        {"protocol": "any"}, [{"protocol": "tcp", "extra": 1}], ["tcp"], ["application-1"], "app:web",
        "5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a10", "5F2D9B1E-6C0A-4B5E-9D5F-0A4B1F6F3A10", ["description"], "top",
    ]
)  # fmt: skip
KEYS = st.sampled_from(
    [
        "name", "action", "enabled", "logging", "description", "source", "destination", "source_exclude", "services",
        "applications", "match_translated", "direction", "ip_version", "applied_to", "tag", "rule_id", "position",
        "before", "index", "match_by", "clear", "protocol", "dest_port", "unknown",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(rules("rule 1"), st.dictionaries(KEYS, ODD_VALUES, max_size=3))
def test_plain_rules_are_read_as_the_reader_reads_them(rule: dict[str, Any], odd: dict[str, Any]) -> None:
    data = {**rule, **odd}
    problems = Problems()
    expected = read_any_rule(data, "", problems)
    spec = plain_rule(copy.deepcopy(data))
    assert spec is None or (problems.is_empty and spec == expected and repr(spec) == repr(expected))


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries({"name": st.just("a"), "source": st.just(["10.0.0.1"])}), st.booleans())
def test_usual_rules_take_the_short_way(rule: dict[str, Any], enabled: bool) -> None:
    services = [{"protocol": "tcp", "port": [443]}]
    assert plain_rule({**rule, "enabled": enabled, "services": services, "action": "allow"}) is not None


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(EDGE_APIS)), edges(), rule_lists(), st.sampled_from([Present, Exactly]))
def test_short_ways_plan_the_same(
    edge_api: str, tree: dict[str, Any], specs: list[dict[str, Any]], state: type
) -> None:
    def planned() -> Any:
        kind, document = SectionKind(FIREWALL), parsed(edge_api, tree)
        try:
            desired: Desired = state((parse_policy({"rules": specs, "allow_empty": True}),))
            plan = kind.plan(document, desired)
            return plan.changes, plan.steps, kind.select(document, desired)
        except VcloudAirError as exc:
            return type(exc), exc.message

    short = planned()
    with (
        mock.patch.object(parse, "plain_rule", lambda data: None),
        mock.patch.object(matching.Matcher, "_unique", lambda self, specs: None),
        mock.patch.object(ordering, "_usual_arrangement", lambda *arguments: None),
    ):
        assert planned() == short


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b", "c", "d", ""]), max_size=5),
    st.lists(st.tuples(st.sampled_from(["a", "b", "c", ""]), st.sampled_from([None, None, "1", "2"])), max_size=4),
    st.booleans(),
)
def test_unique_names_match_the_same_rules(
    live: list[str], names: list[tuple[str, str | None]], is_whole: bool
) -> None:
    specs = [FirewallRuleSpec(name=name, rule_id=rule_id) for name, rule_id in names]
    matcher = matching.Matcher(
        "rule", [LiveRule(at, FirewallRuleSpec(name=name, rule_id=str(at))) for at, name in enumerate(live)]
    )

    def matched() -> Any:
        try:
            return matcher.match(specs, is_whole=is_whole)
        except VcloudAirError as exc:
            return type(exc), exc.message

    short = matched()
    with mock.patch.object(matching.Matcher, "_unique", lambda self, specs: None):
        assert matched() == short


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 6), st.integers(0, 3), st.data())
def test_usual_arrangements_are_the_same(count: int, new_count: int, data: st.DataObject) -> None:
    existing, new = list(range(count)), [-(number + 1) for number in range(new_count)]
    deleted = data.draw(st.sets(st.sampled_from(existing))) if existing else set()
    existing = [element for element in existing if element not in deleted]
    chain = data.draw(st.lists(st.sampled_from([*existing, *new]), unique=True)) if existing or new else []
    if data.draw(st.booleans()):
        chain = sorted(chain)
    top = data.draw(st.booleans()) and bool(existing)
    placements = {existing[0]: Placement(ordering.TOP)} if top else {}
    chain = [element for element in chain if element not in placements]
    short = ordering.arrange(existing, new, placements, chain=chain)
    with mock.patch.object(ordering, "_usual_arrangement", lambda *arguments: None):
        assert ordering.arrange(existing, new, placements, chain=chain) == short


@settings(max_examples=200, deadline=None)
@given(members | st.sampled_from([["address:ANY"], [" Any "], ["::/0"], ["object:any"], ["not valid !"], []]))
def test_a_list_is_any_if_its_meaning_is_any(texts: list[str]) -> None:
    assert is_any(tuple(texts)) == (endpoint_meaning(texts) == frozenset(("any",)))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(EDGE_APIS)), edges(), rule_lists(), st.sampled_from([Present, Exactly, Absent]))
def test_edited_documents_are_decoded_as_new_documents(
    edge_api: str, tree: dict[str, Any], specs: list[dict[str, Any]], state: type
) -> None:
    kind, document = SectionKind(FIREWALL), parsed(edge_api, tree)
    desired: Desired = state((parse_policy({"rules": specs, "allow_empty": True}),))
    edited = kind.merge(document, kind.plan(document, desired))
    assert isinstance(edited, SectionDocument)
    assert edited.decoded == replace(edited, kept=None).decoded


@settings(max_examples=100, deadline=None)
@given(rules("rule 1"), st.booleans())
def test_new_xml_records_are_filled_as_changed_records(rule: dict[str, Any], has_namespace: bool) -> None:
    spec = completed_rule(parse_rule(rule))
    tag = "{http://example.com/ns}firewallRule" if has_namespace else "firewallRule"
    filled, changed = etree.Element(tag), etree.Element(tag)
    codec = XmlFirewallCodec()
    codec.fill(filled, spec)
    set_text(changed, "name", spec.name)
    set_text(changed, "ruleType", "user")
    codec.set_fields(
        changed, spec, tuple(name for name in fields_of(FirewallRuleSpec) if getattr(spec, name) is not None)
    )
    assert etree.tostring(filled) == etree.tostring(changed)


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=6)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.sampled_from(["name", "id", "source"]), TEXTS), max_size=4), max_size=3),
    st.booleans(),
)
def test_copies_have_the_elements_and_texts_of_the_original(records: list[Any], has_namespace: bool) -> None:
    namespace = "{http://example.com/ns}" if has_namespace else ""
    holder = etree.Element(f"{namespace}rules")
    for fields in records:
        record = etree.SubElement(etree.SubElement(holder, f"{namespace}rule"), f"{namespace}inner")
        for name, text in fields:
            etree.SubElement(record, f"{namespace}{name}").text = text
    etree.SubElement(holder, f"{namespace}other").text = "other"

    def content(element: Any) -> Any:
        name = element.tag.rpartition("}")[2]
        return name, element.text or "", [content(child) for child in element]

    assert list(map(content, fast_copies(holder, "rule"))) == list(map(content, children(holder, "rule")))


MARKUP_TEXTS = st.one_of(
    st.sampled_from(["a & b", "<x>", "a > b", '"quoted"', "it's", "", "Ünicode", "]]>", "tab\there", "\x85", "\ufffe"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)


def markup_or_refusal(codec: XmlFirewallCodec, specs: list[FirewallRuleSpec], *, general: bool) -> Any:
    holder = etree.Element("firewallRules")
    try:
        records = XmlCodec.new_records(codec, specs, holder) if general else codec.new_records(specs, holder)
    except ValueError as exc:
        return str(exc)
    return [etree.tostring(record) for record in records]


@settings(max_examples=150, deadline=None)
@given(rule_lists(), MARKUP_TEXTS, MARKUP_TEXTS)
def test_new_records_from_markup_equal_those_built_from_elements(
    data: list[dict[str, Any]], name: str, description: str
) -> None:
    specs = [completed_rule(parse_rule(rule)) for rule in data]
    specs = [replace(spec, name=name, description=description) for spec in specs] * 12
    codec = XmlFirewallCodec()
    assert markup_or_refusal(codec, specs, general=False) == markup_or_refusal(codec, specs, general=True)


def test_long_lists_of_usual_rules_are_parsed_from_markup() -> None:
    specs = [completed_rule(FirewallRuleSpec(name=f"a & b {number}", source=("10.0.0.1",))) for number in range(20)]
    with mock.patch.object(XmlFirewallCodec, "fill", side_effect=AssertionError):
        records = XmlFirewallCodec().new_records(specs, etree.Element("firewallRules"))
    assert [record.findtext("name") for record in records] == [spec.name for spec in specs]


@settings(max_examples=150, deadline=None)
@given(
    edges(), MARKUP_TEXTS, st.sampled_from(["name", "description", "id", "ruleType", "action", "odd"]), st.booleans()
)
def test_rules_read_from_text_equal_those_read_from_elements(
    tree: dict[str, Any], text: str, tag: str, is_nested: bool
) -> None:
    document = parsed("network_xml", tree)
    assert isinstance(document, SectionDocument)
    codec = document.codec
    root = copy.deepcopy(document.tree)
    for record in root.iter("firewallRule"):
        holder = record.find("source") if is_nested and record.find("source") is not None else record
        with contextlib.suppress(ValueError):
            etree.SubElement(holder, tag).text = text
    changed = replace(document, tree=root)
    from_text = codec.decode(changed).rules
    with mock.patch.object(XmlFirewallCodec, "rules_of", return_value=None):
        from_elements = codec.decode(changed).rules
    assert from_text == from_elements
    assert repr(from_text) == repr(from_elements)


def test_records_in_namespaces_or_with_attributes_are_read_from_elements() -> None:
    codec = XmlFirewallCodec()
    plain = b"<firewall><firewallRules><firewallRule><id>7</id><name>a</name></firewallRule></firewallRules></firewall>"
    for body in (
        plain,
        plain.replace(b"<firewall>", b'<firewall xmlns="urn:x">'),
        plain.replace(b"<name>", b'<name lang="en">'),
        plain.replace(b"<firewallRules>", b"<firewallRules><other/>"),
        plain.replace(b"<name>", b"\n <name>"),
    ):
        (rule,) = codec.decode(codec.parse(body)).rules
        assert (rule.spec.name, rule.spec.rule_id, rule.rule_type) == ("a", "7", "")


def test_usual_records_create_no_elements() -> None:
    codec = XmlFirewallCodec()
    rule = b"<firewallRule><id>7</id><name>a</name><ruleType>user</ruleType></firewallRule>"
    body = b"<firewall><firewallRules>" + 20 * rule + b"</firewallRules></firewall>"
    with mock.patch.object(XmlFirewallCodec, "rule_of", side_effect=AssertionError):
        assert len(codec.decode(codec.parse(body)).user_rules) == 20


@settings(max_examples=200, deadline=None)
@given(rules("rule 1"), rules("rule 1"), st.booleans())
def test_equal_fields_are_found_without_canonical_forms(
    current: dict[str, Any], rule: dict[str, Any], is_same: bool
) -> None:
    spec = parse_rule(current if is_same else rule)
    live = completed_rule(parse_rule(current))
    changed = spec_fields.diff_fields(live, spec)
    with mock.patch.object(spec_fields, "_are_equal", return_value=False):
        assert spec_fields.diff_fields(live, spec) == changed
    assert not (is_same and changed)
