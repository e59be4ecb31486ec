"""Run the complete stress test: ``python -m tests.start_once``.

Prints tables of counts, and exits with 0 if all checks pass. The test takes about half an hour on a busy host
with two processors. ``--part`` runs one part, ``--mode`` runs some modes, and ``--seed`` repeats the random times of
another run. ``--provider`` runs the modes of one DR API.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.start_once.figures import Figures, table
from tests.start_once.kills import killed_run
from tests.start_once.modes import NAMED, VCDA, VR
from tests.start_once.operators import two_operators
from tests.start_once.plays import killed_play
from tests.start_once.vcda_modes import VCDA_MODES

KILLS_A_RUN = 4
MOST_TURNS = 20
ALL = {**NAMED, **{mode.name: mode for mode in VCDA_MODES}}
RACES = ("prompt", "slow answer", "answer lost", "starts later", "visible later, link hidden", "busy while in progress",
         "vcda, prompt", "vcda, answer lost", "vcda, starts later", "vcda, refuses by 409, answer lost",
         "vcda, vApp, prompt", "vcda, vApp, starts later, answer lost")  # fmt: skip
PLAYS = ("prompt", "slow answer", "no answer, carried out later", "answer lost", "starts later",
         "gateway 503 after forwarding", "vcda, prompt", "vcda, answer lost", "vcda, starts later",
         "vcda, vApp, answer lost")  # fmt: skip
GATEWAYS = tuple(name for name in ALL if name.removeprefix("vcda, ").startswith("gateway"))
Proof = Callable[..., None]


def main() -> int:
    """Run the selected parts. Return exit code 0 if all checks pass, otherwise 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.start_once")
    parser.add_argument("--kills", type=int, default=200, help="minimum number of kills over all modes (200)")
    parser.add_argument("--turns", type=int, default=3, help="repetitions of everything else (3)")
    parser.add_argument("--mode", default="", help="only modes whose names contain this")
    parser.add_argument("--provider", choices=[VR, VCDA], help="only modes of this DR API")
    parser.add_argument("--part", choices=["kills", "operators", "plays", "gateways"], help="only this part")
    parser.add_argument("--jobs", type=int, default=4, help="number of concurrent proofs (4)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="seed of the moments of the kills")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    found: list[Figures] = []
    for part, work in PARTS.items():
        if options.part in (None, part):
            figures = list(work(options))
            print(f"\n{part}: {TITLES[part]}\n{table(figures)}", flush=True)
            found += figures
    for one in found:
        for failure in one.failures:
            print(f"\n{one.name}: {failure}")
    return int(any(one.failures for one in found))


def _kills(options: argparse.Namespace) -> Iterable[Figures]:
    """Kill runs in each mode in turn until the number of kills is reached."""
    figures = {name: Figures(name) for name in _selected(ALL, options)}
    for turn in range(MOST_TURNS):
        _try_all(options, [
            (name, options.seed + turn, one, partial(killed_run, kills=KILLS_A_RUN)) for name, one in figures.items()
        ])  # fmt: skip
        if sum(one.kills for one in figures.values()) >= options.kills:
            break
    return figures.values()


def _operators(options: argparse.Namespace) -> Iterable[Figures]:
    proofs = {
        f"{{}}, {where}": partial(two_operators, hosts=hosts) for hosts, where in ((1, "one host"), (2, "two hosts"))
    }
    return _repeated(RACES, options, proofs)


def _plays(options: argparse.Namespace) -> Iterable[Figures]:
    return _repeated(PLAYS, options, _ways(kills=1))


def _gateways(options: argparse.Namespace) -> Iterable[Figures]:
    return _repeated(GATEWAYS, options, {"{}, command line": partial(killed_run, kills=0), **_ways(kills=0)})


def _ways(kills: int) -> dict[str, Proof]:
    ways = {"{}, module": False, "{}, controller": True}
    return {name: partial(killed_play, in_controller=here, kills=kills) for name, here in ways.items()}


def _repeated(names: Iterable[str], options: argparse.Namespace, proofs: Mapping[str, Proof]) -> Iterable[Figures]:
    work = [
        (name, options.seed + turn, figures, proof)
        for label, proof in proofs.items()
        for name in _selected(names, options)
        for figures in [Figures(label.format(name))]
        for turn in range(options.turns)
    ]
    _try_all(options, work)
    return {one[2].name: one[2] for one in work}.values()


def _selected(names: Iterable[str], options: argparse.Namespace) -> list[str]:
    return [name for name in names if options.mode in name and options.provider in (None, ALL[name].provider)]


def _try_all(options: argparse.Namespace, work: Sequence[tuple[str, int, Figures, Proof]]) -> None:
    """Run tests concurrently, because they spend most of their time waiting."""
    with ThreadPoolExecutor(max_workers=options.jobs) as pool:
        for done in [pool.submit(_try, *one) for one in work]:
            done.result()
    print(file=sys.stderr)


def _try(name: str, seed: int, figures: Figures, proof: Proof) -> None:
    started, own = time.monotonic(), Figures(name)
    with tempfile.TemporaryDirectory(prefix="vca-once-", ignore_cleanup_errors=True) as folder:
        try:
            proof(ALL[name], seed, Path(folder), own)
        except Exception as exc:  # noqa: BLE001 - the others go on, and it is in the table
            own.failures.append(f"seed {seed}: {type(exc).__name__}: {exc}")
    own.seconds = time.monotonic() - started
    print("F" if own.failures else ".", end="", file=sys.stderr, flush=True)
    with _LOCK:
        figures.add(own)


_LOCK = threading.Lock()
PARTS = {"kills": _kills, "operators": _operators, "plays": _plays, "gateways": _gateways}
TITLES = {
    "kills": "runs that are killed (kill -9) and taken up again",
    "operators": "two operators fail the same VMs over at the same time",
    "plays": "plays that are killed and run again",
    "gateways": "a gateway forwards the request and answers for the server",
}


if __name__ == "__main__":
    raise SystemExit(main())
