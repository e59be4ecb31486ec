"""Problems of one input: collected with their paths, raised together."""

from __future__ import annotations

import pytest

from vcloudair_core.engine.validation import Problems, item_paths
from vcloudair_core.errors import SpecError, SpecProblem


def test_problems_are_raised_together() -> None:
    problems = Problems()
    assert problems.is_empty
    problems.raise_if_any()
    problems.add("rules[0].name", "is required", "Give it a name.")
    problems.add("enabled", "is not true or false")
    with pytest.raises(SpecError) as caught:
        problems.raise_if_any()
    assert caught.value.problems == (
        SpecProblem("rules[0].name", "is required", "Give it a name."),
        SpecProblem("enabled", "is not true or false"),
    )


def test_a_caught_error_keeps_all_its_problems_and_the_next_block_runs() -> None:
    problems = Problems()
    with problems.catch("nat"):
        _fail(SpecError.of([SpecProblem("rules[0]", "is empty"), SpecProblem("", "has no rule", "Add one.")]))
    with problems.catch():
        _fail(SpecError("state", "is not known"))
    with problems.catch("ipsec"):
        pass
    assert problems.items == [
        SpecProblem("nat.rules[0]", "is empty"),
        SpecProblem("nat", "has no rule", "Add one."),
        SpecProblem("state", "is not known"),
    ]


def test_other_errors_are_not_caught() -> None:
    problems = Problems()
    with pytest.raises(ValueError, match="broken"), problems.catch("nat"):
        _fail(ValueError("broken"))


def _fail(error: Exception) -> None:
    raise error


def test_paths_of_items() -> None:
    assert item_paths(1) == [""]
    assert item_paths(2) == ["[0]", "[1]"]
    assert item_paths(1, "rules") == ["rules[0]"]
    assert item_paths(0, "rules") == []
