"""Tests of a section defined only by a descriptor, resource kinds and a codec."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.unit.services.ans.fakes import SectionSession
from vcloudair_core.engine.desired import Absent, Exactly, Present
from vcloudair_core.engine.ensure import ensure
from vcloudair_core.engine.fields import spec_field
from vcloudair_core.engine.rulelist import NamedSpec
from vcloudair_core.errors import ConfigurationError, DecodeError, SpecError
from vcloudair_core.services.ans.edge.backend import JSON, NSXV
from vcloudair_core.services.ans.section.descriptor import Section
from vcloudair_core.services.ans.section.document import SectionEdit
from vcloudair_core.services.ans.section.json_codec import JsonCodec, without_nulls
from vcloudair_core.services.ans.section.json_values import bool_of, int_of, text_of
from vcloudair_core.services.ans.section.kinds import RuleKind, SectionKind
from vcloudair_core.util.redaction import Secret

BODY = {"version": 3, "enabled": True, "odd": 1, "hosts": {"host": [{"name": "a", "ttl": 60, "odd": 2}]}}


@dataclass(frozen=True)
class HostSpec(NamedSpec):
    """The spec of one host entry."""

    name: str | None = spec_field("Name.", identity=True, required=True)
    ttl: int | None = spec_field("Seconds.", absent=60, bounds=(1, 86400))


@dataclass(frozen=True)
class HostsSpec:
    """The spec of the whole section."""

    enabled: bool | None = spec_field("Whether it is on.", absent=False)
    hosts: tuple[HostSpec, ...] | None = spec_field("The hosts.", input_only=True)
    allow_empty: bool | None = spec_field("Whether `hosts` may be empty.", input_only=True)


class JsonHostsCodec(JsonCodec[HostsSpec]):
    """A codec that converts the section to and from JSON."""

    section = "hosts"
    what = "the host configuration"
    records_path = ("hosts", "host")

    def settings_of(self, tree: Mapping[str, Any]) -> HostsSpec:
        return HostsSpec(bool_of(tree.get("enabled")))

    def rule_of(self, record: Mapping[str, Any]) -> HostSpec:
        return HostSpec(text_of(record.get("name")), int_of(record.get("ttl")))

    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        tree |= settings

    def new_record(self, spec: HostSpec) -> dict[str, Any]:
        return {"name": spec.name, "ttl": spec.ttl}

    def changed_record(self, record: Mapping[str, Any], spec: HostSpec, changed: tuple[str, ...]) -> dict[str, Any]:
        return without_nulls(record, {name: getattr(spec, name) for name in changed})


SECTION = Section(
    name="hosts",
    rule_name="host",
    title="Hosts",
    noun="host",
    spec_type=HostsSpec,
    rule_type=HostSpec,
    codecs={(NSXV, JSON): lambda: JsonHostsCodec(NSXV)},
    path="dns/hosts",
    rules_field="hosts",
    is_ordered=False,
)
WHOLE, RULE = SectionKind(SECTION), RuleKind(SECTION)


@pytest.fixture
def session() -> Any:
    return SectionSession("/dns/hosts", json.dumps(BODY).encode(), edge_api="network_json")


def test_rules_and_settings_are_written_without_side_effects(session: Any) -> None:
    spec = WHOLE.parse({"enabled": "no", "hosts": [{"name": "b"}, {"name": "a", "ttl": "90"}]})
    outcome = ensure(WHOLE, WHOLE.open(session, {}), Present((spec,)))
    assert outcome.plan.summary() == "1 to create, 2 to update"
    assert json.loads(session.body) == {
        **BODY,
        "enabled": False,
        "hosts": {"host": [{"name": "a", "ttl": 90, "odd": 2}, {"name": "b", "ttl": 60}]},
    }
    assert not ensure(WHOLE, WHOLE.open(session, {}), Present((spec,))).changed


def test_an_exact_section_has_the_defaults_of_missing_fields(session: Any) -> None:
    ensure(WHOLE, WHOLE.open(session, {}), Exactly((WHOLE.parse({"hosts": [{"name": "b", "ttl": 5}]}),)))
    assert WHOLE.project(WHOLE.open(session, {}).read()) == {
        "enabled": False,
        "hosts": [{"name": "b", "ttl": 5}],
        "version": 3,
    }


def test_single_rules_are_created_and_deleted(session: Any) -> None:
    ensure(RULE, RULE.open(session, {}), Present((RULE.parse({"name": "b"}),)))
    ensure(RULE, RULE.open(session, {}), Absent((RULE.parse({"name": "a"}),)))
    assert RULE.project(RULE.open(session, {}).read()) == [{"name": "b", "ttl": 60}]


def test_invalid_input_is_reported_with_its_path() -> None:
    with pytest.raises(SpecError, match=r"hosts\[1\].ttl: 0 is out of range"):
        WHOLE.parse({"hosts": [{"name": "a"}, {"ttl": 0, "name": "b"}]})
    with pytest.raises(SpecError, match=r"hosts\[1\].name: 'a' is already listed"):
        WHOLE.parse({"hosts": [{"name": "a"}, {"name": "a"}]})


def test_other_documents_and_backends_are_rejected(session: Any) -> None:
    session.body = b'{"featureType": "nat", "rules": {}}'
    with pytest.raises(DecodeError, match="The key 'hosts' was expected, not featureType 'nat'"):
        WHOLE.open(session, {}).read()
    session.settings.edge_api = "hybridity"
    with pytest.raises(ConfigurationError, match="hosts section of edge gateway"):
        WHOLE.open(session, {})


def test_a_document_is_decoded_once(session: Any) -> None:
    document = WHOLE.open(session, {}).read()
    assert document.decoded is document.decoded  # type: ignore[attr-defined]


def test_the_repr_of_an_edit_shows_no_key() -> None:
    assert "hunter2" not in repr(SectionEdit({"global_psk": Secret("hunter2")}))
