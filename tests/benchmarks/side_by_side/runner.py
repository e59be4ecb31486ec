"""Run contenders alternately, and record the cost of each execution (turn)."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.benchmarks.side_by_side import cloud as clouds
from tests.benchmarks.side_by_side.contestants import Contestant, ContestantError, python_of_pyvcloud
from tests.benchmarks.side_by_side.entering import Entry, enter
from tests.benchmarks.side_by_side.measurements import Import, Row, compare
from tests.benchmarks.side_by_side.scenarios import PYVCLOUD, SCENARIOS, Scenario
from tests.support.host_load import HostLoad

Say = Callable[[str], None]


@dataclass(frozen=True)
class Effort:
    """The limits for a contender: the number of turns, and their total time.

    After a warm-up turn, a contender runs at most ``turns`` turns within ``budget_s``. If the warm-up turn takes longer
    than ``longest_warm_up_s``, no other turn follows, and the warm-up turn is the measurement. If ``is_parallel``,
    contenders that mostly wait for the server are measured at the same time as the others.
    """

    turns: int = 5
    budget_s: float = 5.0
    longest_warm_up_s: float = 10.0
    is_parallel: bool = False

    def turns_after(self, first_s: float) -> int:
        """Return the number of turns to run after a warm-up of ``first_s`` seconds."""
        if first_s > self.longest_warm_up_s:
            return 0
        return max(1, min(self.turns, int(self.budget_s / first_s)))


@dataclass
class Measured:
    """All measurements of a run."""

    rows: list[Row] = field(default_factory=list)
    imports: dict[str, Import] = field(default_factory=dict)
    load: HostLoad = field(default_factory=HostLoad)

    def compare(self) -> None:
        """Sort the rows, and set the ratios of each row."""
        order = {scenario.name: number for number, scenario in enumerate(SCENARIOS)}

        def match_of(row: Row) -> tuple[int, int, int]:
            return order[row.scenario], row.latency_ms, row.size

        def place(row: Row) -> tuple[int, ...]:
            return *match_of(row), SCENARIOS[order[row.scenario]].contenders.index(row.contender)

        self.rows.sort(key=place)
        for (number, *_), rows in groupby(self.rows, match_of):
            compare(SCENARIOS[number], list(rows))

    def note_import(self, contender: str, one: Contestant) -> None:
        """Record the import cost of a contender."""
        if one.import_s:
            kept = self.imports.setdefault(contender, Import(contender, [], one.imported_mb))
            kept.seconds.append(one.import_s)


class Match:
    """A scenario at one size, which its contenders run at one or more latencies."""

    def __init__(self, scenario: Scenario, size: int, latencies: Sequence[int], folder: Path) -> None:
        self._scenario, self._size, self._latencies = scenario, size, latencies
        self._folder = folder
        self._who = [
            contender for contender in scenario.those_of(size) if contender != PYVCLOUD or python_of_pyvcloud()
        ]
        self._turns = dict.fromkeys(self._who, 0)

    def run(self, effort: Effort, measured: Measured, say: Say) -> None:
        """Add the rows of all contenders to ``measured``.

        Raises ContestantError if a contender did not do its work.
        """
        if self._scenario.is_used_up:
            for latency_ms in self._latencies:
                self._report(latency_ms, self._alone(latency_ms, measured), measured, say)
            return
        with ExitStack() as stack:
            cloud = self._cloud(stack, "cloud")
            entered = {
                contender: self._entered(contender, position, cloud, stack, measured)
                for position, contender in enumerate(self._who)
            }
            local: dict[str, Row] = {}
            for latency_ms in self._latencies:
                measured.load.sample()
                repeated = {contender: replace(row, latency_ms=latency_ms) for contender, row in local.items()}
                rows = self._rows([contender for contender in self._who if contender not in repeated], latency_ms)
                self._together(rows, entered, cloud, effort)
                rows |= repeated
                local = {contender: rows[contender] for contender in self._scenario.local if contender in rows}
                self._report(latency_ms, rows, measured, say)
                measured.load.sample()

    def _rows(self, contenders: Iterable[str], latency_ms: int) -> dict[str, Row]:
        name, size = self._scenario.name, self._size
        return {contender: Row(name, size, latency_ms, contender) for contender in contenders}

    def _report(self, latency_ms: int, rows: Mapping[str, Row], measured: Measured, say: Say) -> None:
        measured.rows.extend(rows[contender] for contender in self._who)
        told = ", ".join(f"{row.contender} {statistics.median(row.seconds) * 1000:.0f} ms" for row in rows.values())
        say(f"{self._scenario.title}, {self._size} {self._scenario.unit}, {latency_ms} ms: {told}")

    def _cloud(self, stack: ExitStack, name: str) -> clouds.Cloud:
        more = self._scenario.cloud(self._size)
        folder = self._folder / name
        return stack.enter_context(clouds.running(folder, len(self._who), *more, backend=self._scenario.backend))

    def _alone(self, latency_ms: int, measured: Measured) -> dict[str, Row]:
        """Run one turn of each contender on a new simulator.

        The turn changes the cloud, so it cannot be repeated on the same simulator.
        """
        rows = self._rows(self._who, latency_ms)
        for contender, row in rows.items():
            with ExitStack() as stack:
                cloud = self._cloud(stack, f"cloud of {contender} at {latency_ms} ms")
                one = self._entered(contender, 0, cloud, stack, measured)
                self._turn(one, cloud, row, is_checked=True)
        return rows

    def _together(
        self, rows: Mapping[str, Row], entered: Mapping[str, Contestant], cloud: clouds.Cloud, effort: Effort
    ) -> None:
        left = {}
        for contender, row in rows.items():  # The first turn is for warming up.
            self._turn(entered[contender], cloud, row, is_checked=True)
            left[contender] = effort.turns_after(row.seconds[0])
            if left[contender]:
                row.seconds.clear()
                row.calls.clear()
        for turn in range(1, effort.turns + 1):
            order = list(rows)
            for contender in order if turn % 2 else reversed(order):
                if turn <= left[contender]:
                    self._turn(entered[contender], cloud, rows[contender], is_checked=turn == left[contender])

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

    def _turn(self, one: Contestant, cloud: clouds.Cloud, row: Row, *, is_checked: bool) -> None:
        """Run a turn and record its cost.

        Only the turn is delayed by the latency, and not the requests that prepare and check it.
        """
        contender = row.contender
        edge_id = cloud.edges[self._who.index(contender) if not self._scenario.is_used_up else 0][1]
        if self._scenario.edge == "empty":
            cloud.fill(edge_id, 0)
        cloud.forget_calls()
        cloud.set_latency(row.latency_ms)
        # Some jobs change something else in every turn, so the number continues at the next latency.
        turn = one.turn(self._turns[contender])
        cloud.set_latency(0)
        self._turns[contender] += 1
        row.calls.append(cloud.calls())
        row.seconds.append(turn.seconds)
        row.peak_mb = max(row.peak_mb, turn.peak_mb)
        expected = self._scenario.expected(self._size)
        if turn.value != expected:
            raise ContestantError(f"{row.key}: {turn.value!r}, not {expected!r}")
        if not (is_checked and self._scenario.edge and row.calls[-1]):
            return
        if len(cloud.user_rules(edge_id)) != self._size:
            raise ContestantError(f"{row.key}: the edge has {len(cloud.user_rules(edge_id))} rules")


def measure(
    matches: Iterable[tuple[Scenario, int, int]], effort: Effort, folder: Path, measured: Measured, say: Say
) -> None:
    """Run all matches, one after the other, and compute the ratios.

    All latencies of a scenario and size run on one simulator with the same processes of the contenders.
    """
    groups: dict[tuple[str, int, tuple[str, ...]], tuple[Scenario, list[int]]] = {}
    for scenario, size, latency_ms in matches:
        key = scenario.name, size, tuple(scenario.those_of(size))
        groups.setdefault(key, (scenario, []))[1].append(latency_ms)
    for number, ((name, size, contenders), (scenario, latencies)) in enumerate(groups.items()):
        if contenders:
            Match(scenario, size, latencies, folder / f"{number:03} {name}").run(effort, measured, say)
    measured.compare()
