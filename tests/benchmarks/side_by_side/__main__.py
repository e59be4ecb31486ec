"""Measure all contenders, and compare the measurements with the results file.

Usage: ``python -m tests.benchmarks.side_by_side [quick|short] [--only NAME] [--keep]``. ``short`` repeats each
measurement less often, and measures contenders that mostly wait for the server beside the others. ``quick`` measures
only a few scenarios and sizes, in a minute or two. ``--only`` selects the scenarios whose names start with NAME.
``--keep`` updates the results file instead of comparing the measurements with it. A value that is worse than in the
results file is measured again. The exit status is 1 if the second measurement is also worse.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.side_by_side import regress
from tests.benchmarks.side_by_side.contestants import python_of_pyvcloud
from tests.benchmarks.side_by_side.measurements import Import, Row, growths
from tests.benchmarks.side_by_side.page import fill
from tests.benchmarks.side_by_side.runner import Effort, Measured, measure
from tests.benchmarks.side_by_side.scenarios import LATENCIES, QUICK_LATENCY, SCENARIOS, Scenario
from tests.benchmarks.side_by_side.table import growth_table, import_table, table
from tests.support.ansible import ROOT

BENCH = ROOT / "bench"
KEPT = BENCH / "ratios.json"

FULL = Effort()
SHORT = Effort(turns=3, budget_s=0.6, is_parallel=True)
QUICK = Effort(turns=3, budget_s=2.0, longest_warm_up_s=4.0)
EFFORTS = {"full": FULL, "short": SHORT, "quick": QUICK}


def matches(names: Sequence[str], *, is_quick: bool, is_short: bool = False) -> list[tuple[Scenario, int, int]]:
    """Return (scenario, size, latency in ms) of each measurement, in order."""
    found = []
    for scenario in SCENARIOS:
        if names and not scenario.name.startswith(tuple(names)):
            continue
        for latency in LATENCIES:
            if is_quick:
                here = QUICK_LATENCY if QUICK_LATENCY in scenario.sizes else min(scenario.sizes)
                sizes = scenario.quick if latency == here else ()
            else:
                sizes = scenario.sizes.get(latency, ())
            found += [(scenario, size, latency) for size in sizes if not (is_short and size in scenario.only_full)]
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Return 0 if there is no regression."""
    parser = argparse.ArgumentParser(prog="side_by_side", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("effort", nargs="?", choices=tuple(EFFORTS), default="full")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="file for the plot (results.png)")
    parser.add_argument("--page", type=Path, metavar="FILE", help="page whose benchmark tables are updated")
    parser.add_argument(
        "--from",
        type=Path,
        action="append",
        default=[],
        dest="earlier",
        metavar="FILE",
        help="results of an earlier run to use instead of measuring; may be repeated",
    )
    parser.add_argument("--kept", type=Path, default=KEPT, metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument("--results", type=Path, default=BENCH / "results.json", metavar="FILE")
    variables = parser.parse_args(arguments)
    effort, is_quick = EFFORTS[variables.effort], variables.effort == "quick"
    if not python_of_pyvcloud():
        _say("pyvcloud is not here and does not take part: python tools/make_bench.py, or nox -s bench")
    chosen = matches(variables.only, is_quick=is_quick, is_short=effort == SHORT)
    measured = _read_results(variables.earlier) if variables.earlier else _measured(chosen, effort)
    found = growths(measured.rows)
    print(f"\n{table(measured.rows)}\n\n{growth_table(found)}\n\n{import_table(measured.imports)}")
    if not variables.earlier:
        _write_results(variables.results, measured)
    if variables.page:
        fill(variables.page, measured.rows, found)
    picture = variables.plot or (None if variables.earlier else variables.results.with_suffix(".png"))
    if picture:
        from tests.benchmarks.side_by_side.plot import plot

        plot(measured.rows, found, picture)
    if variables.keep:
        before = regress.read(variables.kept)
        now = regress.kept_form(measured.rows, found)
        regress.write(variables.kept, {part: {**before[part], **now[part]} for part in before})
        return 0
    if variables.earlier:
        return 0
    return compared(variables.kept, chosen, effort, measured)


def _measured(chosen: Sequence[tuple[Scenario, int, int]], effort: Effort) -> Measured:
    measured, beside = Measured(), Measured()
    # Failovers, and clients that send one request after another, mostly wait if responses are delayed.
    beside_main: list[tuple[Scenario, int, int]] = []
    others = list(chosen)
    if effort.is_parallel:
        others = []
        for scenario, size, latency_ms in chosen:
            waiting = scenario.contenders if scenario.is_used_up else scenario.waiting if latency_ms else ()
            rest = [contender for contender in scenario.contenders if contender not in waiting]
            if waiting:
                beside_main.append((replace(scenario, contenders=waiting), size, latency_ms))
            if rest:
                others.append((replace(scenario, contenders=rest), size, latency_ms))
    with tempfile.TemporaryDirectory(prefix="vca-bench-") as folder, ThreadPoolExecutor(1) as pool:
        done = pool.submit(measure, beside_main, effort, Path(folder) / "beside", beside, _say)
        measure(others, effort, Path(folder), measured, _say)
        done.result()
    measured.rows += beside.rows
    measured.compare()
    return measured


def compared(path: Path, chosen: Sequence[tuple[Scenario, int, int]], effort: Effort, measured: Measured) -> int:
    """Compare the rows with the results file, and repeat measurements that are worse.

    A regression is a value that is worse in both measurements. A value that is worse in only one of them can be caused
    by load on the host. Returns 0 if there is no regression.
    """
    kept, tolerance = regress.read(path), regress.OF_FULL if effort == FULL else regress.OF_QUICK
    on_loaded_host = tolerance.on_host(measured.load.slowness)
    worse = regress.regressions(measured.rows, growths(measured.rows), kept, on_loaded_host)
    if worse:
        names = {regress.scenario_of(key) for key in worse}
        _say(f"\nWorse than what is kept; measured once more: {', '.join(sorted(names))}")
        again = _measured([one for one in chosen if one[0].name in names], effort)
        on_loaded_host = tolerance.on_host(again.load.slowness)
        second = regress.regressions(again.rows, growths(again.rows), kept, on_loaded_host)
        worse = {key: text for key, text in second.items() if key in worse}
    known = sum(row.key in kept["rows"] for row in measured.rows)
    for text in worse.values():
        print(f"WORSE {text}")
    print(f"\n{len(measured.rows)} rows, {known} of them compared with {path.name}: {len(worse)} worse.")
    return 1 if worse else 0


def _write_results(path: Path, measured: Measured) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shown = {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "python": platform.python_version(),
        "rows": [row.as_dict() for row in measured.rows],
        "growth": [{**vars(one), "key": one.key} for one in growths(measured.rows)],
        "imports": {contender: vars(one) for contender, one in measured.imports.items()},
    }
    path.write_text(json.dumps(shown, indent=1) + "\n", encoding="utf-8")


def _read_results(paths: Sequence[Path]) -> Measured:
    """Return the rows of several results files, in the order of the scenarios.

    If two files have the same row, the row of the later file is returned.
    """
    rows, measured = {}, Measured()
    for path in paths:
        found = json.loads(path.read_text(encoding="utf-8"))
        for fields in found["rows"]:
            del fields["median"]
            row = Row(**fields)
            rows[row.key] = row
        measured.imports |= {contender: Import(**fields) for contender, fields in found["imports"].items()}
    measured.rows = list(rows.values())
    measured.compare()
    return measured


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
