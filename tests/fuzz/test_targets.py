"""Tests of each parser with mutated documents.

Each parser reads 250 mutated documents and all inputs that once broke the parser. ``nox -s fuzz`` runs coverage-guided
fuzzing: see :mod:`tests.fuzz.guided`.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutations import mutated
from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS

FOUND = Path(__file__).parent / "found"
"""Inputs that once broke a parser, by target."""

INPUTS = 250
SLOWEST_S = 5.0
"""Maximum CPU seconds for an input of up to 30 kB. A slower parser is quadratic."""

parsers = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)


@parsers
def test_parses_valid_documents(target: Target) -> None:
    seeds = target.seeds()
    assert seeds
    # Parsers reject some seeds, such as error texts and XML bombs, but not all seeds.
    assert any(target.feed(seed) for seed in seeds)


@parsers
def test_mutated_documents_raise_library_errors_only(target: Target) -> None:
    choices = random.Random(target.name)
    seeds = target.seeds()
    for number in range(INPUTS):
        body = mutated(choices.choice(seeds), choices.randrange, seeds)
        began = time.process_time()
        try:
            target.feed(body)
        except Exception as exc:  # noqa: BLE001 - that is what is looked for
            pytest.fail(f"input {number} of {target.name}: {type(exc).__name__}: {exc}\n{body[:2_000]!r}")
        assert time.process_time() - began < SLOWEST_S, body[:200]


@parsers
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_minimized_mutations_raise_library_errors_only(target: Target, data: st.DataObject) -> None:
    """Apply mutations chosen by Hypothesis, so that failing inputs are minimized."""
    seeds = target.seeds()
    body = mutated(data.draw(st.sampled_from(seeds)), lambda below: data.draw(st.integers(0, below - 1)), seeds)
    target.feed(body)


@pytest.mark.parametrize("path", sorted(FOUND.glob("*/*")), ids=lambda path: f"{path.parent.name}-{path.name[:12]}")
def test_inputs_of_earlier_failures_raise_library_errors_only(path: Path) -> None:
    TARGETS[path.parent.name].feed(path.read_bytes())


def test_every_saved_input_belongs_to_a_target() -> None:
    assert {path.name for path in FOUND.iterdir()} <= set(TARGETS)
