"""Tests of plans for lists of objects that are identified only by name."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from vcloudair_core import Absent, AmbiguousMatchError, Exactly, Present
from vcloudair_core.engine.fields import spec_field
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.rulelist import NamedSpec, RuleListKind, RuleStep, plan_desired


@dataclass(frozen=True)
class Thing(NamedSpec):
    name: str | None = spec_field("Name", identity=True)
    size: int | None = spec_field("Size", absent=1)


KIND = RuleListKind("thing", completed=lambda spec: replace(spec, size=spec.size or 1), is_ordered=False)
LIVE = [LiveRule(0, Thing("a", 1)), LiveRule(1, Thing("b", 2))]


def plan(desired: Present | Absent | Exactly, live: list[LiveRule] = LIVE) -> list[tuple[str, str]]:
    listed = plan_desired(KIND, live, desired, desired.specs, in_order=False)
    assert [change.positions for change in listed.changes] == [(None, None)] * len(listed.changes)
    return [(change.action, change.identity) for change in listed.changes]


def test_only_named_objects_change() -> None:
    assert plan(Present((Thing("b", 3), Thing("c")))) == [("update", "b"), ("create", "c")]
    assert plan(Present((Thing("a"),))) == []
    assert plan(Absent((Thing("b"), Thing("nobody")))) == [("delete", "b")]
    assert plan(Exactly((Thing("b", 2),))) == [("delete", "a")]


def test_order_is_ignored_in_an_exact_list() -> None:
    assert plan(Exactly((Thing("b", 2), Thing("a", 1)))) == []


def test_a_step_has_the_values_to_write() -> None:
    listed = plan_desired(KIND, LIVE, Present(()), (Thing("b", 3), Thing("c")), in_order=False)
    assert [step.values() for step in listed.steps] == [{}, {"size": 3}, {"name": "c", "size": 1}]
    assert RuleStep(0).values() == {}


def test_two_live_objects_of_one_name_are_ambiguous() -> None:
    with pytest.raises(AmbiguousMatchError, match="2 things are named 'a'"):
        plan(Present((Thing("a", 5),)), [LiveRule(0, Thing("a", 1)), LiveRule(1, Thing("a", 2))])
