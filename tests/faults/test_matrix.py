"""Outcomes of all operations with all faults at all steps, in simulated time.

The table selects a sample of pairs of operation and fault. All other pairs are marked exhaustive.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults import table
from tests.faults.cell import Baseline, strike, undisturbed
from tests.faults.operations import Operation, operations

TABLE = table.load()
OPERATIONS = operations()
SAMPLE = TABLE.sample()
PAIRS = [
    pytest.param(name, fault, marks=[] if (name, fault) in SAMPLE else [pytest.mark.exhaustive])
    for name in TABLE.operations
    for fault in TABLE.faults
]
_known: dict[str, Baseline] = {}


@pytest.fixture(scope="module", autouse=True)
def _nothing_old_is_looked_through() -> Iterator[None]:
    """Exclude old objects from garbage collection.

    This saves a sixth of the time.
    """
    gc.freeze()
    yield
    gc.unfreeze()


def _baseline(name: str, folder: Path) -> Baseline:
    """Return the baseline of an operation, which is computed once in each process."""
    if name not in _known:
        _known[name] = undisturbed(OPERATIONS[name], folder)
    return _known[name]


def test_table_has_every_operation() -> None:
    assert sorted(OPERATIONS) == sorted(TABLE.operations)


@pytest.mark.parametrize("name", TABLE.operations)
def test_steps_of_operations_match_the_table(name: str, tmp_path: Path) -> None:
    assert list(_baseline(name, tmp_path).steps) == list(TABLE.operations[name].steps)


def test_every_exemption_covers_a_cell() -> None:
    for one in TABLE.exceptions:
        covered = any(
            one.covers(operation, fault, times, step, position)
            for operation, stated in TABLE.operations.items()
            for fault, found in TABLE.faults.items()
            for times in found.words
            for position, step in enumerate(stated.steps)
        )
        assert covered, one
        assert one.why, one


def test_the_sample_has_every_operation_every_fault_and_every_outcome() -> None:
    cells = [(name, cell) for name, fault in SAMPLE for cell in TABLE.cells(name, fault)]
    assert {name for name, _ in cells} == set(TABLE.operations)
    assert {(cell.fault.name, cell.times) for _, cell in cells} == {
        (name, times) for name, fault in TABLE.faults.items() for times in fault.words
    }
    assert {cell.expected for _, cell in cells} >= {outcome for outcome in table.WORDS.values() if outcome}
    places = {(name, TABLE.operations[name].places()[cell.step]) for name, cell in cells}
    assert {place for _, place in places} == {place for one in TABLE.operations.values() for place in one.places()}
    assert TABLE.sample() == SAMPLE


@pytest.mark.parametrize(("name", "fault"), PAIRS)
def test_outcomes_match_the_table(
    name: str, fault: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    operation: Operation = OPERATIONS[name]
    wrong, tried = [], 0
    for cell in TABLE.cells(name, fault):
        tried += 1
        baseline = _baseline(name, tmp_path / "undisturbed")
        found = strike(operation, baseline, cell, tmp_path / str(tried))
        if found.word != cell.expected or found.complaints:
            step = TABLE.operations[name].steps[cell.step]
            wrong.append((cell.times, cell.step, step, cell.expected, found.word, found.complaints, found.said))
    record_property("cells", tried)
    assert not wrong, "\n".join(map(str, wrong))
