"""Tests of the comparison with other clients: metrics, regressions and quick runs.

``nox -s bench`` runs the whole comparison.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.side_by_side import __main__ as side_by_side
from tests.benchmarks.side_by_side import cloud as clouds
from tests.benchmarks.side_by_side import regress, runner
from tests.benchmarks.side_by_side.__main__ import KEPT, compared, main, matches
from tests.benchmarks.side_by_side.contestants import Turn
from tests.benchmarks.side_by_side.measurements import Row, compare, exponent, growths
from tests.benchmarks.side_by_side.runner import Effort, Measured, measure
from tests.benchmarks.side_by_side.scenarios import (
    FILE,
    FLOOR,
    ORIGINAL,
    OURS,
    PEERS,
    PYVCLOUD,
    SCENARIOS,
    Scenario,
)
from tests.benchmarks.side_by_side.table import table

SCENARIO = next(one for one in SCENARIOS if one.name == "firewall-same-json")


def rows(ours: float = 0.030, *, calls: int = 1, power: float = 1.0) -> list[Row]:
    """Return the rows of all contenders for three sizes.

    ``ours`` is the time of this library in seconds at the smallest size. vcloudair 0.5 takes 40 ms, and the bare calls
    take 20 ms.
    """
    found = []
    for size in (10, 100, 1000):
        here = []
        for contender, least, how in ((OURS, ours, power), (ORIGINAL, 0.040, 1.0), (FLOOR, 0.020, 1.0)):
            middle = least * (size / 10) ** how
            here.append(
                Row(SCENARIO.name, size, 20, contender, [middle * 0.9, middle, middle * 1.3], [calls] * 3, 40.0)
            )
        compare(SCENARIO, here)
        found += here
    return found


def worse(kept: list[Row], now: list[Row]) -> set[str]:
    """Return the metric and the contender of each regression, as text."""
    found = regress.regressions(now, growths(now), regress.kept_form(kept, growths(kept)))
    return {f"{key.rpartition(' | ')[2]} of {key.split(' | ')[3]}" for key in found}


def test_medians_ratios_and_exponents() -> None:
    first = rows()[0]
    assert (first.median, first.to_ours) == (0.030, None)
    assert first.to_floor == pytest.approx(1.5)
    original = rows()[1]
    assert original.to_ours == pytest.approx(4 / 3)
    assert original.to_floor == pytest.approx(2.0)
    assert {one.contender: round(one.exponent, 2) for one in growths(rows(power=1.5))} == {
        OURS: 1.5,
        ORIGINAL: 1,
        FLOOR: 1,
    }
    assert exponent((size, 7 * size**2) for size in (3, 30, 300)) == pytest.approx(2)
    assert math.isclose(exponent((size, 7) for size in (3, 30, 300)), 0, abs_tol=1e-9)


def test_equal_and_noisy_metrics_are_not_regressions() -> None:
    assert worse(rows(), rows()) == set()
    assert worse(rows(), rows(0.030 * 1.25)) == set()
    assert worse(rows(), rows(0.020)) == set()  # Faster is not a regression.


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (rows(0.060), {f"to_floor of {OURS}", f"to_ours of {ORIGINAL}"}),
        (rows(calls=2), {f"calls of {OURS}"}),
        (rows(power=1.3), {f"to_floor of {OURS}", f"to_ours of {ORIGINAL}", f"exponent of {OURS}"}),
    ],
)
def test_a_regression_is_found(now: list[Row], expected: set[str]) -> None:
    assert worse(rows(), now) == expected


class Runs:
    """A fake for scenario runs, in which our contender is ``slower_s`` seconds slower.

    Only the first run measures. The other runs return the same measurements.
    """

    chosen = [(SCENARIO, size, 0) for size in (10, 20, 40)]

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.slower_s = 0.0
        self.count = 0
        self._rows: list[Row] = []

    def __call__(self, *_: Any) -> Measured:
        found = Measured()
        self.count += 1
        if not self._rows:
            measure(self.chosen, Effort(3, 2.0), self._folder, found, lambda text: None)
            self._rows = found.rows
        found.rows = deepcopy(self._rows)
        for size in (10, 20, 40):
            here = [row for row in found.rows if row.size == size]
            for row in here:
                row.seconds = [one + (self.slower_s if row.contender == OURS else 0) for one in row.seconds]
            compare(SCENARIO, here)
        return found


@pytest.mark.slow
def test_slower_run_than_the_results_file_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs, kept = Runs(tmp_path), tmp_path / "ratios.json"
    monkeypatch.setattr(side_by_side, "_measured", runs)
    good = runs()
    regress.write(kept, regress.kept_form(good.rows, growths(good.rows)))
    runs.slower_s = 1.0
    assert compared(kept, runs.chosen, Effort(), runs()) == 1
    assert "WORSE firewall-same-json | 10 | 0 ms | ours: to_floor is" in capsys.readouterr().out
    assert runs.count == 3  # The regression was measured again before it was reported.


def test_single_regression_is_noise_of_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "ratios.json"
    regress.write(kept, regress.kept_form(rows(), growths(rows())))
    for second, status in ((rows(), 0), (rows(0.090), 1)):
        monkeypatch.setattr(side_by_side, "_measured", lambda chosen, effort, found=second: Measured(found))
        assert compared(kept, Runs.chosen, Effort(), Measured(rows(0.090))) == status
    assert "9 rows, 6 of them compared with ratios.json: 0 worse." in capsys.readouterr().out


def test_results_file_has_only_known_scenarios_and_all_quick_results() -> None:
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    names = {one.name for one in SCENARIOS}
    assert {regress.scenario_of(key) for part in kept.values() for key in part} <= names
    quick = {(scenario.name, size, latency) for scenario, size, latency in matches([], is_quick=True)}
    there = {tuple(key.split(" | ")[:3]) for key in kept["rows"]}
    assert {(name, str(size), f"{latency} ms") for name, size, latency in quick} <= there


@pytest.mark.slow
def test_quick_run_is_not_worse_than_the_results_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        assert main(["quick", "--results", str(tmp_path / "results.json")]) == 0
    found: dict[str, Any] = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert {row["contender"] for row in found["rows"]} >= {OURS, ORIGINAL, FLOOR}
    assert found["growth"] and found["imports"]


def test_number_of_turns_depends_on_the_first_turn() -> None:
    effort = Effort(turns=5, budget_s=5.0)
    assert [effort.turns_after(seconds) for seconds in (0.1, 1.0, 2.0, 4.9, 9.9, 10.1)] == [5, 5, 2, 1, 1, 0]


def test_tables_contain_all_measurements() -> None:
    head, ours, *others = table(rows()).splitlines()
    assert head.split() == "what size latency contender median min-max n calls peak MB to ours to floor".split()
    assert ours.split()[-8:] == ["30.0", "ms", "27.0", "ms-39.0", "ms", "3", "1", "40", "1.50"][-8:]
    assert len(others) == 8


def test_scenarios_define_their_floors_and_contenders() -> None:
    for scenario in SCENARIOS:
        assert scenario.contenders[0].startswith(OURS)
        for contender in scenario.contenders:
            if contender.startswith(OURS) or contender in PEERS:
                assert scenario.floor_of(contender) in scenario.contenders, (scenario.name, contender)
    limited: Scenario = next(one for one in SCENARIOS if one.most)
    assert len(limited.those_of(10)) == len(limited.those_of(1000)) + 1


def test_more_memory_than_kept_is_a_regression() -> None:
    scenario = next(one for one in SCENARIOS if one.name == "query-stream")

    def measured(peak_mb: float) -> list[Row]:
        pair = [
            Row(scenario.name, 100_000, 0, contender, [1.0], [782], peak)
            for contender, peak in ((OURS, peak_mb), (FLOOR, 40.0))
        ]
        compare(scenario, pair)
        return pair

    assert regress.kept_form(measured(70.0), [])["rows"]["query-stream | 100000 | 0 ms | ours"]["mb_more"] == 30
    assert worse(measured(70.0), measured(89.0)) == set()
    assert worse(measured(70.0), measured(95.0)) == {f"mb_more of {OURS}"}


def test_short_run_measures_contenders_that_wait_beside_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[set[tuple[str, str]]] = []

    def note(chosen: Any, effort: Effort, folder: Path, measured: Measured, say: Any) -> None:
        runs.append({(scenario.name, contender) for scenario, _, _ in chosen for contender in scenario.contenders})
        measured.rows += [
            Row(scenario.name, size, latency_ms, contender, [2.0 if contender == OURS else 1.0], [1])
            for scenario, size, latency_ms in chosen
            for contender in scenario.contenders
        ]

    monkeypatch.setattr(side_by_side, "measure", note)
    chosen = matches(["recovery", "metrics", "sign-in"], is_quick=False)
    whole = {(scenario.name, contender) for scenario, _, _ in chosen for contender in scenario.contenders}
    waiting = {match for match in whole if match[0] == "recovery"} | {("metrics", ORIGINAL), ("metrics-now", PYVCLOUD)}
    measured = side_by_side._measured(chosen, side_by_side.SHORT)
    assert len(measured.rows) == sum(len(scenario.contenders) for scenario, _, _ in chosen)
    # Without latency, only the failovers wait.
    assert sorted(runs, key=len) == [waiting, {match for match in whole if match[0] != "recovery"}]
    beside = next(row for row in measured.rows if (row.scenario, row.contender) == ("metrics", ORIGINAL))
    assert (beside.to_ours, beside.to_floor) == (0.5, 1.0)
    runs.clear()
    side_by_side._measured(chosen, side_by_side.FULL)
    assert sorted(runs, key=len) == [set(), whole]


def test_latencies_share_a_simulator_and_local_contenders_are_measured_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Stub(clouds.Cloud):
        started = 0

        def __init__(self) -> None:
            self.edges = [("e1", "edge-1"), ("e2", "edge-2")]
            self.env, self.latency_ms = {"VCA_CA_PATH": ""}, 0

        def variables(self) -> dict[str, Any]:
            return {}

        def org_id(self) -> str:
            return "1"

        def set_latency(self, latency_ms: int) -> None:
            self.latency_ms = latency_ms

        def forget_calls(self) -> None:
            assert self.latency_ms == 0

        def calls(self) -> int:
            assert self.latency_ms == 0
            return 1

    cloud, turns = Stub(), []

    class Contender:
        import_s = imported_mb = 0.0

        def __init__(self, name: str) -> None:
            self.name = name

        def turn(self, number: int) -> Turn:
            turns.append((self.name, number, cloud.latency_ms))
            return Turn(0.5, 7, 10.0)

        def close(self) -> None:
            turns.append((self.name, -1, -1))

    @contextmanager
    def running(*_: Any, **__: Any) -> Iterator[Stub]:
        Stub.started += 1
        yield cloud

    monkeypatch.setattr(clouds, "running", running)
    monkeypatch.setattr(runner, "enter", lambda entry: Contender(entry.contender))
    scenario = Scenario("inventory", "t", "u", (OURS, FILE), {0: (7,), 20: (7,)}, local=(FILE,), floors={OURS: FILE})
    measured = Measured()
    effort = Effort(turns=1, budget_s=1.0)
    measure([(scenario, 7, 0), (scenario, 7, 20)], effort, tmp_path, measured, lambda text: None)
    assert Stub.started == 1
    assert turns[:-2] == [(OURS, 0, 0), (FILE, 0, 0), (OURS, 1, 0), (FILE, 1, 0), (OURS, 2, 20), (OURS, 3, 20)]
    found = [(row.latency_ms, row.contender, row.to_floor) for row in measured.rows]
    assert found == [(0, OURS, 1.0), (0, FILE, None), (20, OURS, 1.0), (20, FILE, None)]
