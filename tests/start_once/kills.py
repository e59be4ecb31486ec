"""Kill and resume a run of ``vca dr failover``, then check the result."""

from __future__ import annotations

import random
import signal
import subprocess
from pathlib import Path

from tests.start_once.cloud import VAPP, Cloud, Ended, Operator, VcdaCloud, cloud_of, wait_for
from tests.start_once.figures import Figures
from tests.start_once.modes import Mode
from vcloudair_core import errors
from vcloudair_core.cli.exit_codes import EXIT_CODES

GOOD = frozenset({"succeeded", "unchanged"})
UNKNOWN = "unknown"
UNKNOWN_CODES = frozenset(entry.code for entry in EXIT_CODES if errors.OutcomeUnknownError in entry.errors)
GRACE = ("--lost-grace", "0.5")
"""Response timeout in seconds, which is shorter than slow servers need.

A client that treats the timeout as a failure would start a VM twice.
"""
FAILOVER, RESUME = ("failover", "--all", "--yes", *GRACE), ("resume", *GRACE)


def killed_run(mode: Mode, seed: int, folder: Path, figures: Figures, *, kills: int, vms: int = 3) -> None:
    """Kill a failover ``kills`` times at random moments, and check its final result.

    Raises AssertionError if a check fails.
    """
    chance = random.Random(f"{mode.name} {seed}")
    figures.runs, figures.vms = figures.runs + 1, figures.vms + vms
    with cloud_of(mode, vms) as cloud:
        operator = Operator(cloud, folder)
        # An operator can resume a dead run or repeat the command.
        failover = ("failover", VAPP, *FAILOVER[2:]) if mode.vapp else FAILOVER
        takes_up = RESUME if chance.random() < 0.7 else failover
        limit = vms if mode.vapp else chance.choice([1, 2, vms])
        words: tuple[str, ...] = (*failover, "--max-concurrent", str(limit))
        for _ in range(kills):
            _kill_once(cloud, operator, words, chance, figures)
            if operator.has_run():
                words = takes_up
        _finish(cloud, operator, words, figures)
        if mode.vapp and not figures.unknown:
            assert isinstance(cloud, VcdaCloud)
            assert cloud.vapp_posts() == 1, "the VMs of the vApp were started one by one"


def _kill_once(
    cloud: Cloud, operator: Operator, words: tuple[str, ...], chance: random.Random, figures: Figures
) -> None:
    known = operator.intents()
    sent = sum(cloud.posts().values())
    kind = chance.choice(["intent", "post", "post", "time"]) if len(known) < len(cloud.names) else "time"
    process = operator.start(*words)
    if kind == "time":
        delay_s = chance.uniform(0.3, 2.5)
    elif kind == "post":
        wait_for(lambda: sum(cloud.posts().values()) > sent, process)
        delay_s = chance.uniform(0, cloud.mode.window_s)
    else:
        wait_for(lambda: operator.intents() - known, process)
        delay_s = chance.uniform(0, 0.03)
    is_running = _kill_after(process, delay_s)
    figures.kills += is_running
    figures.kills_in_window += is_running and bool(operator.unanswered() - known)


def _kill_after(process: subprocess.Popen[str], seconds: float) -> bool:
    """Kill a process after a delay. Return True if the process was still running."""
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    out, err = process.communicate(timeout=300)
    assert "nothing was started" not in f"{out}{err}".lower()
    return process.returncode == -signal.SIGKILL


def _finish(cloud: Cloud, operator: Operator, words: tuple[str, ...], figures: Figures) -> None:
    """Resume the run until it ends, then have the operator resolve unknown verdicts."""
    cloud.settle()
    last = operator.run(*words)
    last = _look_again(cloud, operator, last)
    _check_posts(cloud, last)
    unknown = {name for name, verdict in last.rows.items() if verdict == UNKNOWN}
    if unknown:
        last = _decide(cloud, operator, unknown, last, figures)
    figures.note(cloud)
    assert last.code == 0, last.output
    assert set(last.rows) == set(cloud.names), last.output
    assert set(last.rows.values()) <= GOOD, last.output
    assert cloud.recovered() == set(cloud.names), "a verdict is not what the cloud shows"
    again = operator.run(*RESUME)
    assert again.code == 0, f"a finished run was resumed, and ended otherwise: {again.output}"
    _check_posts(cloud, again)


def _decide(cloud: Cloud, operator: Operator, unknown: set[str], last: Ended, figures: Figures) -> Ended:
    """Resume the run with ``--start-again`` for the VMs with unknown verdicts.

    Assert first that no request was sent for these VMs.
    """
    figures.unknown += len(unknown)
    assert last.code in UNKNOWN_CODES, f"exit code {last.code}:\n{last.output}"
    evidence = unknown & set(cloud.posts())
    assert not evidence, f"there is evidence of {evidence}:\n{last.output}"
    cloud.allow_reading()
    decided = [word for name in sorted(unknown) for word in ("--start-again", name)]
    return _look_again(cloud, operator, operator.run(*RESUME, *decided))


def _look_again(cloud: Cloud, operator: Operator, last: Ended) -> Ended:
    """Resume a run that ended before its actions were visible in the cloud."""
    for _ in range(3):
        if last.code in UNKNOWN_CODES and any(
            verdict == UNKNOWN and cloud.posts()[name] for name, verdict in last.rows.items()
        ):
            cloud.settle()
            last = operator.run(*RESUME)
    return last


def _check_posts(cloud: Cloud, last: Ended) -> None:
    more = {name: count for name, count in cloud.posts().items() if count > 1}
    assert not more, f"POSTs: {more}\n{last.output}"
