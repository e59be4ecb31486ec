"""Compare measurements with ``bench/ratios.json``: ratios, calls and growth.

Seconds are not compared. These differences from the values in the file are regressions:

* calls: the highest number of calls in a repetition is more than one above the value in the file. For scenarios whose
  number of polls depends on the duration, it is more than 10 % above the value.
* ``to_floor``: more than 1.5 times the value in the file, and more than 0.3 above that value.
* ``to_ours`` of another client: less than the value in the file divided by 1.6.
* ``mb_more``, the peak memory minus the peak memory of the floor, in scenarios that measure memory: more than 1.3 times
  the value in the file, and more than 20 MB above that value.
* the exponent of growth: more than 0.25 above the value in the file.

If other processes slow down the host, the tolerances grow by the same factor, except those for calls and memory.

A quick run has fewer repetitions and smaller sizes, so its results vary more. Therefore, its tolerances are doubled,
except the tolerance for calls.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.side_by_side.measurements import Growth, Row, is_ours
from tests.benchmarks.side_by_side.scenarios import PEERS, SCENARIOS

TIMED = ("recovery",)
"""Scenarios that wait, so that the number of polls depends on the duration."""

MEMORY = tuple(scenario.name for scenario in SCENARIOS if scenario.has_memory)
Kept = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Tolerance:
    """Permitted differences from the results file, except for calls."""

    floor_factor: float = 1.5
    floor_more: float = 0.3
    peer_factor: float = 1.6
    exponent_more: float = 0.25

    def on_host(self, slowness: float) -> Tolerance:
        """Return the tolerance for a host that is slower by the factor ``slowness``."""
        values = (self.floor_factor, self.floor_more, self.peer_factor, self.exponent_more)
        return Tolerance(*(value * slowness for value in values))


OF_FULL, OF_QUICK = Tolerance(), Tolerance(2.0, 0.6, 2.2, 0.5)


def kept_form(rows: Iterable[Row], found: Iterable[Growth]) -> dict[str, dict[str, Any]]:
    """Return the measurements of a run in the format of the results file."""
    shown: dict[str, dict[str, Any]] = {"rows": {}, "growth": {}}
    for row in rows:
        values: dict[str, Any] = {"calls": max(row.calls)} if is_ours(row.contender) else {}
        if is_ours(row.contender) and row.to_floor is not None:
            values["to_floor"] = round(row.to_floor, 2)
        if is_ours(row.contender) and row.mb_more is not None and row.scenario in MEMORY:
            values["mb_more"] = round(row.mb_more)
        if row.contender in PEERS and row.to_ours is not None:
            values["to_ours"] = round(row.to_ours, 2)
        if values:
            shown["rows"][row.key] = values
    shown["growth"] = {one.key: round(one.exponent, 2) for one in found if is_ours(one.contender)}
    return shown


def read(path: Path) -> dict[str, dict[str, Any]]:
    """Return the contents of the results file.

    Returns empty contents if the file does not exist.
    """
    if not path.is_file():
        return {"rows": {}, "growth": {}}
    found: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def write(path: Path, kept: Kept) -> None:
    """Write the results file, sorted so that its diffs are short."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def regressions(
    rows: Iterable[Row], found: Iterable[Growth], kept: Kept, tolerance: Tolerance = OF_FULL
) -> dict[str, str]:
    """Return a description of each regression, keyed by ``<row key> | <metric>``.

    A metric that is missing in the results file is not a regression.
    """
    now = kept_form(rows, found)
    worse = {}
    for key, values in now["rows"].items():
        before = kept["rows"].get(key, {})
        for name, value in values.items():
            limit = _limit(name, before.get(name), key, tolerance)
            if limit is not None and (value < limit if name == "to_ours" else value > limit):
                worse[f"{key} | {name}"] = f"{key}: {name} is {value}; kept {before[name]}, limit {limit:.2f}"
    for key, value in now["growth"].items():
        if key in kept["growth"] and value > kept["growth"][key] + tolerance.exponent_more:
            worse[f"{key} | exponent"] = f"{key}: grows with the power {value}; kept {kept['growth'][key]}"
    return worse


def scenario_of(key: str) -> str:
    """Return the name of the scenario from the key of a row or regression."""
    return key.partition(" | ")[0]


def _limit(name: str, before: float | None, key: str, tolerance: Tolerance) -> float | None:
    if before is None:
        return None
    if name == "calls":
        return before * 1.1 if scenario_of(key) in TIMED else before
    if name == "mb_more":
        return max(before * 1.3, before + 20)
    if name == "to_ours":
        return before / tolerance.peer_factor
    return max(before * tolerance.floor_factor, before + tolerance.floor_more)
