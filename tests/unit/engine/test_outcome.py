"""Tests of outcomes that compute ``before`` and ``after`` on first access."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import pytest

from vcloudair_core.engine.outcome import Outcome
from vcloudair_core.engine.plan import Plan


def test_before_and_after_are_computed_once_at_their_first_use() -> None:
    calls: list[str] = []

    def select(name: str) -> list[str]:
        calls.append(name)
        return [name]

    outcome = Outcome.deferred(lambda: select("old"), lambda: select("new"), changed=True, plan=Plan("test"))
    assert outcome.changed is True
    assert calls == []
    assert (outcome.before, outcome.after, outcome.resource) == (["old"], ["new"], ["new"])
    assert outcome.as_dict()["before"] is outcome.before
    assert calls == ["old", "new"]


def test_a_deferred_outcome_equals_an_outcome_with_the_same_values() -> None:
    deferred = Outcome.deferred(lambda: 1, lambda: 2, changed=True, plan=Plan("test"), attempts=1)
    assert deferred == Outcome(True, Plan("test"), 1, 2, 1)
    assert repr(deferred) == repr(Outcome(True, Plan("test"), 1, 2, 1))
    assert replace(deferred, attempts=2) == Outcome(True, Plan("test"), 1, 2, 2)


def test_a_deferred_outcome_is_pickled_and_copied_with_its_values() -> None:
    deferred = Outcome.deferred(lambda: 1, lambda: 2, changed=False, plan=Plan("test"), warnings=("w",))
    assert pickle.loads(pickle.dumps(deferred)) == copy.copy(deferred) == deferred


def test_other_missing_attributes_are_errors() -> None:
    with pytest.raises(AttributeError, match="'Outcome' object has no attribute 'result'"):
        _ = Outcome(False, Plan("test")).result
    assert Outcome(False, Plan("test")).before is None
