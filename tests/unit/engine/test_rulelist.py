"""Lists of things that have names and nothing else: planned like rules, without numbers and places."""

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


def test_what_is_asked_for_is_done_and_the_rest_is_left_alone() -> None:
    assert plan(Present((Thing("b", 3), Thing("c")))) == [("update", "b"), ("create", "c")]
    assert plan(Present((Thing("a"),))) == []
    assert plan(Absent((Thing("b"), Thing("nobody")))) == [("delete", "b")]
    assert plan(Exactly((Thing("b", 2),))) == [("delete", "a")]


def test_order_means_nothing_even_in_an_exact_list() -> None:
    assert plan(Exactly((Thing("b", 2), Thing("a", 1)))) == []


def test_a_step_says_what_is_to_be_written() -> None:
    listed = plan_desired(KIND, LIVE, Present(()), (Thing("b", 3), Thing("c")), in_order=False)
    assert [step.values() for step in listed.steps] == [{}, {"size": 3}, {"name": "c", "size": 1}]
    assert RuleStep(0).values() == {}


def test_two_of_one_name_that_are_there_are_not_guessed_between() -> None:
    with pytest.raises(AmbiguousMatchError, match="2 things are named 'a'"):
        plan(Present((Thing("a", 5),)), [LiveRule(0, Thing("a", 1)), LiveRule(1, Thing("a", 2))])
