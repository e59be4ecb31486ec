"""Expected outcomes of faults by place, and exemptions with their reasons.

A place is the role of a request in an operation, such as ``sign-in``, ``read`` or ``write``.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).parent.parent / "data" / "faults.yml"
WORDS = {"d": "done", "e": "error", "r": "resumable", "u": "unknown", "x": ""}
ONCE, LASTING = "once", "lasting"
_SAMPLE_SEED = 20151108
_SIGN_IN = ("sign-in-read", "sign-in", "sign-out")
_ID = re.compile(
    r"(?:C4-|edge-)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}[0-9a-z:.-]*|/edges/edge-\d+", re.IGNORECASE
)


@dataclass(frozen=True)
class Fault:
    """A fault and its expected outcomes.

    ``order`` has the fields of the simulator fault. ``words[times][place]`` is the expected outcome, where ``times`` is
    ``once`` or ``lasting``. An empty outcome means that the fault cannot occur.
    """

    name: str
    about: str
    errors: tuple[str, ...]
    words: Mapping[str, Mapping[str, str]]
    order: Mapping[str, Any] = field(default_factory=dict)
    client_clock_s: float = 0.0
    steps: tuple[str, ...] = ()
    """Patterns of the steps at which the fault can occur. An empty tuple means all."""
    impossible: str = ""
    """Reason why the fault cannot occur at other steps."""

    def can_be_at(self, call: str) -> bool:
        """Return True if the fault can occur at a step."""
        return not self.steps or any(fnmatchcase(call, one) for one in self.steps)


@dataclass(frozen=True)
class Stated:
    """An operation in the table.

    ``steps`` has all requests of the operation, each with place, method and path.
    """

    about: str
    steps: tuple[str, ...]
    signs_in: bool = False
    """True if faults are also injected into the sign-in, which all operations share."""

    def places(self) -> list[str]:
        """Return the place of each step."""
        return [step.split(" ", 1)[0] for step in self.steps]


@dataclass(frozen=True)
class Exemption:
    """An outcome of some cells that differs from the usual outcome, and the reason.

    The fields that select cells contain patterns. An empty field matches all names.
    """

    outcome: str
    why: str
    operations: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    """Expected error classes, in place of the error classes of the fault."""
    is_repeated: bool = False
    """True if the change is written twice, which has the same effect as one write.

    The second write of a new object replaces the object.
    """
    at: tuple[int, ...] = ()
    """Numbers of the exempt steps, starting at 0. An empty value means all steps."""

    def covers(self, operation: str, fault: str, times: str, step: str, position: int) -> bool:
        """Return True if the exemption covers a cell."""
        if self.at and position not in self.at:
            return False
        place, _, call = step.partition(" ")
        asked = (
            (self.operations, operation),
            (self.faults, fault),
            (self.places, place),
            (self.times, times),
            (self.steps, call),
        )
        return all(not patterns or any(fnmatchcase(name, one) for one in patterns) for patterns, name in asked)


@dataclass(frozen=True)
class Cell:
    """A test case: a fault that starts at one step, and occurs once or permanently.

    ``why`` is the reason of an exemption.
    """

    fault: Fault
    times: str
    step: int
    expected: str
    errors: tuple[str, ...]
    why: str = ""
    is_repeated: bool = False


@dataclass(frozen=True)
class Table:
    """Operations, faults and exemptions."""

    places: Mapping[str, str]
    faults: Mapping[str, Fault]
    operations: Mapping[str, Stated]
    exceptions: tuple[Exemption, ...]

    def cells(self, operation: str, fault_name: str) -> Iterator[Cell]:
        """Yield the cells of an operation and a fault.

        For each step, there is a cell in which the fault occurs once. For the first step of each place, there is also
        a cell in which the fault occurs from this step on.
        """
        stated, fault = self.operations[operation], self.faults[fault_name]
        for times, words in fault.words.items():
            seen: set[str] = set()
            for position, step in enumerate(stated.steps):
                place, _, call = step.partition(" ")
                is_elsewhere = place in _SIGN_IN and not stated.signs_in
                if (
                    not words[place]
                    or is_elsewhere
                    or not fault.can_be_at(call)
                    or (times == LASTING and place in seen)
                ):
                    continue
                seen.add(place)
                about = (operation, fault_name, times, step, position)
                found = next((one for one in self.exceptions if one.covers(*about)), None)
                yield Cell(
                    fault,
                    times,
                    position,
                    found.outcome if found else words[place],
                    (found.errors if found else ()) or fault.errors,
                    found.why if found else "",
                    bool(found and found.is_repeated),
                )

    def sample(self, size: int = 2) -> frozenset[tuple[str, str]]:
        """Return a sample of pairs of operation and fault.

        The sample has ``size`` pairs for each operation, and includes every fault. The sample is the same in every run.
        Faults that were chosen least often take precedence.
        """
        faults = list(self.faults)
        random.Random(_SAMPLE_SEED).shuffle(faults)
        used = Counter[str]()
        pairs: set[tuple[str, str]] = set()
        for operation in self.operations:
            possible = [fault for fault in faults if any(self.cells(operation, fault))]
            chosen = sorted(possible, key=used.__getitem__)[:size]
            used.update(chosen)
            pairs.update((operation, fault) for fault in chosen)
        for fault in set(faults).difference(used):
            pairs.add((next(name for name in self.operations if any(self.cells(name, fault))), fault))
        return frozenset(pairs)

    def count(self) -> int:
        """Return the number of cells."""
        return sum(1 for operation in self.operations for fault in self.faults for _ in self.cells(operation, fault))


def called(method: str, path: str) -> str:
    """Return the method and path of a step, with ``{id}`` in place of IDs."""
    return f"{method} {_ID.sub('{id}', path)}"


def _exemption(row: Mapping[str, Any]) -> Exemption:
    words: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return Exemption(**words)


@lru_cache(maxsize=1)
def load() -> Table:
    """Return the table of tests/data/faults.yml."""
    data = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    places = list(data["places"])
    faults = {}
    for name, row in data["faults"].items():
        words = {
            times: dict(zip(places, (WORDS[letter] for letter in row[times].split()), strict=True))
            for times in (ONCE, LASTING)
            if times in row
        }
        more = {key: row[key] for key in ("order", "client_clock_s", "impossible") if key in row}
        more["steps"] = tuple(row.get("steps", ()))
        faults[name] = Fault(name, row["about"], tuple(row["errors"]), words, **more)
    operations = {
        name: Stated(row["about"], tuple(row["steps"]), row.get("signs_in", False))
        for name, row in data["operations"].items()
    }
    exceptions = tuple(_exemption(row) for row in data["exceptions"])
    return Table(data["places"], faults, operations, exceptions)
