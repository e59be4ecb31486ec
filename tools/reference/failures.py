"""Generate tables of tested failures: invalid input, server and network faults."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reference.tables import cell, codes

ROOT = Path(__file__).resolve().parent.parent.parent


def bad_input_table() -> str:
    """Return the table of the cases in tests/e2e/test_bad_input.py."""
    import yaml

    rows = ["| problem | error | message (in part) |", "|---|---|---|"]
    for row in yaml.safe_load((ROOT / "tests" / "data" / "bad_input.yml").read_text(encoding="utf-8")):
        said = " … ".join(f"`{cell(words)}`" for words in row["message"])
        rows.append(f"| {row['case']} | `{row['error']}` | {said} |")
    return "\n".join(rows)


def fault_tables() -> str:
    """Return the fault matrix of tests/faults.

    The text states the number of cells. The tables list the outcome of each fault by injection point, the exceptions,
    and the operations.
    """
    sys.path.insert(0, str(ROOT))
    from tests.faults import table

    found = table.load()
    parts = [
        f"The matrix has {len(found.operations)} operations, {len(found.faults)} faults "
        f"and **{found.count():,} cells**.",
        *_fault_rows(found),
        *_fault_exceptions(found),
        *_fault_operations(found),
    ]
    return "\n".join(parts)


_TIMES = {"once": "fault occurs once", "lasting": "fault persists"}
_MARKS = {"done": "✔", "error": "✖", "resumable": "↻", "unknown": "?", "omitted": "∅", "": ""}


def _fault_rows(found: Any) -> Iterator[str]:
    """Yield the tables of outcomes by fault and injection point."""
    yield from ["", "## Steps of an operation", "", "| step | request |", "|---|---|"]
    yield from (f"| {place} | {about} |" for place, about in found.places.items())
    for times, title in (("once", "Faults that occur once"), ("lasting", "Faults that persist")):
        yield from [
            "",
            f"## {title}",
            "",
            f"| fault | {' | '.join(found.places)} |",
            "|---" * (len(found.places) + 1) + "|",
        ]
        for fault in found.faults.values():
            words = fault.words.get(times)
            if words is not None:
                shown = " | ".join(_MARKS[words[place]] for place in found.places)
                yield f"| **{fault.name}**: {fault.about} | {shown} |"


def _fault_exceptions(found: Any) -> Iterator[str]:
    yield from ["", "## Exceptions", ""]
    yield from ["| operations | faults | requests | outcome | reason |", "|---|---|---|---|---|"]
    for one in found.exceptions:
        numbers = [f"request {position + 1}" for position in one.at]
        where = (
            ", ".join(
                [*one.places, *(f"`{step}`" for step in one.steps), *numbers, *(_TIMES[times] for times in one.times)]
            )
            or "all"
        )
        told = f" ({codes(one.errors)})" if one.errors else ""
        names = ", ".join(one.operations) or "all"
        yield f"| {cell(names)} | {', '.join(one.faults) or 'all'} | {where} | {one.outcome}{told} | {one.why} |"
    for fault in found.faults.values():
        if fault.steps:
            yield f"| all | {fault.name} | all except {codes(fault.steps)} | not possible | {fault.impossible} |"


def _fault_operations(found: Any) -> Iterator[str]:
    """Yield a section for each operation: number of requests, and faults by outcome."""
    yield from ["", "## Operations", ""]
    for name, stated in found.operations.items():
        cells = {fault: list(found.cells(name, fault)) for fault in found.faults}
        count = sum(map(len, cells.values()))
        calls = [step.split(" ", 1)[1] for step in stated.steps]
        yield from [
            f"### {name}",
            "",
            f"{stated.about[:1].upper()}{stated.about[1:]}. "
            f"The operation sends {len(calls)} requests and has {count} cells.",
            "",
        ]
        by_words: dict[str, list[str]] = {}
        for fault, tried in cells.items():
            words = [word for word in _MARKS if word in {cell.expected for cell in tried}]
            if words:
                by_words.setdefault(" or ".join(words), []).append(fault)
        yield from ["| outcome | faults |", "|---|---|"]
        yield from (f"| {words} | {', '.join(faults)} |" for words, faults in by_words.items())
        yield ""
