"""Each parser gets 250 spoilt documents in every run, and all that ever broke it again.

``nox -s fuzz`` looks for more, led by what its inputs reach: see :mod:`tests.fuzz.guided`.
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
"""Inputs that broke a parser once, by target."""

INPUTS = 250
SLOWEST_S = 5.0
"""Seconds of the processor for one input of 30 kB at most. A parser that needs more is quadratic."""

parsers = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)


@parsers
def test_the_real_documents_are_read(target: Target) -> None:
    seeds = target.seeds()
    assert seeds
    # One of error texts and one of bombs are refused, and rightly so: but not all of them.
    assert any(target.feed(seed) for seed in seeds)


@parsers
def test_spoilt_documents_end_in_an_error_of_ours(target: Target) -> None:
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
def test_the_smallest_that_breaks_it_is_found(target: Target, data: st.DataObject) -> None:
    """The same changes, chosen by one who makes what breaks a parser small."""
    seeds = target.seeds()
    body = mutated(data.draw(st.sampled_from(seeds)), lambda below: data.draw(st.integers(0, below - 1)), seeds)
    target.feed(body)


@pytest.mark.parametrize("path", sorted(FOUND.glob("*/*")), ids=lambda path: f"{path.parent.name}-{path.name[:12]}")
def test_what_broke_it_once(path: Path) -> None:
    TARGETS[path.parent.name].feed(path.read_bytes())


def test_what_was_found_belongs_to_targets() -> None:
    assert {path.name for path in FOUND.iterdir()} <= set(TARGETS)
