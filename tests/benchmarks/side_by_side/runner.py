"""Run contenders alternately, and record the cost of each execution (turn)."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.side_by_side import cloud as clouds
from tests.benchmarks.side_by_side.contestants import Contestant, ContestantError, python_of_pyvcloud
from tests.benchmarks.side_by_side.entering import Entry, enter
from tests.benchmarks.side_by_side.measurements import Import, Row, compare
from tests.benchmarks.side_by_side.scenarios import PYVCLOUD, Scenario
from tests.support.host_load import HostLoad

Say = Callable[[str], None]


@dataclass(frozen=True)
class Effort:
    """The limits for a contender: the number of turns, and their total time.

    After a warm-up turn, a contender runs at most ``turns`` turns within ``budget_s``. If the warm-up turn takes more
    than twice the budget, no other turn follows, and the warm-up turn is the measurement.
    """

    turns: int = 5
    budget_s: float = 8.0

    def turns_after(self, first_s: float) -> int:
        """Return the number of turns to run after a warm-up of ``first_s`` seconds."""
        if first_s > 2 * self.budget_s:
            return 0
        return max(1, min(self.turns, int(self.budget_s / first_s)))


@dataclass
class Measured:
    """All measurements of a run."""

    rows: list[Row] = field(default_factory=list)
    imports: dict[str, Import] = field(default_factory=dict)
    load: HostLoad = field(default_factory=HostLoad)

    def note_import(self, contender: str, one: Contestant) -> None:
        """Record the import cost of a contender."""
        if one.import_s:
            kept = self.imports.setdefault(contender, Import(contender, [], one.imported_mb))
            kept.seconds.append(one.import_s)


class Match:
    """A scenario at one size and latency, and the contenders that run it."""

    def __init__(self, scenario: Scenario, size: int, latency_ms: int, folder: Path) -> None:
        self._scenario, self._size, self._latency = scenario, size, latency_ms
        self._folder = folder
        self._who = [
            contender for contender in scenario.those_of(size) if contender != PYVCLOUD or python_of_pyvcloud()
        ]

    def run(self, effort: Effort, measured: Measured) -> list[Row]:
        """Return the rows of all contenders, with ratios.

        Raises ContestantError if a contender did not do its work.
        """
        rows = {contender: Row(self._scenario.name, self._size, self._latency, contender) for contender in self._who}
        if self._scenario.is_used_up:
            for contender in self._who:
                self._alone(contender, rows[contender], measured)
        else:
            self._together(rows, effort, measured)
        compare(self._scenario, list(rows.values()))
        measured.rows.extend(rows.values())
        return list(rows.values())

    def _cloud(self, stack: ExitStack, name: str) -> clouds.Cloud:
        more = self._scenario.cloud(self._size)
        folder = self._folder / name
        backend = self._scenario.backend
        return stack.enter_context(clouds.running(folder, self._latency, len(self._who), *more, backend=backend))

    def _alone(self, contender: str, row: Row, measured: Measured) -> None:
        """Run one turn on a new simulator.

        The turn changes the cloud, so it cannot be repeated on the same simulator.
        """
        with ExitStack() as stack:
            cloud = self._cloud(stack, f"cloud of {contender}")
            one = self._entered(contender, 0, cloud, stack, measured)
            self._turn(one, 1, cloud, contender, row)

    def _together(self, rows: dict[str, Row], effort: Effort, measured: Measured) -> None:
        with ExitStack() as stack:
            cloud = self._cloud(stack, "cloud")
            entered = {
                contender: self._entered(contender, position, cloud, stack, measured)
                for position, contender in enumerate(self._who)
            }
            left = {}
            for contender, one in entered.items():  # The first turn is for warming up.
                self._turn(one, 0, cloud, contender, rows[contender])
                left[contender] = effort.turns_after(rows[contender].seconds[0])
                if left[contender]:
                    rows[contender].seconds.clear()
                    rows[contender].calls.clear()
            for turn in range(1, effort.turns + 1):
                order = list(entered) if turn % 2 else list(reversed(entered))
                for contender in order:
                    if turn <= left[contender]:
                        self._turn(entered[contender], turn, cloud, contender, rows[contender])

    def _entered(
        self, contender: str, position: int, cloud: clouds.Cloud, stack: ExitStack, measured: Measured
    ) -> Contestant:
        folder = self._folder / contender
        folder.mkdir(parents=True, exist_ok=True)
        name, edge_id = cloud.edges[position]
        variables: dict[str, Any] = {**cloud.variables(), **self._scenario.variables, "size": self._size}
        variables |= {"edge": name, "edge_id": edge_id, "org_id": cloud.org_id()}
        if self._scenario.edge == "full":
            cloud.fill(edge_id, self._size)
        one = enter(Entry(contender, self._scenario, variables, cloud.env, folder))
        stack.callback(one.close)
        measured.note_import(contender, one)
        return one

    def _turn(self, one: Contestant, number: int, cloud: clouds.Cloud, contender: str, row: Row) -> None:
        edge_id = cloud.edges[self._who.index(contender) if not self._scenario.is_used_up else 0][1]
        if self._scenario.edge == "empty":
            cloud.fill(edge_id, 0)
        cloud.forget_calls()
        turn = one.turn(number)
        row.calls.append(cloud.calls())
        row.seconds.append(turn.seconds)
        row.peak_mb = max(row.peak_mb, turn.peak_mb)
        expected = self._scenario.expected(self._size)
        if turn.value != expected:
            raise ContestantError(f"{row.key}: {turn.value!r}, not {expected!r}")
        if self._scenario.edge and len(cloud.user_rules(edge_id)) != self._size and row.calls[-1]:
            raise ContestantError(f"{row.key}: the edge has {len(cloud.user_rules(edge_id))} rules")


def measure(
    matches: Iterable[tuple[Scenario, int, int]], effort: Effort, folder: Path, measured: Measured, say: Say
) -> None:
    """Run all matches, one after the other."""
    for number, (scenario, size, latency_ms) in enumerate(matches):
        match = Match(scenario, size, latency_ms, folder / f"{number:03} {scenario.name}")
        measured.load.sample()
        rows = match.run(effort, measured)
        measured.load.sample()
        told = ", ".join(f"{row.contender} {statistics.median(row.seconds) * 1000:.0f} ms" for row in rows)
        say(f"{scenario.title}, {size} {scenario.unit}, {latency_ms} ms: {told}")
